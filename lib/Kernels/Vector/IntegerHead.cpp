//===- IntegerHead.cpp - Vector output heads for integer tables -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tables of int8 and int6.
//
//===----------------------------------------------------------------------===//

#include "IntegerTiles.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

/// Stores the logits of rows `firstRow`, ... for the token `row`. Sums of
/// stored elements are too large by `offset` times the sum of the activations.
static void emitResult(Emitter &e, const KernelArguments &a,
                       const TableSpec &spec, int64_t offset, Value firstRow,
                       Value row, Value high, Value low) {
  auto integers = cast<VectorType>(high.getType());
  VectorType floats = integers.clone(e.f32Type());
  int64_t tileRows = spec.table.layout.getTileRows();
  // Σ (w + offset) x = Σ w x + offset Σ x.
  Value factor = e.constant(e.i32Type(), offset);
  auto exact = [&](Value dot, int64_t plane) {
    Value sum = e.load(a.inputs[3], {row, e.index(plane)});
    Value excess = e.broadcast(e.mul(sum, factor), integers);
    return e.signedToFloat(e.sub(dot, excess), floats);
  };
  Value rowScales = vectorized::emitLoadRows(
      e, floats, a.inputs[5], {}, firstRow, spec.table.rows, tileRows);
  Value scale =
      e.mul(e.broadcast(e.load(a.inputs[2], {row}), floats), rowScales);
  Value sum =
      e.add(e.mul(exact(high, 0), e.constant(floats, 256.0)), exact(low, 1));
  vectorized::emitStoreRows(e, e.mul(sum, scale), a.outputs[0], row, firstRow,
                            spec.table.rows, tileRows);
}

void vectorized::emitIntegerHead(Emitter &e, const KernelArguments &a,
                                 const TableSpec &spec,
                                 const IntegerHeadSpec &kernel) {
  IntegerTiles tiles(e, a.inputs[0], a.inputs[1], a.inputs[4], spec.table,
                     kernel);
  LayoutAttr layout = spec.table.layout;
  int64_t offset = tiles.getProducts().getExcess(
      getIntegerElement(layout.getElement())->offset);
  Value none = e.index(0), tileRows = e.index(layout.getTileRows());
  auto emitTile = [&](Value tile, Value lane, int64_t groups, Value row,
                      int64_t tokens) {
    SmallVector<Value> dots = tiles.emitDots(tile, lane, groups, row, tokens);
    Value firstRow = e.add(e.mul(tile, tileRows), lane);
    for (int64_t g = 0; g < groups; ++g)
      for (int64_t t = 0; t < tokens; ++t) {
        int64_t i = (g * tokens + t) * 2;
        emitResult(e, a, spec, offset,
                   e.add(firstRow, e.index(g * kernel.lanes)),
                   e.add(row, e.index(t)), dots[i], dots[i + 1]);
      }
  };
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    emitTokenTiles(e, a.rows, kernel.tokenTile, [&](Value row, int64_t tokens) {
      int64_t groups = tokens == 1 ? kernel.groups : kernel.tileGroups;
      e.loop(none, tileRows, groups * kernel.lanes,
             [&](Value lane) { emitTile(tile, lane, groups, row, tokens); });
    });
  });
}
