//===- BinaryMatrix.h - Signs in a plain order ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one form in which binary weights travel between importers, passes and
// packers, that of `#bitnet.bits`: rows of ceil(columns / 8) bytes; element k
// of a row is bit k mod 8 of byte k / 8, 1 for +1 and 0 for -1. Bits that pad
// the last byte of a row are 0.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_BINARYMATRIX_H
#define BITNET_WEIGHTS_BINARYMATRIX_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace mlir::bitnet {

/// A view of signs in the order above. `bytes` has rows * getRowBytes() bytes.
struct BinaryView {
  int64_t rows, columns;
  llvm::ArrayRef<char> bytes;

  int64_t getRowBytes() const { return (columns + 7) / 8; }
  /// The weight at `row` and `column`, without the scale: -1 or +1.
  int getSign(int64_t row, int64_t column) const {
    return (bytes[row * getRowBytes() + column / 8] >> (column % 8) & 1) ? 1
                                                                         : -1;
  }
};

/// Signs with their scales: weight = sign * scale.
struct BinaryMatrix {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<char> bytes;
  /// One for the whole matrix, one per row, or [rows][blocks]. Finite; may be
  /// zero or negative if the file says so.
  std::vector<float> scales;
  /// Blocks of columns / blocks columns that have scales of their own; 0: there
  /// are none, scales are of rows or the matrix.
  int64_t blocks = 0;

  BinaryMatrix() = default;
  /// A matrix of -1 without scales.
  BinaryMatrix(int64_t rows, int64_t columns)
      : rows(rows), columns(columns), bytes(rows * ((columns + 7) / 8)) {}

  BinaryView getView() const { return {rows, columns, bytes}; }
  /// The scale of an element.
  float getScale(int64_t row, int64_t column) const {
    if (blocks)
      return scales[row * blocks + column / (columns / blocks)];
    return scales[scales.size() == 1 ? 0 : row];
  }
  int getSign(int64_t row, int64_t column) const {
    return getView().getSign(row, column);
  }
  /// Makes an element +1 that was -1.
  void setPositive(int64_t row, int64_t column) {
    char &byte = bytes[row * getView().getRowBytes() + column / 8];
    byte = static_cast<char>(byte | 1 << (column % 8));
  }
};

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_BINARYMATRIX_H
