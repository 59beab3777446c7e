//===- Sign.cpp - The binarisation of BitNet ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MasterWeights.h"
#include "bitnet/Weights/Binarize.h"

using namespace mlir::bitnet;

llvm::Expected<BinaryMatrix>
mlir::bitnet::quantizeSign(const StoredMatrix &matrix) {
  llvm::Expected<MasterStatistics> statistics =
      collectStatistics(matrix, "sign");
  if (!statistics)
    return statistics.takeError();
  float scale = statistics->meanMagnitude, threshold = statistics->mean;
  if (statistics->magnitude && !statistics->hasZeros) {
    scale = *statistics->magnitude;
    threshold = 0;
  }
  BinaryMatrix result(matrix.getRows(), matrix.getColumns());
  result.scales = {scale};
  std::vector<float> weights(result.columns);
  for (int64_t row = 0; row < result.rows; ++row) {
    matrix.decodeRow(row, weights);
    for (int64_t column = 0; column < result.columns; ++column)
      if (weights[column] > threshold)
        result.setPositive(row, column);
  }
  return result;
}
