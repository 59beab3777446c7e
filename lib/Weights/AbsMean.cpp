//===- AbsMean.cpp - The ternarisation of BitNet b1.58 --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "CodePacking.h"
#include "bitnet/Weights/Ternarize.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <algorithm>
#include <cmath>
#include <optional>

using namespace mlir::bitnet;

/// The sum of |w| over a row: lane i adds elements i, i + 8, i + 16, ... and
/// the lanes are added in pairs. This order is part of the result: it is the
/// same with and without vector units.
static double sumMagnitudes(llvm::ArrayRef<float> row) {
  constexpr size_t lanes = 8;
  double sums[lanes] = {};
  size_t whole = row.size() / lanes * lanes;
  for (size_t index = 0; index < whole; index += lanes)
    for (size_t lane = 0; lane < lanes; ++lane)
      sums[lane] += std::fabs(static_cast<double>(row[index + lane]));
  for (size_t index = whole; index < row.size(); ++index)
    sums[index - whole] += std::fabs(static_cast<double>(row[index]));
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
      if (weight == 0)
        continue;
      if (!magnitude)
        magnitude = std::fabs(weight);
      if (*magnitude == std::fabs(weight))
        continue;
      isTernary = false;
      return;
    }
  }
  /// The scale with which the weights are trits, if there is one.
  std::optional<float> getScale() const {
    return isTernary ? std::optional(magnitude.value_or(1.0f)) : std::nullopt;
  }
  bool isOpen() const { return isTernary; }

private:
  bool isTernary = true;
  std::optional<float> magnitude;
};

} // namespace

/// Trit +1 above `threshold`, -1 below its negative. Rounding half to even and
/// clamping to [-1, 1] is the threshold 0.5.
static void ternarizeRow(llvm::ArrayRef<float> row, float factor,
                         float threshold, uint8_t *codes) {
  for (size_t index = 0; index < row.size(); ++index) {
    float scaled = row[index] * factor;
    codes[index] =
        static_cast<uint8_t>(1 + (scaled > threshold) - (scaled < -threshold));
  }
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::quantizeAbsMean(const StoredMatrix &matrix) {
  if (isTernary(matrix.getFormat()))
    return llvm::createStringError(
        "absmean: expects weights in a float format, found " +
        getWeightFormatName(matrix.getFormat()));
  int64_t rows = matrix.getRows(), columns = matrix.getColumns();
  std::vector<float> weights(columns);
  double sum = 0;
  MagnitudeWatch watch;
  for (int64_t row = 0; row < rows; ++row) {
    matrix.decodeRow(row, weights);
    double rowSum = sumMagnitudes(weights);
    // Sums of finite floats stay finite in double.
    if (!std::isfinite(rowSum))
      return makeNotFiniteError(row, weights);
    sum += rowSum;
    if (watch.isOpen())
      watch.add(weights);
  }

  constexpr float minimumScale = 1e-5f;
  auto mean = static_cast<float>(
      sum / (static_cast<double>(rows) * static_cast<double>(columns)));
  float scale = std::max(mean, minimumScale);
  float factor = 1.0f / scale, threshold = 0.5f;
  if (std::optional<float> exact = watch.getScale()) {
    scale = *exact;
    // The signs: products with 1 / scale would overflow for tiny scales.
    factor = 1;
    threshold = 0;
  }

  TernaryMatrix result(rows, columns);
  result.scales = {scale};
  std::vector<uint8_t> codes(columns);
  int64_t rowBytes = result.getView().getRowBytes();
  for (int64_t row = 0; row < rows; ++row) {
    matrix.decodeRow(row, weights);
    ternarizeRow(weights, factor, threshold, codes.data());
    packCodes(codes.data(), columns, result.codes.data() + row * rowBytes);
  }
  return result;
}
