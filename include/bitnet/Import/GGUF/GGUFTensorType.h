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
// types of their own. Such ids have several rows in the table, and the reader
// finds out by the sizes of the tensors which of them a file means.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_GGUF_GGUFTENSORTYPE_H
#define BITNET_IMPORT_GGUF_GGUFTENSORTYPE_H

#include "bitnet/Weights/WeightFormat.h"

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
  Q4_0 = 2,
  Q4_1 = 3,
  Q5_0 = 6,
  Q5_1 = 7,
  Q8_0 = 8,
  Q2_K = 10,
  Q3_K = 11,
  Q4_K = 12,
  Q5_K = 13,
  Q6_K = 14,
  IQ4_NL = 20,
  I8 = 24,
  I16 = 25,
  I32 = 26,
  I64 = 27,
  F64 = 28,
  BF16 = 30,
  TQ1_0 = 34,
  TQ2_0 = 35,
  I2_S = 36,
  TL1 = 38,
  Q1_0 = 41,
  /// PQ2_0 or TL2 in files of forks.
  Q2_0 = 42,
  IQ1_BN = 134,
  IQ2_BN = 135,
  PQ2_0 = 142,
  PTQ1_0 = 143,
  IQ2_BN_R4 = 335,
};

/// One row of the table of known types: a meaning of an id.
struct GGUFTensorTypeInfo {
  uint32_t id;
  llvm::StringLiteral name;
  /// Elements and bytes of a block; 0 elements: the size cannot be told from
  /// the shape.
  uint32_t blockElements;
  uint32_t blockBytes;
  /// How the weight library reads it, if it can.
  std::optional<WeightFormat> format = std::nullopt;
  /// Bytes behind the last block of the whole tensor. Types with a tail run
  /// their blocks over the flattened tensor, all others over each row.
  uint32_t tailBytes = 0;
  /// Bytes that a row has besides its blocks.
  uint32_t rowHeadBytes = 0;
};

/// The meanings of `type`, the first most likely; none for an id that no known
/// file uses.
llvm::ArrayRef<GGUFTensorTypeInfo> getTensorTypeMeanings(GGUFTensorType type);

/// The name of `type` for messages: "I2_S", "Q2_0, PQ2_0 or TL2", or "99" for
/// an unknown id.
std::string getTensorTypeName(GGUFTensorType type);

/// The number of bytes that a tensor of `shape` (fastest dimension first, every
/// extent positive) takes in the file without padding. Nothing if the type has
/// no certain size, if blocks do not divide the shape, or on overflow.
std::optional<uint64_t> getTensorBytes(const GGUFTensorTypeInfo &info,
                                       llvm::ArrayRef<uint64_t> shape);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_GGUF_GGUFTENSORTYPE_H
