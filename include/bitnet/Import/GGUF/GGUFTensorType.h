//===- GGUFTensorType.h - Numeric ids of GGUF tensor types ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is known about the tensor types that files name by number. The number
// alone does not always say what the bytes mean: forks of ggml gave some ids to
// types of their own. Such ids have a name here but no size, and a reader takes
// their extent from the file.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_GGUF_GGUFTENSORTYPE_H
#define BITNET_IMPORT_GGUF_GGUFTENSORTYPE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace mlir::bitnet {

/// A tensor type as the file names it. Values without an enumerator occur: the
/// field is whatever the file holds.
enum class GGUFTensorType : uint32_t {
  F32 = 0,
  F16 = 1,
  Q8_0 = 8,
  Q6_K = 14,
  BF16 = 30,
  TQ1_0 = 34,
  TQ2_0 = 35,
  I2_S = 36,
  Q1_0 = 41,
};

/// One row of the table of known types.
struct GGUFTensorTypeInfo {
  uint32_t id;
  llvm::StringLiteral name;
  /// Elements and bytes of a block; 0 elements: the size cannot be told from
  /// the id, because forks disagree about its meaning.
  uint32_t blockElements;
  uint32_t blockBytes;
  /// Bytes behind the last block of the whole tensor. Types with a tail run
  /// their blocks over the flattened tensor, all others over each row.
  uint32_t tailBytes;
};

/// The table row of `type`, or null for an id that no known file uses.
const GGUFTensorTypeInfo *getTensorTypeInfo(GGUFTensorType type);

/// The name of `type` for messages: "I2_S", or "99" for an unknown id.
std::string getTensorTypeName(GGUFTensorType type);

/// The number of bytes that a tensor of `shape` (fastest dimension first, every
/// extent positive) takes in the file without padding. Nothing if the type has
/// no certain size, if blocks do not divide the shape, or on overflow.
std::optional<uint64_t> getTensorBytes(GGUFTensorType type,
                                       llvm::ArrayRef<uint64_t> shape);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_GGUF_GGUFTENSORTYPE_H
