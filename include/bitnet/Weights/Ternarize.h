//===- Ternarize.h - Stored weights to trits --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_TERNARIZE_H
#define BITNET_WEIGHTS_TERNARIZE_H

#include "bitnet/Weights/StoredMatrix.h"
#include "bitnet/Weights/TernaryMatrix.h"

#include "llvm/Support/Error.h"

#include <optional>

namespace mlir::bitnet {

/// The trits of a matrix in a ternary format, unchanged. Scales of blocks
/// become one scale for the matrix if all blocks with a non-zero trit agree,
/// one per row if they agree along each row, and else stay. Errors, without
/// file or tensor name: a code that is no trit (Q2_0 and PQ2_0 can hold +2), a
/// scale that is not finite, a format that is not ternary.
llvm::Expected<TernaryMatrix> readTernary(const StoredMatrix &matrix);

/// The absmean of BitNet b1.58: for weights w of any format but the ternary
/// ones,
///
///   mean  = float(sum |w| / count), the sum in double
///   scale = max(mean, 1e-5)
///   trit  = clamp(round_half_even(w * (1 / scale)), -1, +1), in float
///
/// over the whole matrix. The sum has one order on every machine.
///
/// Files also store in float what has been ternarised before: weights -s, 0 and
/// +s. Their mean is s times the share that is not zero, so the formula would
/// shrink the layer. If all weights but the zeros have one magnitude, bit for
/// bit, that is the scale, and the trits are the signs. A matrix of zeros has
/// scale 1.
///
/// Holds the trits and two rows, never the matrix in float. Errors, without
/// file or tensor name: a weight that is not finite, a ternary format.
llvm::Expected<TernaryMatrix> quantizeAbsMean(const StoredMatrix &matrix);

/// Whether weights are trits with one scale for the whole matrix, in a ternary
/// format or, bit for bit, in a float format; nothing if all are 0. Reads the
/// matrix; weights with errors are none.
std::optional<bool> hasOneTernaryScale(const StoredMatrix &matrix);

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_TERNARIZE_H
