//===- TablesTest.cpp - Which vocabularies are accepted -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestTokenizer.h"
#include "TokenizerFormat.h"
#include "bitnet/Tokenizer/PreTokenizers.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace llvm;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static std::string getError(const TestVocabulary &vocabulary) {
  Expected<std::vector<char>> tables = vocabulary.build();
  return tables ? "no error" : toString(tables.takeError());
}

static BitNetTokenizerHeader getHeader(const std::vector<char> &tables) {
  BitNetTokenizerHeader header;
  std::memcpy(&header, tables.data(), sizeof(header));
  return header;
}

TEST(Tables, AreCompact) {
  std::vector<char> tables = cantFail(loadStoryteller().build());
  EXPECT_LT(tables.size(), 160000u);
  BitNetTokenizerHeader header = getHeader(tables);
  EXPECT_EQ(header.magic, BITNET_TOKENIZER_MAGIC);
  EXPECT_EQ(header.token_count, 4096u);
  EXPECT_EQ(header.merge_count, 3838u);
  EXPECT_EQ(header.special_count, 2u);
  EXPECT_EQ(header.end_token_count, 1u);
  EXPECT_EQ(header.bos_token, 4094);
  EXPECT_EQ(header.eos_token, 4095);
}

TEST(Tables, DropMergesThatNeverApply) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addMerge("a", "b");
  vocabulary.addMerge("b", "c");
  vocabulary.addMerge("ab", "c");
  // There is no "bc" in "abc".
  vocabulary.addMerge("a", "bc");
  BitNetTokenizerHeader header = getHeader(cantFail(vocabulary.build()));
  EXPECT_EQ(header.merge_count, 3u);
}

TEST(Tables, EndTokensByIdAndByText) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.options.eosToken = vocabulary.addToken("<|end_of_text|>", 3);
  vocabulary.options.eotToken = vocabulary.addToken("<stop>", 3);
  vocabulary.addToken("<|eot_id|>", 3);
  vocabulary.addToken("<|im_end|>", 4);
  // Text like any other.
  vocabulary.addToken("<|eom_id|>", 1);
  BitNetTokenizerHeader header = getHeader(cantFail(vocabulary.build()));
  EXPECT_EQ(header.end_token_count, 4u);
}

TEST(Tables, AcceptEveryPreTokenizer) {
  TestVocabulary vocabulary = makeByteVocabulary();
  for (StringRef name : getPreTokenizerNames()) {
    setPreTokenizer(vocabulary.options, name);
    EXPECT_EQ(getError(vocabulary), "no error");
  }
}

TEST(Tables, RejectTooManyPatterns) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.options.splitPatterns.assign(17, "a");
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: expects at most 16 split patterns, found 17");
}

TEST(Tables, RejectWhatNeedsTooManyTransitions) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.options.splitPatterns = {
      "abcdefghijklmnopqrstuvwxyz0123456789|a{900}"};
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: expects split patterns that become at most 255 classes "
            "of characters and 32767 transitions, found 37 and 35568");
}

TEST(Tables, RejectNoTokens) {
  TestVocabulary vocabulary;
  vocabulary.options = makeByteVocabulary().options;
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: expects 1 to 2147483647 tokens, found 0");
}

TEST(Tables, RejectTypesOfAnotherNumber) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.types.pop_back();
  EXPECT_EQ(getError(vocabulary), "tokenizer: expects a type for each of 256 "
                                  "tokens, found 255 types");
}

TEST(Tables, RejectUnknownTypes) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addToken("x\ny", 6);
  EXPECT_EQ(getError(vocabulary), "tokenizer: token 256 'x\\0Ay': expects a "
                                  "type from 1 to 5, found 6");
}

TEST(Tables, RejectCharactersOutsideTheAlphabet) {
  for (const char *text :
       {" a", "\n", "\xc5\x84", "\xe2\x82\xac", "\xc4", "\xff",
        "\xc4"
        "a",
        "\xc2\xad"}) {
    TestVocabulary vocabulary = makeByteVocabulary();
    vocabulary.addToken(text);
    EXPECT_NE(
        getError(vocabulary).find("characters of the byte-level alphabet"),
        std::string::npos);
  }
}

TEST(Tables, RejectEmptyTokens) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addToken("", 3);
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: token 256: expects a text, found none");
}

TEST(Tables, RejectLongTokens) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addToken(std::string(1025, 'a'));
  EXPECT_EQ(getError(vocabulary), "tokenizer: token 256 '" +
                                      std::string(64, 'a') +
                                      "...': expects at most 1024 bytes, "
                                      "found 1025");
}

TEST(Tables, RejectDuplicateTokens) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addToken("a");
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: token 256 'a': has the same text as token 64");
}

TEST(Tables, RejectDuplicateSpecials) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addToken("<s>", 3);
  vocabulary.addToken("<s>", 4);
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: token 257: has the same text as token 256");
}

TEST(Tables, RejectMissingBytes) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.types['a' - '!'] = 3;
  EXPECT_EQ(getError(vocabulary), "tokenizer: expects a token for every "
                                  "printable byte or an unknown token, found "
                                  "none for 0x61");
}

TEST(Tables, ControlBytesWithoutTokensAreLeftOut) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addMerge("a", "b");
  for (uint32_t byte : {1, 2, 0xff})
    vocabulary.types[(byte + 256 - '!') % 256] = 5;
  TokenizerModel model(vocabulary);
  EXPECT_EQ(model.pieces("\1ab\1\2b\xff\xff"), "ab|b");
  EXPECT_EQ(model.pieces(std::string(100, '\1') + "ab"), "ab");
  EXPECT_EQ(model.pieces("\2"), "");
}

TEST(Tables, MissingBytesAreUnknown) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.types['a' - '!'] = 3;
  vocabulary.options.unknownToken = vocabulary.addToken("<unk>", 2);
  EXPECT_EQ(TokenizerModel(vocabulary).pieces("bad"), "b|<unk>|d");
}

TEST(Tables, RejectMalformedMerges) {
  for (const char *merge : {"", "a", "ab", " a", "a ", "a b c", "a  b"}) {
    TestVocabulary vocabulary = makeByteVocabulary();
    vocabulary.merges.push_back(merge);
    EXPECT_EQ(getError(vocabulary),
              std::string("tokenizer: merge 0 '") + merge +
                  "': expects two tokens with a space between them");
  }
}

TEST(Tables, RejectMergesOfUnknownTokens) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.merges = {"a xy"};
  EXPECT_EQ(getError(vocabulary), "tokenizer: merge 0 'a xy': expects tokens "
                                  "of the vocabulary, which has no 'xy'");
  vocabulary.merges = {"a b"};
  EXPECT_EQ(getError(vocabulary), "tokenizer: merge 0 'a b': expects a result "
                                  "in the vocabulary, which has no 'ab'");
}

TEST(Tables, RejectDuplicateMerges) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addMerge("a", "b");
  vocabulary.addMerge("a", "b");
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: merge 1 'a b': appears a second time");
}

TEST(Tables, RejectMergesAcrossAlphabets) {
  // U+0120 is a space in a normal token and itself in a control token.
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.addToken("\xc4\xa0"
                      "a",
                      3);
  vocabulary.merges = {"\xc4\xa0 a"};
  EXPECT_NE(getError(vocabulary).find("expects tokens of one alphabet"),
            std::string::npos);
}

TEST(Tables, RejectIdsOutOfRange) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.options.paddingToken = 256;
  EXPECT_EQ(getError(vocabulary), "tokenizer: padding token: expects an id "
                                  "below 256, found 256");
}

TEST(Tables, RejectMissingBos) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.options.addBos = true;
  EXPECT_EQ(getError(vocabulary), "tokenizer: expects a BOS token, which is to "
                                  "be added, found none");
}
