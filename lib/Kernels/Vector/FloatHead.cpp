//===- FloatHead.cpp - Vector output heads for tables of floats -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Kernels.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t lanes = Emitter::laneCount;

/// How far ahead of its use a weight is asked for: 4 KiB.
static constexpr int64_t prefetchElements = 2048;

namespace {
class FloatHead {
public:
  FloatHead(Emitter &e, const KernelArguments &a, const TableSpec &spec,
            HalfConversion conversion, int64_t groups)
      : e(e), a(a), spec(spec), conversion(conversion), groups(groups),
        floats(e.vectorType(lanes, e.f32Type())),
        words(e.vectorType(lanes, e.builder().getI16Type())) {}

  /// Rows [groups x lanes] of a tile from `firstLane` on, for `tokens` tokens
  /// from `row` on: one accumulator for each group and token, summed over the
  /// columns in order.
  void emitTile(Value tile, Value firstLane, Value row, int64_t tokens);

private:
  Value loadWeight(Value at) {
    Value bits = e.loadVector(words, a.inputs[1], {at});
    return spec.table.layout.getElement() == ElementKind::BF16
               ? e.upperHalfToFloat(bits)
               : e.halfToFloat(bits, conversion);
  }

  Emitter &e;
  const KernelArguments &a;
  const TableSpec &spec;
  HalfConversion conversion;
  int64_t groups;
  VectorType floats, words;
};
} // namespace

void FloatHead::emitTile(Value tile, Value firstLane, Value row,
                         int64_t tokens) {
  const PackedMatrix &table = spec.table;
  int64_t tileRows = table.layout.getTileRows();
  Value tileBase =
      e.add(e.mul(tile, e.index(tileRows * table.columns)), firstLane);
  SmallVector<Value> zeros(groups * tokens, e.constant(floats, 0.0));
  SmallVector<Value> sums = e.loop(
      e.index(0), e.index(table.columns), 1, zeros,
      [&](Value k, ValueRange carried) {
        Value base = e.add(tileBase, e.mul(k, e.index(tileRows)));
        SmallVector<Value> next(carried.begin(), carried.end());
        SmallVector<Value> x;
        for (int64_t t = 0; t < tokens; ++t)
          x.push_back(e.broadcast(
              e.load(a.inputs[0], {e.add(row, e.index(t)),
                                   e.add(k, e.index(spec.inputOffset))}),
              floats));
        for (int64_t g = 0; g < groups; ++g) {
          Value at = e.add(base, e.index(g * lanes));
          // A vector of halves is half a cache line.
          if (tokens == 1 && g % 2 == 0)
            e.prefetch(a.inputs[1], {e.add(at, e.index(prefetchElements))});
          Value weight = loadWeight(at);
          for (int64_t t = 0; t < tokens; ++t) {
            Value &sum = next[g * tokens + t];
            sum = e.add(sum, e.mul(x[t], weight));
          }
        }
        return next;
      });

  Value firstRow = e.add(e.mul(tile, e.index(tileRows)), firstLane);
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t t = 0; t < tokens; ++t)
      vectorized::emitStoreRows(
          e, sums[g * tokens + t], a.outputs[0], e.add(row, e.index(t)),
          e.add(firstRow, e.index(g * lanes)), table.rows, tileRows);
}

void vectorized::emitFloatHead(Emitter &e, const KernelArguments &a,
                               const TableSpec &spec, HalfConversion conversion,
                               int64_t groups, int64_t tokenTile) {
  FloatHead head(e, a, spec, conversion, groups);
  Value none = e.index(0);
  Value tileRows = e.index(spec.table.layout.getTileRows());
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    emitTokenTiles(e, a.rows, tokenTile, [&](Value row, int64_t tokens) {
      e.loop(none, tileRows, groups * lanes,
             [&](Value lane) { head.emitTile(tile, lane, row, tokens); });
    });
  });
}
