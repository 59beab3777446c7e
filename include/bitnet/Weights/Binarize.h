//===- Binarize.h - Stored weights to signs ---------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_BINARIZE_H
#define BITNET_WEIGHTS_BINARIZE_H

#include "bitnet/Weights/BinaryMatrix.h"
#include "bitnet/Weights/StoredMatrix.h"

#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// The bits of a matrix in a binary format, unchanged, with the scales of its
/// blocks. If all blocks agree, the matrix has one scale; if they agree along
/// each row, each row has one. Errors, without file or tensor name: a scale
/// that is not finite, a format that is not binary.
llvm::Expected<BinaryMatrix> readBinary(const StoredMatrix &matrix);

/// The binarisation of BitNet (arXiv:2310.11453): for weights w of any format
/// but ternary and binary ones,
///
///   scale = float(sum |w| / count), mean = float(sum w / count), the sums in
///           double
///   sign  = +1 if w > mean, else -1
///
/// over the whole matrix. The sums have one order on every machine.
///
/// Files also store in float what has been binarised before: weights -s and +s.
/// If all weights have one magnitude, bit for bit, that is the scale, and the
/// signs are theirs.
///
/// Holds the bits and a row, never the matrix in float. Errors, without file or
/// tensor name: a weight that is not finite, a ternary or binary format.
llvm::Expected<BinaryMatrix> quantizeSign(const StoredMatrix &matrix);

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_BINARIZE_H
