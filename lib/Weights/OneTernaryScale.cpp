//===- OneTernaryScale.cpp - Trits of one scale, in whatever format -------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MasterWeights.h"
#include "bitnet/Weights/Ternarize.h"

using namespace mlir::bitnet;

std::optional<bool>
mlir::bitnet::hasOneTernaryScale(const StoredMatrix &matrix) {
  if (isBinary(matrix.getFormat()))
    return false;
  if (isTernary(matrix.getFormat())) {
    llvm::Expected<TernaryMatrix> trits = readTernary(matrix);
    if (trits) {
      TritCounts counts = trits->getView().countTrits();
      if (counts.negative + counts.positive == 0)
        return std::nullopt;
      return trits->scales.size() == 1;
    }
    llvm::consumeError(trits.takeError());
    return false;
  }
  llvm::Expected<MasterStatistics> statistics =
      collectStatistics(matrix, "scales");
  if (statistics) {
    if (statistics->meanMagnitude == 0)
      return std::nullopt;
    return statistics->magnitude && statistics->hasZeros;
  }
  llvm::consumeError(statistics.takeError());
  return false;
}
