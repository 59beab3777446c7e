//===- CharacterTables.cpp - Tables of tokenizers of characters -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "CharacterTables.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <array>
#include <cstring>

using namespace llvm;
using namespace mlir::bitnet;

static constexpr uint32_t noIndex = CharacterVocabulary::noIndex;

/// What an unknown character scores less than the worst token.
static constexpr double unknownPenalty = 10;

namespace {

/// The texts of tokens, symbol by symbol.
struct Trie {
  /// Edges: from `left` by the symbol `right` to `result`.
  std::vector<BitNetTokenizerMerge> edges;
  /// The token that every node spells, or noIndex. The first is the root.
  std::vector<uint32_t> tokens = {noIndex};
};

/// A set of bits, by the hash of pairs of symbols that are side by side.
struct Neighbours {
  uint32_t bits;
  std::vector<uint32_t> words;
};

} // namespace

static Trie makeTrie(const CharacterVocabulary &vocabulary) {
  Trie trie;
  DenseMap<std::pair<uint32_t, uint32_t>, uint32_t> children;
  for (uint32_t token : vocabulary.getReachableTokens()) {
    uint32_t node = 0;
    for (uint32_t symbol : vocabulary.getSymbols(vocabulary.getText(token))) {
      auto [child, isNew] =
          children.try_emplace({node, symbol}, trie.tokens.size());
      if (isNew) {
        trie.edges.push_back({node, symbol, child->second});
        trie.tokens.push_back(noIndex);
      }
      node = child->second;
    }
    trie.tokens[node] = token;
  }
  return trie;
}

/// The neighbours in `tokens`, one of eight bits set.
static Neighbours collectNeighbours(const CharacterVocabulary &vocabulary,
                                    ArrayRef<uint32_t> tokens) {
  DenseSet<std::pair<uint32_t, uint32_t>> pairs;
  for (uint32_t token : tokens) {
    std::vector<uint32_t> symbols =
        vocabulary.getSymbols(vocabulary.getText(token));
    for (size_t i = 0; i + 1 < symbols.size(); ++i)
      pairs.insert({symbols[i], symbols[i + 1]});
  }
  Neighbours neighbours;
  neighbours.bits =
      std::clamp<uint32_t>(Log2_64_Ceil(8 * pairs.size() + 1), 5, 28);
  neighbours.words.resize((1u << neighbours.bits) / 32);
  for (auto [left, right] : pairs) {
    uint32_t bit = bitnetNeighbourBit(left, right, neighbours.bits);
    neighbours.words[bit / 32] |= 1u << bit % 32;
  }
  return neighbours;
}

static uint32_t getFlags(const CharacterOptions &options) {
  auto flag = [](bool isSet, uint32_t value) { return isSet ? value : 0; };
  return flag(options.prefix == CharacterOptions::BeforeSegments,
              BitNetCharactersPrefix) |
         flag(options.prefix == CharacterOptions::BeforeText,
              BitNetCharactersPrefixFirst) |
         flag(options.prefixUnlessSpace, BitNetCharactersPrefixUnlessSpace) |
         flag(options.splitSpaces, BitNetCharactersSplitSpaces) |
         flag(options.fuseUnknown, BitNetCharactersFuseUnknown) |
         flag(options.collapseSpaces, BitNetCharactersCollapseSpaces) |
         flag(options.dropFirstSpace, BitNetCharactersDropFirstSpace) |
         flag(options.singlePrecision, BitNetCharactersSinglePrecision);
}

static double getUnknownScore(const TokenizerDescription &description,
                              const CharacterVocabulary &vocabulary) {
  if (description.characters.unknownScore)
    return *description.characters.unknownScore;
  double lowest = 0;
  bool isFirst = true;
  for (uint32_t token : vocabulary.getReachableTokens()) {
    double score = description.scores[token];
    lowest = isFirst ? score : std::min(lowest, score);
    isFirst = false;
  }
  double score = lowest - unknownPenalty;
  return description.characters.singlePrecision ? static_cast<float>(score)
                                                : score;
}

static uint32_t append(const BitNetTokenizerCharacters &characters,
                       TableWriter &writer) {
  std::array<uint32_t, sizeof(characters) / 4> words;
  std::memcpy(words.data(), &characters, sizeof(characters));
  return writer.append(words, alignof(BitNetTokenizerCharacters));
}

void mlir::bitnet::appendCharacters(const TokenizerDescription &description,
                                    const CharacterVocabulary &vocabulary,
                                    TableWriter &writer,
                                    BitNetTokenizerHeader &header) {
  bool isUnigram = description.kind == TokenizerKind::Unigram;
  BitNetTokenizerCharacters characters = {};
  std::vector<BitNetTokenizerMerge> merges(vocabulary.getMerges());
  std::vector<uint32_t> tokens;
  if (isUnigram) {
    Trie trie = makeTrie(vocabulary);
    merges = std::move(trie.edges);
    characters.node_tokens_offset = writer.append(trie.tokens);
    characters.scores_offset = writer.appendNumbers(description.scores);
    characters.unknown_score = getUnknownScore(description, vocabulary);
    tokens = vocabulary.getReachableTokens();
  } else {
    for (const BitNetTokenizerMerge &merge : merges)
      tokens.push_back(merge.result);
    characters.orders_offset = writer.append(vocabulary.getOrders());
  }
  for (uint32_t token : tokens)
    characters.longest_token = std::max<uint32_t>(
        characters.longest_token,
        vocabulary.getSymbols(vocabulary.getText(token)).size());
  characters.longest_token = std::max(characters.longest_token, 1u);

  Neighbours neighbours = collectNeighbours(vocabulary, tokens);
  characters.neighbour_bits = neighbours.bits;
  characters.neighbours_offset = writer.append(neighbours.words);
  characters.flags = getFlags(description.characters);
  characters.unknown_token = description.unknownToken.value_or(noIndex);
  auto space = vocabulary.getSymbols().find(" ");
  characters.space_symbol =
      space == vocabulary.getSymbols().end() ? noIndex : space->second;

  header.kind =
      isUnigram ? BitNetTokenizerUnigram : BitNetTokenizerSentencePiece;
  header.byte_tokens_offset = writer.append(vocabulary.getByteTokens());
  std::vector<std::pair<StringRef, uint32_t>> texts;
  for (const auto &[text, symbol] : vocabulary.getSymbols())
    texts.emplace_back(text, symbol);
  llvm::sort(texts);
  // One more than needed, so that no slot is all ones.
  uint64_t largest = std::max<uint64_t>(
      vocabulary.size() + vocabulary.getExtraSymbols().size(), merges.size());
  header.slot_index_bits = Log2_64(largest) + 1;
  writer.appendMerges(merges, header);
  writer.appendTextSlots(texts, header);
  header.character_offset = append(characters, writer);
}
