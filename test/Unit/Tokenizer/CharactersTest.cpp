//===- CharactersTest.cpp - SentencePiece and Unigram ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestTokenizer.h"

#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

using namespace llvm;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static uint32_t addScored(TestVocabulary &vocabulary, std::string text,
                          double score, int32_t type = 1) {
  vocabulary.scores.push_back(score);
  return vocabulary.addToken(std::move(text), type);
}

/// The characters of `alphabet` and random texts of them.
static TestVocabulary makeRandom(TokenizerKind kind, StringRef alphabet,
                                 int count, int differentScores,
                                 std::mt19937 &random) {
  TestVocabulary vocabulary = makeCharacterVocabulary(kind, true);
  std::set<std::string> texts;
  for (char character : alphabet)
    texts.insert(std::string(1, character));
  while (int(texts.size()) < count) {
    std::string text;
    int length = 2 + random() % 4;
    for (int i = 0; i < length; ++i)
      text += alphabet[random() % alphabet.size()];
    texts.insert(text);
  }
  for (const std::string &text : texts)
    addScored(vocabulary, text, -double(random() % differentScores));
  return vocabulary;
}

static std::string makeText(StringRef alphabet, size_t length,
                            std::mt19937 &random) {
  std::string text;
  for (size_t i = 0; i < length; ++i)
    text += alphabet[random() % alphabet.size()];
  return text;
}

/// SentencePiece's encoding of ASCII text, as it is defined.
static std::vector<int32_t> mergeByDefinition(const TestVocabulary &vocabulary,
                                              StringRef text) {
  std::map<std::string, int32_t> ids;
  for (size_t id = 257; id < vocabulary.tokens.size(); ++id)
    ids[vocabulary.tokens[id]] = id;
  std::vector<size_t> next(text.size() + 1), previous(text.size() + 1);
  for (size_t i = 0; i <= text.size(); ++i) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  // Minus the score, and the place.
  std::set<std::pair<double, size_t>> applicable;
  auto forPair = [&](size_t left, auto function) {
    if (left >= text.size() || next[left] >= text.size())
      return;
    auto found = ids.find(text.slice(left, next[next[left]]).str());
    if (found != ids.end())
      function(std::make_pair(-vocabulary.scores[found->second], left));
  };
  auto add = [&](auto entry) { applicable.insert(entry); };
  auto remove = [&](auto entry) { applicable.erase(entry); };
  for (size_t i = 0; i < text.size(); ++i)
    forPair(i, add);
  while (!applicable.empty()) {
    size_t left = applicable.begin()->second;
    size_t right = next[left];
    forPair(previous[left], remove);
    forPair(left, remove);
    forPair(right, remove);
    next[left] = next[right];
    previous[next[left]] = left;
    forPair(previous[left], add);
    forPair(left, add);
  }
  std::vector<int32_t> encoded;
  for (size_t i = 0; i < text.size(); i = next[i]) {
    auto found = ids.find(text.slice(i, next[i]).str());
    encoded.push_back(found != ids.end() ? found->second
                                         : 1 + uint8_t(text[i]));
  }
  return encoded;
}

/// Unigram's encoding of ASCII text, as it is defined.
static std::vector<int32_t> searchByDefinition(const TestVocabulary &vocabulary,
                                               StringRef text) {
  std::map<std::string, int32_t> ids;
  double lowest = 0;
  for (size_t id = 257; id < vocabulary.tokens.size(); ++id) {
    ids[vocabulary.tokens[id]] = id;
    lowest = std::min(lowest, vocabulary.scores[id]);
  }
  std::vector<double> best(text.size() + 1, -1e300);
  std::vector<size_t> starts(text.size() + 1);
  best[0] = 0;
  for (size_t start = 0; start < text.size(); ++start) {
    auto offer = [&](size_t end, double score) {
      if (best[start] + score > best[end]) {
        best[end] = best[start] + score;
        starts[end] = start;
      }
    };
    for (size_t end = start + 1; end <= text.size() && end <= start + 5; ++end)
      if (auto found = ids.find(text.slice(start, end).str());
          found != ids.end())
        offer(end, vocabulary.scores[found->second]);
    if (!ids.count(text.substr(start, 1).str()))
      offer(start + 1, lowest - 10);
  }
  std::vector<int32_t> encoded;
  for (size_t end = text.size(); end != 0; end = starts[end]) {
    auto found = ids.find(text.slice(starts[end], end).str());
    encoded.push_back(found != ids.end() ? found->second
                                         : 1 + uint8_t(text[end - 1]));
  }
  std::reverse(encoded.begin(), encoded.end());
  return encoded;
}

TEST(SentencePiece, MergesAsDefined) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    StringRef alphabet = StringRef("abcde").take_front(2 + round % 4);
    TestVocabulary vocabulary =
        makeRandom(TokenizerKind::SentencePiece, alphabet, 10 + random() % 20,
                   round % 3 ? 1000 : 4, random);
    TokenizerModel model(vocabulary);
    for (int i = 0; i < 50; ++i) {
      std::string text = makeText(alphabet, 1 + random() % 80, random);
      ASSERT_EQ(model.tokenize(text), mergeByDefinition(vocabulary, text))
          << text;
    }
  }
}

TEST(SentencePiece, MergesLongRuns) {
  std::mt19937 random(2);
  for (int round = 0; round < 12; ++round) {
    TestVocabulary vocabulary =
        makeRandom(TokenizerKind::SentencePiece, "abc", 24, 9, random);
    TokenizerModel model(vocabulary);
    std::string text = makeText("abc", 3000 + random() % 30000, random);
    EXPECT_EQ(model.tokenize(text), mergeByDefinition(vocabulary, text));
    std::string same(20000, 'a');
    EXPECT_EQ(model.tokenize(same), mergeByDefinition(vocabulary, same));
  }
}

TEST(SentencePiece, CharactersThatAreNoTokens) {
  TestVocabulary vocabulary =
      makeCharacterVocabulary(TokenizerKind::SentencePiece, true);
  addScored(vocabulary, "b", -1);
  addScored(vocabulary, "ab", -2);
  addScored(vocabulary, "\xc3\xa9\xe2\x96\x81", -3);
  TokenizerModel model(vocabulary);
  EXPECT_EQ(model.pieces("abba"), "ab|b|a");
  EXPECT_EQ(model.tokenize("a"), (std::vector<int32_t>{1 + 'a'}));
  EXPECT_EQ(model.pieces("\xc3\xa9 "), "\xc3\xa9 ");
  EXPECT_EQ(model.tokenize("\xc3\xa9"), (std::vector<int32_t>{0xc4, 0xaa}));
  // A space that is no token is spelled as U+2581.
  EXPECT_EQ(model.tokenize(" "), (std::vector<int32_t>{0xe3, 0x97, 0x82}));
}

TEST(SentencePiece, PairsDecideIfThereAreMerges) {
  TestVocabulary vocabulary =
      makeCharacterVocabulary(TokenizerKind::SentencePiece, true);
  for (StringRef text : {"a", "b", "c"})
    vocabulary.addToken(text.str());
  vocabulary.addMerge("b", "c");
  vocabulary.addMerge("a", "b");
  vocabulary.addMerge("ab", "c");
  TokenizerModel model(vocabulary);
  // "abc" can be made of "ab" and "c" only, but "bc" comes first.
  EXPECT_EQ(model.pieces("abcab"), "a|bc|ab");
}

TEST(SentencePiece, OtherTokensAreNotMerged) {
  TestVocabulary vocabulary =
      makeCharacterVocabulary(TokenizerKind::SentencePiece, true);
  for (StringRef text : {"<", "s", ">", "<s", "x"})
    addScored(vocabulary, text.str(), 1);
  addScored(vocabulary, "<s>", 5, 3);
  addScored(vocabulary, "sx", 5, 5);
  TokenizerModel model(vocabulary);
  EXPECT_EQ(model.pieces("<s>sx"), "<s|>|s|x");
  EXPECT_EQ(model.pieces("<s>sx", BITNET_TOKENIZE_SPECIAL), "<s>|s|x");
}

TEST(Unigram, FindsTheBestAsDefined) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    StringRef alphabet = StringRef("abcde").take_front(2 + round % 4);
    TestVocabulary vocabulary =
        makeRandom(TokenizerKind::Unigram, alphabet, 10 + random() % 20,
                   round % 3 ? 1000 : 4, random);
    // Sums that are rounded.
    for (double &score : vocabulary.scores)
      score *= 0.1;
    TokenizerModel model(vocabulary);
    for (int i = 0; i < 50; ++i) {
      std::string text = makeText("abcdef", 1 + random() % 80, random);
      ASSERT_EQ(model.tokenize(text), searchByDefinition(vocabulary, text))
          << text;
    }
    std::string text = makeText(alphabet, 3000 + random() % 9000, random);
    EXPECT_EQ(model.tokenize(text), searchByDefinition(vocabulary, text));
  }
}

TEST(Unigram, PassesOverUnknownCharacters) {
  TestVocabulary vocabulary =
      makeCharacterVocabulary(TokenizerKind::Unigram, false);
  addScored(vocabulary, "a", -1);
  addScored(vocabulary, "ax", -30);
  vocabulary.options.characters.fuseUnknown = true;
  // The lowest score is -30: "x" alone is worth -40.
  EXPECT_EQ(TokenizerModel(vocabulary).pieces("axyza"), "ax|<unk>|a");
  vocabulary.options.characters.unknownScore = -5;
  EXPECT_EQ(TokenizerModel(vocabulary).pieces("axyza"), "a|<unk>|a");
}

namespace {

/// "▁" and "a" as tokens, and nothing to merge them.
class Spaces : public ::testing::TestWithParam<TokenizerKind> {
protected:
  Spaces() : vocabulary(makeCharacterVocabulary(GetParam(), true)) {
    addScored(vocabulary, "\xe2\x96\x81", -1);
    addScored(vocabulary, "a", -2);
    addScored(vocabulary, "<x>", 0, 3);
    addScored(vocabulary, "<u>", 0, 4);
  }

  std::string pieces(StringRef text) {
    TokenizerModel model(vocabulary);
    return model.pieces(text, BITNET_TOKENIZE_SPECIAL);
  }

  TestVocabulary vocabulary;
  CharacterOptions &options = vocabulary.options.characters;
};

} // namespace

INSTANTIATE_TEST_SUITE_P(Kinds, Spaces,
                         ::testing::Values(TokenizerKind::SentencePiece,
                                           TokenizerKind::Unigram));

TEST_P(Spaces, AreTheCharacterU2581) {
  EXPECT_EQ(pieces("a a"), "a| |a");
  EXPECT_EQ(pieces("a\xe2\x96\x81"
                   "a"),
            "a| |a");
}

TEST_P(Spaces, BeforeText) {
  options.prefix = CharacterOptions::BeforeText;
  EXPECT_EQ(pieces("a<x>a"), " |a|<x>|a");
  EXPECT_EQ(pieces(" a"), " | |a");
  EXPECT_EQ(pieces(""), "");
  EXPECT_EQ(pieces("<x>a"), "<x>|a");
}

TEST_P(Spaces, BeforeSegments) {
  options.prefix = CharacterOptions::BeforeSegments;
  EXPECT_EQ(pieces("a<x>a<u><u> a"), " |a|<x>| |a|<u>|<u>| | |a");
}

TEST_P(Spaces, UnlessThereIsOne) {
  options.prefix = CharacterOptions::BeforeSegments;
  options.prefixUnlessSpace = true;
  EXPECT_EQ(pieces("a<x> a<x>\xe2\x96\x81"), " |a|<x>| |a|<x>| ");
}

TEST_P(Spaces, Collapse) {
  options.collapseSpaces = true;
  EXPECT_EQ(pieces("  a   a  "), "a| |a");
  EXPECT_EQ(pieces("   "), "");
  options.prefix = CharacterOptions::BeforeText;
  EXPECT_EQ(pieces("  a  a"), " |a| |a");
  EXPECT_EQ(pieces("   "), "");
}

TEST_P(Spaces, SplitBeforeEach) {
  addScored(vocabulary, "\xe2\x96\x81\xe2\x96\x81", 7);
  addScored(vocabulary,
            "\xe2\x96\x81"
            "a",
            6);
  EXPECT_EQ(pieces("a   aa"), "a|  | a|a");
  options.splitSpaces = true;
  EXPECT_EQ(pieces("a   aa"), "a| | | a|a");
}

TEST_P(Spaces, FirstIsDropped) {
  options.prefix = CharacterOptions::BeforeSegments;
  options.dropFirstSpace = true;
  TokenizerModel model(vocabulary);
  for (StringRef text : {"a", " a", "", " ", "a a "})
    EXPECT_EQ(model.detokenize(model.tokenize(text)), text.str());
  std::vector<int32_t> tokens = model.tokenize("a");
  EXPECT_EQ(model.detokenize(tokens, BITNET_DETOKENIZE_CONTINUATION), " a");
  int32_t control = vocabulary.tokens.size() - 2;
  tokens.insert(tokens.begin(), control);
  EXPECT_EQ(model.detokenize(tokens), "a");
  EXPECT_EQ(model.detokenize(tokens, BITNET_DETOKENIZE_SPECIAL), "<x> a");
}

TEST_P(Spaces, AddedTokensStripThem) {
  std::vector<AddedToken> &added = vocabulary.options.addedTokens.emplace();
  uint32_t control = vocabulary.tokens.size() - 2;
  added.push_back({control, "<x>", true, false});
  added.push_back({control + 1, "<u>", false, true});
  EXPECT_EQ(pieces("a \t\xc2\xa0<x> a"), "a|<x>| |a");
  EXPECT_EQ(pieces("a <u>\n \xe2\x80\x83\xe3\x80\x80"
                   "a"),
            "a| |<u>|a");
  EXPECT_EQ(pieces(" <x><u> "), "<x>|<u>");
  EXPECT_EQ(pieces("<u>  <x>"), "<u>|<x>");
}

TEST_P(Spaces, AddedTokensMayBeSpelledOtherwise) {
  vocabulary.options.addedTokens.emplace().push_back({1 + '!', "[bang]"});
  EXPECT_EQ(pieces("a[bang]<x>"), "a|!|<|x|>");
}

TEST_P(Spaces, InvalidBytesComeBack) {
  TokenizerModel model(vocabulary);
  std::mt19937 random(4);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t k = random() % 30; k != 0; --k)
      text += random() % 2 ? char(random()) : "a \xc3\xe2"[random() % 4];
    if (StringRef(text).contains("\xe2\x96\x81"))
      continue;
    ASSERT_EQ(model.detokenize(model.tokenize(text)), text);
  }
}

TEST_P(Spaces, UnknownCharactersFuse) {
  TestVocabulary without = makeCharacterVocabulary(GetParam(), false);
  addScored(without, "a", -1);
  EXPECT_EQ(TokenizerModel(without).pieces("xya \xffz"),
            "<unk>|<unk>|a|<unk>|<unk>|<unk>");
  without.options.characters.fuseUnknown = true;
  EXPECT_EQ(TokenizerModel(without).pieces("xya \xffz"), "<unk>|a|<unk>");
}

TEST(AddedTokens, TheLongestOfManyIsFound) {
  TestVocabulary vocabulary =
      makeCharacterVocabulary(TokenizerKind::SentencePiece, true);
  addScored(vocabulary, "a", 0);
  std::mt19937 random(5);
  std::set<std::string> texts = {"<", "<<"};
  while (texts.size() < 300)
    texts.insert(makeText("<ab>", 1 + random() % 6, random));
  for (const std::string &text : texts)
    if (text != "a")
      addScored(vocabulary, text, 0, random() % 2 ? 3 : 4);
  TokenizerModel model(vocabulary);
  for (int i = 0; i < 500; ++i) {
    std::string text = makeText("<ab>", 20, random);
    for (bool onRequest : {false, true}) {
      std::string expected;
      for (size_t at = 0; at < text.size();) {
        size_t longest = 1;
        for (size_t id = 258; id < vocabulary.tokens.size(); ++id)
          if ((onRequest || vocabulary.types[id] == 4) &&
              StringRef(text).substr(at).starts_with(vocabulary.tokens[id]))
            longest = std::max(longest, vocabulary.tokens[id].size());
        expected += (at ? "|" : "") + text.substr(at, longest);
        at += longest;
      }
      ASSERT_EQ(model.pieces(text, onRequest ? BITNET_TOKENIZE_SPECIAL : 0),
                expected);
    }
  }
}
