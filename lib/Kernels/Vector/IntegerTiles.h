//===- IntegerTiles.h - Dot products of tables of integers ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_VECTOR_INTEGERTILES_H
#define BITNET_LIB_KERNELS_VECTOR_INTEGERTILES_H

#include "ByteProducts.h"

namespace mlir::bitnet::vectorized {

/// Exact dot products of the stored numbers of a table's tiles and 16-bit
/// activations in two planes of bytes. One vector holds four columns of `lanes`
/// rows, a 32-bit lane for each row, and four activations are repeated in every
/// lane:
///
///   int8     one vector for 4 columns
///   int6     three vectors for 16 columns; the upper bits of their bytes make
///            up a fourth
///   planes   three vectors for 32 columns of the coarse plane
class IntegerTiles {
public:
  /// `high` and `low` are the planes of the activations.
  IntegerTiles(Emitter &e, Value high, Value low, Value table,
               const PackedMatrix &matrix, const IntegerHeadSpec &kernel);

  const ByteProducts &getProducts() const { return products; }

  /// Sums of `groups` groups of a tile from `firstLane` on for `tokens` tokens
  /// from `row` on, [group][token][high, low], a lane for each row.
  SmallVector<Value> emitDots(Value tile, Value firstLane, int64_t groups,
                              Value row, int64_t tokens);

private:
  /// Accumulators of each of `sums` sums. A dot product takes four to five
  /// cycles and two begin in each: half the registers hold accumulators.
  int64_t getChains(int64_t sums) const;

  Emitter &e;
  Value planes[2], table;
  PackedMatrix matrix;
  IntegerHeadSpec kernel;
  ByteProducts products;
};

} // namespace mlir::bitnet::vectorized

#endif // BITNET_LIB_KERNELS_VECTOR_INTEGERTILES_H
