//===- QuantizeInt8.h - Float weights to 8 bits -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_QUANTIZEINT8_H
#define BITNET_WEIGHTS_QUANTIZEINT8_H

#include "bitnet/Weights/StoredMatrix.h"

#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// The weights that share a scale.
enum class ScaleGroups : uint8_t { Matrix, Rows };

/// Codes of 8 bits: weight = (code - zero point) * scale.
struct Int8Matrix {
  int64_t rows = 0;
  int64_t columns = 0;
  /// Row-major.
  std::vector<int8_t> codes;
  /// One for the whole matrix, or one per row. Finite and positive.
  std::vector<float> scales;
  /// Whole numbers, as many as scales; empty: all are 0.
  std::vector<float> zeroPoints;

  /// What a code stands for, each operation rounded to f32.
  float getWeight(int64_t row, int64_t column) const {
    int64_t group = scales.size() == 1 ? 0 : row;
    float zeroPoint = zeroPoints.empty() ? 0 : zeroPoints[group];
    return (codes[row * columns + column] - zeroPoint) * scales[group];
  }
};

/// Symmetric codes of weights w, in f32:
///
///   factor = 127 / max |w|
///   code   = clamp(round_half_even(w * factor), -127, +127)
///   scale  = 1 / factor
///
/// for the matrix or each row. The factor is 1 if it would be infinite: for
/// weights that are all 0, or below 1e-36.
///
/// Errors, without file or tensor name: a weight that is not finite, a ternary
/// or binary format.
llvm::Expected<Int8Matrix> quantizeAbsMax(const StoredMatrix &matrix,
                                          ScaleGroups groups);

/// Codes that use all of the 8 bits for weights w, in f32:
///
///   factor     = 255 / (max w - min w)
///   zero point = round_half_even(-factor * min w - 128)
///   code       = clamp(round_half_even(w * factor + zero point), -128, +127)
///   scale      = 1 / factor
///
/// for the matrix or each row. The factor is 1 if it would be infinite: for
/// weights that are equal, or less than 1e-36 apart. The zero point is no code
/// if 0 is not between min w and max w.
///
/// Errors, without file or tensor name: a weight or a difference of two
/// that is not finite, a ternary or binary format.
llvm::Expected<Int8Matrix> quantizeZeroPoint(const StoredMatrix &matrix,
                                             ScaleGroups groups);

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_QUANTIZEINT8_H
