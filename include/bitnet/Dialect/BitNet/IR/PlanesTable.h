//===- PlanesTable.h - Tables in two planes of bits -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNET_IR_PLANESTABLE_H
#define BITNET_DIALECT_BITNET_IR_PLANESTABLE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

namespace mlir::bitnet {

/// Where the parts of a table with `planes` elements lie; see `#bitnet.layout`,
/// from whose names this differs in one: the three planes of a number of three
/// bits are called parts here and in kernels, and the halves of a table planes.
class PlanesTable {
public:
  PlanesTable(LayoutAttr layout, int64_t rows, int64_t columns)
      : layout(layout), rows(rows), columns(columns) {}

  /// Numbers of three bits that a byte of each of three parts holds.
  static constexpr int64_t fields = 8;
  static constexpr int64_t parts = 3;
  /// What is added to an element besides the number of its column.
  static constexpr int64_t offset = 28;

  /// Bytes of one part of the fine plane of a row: P.
  int64_t getFinePartBytes() const { return (columns + 255) / 256 * 32; }
  /// The columns of the fine plane, padded.
  int64_t getFineColumns() const { return getFinePartBytes() * fields; }
  int64_t getFineRowBytes() const { return getFinePartBytes() * parts; }

  /// Where the fine plane of row 0 begins, and where u_0 is.
  int64_t getFineOffset() const {
    return layout.getTileCount(rows) * layout.getStepCount(columns) *
           layout.getStepBytes();
  }
  int64_t getDitherOffset() const {
    return getFineOffset() + rows * getFineRowBytes();
  }
  int64_t getByteSize() const { return getDitherOffset() + columns; }

  /// The largest number of the activations that rows are multiplied with:
  /// 32 · limit · columns < 2^31, and 32512 at most; see `bitnet.output_head`.
  int64_t getActivationLimit() const {
    return std::min<int64_t>(32512, ((1 << 26) - 1) / columns);
  }

private:
  LayoutAttr layout;
  int64_t rows, columns;
};

/// u_k of column k: the upper three bits of output k of the generator
/// SplitMix64 with seed 0 (Steele, Lea and Flood, doi:10.1145/2660193.2660195).
unsigned getDither(int64_t column);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_PLANESTABLE_H
