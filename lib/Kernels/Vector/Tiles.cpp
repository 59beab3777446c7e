//===- Tiles.cpp - What kernels that work on row tiles share --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Kernels.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

void vectorized::emitTokenTiles(Emitter &e, Value rows, int64_t tokenTile,
                                function_ref<void(Value, int64_t)> body) {
  Value remainder = e.rem(rows, e.index(tokenTile));
  Value whole = e.sub(rows, remainder);
  if (tokenTile > 1)
    e.loop(e.index(0), whole, tokenTile,
           [&](Value row) { body(row, tokenTile); });
  e.loop(tokenTile > 1 ? whole : e.index(0), rows, 1,
         [&](Value row) { body(row, 1); });
}

SmallVector<Value> vectorized::emitSteps(
    Emitter &e, const PackedMatrix &matrix, Value tile, ArrayRef<Value> initial,
    function_ref<void(Value, Value, MutableArrayRef<Value>)> body) {
  LayoutAttr layout = matrix.layout;
  int64_t steps = layout.getStepCount(matrix.columns);
  Value tileBase = e.mul(tile, e.index(steps * layout.getStepBytes()));
  return e.loop(e.index(0), e.index(steps), 1, initial,
                [&](Value step, ValueRange carried) {
                  SmallVector<Value> sums(carried.begin(), carried.end());
                  Value base = e.add(
                      tileBase, e.mul(step, e.index(layout.getStepBytes())));
                  Value column = e.mul(step, e.index(layout.getStepColumns()));
                  body(base, column, sums);
                  return sums;
                });
}

void vectorized::emitStoreRows(Emitter &e, Value values, Value output,
                               Value row, Value firstRow, int64_t matrixRows,
                               int64_t tileRows) {
  if (matrixRows % tileRows == 0) {
    e.storeVector(values, output, {row, firstRow});
    return;
  }
  // The last tile has rows that only pad it.
  Value left = e.sub(e.index(matrixRows), firstRow);
  VectorType maskType =
      cast<VectorType>(values.getType()).clone(e.builder().getI1Type());
  Value mask = vector::CreateMaskOp::create(e.builder(), e.location(), maskType,
                                            ValueRange{left});
  // A store of no rows must not form an address beyond the buffer.
  e.ifThen(e.lessThan(e.index(0), left), [&] {
    vector::MaskedStoreOp::create(e.builder(), e.location(), output,
                                  ValueRange{row, firstRow}, mask, values);
  });
}

Value vectorized::emitLoadRows(Emitter &e, VectorType type, Value input,
                               ValueRange leading, Value firstRow,
                               int64_t matrixRows, int64_t tileRows,
                               int64_t offset) {
  SmallVector<Value> indices(leading);
  indices.push_back(offset ? e.add(firstRow, e.index(offset)) : firstRow);
  if (matrixRows % tileRows == 0)
    return e.loadVector(type, input, indices);
  Value left = e.sub(e.index(matrixRows), firstRow);
  Value none = e.index(0);
  Value count = e.maximum(left, none);
  Value mask = vector::CreateMaskOp::create(e.builder(), e.location(),
                                            type.clone(e.builder().getI1Type()),
                                            ValueRange{count});
  return vector::MaskedLoadOp::create(e.builder(), e.location(), type, input,
                                      indices, mask, e.constant(type, 0.0));
}
