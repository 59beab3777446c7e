//===- MergeTest.cpp - Merging against its definition ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestTokenizer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>

using namespace llvm;
using namespace mlir::bitnet::test;

/// Lengths around those where the runtime changes its way of merging.
static const size_t lengths[] = {1,    2,    3,    31,   32,   33,   34,   100,
                                 4094, 4095, 4096, 4097, 4098, 9000, 20000};

static std::string randomText(std::mt19937 &random, size_t length,
                              StringRef letters) {
  std::string text;
  for (size_t i = 0; i < length; ++i)
    text += letters[random() % letters.size()];
  return text;
}

static std::string repeat(StringRef text, size_t length) {
  std::string repeated;
  while (repeated.size() < length)
    repeated += text;
  repeated.resize(length);
  return repeated;
}

TEST(Merge, StorytellerOnLongWords) {
  TestVocabulary vocabulary = loadStoryteller();
  // Otherwise whole pieces are looked up.
  vocabulary.options.ignoreMerges = false;
  TokenizerModel model(vocabulary);
  std::mt19937 random(1);
  for (size_t length : lengths)
    for (StringRef letters :
         {"a", "ab", "the", "abcdefghijklmnopqrstuvwxyz", "eeeeettaaoinshr"}) {
      std::string text = randomText(random, length, letters);
      EXPECT_EQ(model.tokenize(text), encodeByDefinition(vocabulary, text))
          << length << " of " << letters.str();
      text = repeat(letters, length);
      EXPECT_EQ(model.tokenize(text), encodeByDefinition(vocabulary, text))
          << length << " repeating " << letters.str();
    }
}

/// Merges of random tokens in random order: results that are made in several
/// ways, merges that can never apply, merges whose parts come later.
static TestVocabulary makeRandomVocabulary(std::mt19937 &random,
                                           StringRef letters, size_t merges) {
  TestVocabulary vocabulary = makeByteVocabulary();
  std::vector<std::string> tokens;
  for (char letter : letters)
    tokens.push_back(std::string(1, letter));
  std::set<std::string> seen;
  while (vocabulary.merges.size() < merges) {
    const std::string left = tokens[random() % tokens.size()];
    const std::string right = tokens[random() % tokens.size()];
    if (left.size() + right.size() > 12 ||
        !seen.insert(left + " " + right).second)
      continue;
    vocabulary.addMerge(left, right);
    if (std::find(tokens.begin(), tokens.end(), left + right) == tokens.end())
      tokens.push_back(left + right);
  }
  if (random() % 2)
    std::shuffle(vocabulary.merges.begin(), vocabulary.merges.end(), random);
  vocabulary.options.ignoreMerges = false;
  return vocabulary;
}

TEST(Merge, RandomVocabularies) {
  std::mt19937 random(2);
  for (int i = 0; i < 60; ++i) {
    StringRef letters = i % 3 == 0 ? "a" : i % 3 == 1 ? "ab" : "abcd";
    // There are 66 pairs of runs of "a" with at most 12 letters.
    size_t merges = letters == "a" ? 1 + random() % 8 : 1 + random() % 60;
    TestVocabulary vocabulary = makeRandomVocabulary(random, letters, merges);
    TokenizerModel model(vocabulary);
    for (size_t length : {5, 20, 32, 33, 200, 4097, 12000}) {
      std::string text = randomText(random, length, letters);
      ASSERT_EQ(model.tokenize(text), encodeByDefinition(vocabulary, text))
          << "vocabulary " << i << ", length " << length;
    }
  }
}

TEST(Merge, WholePiecesWithoutMerging) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addMerge("b", "c");
  vocabulary.addMerge("a", "b");
  // Merging gives a|bc.
  vocabulary.addMerge("ab", "c");
  EXPECT_EQ(TokenizerModel(vocabulary).pieces("abc"), "abc");
  vocabulary.options.ignoreMerges = false;
  EXPECT_EQ(TokenizerModel(vocabulary).pieces("abc"), "a|bc");
  EXPECT_EQ(TokenizerModel(vocabulary).pieces("ab"), "ab");
}

TEST(Merge, LeftmostFirst) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addMerge("a", "a");
  TokenizerModel model(vocabulary);
  EXPECT_EQ(model.pieces("aaaaa"), "aa|aa|a");
  EXPECT_EQ(model.pieces("baaab"), "b|aa|a|b");
}

TEST(Merge, TokensOfTheGreatestLength) {
  TestVocabulary vocabulary = makeByteVocabulary();
  std::string token = "a";
  while (token.size() < 1024) {
    vocabulary.addMerge(token, token);
    token += token;
  }
  TokenizerModel model(vocabulary);
  for (size_t length : {1023, 1024, 1025, 4097, 5119, 12345})
    EXPECT_EQ(model.tokenize(std::string(length, 'a')),
              encodeByDefinition(vocabulary, std::string(length, 'a')));
}

/// A text whose first token depends on where it ends: no two pairs of
/// neighbours are the same, and the last pair is merged first, then the one
/// before the one before it, and so on. The merges are added to `vocabulary`.
static std::string makeEndless(TestVocabulary &vocabulary, size_t length) {
  // Punctuation and bytes that begin no UTF-8: the text is one piece.
  std::string bytes = "!#$%&()*+,-./:;<=>?@[]^_{|}~";
  for (uint32_t byte = 0x80; byte < 0xc0; ++byte)
    bytes += char(byte);
  for (uint32_t byte = 0xf5; byte < 0x100; ++byte)
    bytes += char(byte);
  std::mt19937 random(4);
  std::set<std::pair<char, char>> seen;
  std::string text(1, bytes[0]);
  while (text.size() < length) {
    char next = bytes[random() % bytes.size()];
    if (seen.insert({text.back(), next}).second)
      text += next;
  }
  for (size_t i = length - 1; i > 0; --i)
    vocabulary.addMerge(vocabulary.tokens[uint8_t(text[i - 1] - '!')],
                        vocabulary.tokens[uint8_t(text[i] - '!')]);
  return text;
}

TEST(Merge, DependsOnTextFarAhead) {
  for (size_t length : {50, 51, 300, 1001, 1500}) {
    TestVocabulary vocabulary = makeByteVocabulary();
    // What is decided from its end ends with a character that is never merged.
    std::string part = makeEndless(vocabulary, length) + '`';
    TokenizerModel model(vocabulary);
    for (size_t total : {4097, 4150, 4400, 9001, 20000}) {
      std::string text = repeat(part, total);
      EXPECT_EQ(model.tokenize(text), encodeByDefinition(vocabulary, text))
          << length << ", " << total;
    }
  }
}

TEST(Merge, RefusesWhatItCannotBound) {
  TestVocabulary vocabulary = makeByteVocabulary();
  std::string text = makeEndless(vocabulary, 5000);
  TokenizerModel model(vocabulary);
  for (size_t length : {4001, 4096}) {
    StringRef end = StringRef(text).take_back(length);
    EXPECT_EQ(model.tokenize(end), encodeByDefinition(vocabulary, end));
  }
  size_t count = 77;
  EXPECT_EQ(bitnet_tokenize(&model.model, text.data(), text.size(), 0, nullptr,
                            0, &count),
            BITNET_OUT_OF_MEMORY);
  EXPECT_EQ(count, 77u);
}

TEST(Merge, MegabyteOfOneLetter) {
  TestVocabulary vocabulary = loadStoryteller();
  TokenizerModel model(vocabulary);
  std::string text(1 << 20, 'a');
  auto start = std::chrono::steady_clock::now();
  std::vector<int32_t> tokens = model.tokenize(text);
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(model.detokenize(tokens), text);
  std::string shorter(100000, 'a');
  EXPECT_EQ(model.tokenize(shorter), encodeByDefinition(vocabulary, shorter));
  // Generous, for machines under load and sanitizers; quadratic time would
  // take minutes.
  EXPECT_LT(time.count(), 10.0);
  RecordProperty("seconds", std::to_string(time.count()));
}
