//===- StoredMatrix.h - Weights as a file holds them ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_STOREDMATRIX_H
#define BITNET_WEIGHTS_STOREDMATRIX_H

#include "bitnet/Weights/WeightFormat.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <functional>

namespace mlir::bitnet {

/// A view of a weight matrix in one of the stored formats, row-major, whose
/// size has been checked. Outputs are rows, inputs are columns. The bytes need
/// no alignment and belong to someone else.
class StoredMatrix {
public:
  /// An error if `bytes` is not exactly as long as the format, `rows` and
  /// `columns` (both positive) ask for.
  static llvm::Expected<StoredMatrix> get(WeightFormat format, int64_t rows,
                                          int64_t columns,
                                          llvm::ArrayRef<char> bytes);

  WeightFormat getFormat() const { return format; }
  int64_t getRows() const { return rows; }
  int64_t getColumns() const { return columns; }
  llvm::ArrayRef<char> getBytes() const { return bytes; }

  /// Writes the weights of `row` in [0, rows) to `output`, which has as many
  /// elements as the matrix has columns. Exact for float formats; products with
  /// scales are rounded once. Codes without a meaning in the format decode to
  /// what their arithmetic gives.
  void decodeRow(int64_t row, llvm::MutableArrayRef<float> output) const;

  /// Lets `discard` take back memory of bytes that have been read: it is called
  /// with those of the last rows when rows are decoded in order.
  void setDiscard(std::function<void(llvm::ArrayRef<char>)> function) {
    discard = std::move(function);
  }

private:
  StoredMatrix(WeightFormat format, int64_t rows, int64_t columns,
               llvm::ArrayRef<char> bytes)
      : format(format), rows(rows), columns(columns), bytes(bytes) {}

  WeightFormat format;
  int64_t rows;
  int64_t columns;
  llvm::ArrayRef<char> bytes;
  std::function<void(llvm::ArrayRef<char>)> discard;
};

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_STOREDMATRIX_H
