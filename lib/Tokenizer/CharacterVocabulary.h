//===- CharacterVocabulary.h - Vocabularies of characters -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_CHARACTERVOCABULARY_H
#define BITNET_LIB_TOKENIZER_CHARACTERVOCABULARY_H

#include "../Runtime/TokenizerFormat.h"
#include "TokenList.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"

#include <array>

namespace mlir::bitnet {

/// The tokens of a description of the kinds SentencePiece and Unigram that
/// passed all checks. In texts, a space is a space.
///
/// Symbols are what text consists of: the tokens of one character, and the
/// characters that are in tokens but are none, which have ids from size() on.
class CharacterVocabulary : public TokenList {
public:
  using Merge = BitNetTokenizerMerge;
  static constexpr uint32_t noIndex = UINT32_MAX;

  static llvm::Expected<CharacterVocabulary>
  create(const TokenizerDescription &description);

  /// Texts of the symbols that are no tokens.
  llvm::ArrayRef<std::string> getExtraSymbols() const { return extraSymbols; }
  /// From the text of a character to its symbol.
  const llvm::StringMap<uint32_t> &getSymbols() const { return symbols; }
  /// Tokens that encoding can lead to, ascending.
  llvm::ArrayRef<uint32_t> getReachableTokens() const {
    return reachableTokens;
  }
  /// The symbols of a text, which consists of characters of tokens.
  std::vector<uint32_t> getSymbols(llvm::StringRef text) const;
  /// The token of every single byte, or noIndex.
  llvm::ArrayRef<uint32_t> getByteTokens() const { return byteTokens; }
  /// SentencePiece: the merges that are ever applied to any text, by their
  /// order, which is that of getOrders().
  llvm::ArrayRef<Merge> getMerges() const { return merges; }
  llvm::ArrayRef<uint32_t> getOrders() const { return orders; }

private:
  llvm::Error readCharacterTokens(const TokenizerDescription &description);
  llvm::Error collectReachableTokens(const TokenizerDescription &description);
  llvm::Error readScores(const TokenizerDescription &description);
  llvm::Error readMerges(const TokenizerDescription &description);
  void collectSymbols();
  void collectMerges();

  /// A merge that can be applied: the lower the order, the earlier.
  struct Candidate {
    uint32_t order = noIndex;
    uint32_t result = noIndex;
  };
  Candidate findCandidate(uint32_t left, uint32_t right,
                          llvm::StringRef joined) const;
  std::optional<std::pair<Merge, uint32_t>> encodeWhole(uint32_t token) const;

  std::vector<std::string> extraSymbols;
  llvm::StringMap<uint32_t> symbols;
  std::vector<uint32_t> reachableTokens;
  llvm::StringMap<uint32_t> reachableTexts;
  std::array<uint32_t, 256> byteTokens;
  /// The order of every token's score; empty if pairs decide.
  std::vector<uint32_t> scoreOrders;
  llvm::DenseMap<std::pair<uint32_t, uint32_t>, Candidate> pairs;
  std::vector<Merge> merges;
  std::vector<uint32_t> orders;
};

/// Cuts the first character off `text`, which is not empty. Bytes that are not
/// UTF-8 are characters.
llvm::StringRef takeCharacter(llvm::StringRef &text);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_CHARACTERVOCABULARY_H
