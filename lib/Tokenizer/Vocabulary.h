//===- Vocabulary.h - Checked tokens and merges -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_VOCABULARY_H
#define BITNET_LIB_TOKENIZER_VOCABULARY_H

#include "../Runtime/TokenizerFormat.h"
#include "TokenList.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace mlir::bitnet {

/// The tokens and merges of a description that passed all checks.
class Vocabulary : public TokenList {
public:
  using Merge = BitNetTokenizerMerge;

  static llvm::Expected<Vocabulary>
  create(const TokenizerDescription &description);

  /// The token of every single byte, or the unknown token, or
  /// BITNET_TOKENIZER_NO_TOKEN.
  llvm::ArrayRef<uint32_t> getByteTokens() const { return byteTokens; }
  /// Tokens that a piece of text which has their text becomes, ascending. Those
  /// that merging leads to are among them.
  llvm::ArrayRef<uint32_t> getWholeTokens() const { return wholeTokens; }
  /// The merges that are ever applied to any text, the first first.
  llvm::ArrayRef<Merge> getMerges() const { return merges; }

private:
  llvm::Error readMerges(const TokenizerDescription &description);
  llvm::Error collectMergeableTokens();
  llvm::Error collectByteTokens(const TokenizerDescription &description);
  void dropDeadMerges();
  void dropUnreachableTokens();
  uint32_t encodeWhole(llvm::StringRef text) const;

  std::vector<Merge> merges;
  std::vector<uint32_t> wholeTokens;
  std::array<uint32_t, 256> byteTokens;
  /// From a pair of tokens to its index in `merges`.
  llvm::DenseMap<std::pair<uint32_t, uint32_t>, uint32_t> mergeIndices;
  llvm::StringMap<uint32_t> mergeableTexts;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_VOCABULARY_H
