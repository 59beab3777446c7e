//===- WeightFormat.h - How stored weights lie in bytes ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_WEIGHTFORMAT_H
#define BITNET_WEIGHTS_WEIGHTFORMAT_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace mlir::bitnet {

/// The encodings of weight matrices that files hold and this library reads. The
/// byte layouts are drawn where they are decoded, in lib/Weights.
enum class WeightFormat : uint8_t {
  F32,
  F16,
  BF16,
  /// Blocks of 32: f16 scale, int8 values.
  Q8_0,
  /// Blocks of 256: 6-bit values, int8 scales of 16, f16 scale.
  Q6_K,
  /// Blocks of 256 trits, 5 to a byte, f16 scale.
  TQ1_0,
  /// Blocks of 256 trits, 4 to a byte, f16 scale.
  TQ2_0,
  /// 2-bit trits of the flattened matrix in interleaved groups of 128
  /// elements, then one f32 scale. What bitnet.cpp writes.
  I2_S,
  /// The same in groups of 64, as builds of bitnet.cpp for ARM write it.
  /// Nothing in a file tells the two apart.
  I2_S64,
  /// Blocks of 128 signs, 8 to a byte, f16 scale.
  Q1_0,
  F64,
  I8,
  I16,
  I32,
  I64,
  /// Blocks of 32: f16 scale, 4-bit values.
  Q4_0,
  /// Blocks of 32: f16 scale and minimum, 4-bit values.
  Q4_1,
  /// Blocks of 32: f16 scale, 5-bit values.
  Q5_0,
  /// Blocks of 32: f16 scale and minimum, 5-bit values.
  Q5_1,
  /// Blocks of 256: 2-bit values, 4-bit scales and minima of 16, f16 units of
  /// both.
  Q2_K,
  /// Blocks of 256: 3-bit values, 6-bit scales of 16, f16 unit.
  Q3_K,
  /// Blocks of 256: 4-bit values, 6-bit scales and minima of 32, f16 units of
  /// both.
  Q4_K,
  /// The same with 5-bit values.
  Q5_K,
  /// Blocks of 32: f16 scale, 4-bit places in a table of values.
  IQ4_NL,
  /// Rows with an f16 scale in front; blocks of 64 trits, 5 to a byte.
  IQ1_BN,
  /// Rows with an f32 scale in front; blocks of 64 trits, 4 to a byte.
  IQ2_BN,
  /// The same for four interleaved rows with their four scales in front.
  IQ2_BN_R4,
  /// Blocks of 64: f16 scale, 2-bit values from -1 to +2.
  Q2_0,
  /// Blocks of 128 of the same.
  PQ2_0,
  /// Blocks of 128 trits, 5 to a byte, f16 scale.
  PTQ1_0,
  /// 2-bit trits without a scale, 4 rows of the matrix to a byte. What
  /// Hugging Face folders hold as uint8.
  PackedRows,
};

/// The name of the format in messages, such as "TQ2_0".
llvm::StringRef getWeightFormatName(WeightFormat format);

/// Whether the format stores trits, which decode without rounding. Q2_0 and
/// PQ2_0 do, too, but can hold a +2, which readTernary refuses.
bool isTernary(WeightFormat format);

/// Whether it stores signs, which do, too.
bool isBinary(WeightFormat format);

/// The bytes of a matrix of `rows` x `columns`. Nothing if either is not
/// positive, if blocks do not divide a row (the whole matrix for I2_S), if 4
/// does not divide the rows of a format that interleaves 4, or on overflow of
/// int64_t.
std::optional<int64_t> getMatrixBytes(WeightFormat format, int64_t rows,
                                      int64_t columns);

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_WEIGHTFORMAT_H
