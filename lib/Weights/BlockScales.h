//===- BlockScales.h - Scales of blocks to scales of rows -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_WEIGHTS_BLOCKSCALES_H
#define BITNET_LIB_WEIGHTS_BLOCKSCALES_H

#include "llvm/Support/Error.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace mlir::bitnet {

/// Collects the scales of the blocks of a matrix and folds them to one for the
/// matrix, or one for each row, if they agree, bit for bit. Blocks that add
/// none have no say.
class BlockScales {
public:
  /// `blockColumns` divides `columns`.
  BlockScales(int64_t rows, int64_t columns, int64_t blockColumns)
      : blockColumns(blockColumns), blocks(columns / blockColumns),
        scales(rows * blocks, std::numeric_limits<float>::quiet_NaN()) {}

  /// Adds the scale of a block; an error if it is not finite.
  llvm::Error add(int64_t row, int64_t firstColumn, float scale);

  /// Gives a TernaryMatrix or BinaryMatrix of this shape its scales, 1 for what
  /// had no say.
  template <typename Matrix> void fold(Matrix &matrix) && {
    matrix.blocks = foldToFewest() ? 0 : blocks;
    matrix.scales = std::move(scales);
  }

private:
  /// Whether `scales` have become those of the matrix or of rows.
  bool foldToFewest();

  int64_t blockColumns, blocks;
  /// [rows][blocks] until folded; not-a-number: not added.
  std::vector<float> scales;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_WEIGHTS_BLOCKSCALES_H
