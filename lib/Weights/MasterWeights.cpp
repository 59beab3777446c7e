//===- MasterWeights.cpp - What quantisers ask of float weights -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MasterWeights.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <cmath>

using namespace mlir::bitnet;

/// The sum of f(w) over a row: lane i adds elements i, i + 8, i + 16, ... and
/// the lanes are added in pairs. This order is part of the result: it is the
/// same with and without vector units.
template <typename Function>
static double sumRow(llvm::ArrayRef<float> row, Function function) {
  constexpr size_t lanes = 8;
  double sums[lanes] = {};
  size_t whole = row.size() / lanes * lanes;
  for (size_t index = 0; index < whole; index += lanes)
    for (size_t lane = 0; lane < lanes; ++lane)
      sums[lane] += function(static_cast<double>(row[index + lane]));
  for (size_t index = whole; index < row.size(); ++index)
    sums[index - whole] += function(static_cast<double>(row[index]));
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
         ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

static llvm::Error makeNotFiniteError(int64_t row, llvm::ArrayRef<float> data) {
  const float *wrong =
      llvm::find_if(data, [](float weight) { return !std::isfinite(weight); });
  return llvm::createStringError(
      "row " + llvm::Twine(row) + ", column " +
      llvm::Twine(wrong - data.begin()) + ": expects a finite weight, found " +
      (std::isnan(*wrong) ? "not-a-number" : "infinity"));
}

namespace {

/// Watches whether all weights but the zeros have one magnitude.
class MagnitudeWatch {
public:
  /// `row` must be finite.
  void add(llvm::ArrayRef<float> row) {
    for (float weight : row) {
      if (weight == 0) {
        foundZero = true;
        continue;
      }
      if (!magnitude)
        magnitude = std::fabs(weight);
      if (*magnitude == std::fabs(weight))
        continue;
      isOne = false;
      return;
    }
  }
  std::optional<float> getMagnitude() const {
    return isOne ? std::optional(magnitude.value_or(1.0f)) : std::nullopt;
  }
  bool hasZeros() const { return foundZero; }
  bool isOpen() const { return isOne; }

private:
  bool isOne = true, foundZero = false;
  std::optional<float> magnitude;
};

} // namespace

llvm::Expected<MasterStatistics>
mlir::bitnet::collectStatistics(const StoredMatrix &matrix,
                                llvm::StringRef quantizer) {
  if (isTernary(matrix.getFormat()) || isBinary(matrix.getFormat()))
    return llvm::createStringError(
        quantizer + ": expects weights in a float format, found " +
        getWeightFormatName(matrix.getFormat()));
  int64_t rows = matrix.getRows(), columns = matrix.getColumns();
  std::vector<float> weights(columns);
  double sum = 0, magnitudes = 0;
  MagnitudeWatch watch;
  for (int64_t row = 0; row < rows; ++row) {
    matrix.decodeRow(row, weights);
    double rowMagnitudes =
        sumRow(weights, [](double weight) { return std::fabs(weight); });
    // Sums of finite floats stay finite in double.
    if (!std::isfinite(rowMagnitudes))
      return makeNotFiniteError(row, weights);
    magnitudes += rowMagnitudes;
    sum += sumRow(weights, [](double weight) { return weight; });
    if (watch.isOpen())
      watch.add(weights);
  }
  double count = static_cast<double>(rows) * static_cast<double>(columns);
  return MasterStatistics{static_cast<float>(sum / count),
                          static_cast<float>(magnitudes / count),
                          watch.getMagnitude(), watch.hasZeros()};
}
