//===- OutputHead.cpp - Vector output head for f16 tables -----------------===//
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

static constexpr int64_t lanes = Emitter::laneCount;

/// How far ahead of its use a weight is asked for: 4 KiB.
static constexpr int64_t prefetchElements = 2048;

/// Rows [groups x lanes] of a tile, from `firstGroup` on, for `tokens` tokens
/// starting at `row`: one accumulator for each group and token, summed over the
/// columns in order.
static void emitTile(Emitter &e, const KernelArguments &a,
                     const TableSpec &spec, Value tile, int64_t firstGroup,
                     int64_t groups, Value row, int64_t tokens) {
  const PackedMatrix &table = spec.table;
  VectorType floats = e.vectorType(lanes, e.f32Type());
  VectorType words = e.vectorType(lanes, e.builder().getI16Type());
  VectorType halves = e.vectorType(lanes, e.builder().getF16Type());
  int64_t tileRows = table.layout.getTileRows();
  Value tileBase = e.mul(tile, e.index(tileRows * table.columns));

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
          Value at = e.add(base, e.index((firstGroup + g) * lanes));
          Value bits = e.loadVector(words, a.inputs[1], {at});
          // A vector of halves is half a cache line.
          if (tokens == 1 && g % 2 == 0)
            e.prefetch(a.inputs[1], {e.add(at, e.index(prefetchElements))});
          Value weight = e.extendFloat(e.bitcast(bits, halves), floats);
          for (int64_t t = 0; t < tokens; ++t) {
            Value &sum = next[g * tokens + t];
            sum = e.add(sum, e.mul(x[t], weight));
          }
        }
        return next;
      });

  for (int64_t g = 0; g < groups; ++g)
    for (int64_t t = 0; t < tokens; ++t)
      vectorized::emitStoreRows(e, sums[g * tokens + t], a.outputs[0],
                                e.add(row, e.index(t)),
                                e.add(e.mul(tile, e.index(tileRows)),
                                      e.index((firstGroup + g) * lanes)),
                                table.rows, tileRows);
}

void vectorized::emitOutputHead(Emitter &e, const KernelArguments &a,
                                const TableSpec &spec, int64_t tokenTile,
                                int64_t groups) {
  int64_t tileGroups = spec.table.layout.getTileRows() / lanes;
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    emitTokenTiles(e, a.rows, tokenTile, [&](Value row, int64_t tokens) {
      for (int64_t g = 0; g < tileGroups; g += groups)
        emitTile(e, a, spec, tile, g, groups, row, tokens);
    });
  });
}
