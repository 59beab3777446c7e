//===- KeepWeights.h - Weights of few bits as they are ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_KEEPWEIGHTS_H
#define BITNET_WEIGHTS_KEEPWEIGHTS_H

#include "bitnet/Weights/BinaryMatrix.h"
#include "bitnet/Weights/StoredMatrix.h"
#include "bitnet/Weights/TernaryMatrix.h"

#include <variant>

namespace mlir::bitnet {

/// Codes of 8 bits: weight = code * scale + offset.
struct CodeMatrix {
  int64_t rows = 0;
  int64_t columns = 0;
  /// Row-major, numbers from -128 to 127.
  std::vector<char> codes;
  /// [rows][blocks], or one per row.
  std::vector<float> scales;
  /// As scales; empty: all are 0.
  std::vector<float> offsets;
  /// Blocks of columns / blocks columns, a multiple of 16; 0: scales are of
  /// rows.
  int64_t blocks = 0;
};

/// What weights are that nothing may quantise any further.
using KeptMatrix = std::variant<TernaryMatrix, BinaryMatrix, CodeMatrix>;

/// The weights of a matrix, exactly if they are
///
/// - in a ternary or binary format;
/// - floats that are t * s with t in {-1, 0, 1}, or in {-1, 1}, and a scale s
///   for the matrix, each row, or each row and block of columns, blocks being
///   the largest that are a multiple of 32 columns;
/// - 8-bit codes with scales and offsets, see BlockCodes.h.
///
/// Other floats w are rounded in blocks of 32 columns, else of 16, or else in
/// rows: scale = max |w| / 127, code = round_half_even(w / scale), both in f32.
/// If all weights of a block are multiples of the least magnitude but 0, up to
/// 127 times, that is the scale, and codes are exact: 2-bit formats whose fourth
/// code occurs.
///
/// Errors, without file or tensor name: what the formats' readers refuse, a
/// float that is not finite.
llvm::Expected<KeptMatrix> keepWeights(const StoredMatrix &matrix);

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_KEEPWEIGHTS_H
