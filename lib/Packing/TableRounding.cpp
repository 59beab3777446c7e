//===- TableRounding.cpp - Rows of tables in fewer bits -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Packing/TableRounding.h"
#include "bitnet/Weights/HalfFloat.h"
#include "llvm/ADT/STLExtras.h"

#include <fmt/format.h>

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;
using llvm::ArrayRef;

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Half to even, whatever the rounding mode of the C library.
static int32_t roundHalfEven(double value) {
  constexpr double magic = 6755399441055744.0; // 1.5 · 2^52
  double shifted = value + magic;
  return static_cast<int32_t>(shifted - magic);
}

/// In an order that is the same with and without vector units.
static double sumSquares(ArrayRef<float> values) {
  constexpr size_t lanes = 8;
  double sums[lanes] = {};
  size_t whole = values.size() / lanes * lanes;
  for (size_t index = 0; index < whole; index += lanes)
    for (size_t lane = 0; lane < lanes; ++lane)
      sums[lane] += double(values[index + lane]) * double(values[index + lane]);
  for (size_t index = whole; index < values.size(); ++index)
    sums[index - whole] += double(values[index]) * double(values[index]);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
         ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

static StringRef getRangeName(ElementKind element) {
  switch (element) {
  case ElementKind::F16:
    return "half precision";
  case ElementKind::BF16:
    return "bfloat16";
  default:
    return "finite";
  }
}

RowRounder::RowRounder(ElementKind element, int64_t columns)
    : element(element), codes(columns), differences(columns) {
  // The first numbers that round to infinity.
  limit = element == ElementKind::F16    ? 65520.0f
          : element == ElementKind::BF16 ? 0x1.ffp127f
                                         : INFINITY;
}

/// The largest magnitude of a row, or the error about its first value that is
/// not below `limit` in magnitude.
static llvm::Expected<float> findLargest(ArrayRef<float> values, int64_t row,
                                         float limit, StringRef expected) {
  float largest = 0;
  bool isValid = true;
  for (float value : values) {
    float magnitude = std::fabs(value);
    isValid &= magnitude < limit; // false for not-a-number
    largest = magnitude > largest ? magnitude : largest;
  }
  if (isValid)
    return largest;
  const float *bad = llvm::find_if(
      values, [&](float value) { return !(std::fabs(value) < limit); });
  return llvm::createStringError(llvm::Twine("expects ") + expected +
                                 " values, found " + std::to_string(*bad) +
                                 " in row " + llvm::Twine(row) + ", column " +
                                 llvm::Twine(bad - values.begin()));
}

llvm::Error RowRounder::round(int64_t row, ArrayRef<float> values) {
  llvm::Expected<float> largest =
      findLargest(values, row, limit, getRangeName(element));
  if (!largest)
    return largest.takeError();
  if (std::optional<IntegerElement> integer = getIntegerElement(element)) {
    scale = *largest / float(integer->maximum);
    // The multiplier of a row of subnormal numbers would be infinite in f32.
    double multiplier =
        *largest > 0 ? double(integer->maximum) / *largest : 0.0;
    for (size_t k = 0; k < values.size(); ++k) {
      int32_t value = roundHalfEven(values[k] * multiplier);
      codes[k] = uint16_t(value + integer->offset);
      differences[k] = values[k] - float(value) * scale;
    }
  } else if (element == ElementKind::F16) {
    for (size_t k = 0; k < values.size(); ++k) {
      codes[k] = encodeF16(values[k]);
      differences[k] = values[k] - decodeF16(codes[k]);
    }
  } else {
    for (size_t k = 0; k < values.size(); ++k) {
      codes[k] = encodeBF16(values[k]);
      differences[k] = values[k] - decodeBF16(codes[k]);
    }
  }
  squaredNorm = sumSquares(values);
  squaredError = sumSquares(differences);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

RoundingError RoundingErrorSum::get() const {
  double norm = 0, error = 0;
  for (const Row &row : rows) {
    norm += row.norm;
    error += row.error;
  }
  RoundingError result;
  if (norm == 0)
    return result;
  result.table = std::sqrt(error / norm);
  double mean = norm / double(rows.size());
  for (const Row &row : rows)
    result.worstRow = std::max(result.worstRow,
                               std::sqrt(row.error / std::max(row.norm, mean)));
  return result;
}

/// Σ w², or the error about a value that is not finite.
static llvm::Expected<double> sumSquares(const StoredMatrix &matrix) {
  std::vector<float> values(matrix.getColumns());
  double sum = 0;
  for (int64_t row = 0; row < matrix.getRows(); ++row) {
    matrix.decodeRow(row, values);
    double rowSum = sumSquares(values);
    // Squares of finite floats stay finite in f64.
    if (!std::isfinite(rowSum))
      return findLargest(values, row, INFINITY, "finite").takeError();
    sum += rowSum;
  }
  return sum;
}

/// The error of `matrix` in `element`; nothing if a value is too large for it
/// or as soon as the squared error exceeds `limit`.
static std::optional<RoundingError> measure(const StoredMatrix &matrix,
                                            ElementKind element, double limit) {
  std::vector<float> values(matrix.getColumns());
  RowRounder rounder(element, matrix.getColumns());
  RoundingErrorSum errors;
  double squaredError = 0;
  for (int64_t row = 0; row < matrix.getRows(); ++row) {
    matrix.decodeRow(row, values);
    if (llvm::Error error = rounder.round(row, values)) {
      llvm::consumeError(std::move(error));
      return std::nullopt;
    }
    squaredError += rounder.getSquaredError();
    if (squaredError > limit)
      return std::nullopt;
    errors.add(rounder);
  }
  return errors.get();
}

llvm::Expected<ElementKind>
mlir::bitnet::selectTableElement(const StoredMatrix &matrix, double bound) {
  llvm::Expected<double> squaredNorm = sumSquares(matrix);
  if (!squaredNorm)
    return squaredNorm.takeError();
  WeightFormat format = matrix.getFormat();
  SmallVector<ElementKind, 4> elements = {ElementKind::Int6, ElementKind::Int8,
                                          ElementKind::F16, ElementKind::BF16};
  if (format == WeightFormat::BF16)
    std::swap(elements[2], elements[3]);
  for (ElementKind element : elements) {
    if ((format == WeightFormat::F16 && element == ElementKind::F16) ||
        (format == WeightFormat::BF16 && element == ElementKind::BF16))
      return element;
    if (getIntegerElement(element) &&
        matrix.getColumns() > maximumIntegerColumns)
      continue;
    std::optional<RoundingError> error =
        measure(matrix, element, bound * bound * *squaredNorm);
    if (error && error->table <= bound &&
        error->worstRow <= worstRowFactor * bound)
      return element;
  }
  std::string found;
  for (ElementKind element : elements)
    if (std::optional<RoundingError> error = measure(matrix, element, INFINITY))
      found += fmt::format(
          "{}{:.3g} in {} ({:.3g} in a row)", found.empty() ? "" : ", ",
          error->table, stringifyElementKind(element).str(), error->worstRow);
  return llvm::createStringError(
      fmt::format("expects elements with a relative error of at most {:.3g} "
                  "({:.3g} in a row), found {}",
                  bound, worstRowFactor * bound, found));
}
