//===- SplitTest.cpp - Cutting text by regular expressions ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "SplitAutomaton.h"
#include "TestTokenizer.h"
#include "Tokenizer.h"
#include "bitnet/Tokenizer/PreTokenizers.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

#include <set>

using namespace llvm;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

/// The sizes of the pieces that a tokenizer cuts `text` into, in bytes.
static std::vector<size_t> cut(const std::vector<char> &tables,
                               StringRef text) {
  Tokenizer tokenizer;
  bitnetOpenTokenizer(&tokenizer, tables.data());
  Splitter splitter;
  bitnetBeginPieces(&splitter, &tokenizer, text.bytes_begin(), text.size());
  std::vector<size_t> sizes;
  for (size_t begin = 0, end; begin < text.size(); begin = end) {
    end = bitnetEndOfPiece(&splitter, begin);
    sizes.push_back(end - begin);
  }
  return sizes;
}

/// The pieces that `patterns` cut `text` into, separated by '|'.
static std::string split(std::vector<std::string> patterns, StringRef text) {
  TestVocabulary vocabulary = makeByteVocabulary();
  vocabulary.options.splitPatterns = std::move(patterns);
  std::string pieces;
  for (size_t size : cut(cantFail(vocabulary.build()), text)) {
    if (!pieces.empty())
      pieces += '|';
    pieces += text.take_front(size);
    text = text.drop_front(size);
  }
  return pieces;
}

static std::string getError(std::string pattern) {
  Expected<SplitAutomaton> automaton = SplitAutomaton::build(pattern);
  return automaton ? "no error" : toString(automaton.takeError());
}

TEST(Split, FirstAlternativeThatMatches) {
  EXPECT_EQ(split({"a|ab"}, "abab"), "a|b|a|b");
  EXPECT_EQ(split({"ab|a"}, "abaab"), "ab|a|ab");
  EXPECT_EQ(split({"(?:a|ab)(?:c|bcd)"}, "abcd"), "abcd");
  EXPECT_EQ(split({"(?:a|ab)(?:c|bcd)?"}, "abcx"), "a|bcx");
  EXPECT_EQ(split({"a(?:bb)?|abb"}, "abb"), "abb");
}

TEST(Split, GoesBackToShorterMatches) {
  EXPECT_EQ(split({"a+b|a"}, "aaac"), "a|a|a|c");
  EXPECT_EQ(split({"(?:ab)+c|ab"}, "ababd"), "ab|ab|d");
  EXPECT_EQ(split({"a*a"}, "aaa"), "aaa");
}

TEST(Split, Quantifiers) {
  EXPECT_EQ(split({"a{2}"}, "aaaaa"), "aa|aa|a");
  EXPECT_EQ(split({"a{2,3}"}, "aaaaaaaa"), "aaa|aaa|aa");
  EXPECT_EQ(split({"a{2,}"}, "aaaaabab"), "aaaaa|bab");
  EXPECT_EQ(split({"ba{,2}"}, "baaab"), "baa|a|b");
  EXPECT_EQ(split({"ab??"}, "abab"), "a|b|a|b");
  EXPECT_EQ(split({"ab+?"}, "abb"), "ab|b");
  EXPECT_EQ(split({"ab*?c"}, "abbcac"), "abbc|ac");
  EXPECT_EQ(split({"a{1,3}?"}, "aa"), "a|a");
  EXPECT_EQ(split({"a{,}"}, "a{,}"), "a{,}");
  EXPECT_EQ(split({"(?:a{2}){2}"}, "aaaaa"), "aaaa|a");
}

TEST(Split, PossessiveQuantifiersGiveNothingBack) {
  EXPECT_EQ(split({"a++a|b"}, "aab"), "aa|b");
  EXPECT_EQ(split({"a*+b|a"}, "aabaa"), "aab|a|a");
  EXPECT_EQ(split({"a?+ab|c"}, "abc"), "ab|c");
  EXPECT_EQ(split({"a?+ab|c"}, "aabc"), "aab|c");
}

TEST(Split, Lookahead) {
  EXPECT_EQ(split({R"(\s+(?!\S)|\s+)"}, "a   b  "), "a|  | |b|  ");
  EXPECT_EQ(split({"a(?=b)"}, "aabab"), "a|a|b|a|b");
  EXPECT_EQ(split({"a(?!b)"}, "aaba"), "a|ab|a");
  EXPECT_EQ(split({"a(?!b|c)"}, "abaca"), "abac|a");
  EXPECT_EQ(split({R"(\s+$)"}, "a  b \n "), "a  b| \n ");
  EXPECT_EQ(split({R"(b+$)"}, "bab\nbb"), "ba|b|\n|bb");
}

TEST(Split, Classes) {
  EXPECT_EQ(split({"[a-c]+"}, "abcdcba"), "abc|d|cba");
  EXPECT_EQ(split({"[^a-c]+"}, "abcdcba"), "abc|d|cba");
  EXPECT_EQ(split({R"([\p{Lu}\d-]+)"}, "aB-4b"), "a|B-4|b");
  EXPECT_EQ(split({R"([^\S ]+)"}, "a \t b"), "a |\t| b");
  EXPECT_EQ(split({R"([a\-z]+)"}, "a-zb"), "a-z|b");
  EXPECT_EQ(split({R"([\]a]+)"}, "a]b"), "a]|b");
  EXPECT_EQ(split({R"([]a]+)"}, "a]b"), "a]|b");
  EXPECT_EQ(split({R"([ab[cd]]+)"}, "axdc"), "a|x|dc");
  EXPECT_EQ(split({R"(\P{L}+)"}, "a1!b"), "a|1!|b");
  EXPECT_EQ(split({R"(\p{^L}+)"}, "a1!b"), "a|1!|b");
  EXPECT_EQ(split({"."}, "a\nb"), "a|\n|b");
  EXPECT_EQ(split({R"(\x41|\x{42}|\u0043)"}, "ABCD"), "A|B|C|D");
  EXPECT_EQ(split({"[一-龥]+"}, "一二a三"), "一二|a|三");
}

TEST(Split, IgnoresCase) {
  EXPECT_EQ(split({"(?i:ab)c"}, "aBcABC"), "aBc|ABC");
  EXPECT_EQ(split({"(?i:[^k])+"}, "aKb"), "a|K|b");
  // The Kelvin sign and the long s.
  EXPECT_EQ(split({"(?i:ks)"}, "\u212a\u017fks"), "\u212a\u017f|ks");
  EXPECT_EQ(split({"(?i:é)"}, "Éé"), "É|é");
}

TEST(Split, BytesThatAreNoCharacters) {
  EXPECT_EQ(split({R"(\p{L}+|[^\p{L}]+)"}, "a\xff\xc3"
                                           "b"),
            "a|\xff\xc3|b");
  EXPECT_EQ(split({R"([\p{P}\p{S}\p{C}]+)"}, "!\xff!"), "!|\xff|!");
}

TEST(Split, OnePatternAfterAnother) {
  EXPECT_EQ(split({"[0-9]+", "[0-9][0-9]"}, "a12345b"), "a|12|34|5|b");
  EXPECT_EQ(split({"b", R"(\s+(?!\S))"}, "a  b  c"), "a|  |b| | c");
  EXPECT_EQ(split({}, "a 1 b"), "a 1 b");
}

TEST(Split, RejectsPatterns) {
  auto expect = [](std::string pattern, size_t offset, StringRef text) {
    EXPECT_EQ(getError(pattern), "split pattern '" + pattern + "': offset " +
                                     std::to_string(offset) + ": " +
                                     text.str());
  };
  expect("a)", 1, "expects no ')' here");
  expect("(a", 2, "expects ')'");
  expect("[a", 2, "expects ']'");
  expect("*a", 0, "expects no '*' here");
  expect("^a", 0, "expects no '^' here");
  expect("a\\", 2, "expects a character after the backslash");
  expect("\\ba", 1, "expects a known escape, found '\\b'");
  expect("\\p{Foo}", 2,
         "expects a general category such as L or Lu, found property 'Foo'");
  expect("\\pL", 2, "expects a property in braces");
  expect("[b-a]", 4, "expects a range of characters in ascending order");
  expect("[a&&b]", 2, "expects no intersection of classes");
  expect("[[:alpha:]]", 2, "expects no POSIX class");
  expect("a{3,2}", 1, "expects bounds in ascending order");
  expect("a{1001}", 1, "expects at most 1000 repetitions");
  expect("a(?=bc)", 6, "expects lookahead of one character");
  expect("a(?<=b)", 2, "expects a group of the kind (?:, (?i:, (?= or (?!");
  expect("(?:ab)*+", 8, "expects a possessive quantifier after one character");
  expect("a(?=b)*", 7, "expects no quantifier after lookahead");
  expect("\\x{110000}", 3, "expects the hexadecimal number of a character");
  expect("a\xff", 1, "expects a character in UTF-8");
  EXPECT_EQ(getError("a*"), "split pattern 'a*': expects a pattern that does "
                            "not match the empty text");
  EXPECT_EQ(getError("(?:a{1000}){1000}"),
            "split pattern '(?:a{1000}){1000}': expects fewer repetitions");
  // The last thousand characters have to be remembered.
  EXPECT_EQ(getError("(?:a|b)*a(?:a|b){30}c"),
            "split pattern '(?:a|b)*a(?:a|b){30}c': expects automata of at "
            "most 2048 states");
  std::string deep(101, '(');
  EXPECT_NE(getError(deep).find("expects fewer parentheses"),
            std::string::npos);
}

/// The expectations are written by python/make_split_expectations.py.
TEST(Split, CutsAsHuggingFace) {
  auto buffer = cantFail(errorOrToExpected(
      MemoryBuffer::getFile(BITNET_TEST_DATA "/split-expectations.json")));
  json::Value file = cantFail(json::parse(buffer->getBuffer()));
  const json::Array &texts = *file.getAsObject()->getArray("texts");
  ASSERT_GT(texts.size(), 100u);
  for (const auto &[name, value] : *file.getAsObject()->getObject("sizes")) {
    TestVocabulary vocabulary = makeByteVocabulary();
    setPreTokenizer(vocabulary.options, name);
    std::vector<char> tables = cantFail(vocabulary.build());
    for (auto [text, list] : zip_equal(texts, *value.getAsArray())) {
      std::vector<size_t> expected;
      for (const json::Value &size : *list.getAsArray())
        expected.push_back(*size.getAsInteger());
      EXPECT_EQ(cut(tables, *text.getAsString()), expected)
          << name.str() << ": " << text.getAsString()->str();
    }
  }
}

/// Every name's patterns are checked above under one of its names.
TEST(Split, ExpectationsOfEveryPreTokenizer) {
  auto buffer = cantFail(errorOrToExpected(
      MemoryBuffer::getFile(BITNET_TEST_DATA "/split-expectations.json")));
  json::Value file = cantFail(json::parse(buffer->getBuffer()));
  std::set<const void *> checked;
  for (const auto &[name, value] : *file.getAsObject()->getObject("sizes"))
    checked.insert(findPreTokenizer(name)->splitPatterns.data());
  for (StringRef name : getPreTokenizerNames())
    EXPECT_TRUE(checked.count(findPreTokenizer(name)->splitPatterns.data()))
        << name.str();
}

TEST(Split, LinearTime) {
  auto isLinear = [](std::string pattern) {
    return cantFail(SplitAutomaton::build(pattern)).isLinear(0);
  };
  EXPECT_TRUE(isLinear("a+|b"));
  EXPECT_TRUE(isLinear(R"(\s*[\r\n]+|\s+(?!\S)|\s+)"));
  EXPECT_FALSE(isLinear("a+b|a"));
  EXPECT_FALSE(isLinear(R"(\s+$)"));
  for (StringRef name : getPreTokenizerNames()) {
    std::vector<std::string> patterns;
    for (StringRef pattern : findPreTokenizer(name)->splitPatterns)
      patterns.push_back(pattern.str());
    Expected<SplitAutomaton> automaton = SplitAutomaton::build(patterns);
    ASSERT_TRUE(bool(automaton)) << toString(automaton.takeError());
    for (size_t i = 0; i < patterns.size(); ++i)
      EXPECT_TRUE(automaton->isLinear(i)) << name.str() << ": " << patterns[i];
  }
}
