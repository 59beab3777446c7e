//===- TableRounding.h - Rows of tables in fewer bits -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the element kinds of embeddings and output heads can hold, and how far
// that is from what a file says.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_PACKING_TABLEROUNDING_H
#define BITNET_PACKING_TABLEROUNDING_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Weights/StoredMatrix.h"

namespace mlir::bitnet {

/// Rounds the rows of a table to what an element kind can hold. f16 and bf16
/// round half to even. Integers are round_half_even(w · maximum / a) with the
/// scale a / maximum, a being the largest magnitude of the row.
class RowRounder {
public:
  RowRounder(ElementKind element, int64_t columns);

  /// Rounds row `row`. An error, without naming the tensor, if a value is not
  /// finite or too large for the element kind.
  llvm::Error round(int64_t row, llvm::ArrayRef<float> values);

  /// The last row as stored: bits of floats, or value + offset.
  llvm::ArrayRef<uint16_t> getCodes() const { return codes; }
  /// Its scale; 1 for floats.
  float getScale() const { return scale; }
  /// Σ w² of it, and Σ (w − w')² of what is stored.
  double getSquaredNorm() const { return squaredNorm; }
  double getSquaredError() const { return squaredError; }

private:
  /// The largest finite value that rounds to a finite number, exclusive.
  float limit;
  ElementKind element;
  std::vector<uint16_t> codes;
  std::vector<float> differences;
  float scale = 1;
  double squaredNorm = 0, squaredError = 0;
};

/// How far a rounded table w' is from the table w of the file.
struct RoundingError {
  /// ‖w − w'‖ / ‖w‖; 0 for a table of zeros.
  double table = 0;
  /// The largest ‖w_m − w'_m‖ / max(‖w_m‖, r) of a row, r being the root mean
  /// square of ‖w_m‖: relative to the row, unless it is shorter than most.
  double worstRow = 0;
};

/// Collects the errors of rows.
class RoundingErrorSum {
public:
  void add(const RowRounder &row) {
    rows.push_back({row.getSquaredNorm(), row.getSquaredError()});
  }
  RoundingError get() const;

private:
  struct Row {
    double norm, error;
  };
  std::vector<Row> rows;
};

/// No row of a table may be off by more than this multiple of the bound for the
/// table. Rows of normal numbers reach 1.5 times the table's error, those of
/// the largest embedding at hand 1.9 times; see docs/Accuracy.md.
inline constexpr double worstRowFactor = 2;

/// Of int6, int8, f16 and bf16 the first that rounds `matrix` with a relative
/// error of at most `bound`, and no row with more than `worstRowFactor` times
/// that. bf16 comes before f16 if the file has BF16. An error, without naming
/// the tensor, if none does or if a value is not finite.
llvm::Expected<ElementKind> selectTableElement(const StoredMatrix &matrix,
                                               double bound);

} // namespace mlir::bitnet

#endif // BITNET_PACKING_TABLEROUNDING_H
