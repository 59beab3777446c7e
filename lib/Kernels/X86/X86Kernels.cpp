//===- X86Kernels.cpp - What the x86 kernels share ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "X86Kernels.h"

using namespace mlir;
using namespace mlir::bitnet;

Value x86::emitBroadcastFour(Emitter &e, Value values, Value row, Value column,
                             VectorType type) {
  VectorType four = e.vectorType(4, e.i8Type());
  VectorType one = e.vectorType(1, e.i32Type());
  VectorType words = e.vectorType(type.getNumElements() / 4, e.i32Type());
  Value word =
      e.extract(e.bitcast(e.loadVector(four, values, {row, column}), one), 0);
  return e.bitcast(e.broadcast(word, words), type);
}

/// First matrix row of a group of `lanes` rows of a tile.
static Value emitFirstRow(Emitter &e, LayoutAttr layout, Value tile,
                          int64_t lanes, int64_t group) {
  return e.add(e.mul(tile, e.index(layout.getTileRows())),
               e.index(group * lanes));
}

void x86::emitHeadResult(Emitter &e, const KernelArguments &a,
                         const TableSpec &spec, Value tile, int64_t group,
                         Value row, Value high, Value low) {
  LayoutAttr layout = spec.table.layout;
  auto integers = cast<VectorType>(high.getType());
  int64_t lanes = integers.getNumElements();
  VectorType floats = e.vectorType(lanes, e.f32Type());
  Value firstRow = emitFirstRow(e, layout, tile, lanes, group);
  // Table bytes are 128 too large: Σ (w + 128) x = Σ w x + 128 Σ x.
  auto exact = [&](Value dot, int64_t plane) {
    Value sum = e.load(a.inputs[3], {row, e.index(plane)});
    Value excess = e.mul(sum, e.constant(e.i32Type(), int64_t(128)));
    return e.signedToFloat(e.sub(dot, e.broadcast(excess, integers)), floats);
  };
  Value rowScales =
      vectorized::emitLoadRows(e, floats, a.inputs[5], {}, firstRow,
                               spec.table.rows, layout.getTileRows());
  Value scale =
      e.mul(e.broadcast(e.load(a.inputs[2], {row}), floats), rowScales);
  Value sum =
      e.add(e.mul(exact(high, 0), e.constant(floats, 256.0)), exact(low, 1));
  vectorized::emitStoreRows(e, e.mul(sum, scale), a.outputs[0], row, firstRow,
                            spec.table.rows, layout.getTileRows());
}
