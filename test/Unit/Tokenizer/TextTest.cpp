//===- TextTest.cpp - Text to tokens and back -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestTokenizer.h"

#include <gtest/gtest.h>

#include <random>

using namespace llvm;
using namespace mlir::bitnet::test;

/// One token per byte, two specials: 256 is control, 257 and 258 are
/// user-defined.
static TestVocabulary makeSpecials() {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.options.bosToken = vocabulary.addToken("<s>", 3);
  vocabulary.addToken("<u", 4);
  vocabulary.addToken("<u>", 4);
  vocabulary.options.addBos = true;
  return vocabulary;
}

TEST(Text, UserDefinedTokensAlways) {
  TokenizerModel model(makeSpecials());
  EXPECT_EQ(model.pieces("a<u>b<u"), "a|<u>|b|<u");
  EXPECT_EQ(model.pieces("<<u>>"), "<|<u>|>");
}

TEST(Text, ControlTokensOnRequest) {
  TokenizerModel model(makeSpecials());
  EXPECT_EQ(model.pieces("a<s>"), "a|<|s|>");
  EXPECT_EQ(model.pieces("a<s>", BITNET_TOKENIZE_SPECIAL), "a|<s>");
}

TEST(Text, ControlTokensHaveNoTextUnlessRequested) {
  TokenizerModel model(makeSpecials());
  EXPECT_EQ(model.detokenize({256, 257, 64}), "<ua");
  EXPECT_EQ(model.detokenize({256, 257, 64}, BITNET_DETOKENIZE_SPECIAL),
            "<s><ua");
}

TEST(Text, BosIfTheModelWantsIt) {
  TestVocabulary vocabulary = makeSpecials();
  std::vector<int32_t> with = {256, 64};
  std::vector<int32_t> without = {64};
  EXPECT_EQ(TokenizerModel(vocabulary).tokenize("a", BITNET_TOKENIZE_ADD_BOS),
            with);
  EXPECT_EQ(TokenizerModel(vocabulary).tokenize("a"), without);
  vocabulary.options.addBos = false;
  EXPECT_EQ(TokenizerModel(vocabulary).tokenize("a", BITNET_TOKENIZE_ADD_BOS),
            without);
}

TEST(Text, EosIfTheModelWantsIt) {
  TestVocabulary vocabulary = makeSpecials();
  vocabulary.options.eosToken = vocabulary.addToken("</s>", 3);
  std::vector<int32_t> with = {64, int32_t(*vocabulary.options.eosToken)};
  std::vector<int32_t> without = {64};
  EXPECT_EQ(TokenizerModel(vocabulary).tokenize("a", BITNET_TOKENIZE_ADD_EOS),
            without);
  vocabulary.options.addEos = true;
  EXPECT_EQ(TokenizerModel(vocabulary).tokenize("a", BITNET_TOKENIZE_ADD_EOS),
            with);
  EXPECT_EQ(TokenizerModel(vocabulary).tokenize("a"), without);
}

TEST(Text, SpecialsCutPieces) {
  // Before a special token, white space has nothing after it to be left to.
  TestVocabulary vocabulary = makeSpecials();
  vocabulary.addMerge("\xc4\xa0", "\xc4\xa0");
  TokenizerModel model(vocabulary);
  EXPECT_EQ(model.pieces("  <u>"), "  |<u>");
  EXPECT_EQ(model.pieces("  a"), " | |a");
}

TEST(Text, BytesThatAreNotUtf8) {
  TokenizerModel model(loadStoryteller());
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    size_t length = random() % 40;
    for (size_t k = 0; k < length; ++k)
      text += random() % 3 ? char(random()) : "a 1\n\xc3\xa9"[random() % 6];
    for (uint32_t flags : {0u, uint32_t(BITNET_TOKENIZE_SPECIAL)})
      ASSERT_EQ(model.detokenize(model.tokenize(text, flags),
                                 BITNET_DETOKENIZE_SPECIAL),
                text);
  }
}

TEST(Text, MalformedSequencesAreNoLetters) {
  TestVocabulary vocabulary = makeByteVocabulary();
  // "!" followed by anything but a letter is merged with it.
  std::vector<std::string> tokens = vocabulary.tokens;
  for (const std::string &token : tokens)
    vocabulary.addMerge("!", token);
  TokenizerModel model(vocabulary);
  auto hasPair = [&](StringRef text) {
    return model.tokenize(text).front() >= 256;
  };
  // U+00E9 is a letter: the piece is "!" and the letter.
  EXPECT_TRUE(hasPair("!\xc3\xa9"));
  EXPECT_TRUE(hasPair("!\xff"));
  // "!!" would be cut after the first "!" if a letter followed.
  EXPECT_EQ(model.pieces("!!e"), "!!|e");
  for (StringRef text : {"\xc3", "\xc3(", "\xe4\xb8", "\xed\xa0\x80",
                         "\xc0\xaf", "\xf5\x80\x80\x80", "\xe0\x80\xaf",
                         "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\x80"})
    EXPECT_EQ(model.tokenize(text).size(), text.size()) << text.str();
}

TEST(Text, CountsWhenThereIsNoRoom) {
  TokenizerModel model(loadStoryteller());
  StringRef text = "Once upon a time, there was a little girl";
  std::vector<int32_t> all = model.tokenize(text);
  for (size_t capacity = 0; capacity < all.size(); ++capacity) {
    std::vector<int32_t> tokens(all.size(), -1);
    size_t count = 0;
    EXPECT_EQ(bitnet_tokenize(&model.model, text.data(), text.size(), 0,
                              capacity ? tokens.data() : nullptr, capacity,
                              &count),
              BITNET_BUFFER_TOO_SMALL);
    EXPECT_EQ(count, all.size());
    EXPECT_TRUE(
        std::equal(tokens.begin(), tokens.begin() + capacity, all.begin()));
    EXPECT_TRUE(std::all_of(tokens.begin() + capacity, tokens.end(),
                            [](int32_t token) { return token == -1; }));
    char few[4] = {1, 1, 1, 1};
    EXPECT_EQ(bitnet_detokenize(&model.model, all.data(), all.size(), 0, few, 3,
                                &count),
              BITNET_BUFFER_TOO_SMALL);
    EXPECT_EQ(count, text.size());
    EXPECT_EQ(std::string(few, 4), "Onc\1");
  }
}

TEST(Text, RejectsInvalidArguments) {
  TokenizerModel model(loadStoryteller());
  const bitnet_model *m = &model.model;
  int32_t token = 0;
  char text = 'a';
  size_t count = 77;
  EXPECT_EQ(bitnet_tokenize(nullptr, &text, 1, 0, &token, 1, &count),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_tokenize(m, nullptr, 1, 0, &token, 1, &count),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_tokenize(m, &text, 1, 0, nullptr, 1, &count),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_tokenize(m, &text, 1, 0, &token, 1, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_tokenize(m, &text, 1, 8, &token, 1, &count),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_detokenize(m, nullptr, 1, 0, &text, 1, &count),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_detokenize(m, &token, 1, 0, nullptr, 1, &count),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_detokenize(m, &token, 1, 4, &text, 1, &count),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_detokenize(m, &token, 1, 0, &text, 1, nullptr),
            BITNET_INVALID_ARGUMENT);
  for (int32_t wrong : {-1, 4096, INT32_MIN, INT32_MAX})
    EXPECT_EQ(bitnet_detokenize(m, &wrong, 1, 0, &text, 1, &count),
              BITNET_INVALID_TOKEN);
  EXPECT_EQ(count, 77u);
  EXPECT_EQ(bitnet_tokenize(m, nullptr, 0, 0, nullptr, 0, &count), BITNET_OK);
  EXPECT_EQ(count, 0u);
}
