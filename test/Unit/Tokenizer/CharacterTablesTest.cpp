//===- CharacterTablesTest.cpp - Which vocabularies are accepted ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestTokenizer.h"

#include <gtest/gtest.h>

#include <limits>

using namespace llvm;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static std::string getError(const TestVocabulary &vocabulary) {
  Expected<std::vector<char>> tables = vocabulary.build();
  return tables ? "no error" : toString(tables.takeError());
}

namespace {

class CharacterTables : public ::testing::TestWithParam<TokenizerKind> {
protected:
  CharacterTables() : vocabulary(makeCharacterVocabulary(GetParam(), true)) {}

  void add(std::string text, double score = 0, int32_t type = 1) {
    vocabulary.addToken(std::move(text), type);
    vocabulary.scores.push_back(score);
  }

  TestVocabulary vocabulary;
};

} // namespace

INSTANTIATE_TEST_SUITE_P(Kinds, CharacterTables,
                         ::testing::Values(TokenizerKind::SentencePiece,
                                           TokenizerKind::Unigram));

TEST_P(CharacterTables, AcceptNoNormalTokens) {
  EXPECT_EQ(getError(vocabulary), "no error");
}

TEST_P(CharacterTables, RejectScoresOfAnotherNumber) {
  vocabulary.scores.pop_back();
  EXPECT_EQ(getError(vocabulary), "tokenizer: expects a score for each of 257 "
                                  "tokens, found 256 scores");
}

TEST_P(CharacterTables, RejectScoresThatAreNoNumbers) {
  for (double score : {std::numeric_limits<double>::quiet_NaN(),
                       std::numeric_limits<double>::infinity()}) {
    vocabulary.scores[7] = score;
    EXPECT_EQ(getError(vocabulary),
              "tokenizer: token 7: expects a finite score");
  }
}

TEST_P(CharacterTables, RejectNamesOfNoBytes) {
  for (const char *name : {"<0x0G>", "<0x123>", "0x12", "<0x1>", "<0x+1>"}) {
    vocabulary.tokens[5] = name;
    EXPECT_EQ(getError(vocabulary),
              std::string("tokenizer: token 5 '") + name +
                  "': expects the name of a byte such as <0x0A>");
  }
}

TEST_P(CharacterTables, RejectByteTwice) {
  vocabulary.tokens[5] = "<0x00>";
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: token 5: stands for the same byte as token 1");
}

TEST_P(CharacterTables, RejectMissingBytesWithoutUnknownToken) {
  vocabulary.types[1 + 'a'] = 1;
  EXPECT_EQ(getError(vocabulary), "no error");
  vocabulary.options.unknownToken.reset();
  EXPECT_EQ(getError(vocabulary), "tokenizer: expects a token for every byte "
                                  "or an unknown token, found none for 0x61");
}

TEST_P(CharacterTables, RejectSameTexts) {
  add("ab");
  add("ab");
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: token 258 'ab': has the same text as token 257");
}

TEST_P(CharacterTables, RejectSameAddedTexts) {
  add("ab", 0, 3);
  add("ab", 0, 4);
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: token 258: has the same text as token 257");
}

TEST_P(CharacterTables, RejectAddedTokensThatCannotBe) {
  vocabulary.options.addedTokens = {{257, "x"}};
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: added token: expects an id below 257, found 257");
  vocabulary.options.addedTokens = {{5, ""}};
  EXPECT_EQ(getError(vocabulary), "tokenizer: token 5: expects a text of 1 to "
                                  "1024 bytes to be recognised, found 0");
}

TEST_P(CharacterTables, RejectUnknownTypes) {
  vocabulary.types[3] = 7;
  EXPECT_EQ(getError(vocabulary), "tokenizer: token 3 '<0x02>': expects a type "
                                  "from 1 to 6, found 7");
}

TEST(CharacterMerges, RejectWhatIsNotThere) {
  TestVocabulary vocabulary =
      makeCharacterVocabulary(TokenizerKind::SentencePiece, true);
  vocabulary.addToken("a");
  vocabulary.addToken("b");
  vocabulary.addMerge("a", "b");
  EXPECT_EQ(getError(vocabulary), "no error");
  vocabulary.merges[0] = "a c";
  EXPECT_EQ(getError(vocabulary), "tokenizer: merge 0 'a c': expects normal "
                                  "tokens of the vocabulary, which has no 'c'");
  vocabulary.merges[0] = "b a";
  EXPECT_EQ(getError(vocabulary), "tokenizer: merge 0 'b a': expects normal "
                                  "tokens of the vocabulary, which has no "
                                  "'ba'");
  vocabulary.merges = {"a b", "a b"};
  EXPECT_EQ(getError(vocabulary),
            "tokenizer: merge 1 'a b': appears a second time");
  vocabulary.merges = {"ab"};
  EXPECT_EQ(getError(vocabulary), "tokenizer: merge 0 'ab': expects two tokens "
                                  "with a space between them");
}
