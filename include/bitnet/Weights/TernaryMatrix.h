//===- TernaryMatrix.h - Trits in a plain order -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one form in which ternary weights travel between importers, passes and
// packers, whatever a file held:
//
//   rows of ceil(columns / 4) bytes; element k of a row is
//
//     byte k / 4     |  k%4=3  |  k%4=2  |  k%4=1  |  k%4=0  |
//     bits            7       6 5       4 3       2 1       0
//
//   code 0: -1, code 1: 0, code 2: +1, code 3 does not occur. Elements that pad
//   the last byte of a row have code 1.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_TERNARYMATRIX_H
#define BITNET_WEIGHTS_TERNARYMATRIX_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace mlir::bitnet {

/// A byte of four zero trits.
inline constexpr char zeroTritByte = 0x55;

/// How often each trit occurs.
struct TritCounts {
  int64_t negative = 0;
  int64_t zero = 0;
  int64_t positive = 0;

  bool operator==(const TritCounts &) const = default;
};

/// A view of trits in the order above. `codes` has rows * getRowBytes() bytes.
struct TernaryView {
  int64_t rows;
  int64_t columns;
  llvm::ArrayRef<char> codes;

  int64_t getRowBytes() const { return (columns + 3) / 4; }
  llvm::ArrayRef<char> getRow(int64_t row) const {
    return codes.slice(row * getRowBytes(), getRowBytes());
  }
  /// The weight at `row` and `column`, without the scale: -1, 0 or +1.
  int getTrit(int64_t row, int64_t column) const {
    return ((codes[row * getRowBytes() + column / 4] >> (column % 4 * 2)) & 3) -
           1;
  }

  /// Counts the trits without the padding.
  TritCounts countTrits() const;
  /// Row and column of the first element with code 3 or, at a column past the
  /// end, of the first padding with a code other than 1. Nothing if every code
  /// is as it should be.
  std::optional<std::pair<int64_t, int64_t>> findInvalidCode() const;
};

/// Trits with their scales: weight = trit * scale.
struct TernaryMatrix {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<char> codes;
  /// One for the whole matrix, one per row, or [rows][blocks]. Finite; may be
  /// zero or negative if the file says so. Rows and blocks without a non-zero
  /// trit have scale 1 unless the file gives the whole matrix, or the row,
  /// another.
  std::vector<float> scales;
  /// Blocks of columns / blocks columns that have scales of their own; 0: there
  /// are none, scales are of rows or the matrix.
  int64_t blocks = 0;

  TernaryMatrix() = default;
  /// A matrix of zeros without scales.
  TernaryMatrix(int64_t rows, int64_t columns)
      : rows(rows), columns(columns),
        codes(rows * ((columns + 3) / 4), zeroTritByte) {}

  TernaryView getView() const { return {rows, columns, codes}; }
  /// The scale of an element.
  float getScale(int64_t row, int64_t column) const {
    if (blocks)
      return scales[row * blocks + column / (columns / blocks)];
    return scales[scales.size() == 1 ? 0 : row];
  }
  int getTrit(int64_t row, int64_t column) const {
    return getView().getTrit(row, column);
  }
  /// `trit` is -1, 0 or +1.
  void setTrit(int64_t row, int64_t column, int trit);
};

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_TERNARYMATRIX_H
