//===- Packing.h - Weights into packed layouts ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_PACKING_PACKING_H
#define BITNET_PACKING_PACKING_H

#include "bitnet/Packing/TableRounding.h"
#include "bitnet/Weights/BinaryMatrix.h"
#include "bitnet/Weights/TernaryMatrix.h"

namespace mlir::bitnet {

/// A packed table. `scales` has one element for each row, or none if the
/// elements need no scale.
struct PackedTable {
  std::vector<char> bytes;
  std::vector<float> scales;
  RoundingError error;
};

/// The bits of `matrix` in `layout`, whose elements are bits.
std::vector<char> packBits(const BinaryView &matrix, LayoutAttr layout);

/// Scales of blocks, [rows][blocks], beside the tiles of `layout` that they
/// multiply: [tiles][blocks][rows of a tile], 0 for rows that only pad.
std::vector<float> packBlockScales(llvm::ArrayRef<float> scales, int64_t rows,
                                   LayoutAttr layout);

/// The trits of `matrix` in `layout`, whose elements are trits in some code.
std::vector<char> packTrits(const TernaryView &matrix, LayoutAttr layout);

/// Row-major 8-bit `codes` of a matrix in `layout`, whose elements are int8.
std::vector<char> packInt8(llvm::ArrayRef<char> codes, int64_t rows,
                           int64_t columns, LayoutAttr layout);

/// The rows of `matrix` in `layout`, whose elements are f16, bf16, int8, int6
/// or planes; see RowRounder, whose errors it returns.
llvm::Expected<PackedTable> packTable(const StoredMatrix &matrix,
                                      LayoutAttr layout);

} // namespace mlir::bitnet

#endif // BITNET_PACKING_PACKING_H
