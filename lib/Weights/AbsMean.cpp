//===- AbsMean.cpp - The ternarisation of BitNet b1.58 --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "CodePacking.h"
#include "MasterWeights.h"
#include "bitnet/Weights/Ternarize.h"

#include <algorithm>

using namespace mlir::bitnet;

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
  llvm::Expected<MasterStatistics> statistics =
      collectStatistics(matrix, "absmean");
  if (!statistics)
    return statistics.takeError();
  constexpr float minimumScale = 1e-5f;
  float scale = std::max(statistics->meanMagnitude, minimumScale);
  float factor = 1.0f / scale, threshold = 0.5f;
  if (std::optional<float> exact = statistics->magnitude) {
    scale = *exact;
    // The signs: products with 1 / scale would overflow for tiny scales.
    factor = 1;
    threshold = 0;
  }

  int64_t rows = matrix.getRows(), columns = matrix.getColumns();
  TernaryMatrix result(rows, columns);
  result.scales = {scale};
  std::vector<float> weights(columns);
  std::vector<uint8_t> codes(columns);
  int64_t rowBytes = result.getView().getRowBytes();
  for (int64_t row = 0; row < rows; ++row) {
    matrix.decodeRow(row, weights);
    ternarizeRow(weights, factor, threshold, codes.data());
    packCodes(codes.data(), columns, result.codes.data() + row * rowBytes);
  }
  return result;
}
