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
#include <optional>
#include <vector>

namespace mlir::bitnet {

/// Collects the scales of the blocks of a matrix, row by row, and folds them to
/// one for the matrix or one for each row. Blocks of zeros have no say: a
/// quantiser gives them any scale.
class BlockScales {
public:
  /// Adds the scale of a block that has a non-zero trit. `row` does not
  /// decrease from call to call. An error if the scale is not finite or differs
  /// from another one of the row.
  llvm::Error add(int64_t row, int64_t firstColumn, float scale);

  /// The scales of `rows` rows, as TernaryMatrix wants them.
  std::vector<float> fold(int64_t rows) const;

private:
  struct RowScale {
    int64_t row;
    float scale;
  };
  std::vector<RowScale> found;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_WEIGHTS_BLOCKSCALES_H
