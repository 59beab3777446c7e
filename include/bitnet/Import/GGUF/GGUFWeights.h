//===- GGUFWeights.h - Tensors of GGUF files as weights ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_GGUF_GGUFWEIGHTS_H
#define BITNET_IMPORT_GGUF_GGUFWEIGHTS_H

#include "bitnet/Import/GGUF/GGUFReader.h"
#include "bitnet/Weights/StoredMatrix.h"

#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// What I2_S means in a file, which does not say.
enum class I2SLayout {
  /// Groups of 128 elements: published files, and all that x86 builds write.
  Groups128,
  /// Groups of 64 elements: quantised by a build for ARM since late 2025.
  Groups64,
};

/// `tensor` of `file` as a matrix: {K} is one row, {K, M} is M rows of K
/// columns, and further extents multiply the rows. An error if its type is none
/// that the weight library reads.
llvm::Expected<StoredMatrix>
getStoredMatrix(const GGUFFile &file, const GGUFTensor &tensor,
                I2SLayout layout = I2SLayout::Groups128);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_GGUF_GGUFWEIGHTS_H
