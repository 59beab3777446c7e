//===- TableWriter.h - Laying out a tokenizer's tables ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_TABLEWRITER_H
#define BITNET_LIB_TOKENIZER_TABLEWRITER_H

#include "../Runtime/TokenizerFormat.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <utility>
#include <vector>

namespace mlir::bitnet {

/// Collects the parts behind a tokenizer's header.
class TableWriter {
public:
  TableWriter() : bytes(sizeof(BitNetTokenizerHeader)) {}

  /// Appends words at a multiple of `alignment`; returns their offset.
  uint32_t append(llvm::ArrayRef<uint32_t> words, uint32_t alignment = 4);
  /// Appends numbers; returns their offset.
  uint32_t appendNumbers(llvm::ArrayRef<double> numbers);
  /// Appends short words, padded to a multiple of 4 bytes; returns their
  /// offset.
  uint32_t appendShort(llvm::ArrayRef<uint16_t> words);
  /// Appends bytes, padded to a multiple of 4; returns their offset.
  uint32_t appendBytes(llvm::ArrayRef<uint8_t> added);
  uint32_t appendText(llvm::StringRef text);
  /// Appends merges and the hash table that finds them. Needs the header's
  /// slot_index_bits.
  void appendMerges(llvm::ArrayRef<BitNetTokenizerMerge> merges,
                    BitNetTokenizerHeader &header);
  /// Appends the hash table that finds `texts` and tells their numbers. Needs
  /// the header's slot_index_bits.
  void
  appendTextSlots(llvm::ArrayRef<std::pair<llvm::StringRef, uint32_t>> texts,
                  BitNetTokenizerHeader &header);
  /// Puts the header in front; returns all.
  std::vector<char> take(const BitNetTokenizerHeader &header);

private:
  void write(size_t offset, llvm::ArrayRef<uint32_t> words);

  std::vector<char> bytes;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_TABLEWRITER_H
