//===- MasterWeights.h - What quantisers ask of float weights ---*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_WEIGHTS_MASTERWEIGHTS_H
#define BITNET_LIB_WEIGHTS_MASTERWEIGHTS_H

#include "bitnet/Weights/StoredMatrix.h"

namespace mlir::bitnet {

/// Means of all weights of a matrix, and what their magnitudes are.
struct MasterStatistics {
  float mean, meanMagnitude;
  /// The magnitude of all weights but the zeros if they have one, bit for bit;
  /// 1 if there are only zeros.
  std::optional<float> magnitude;
  bool hasZeros;
};

/// Reads a matrix once, a row at a time. `quantizer` begins the message if the
/// format stores no master weights; a weight that is not finite is an error,
/// too.
llvm::Expected<MasterStatistics> collectStatistics(const StoredMatrix &matrix,
                                                   llvm::StringRef quantizer);

} // namespace mlir::bitnet

#endif // BITNET_LIB_WEIGHTS_MASTERWEIGHTS_H
