//===- AVX512VNNI.cpp - Kernels for AVX-512 with VNNI ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "X86Kernels.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Kernels/Kernels.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
constexpr int64_t lanes = 16;

/// The dialect's types at this level.
struct Types {
  explicit Types(Emitter &e)
      : floats(e.vectorType(lanes, e.f32Type())),
        integers(e.vectorType(lanes, e.i32Type())),
        bytes(e.vectorType(4 * lanes, e.i8Type())) {}
  VectorType floats, integers, bytes;
};

Value emitDot(Emitter &e, Value accumulator, Value weights, Value activations) {
  return bitnet_isa::DotAccumulateOp::create(e.builder(), e.location(),
                                             accumulator, weights, activations);
}

/// Four activations of `row` from `column` on, in every lane.
Value emitActivations(Emitter &e, Value values, Value row, Value column) {
  return x86::emitBroadcastFour(e, values, row, column, Types(e).bytes);
}
} // namespace

/// Groups of a head's tile that are computed at a time.
static constexpr int64_t headGroups = 4;

/// Both planes of the 16-bit activations of `tokens` tokens against four groups
/// of a tile.
static void emitHeadTile(Emitter &e, const KernelArguments &a,
                         const TableSpec &spec, Value tile, int64_t firstGroup,
                         Value row, int64_t tokens) {
  Types types(e);
  // [group][token][plane]
  SmallVector<Value> zeros(headGroups * tokens * 2,
                           e.constant(types.integers, int64_t(0)));
  SmallVector<Value> sums = vectorized::emitSteps(
      e, spec.table, tile, zeros,
      [&](Value base, Value column, MutableArrayRef<Value> next) {
        SmallVector<Value> activations;
        for (int64_t t = 0; t < tokens; ++t)
          for (int64_t plane = 0; plane < 2; ++plane)
            activations.push_back(emitActivations(
                e, a.inputs[plane], e.add(row, e.index(t)), column));
        for (int64_t g = 0; g < headGroups; ++g) {
          Value at = e.add(base, e.index((firstGroup + g) * 4 * lanes));
          Value weights = e.loadVector(types.bytes, a.inputs[4], {at});
          for (int64_t i = 0; i < tokens * 2; ++i) {
            Value &sum = next[g * tokens * 2 + i];
            sum = emitDot(e, sum, weights, activations[i]);
          }
        }
      });
  for (int64_t g = 0; g < headGroups; ++g)
    for (int64_t t = 0; t < tokens; ++t) {
      int64_t i = (g * tokens + t) * 2;
      x86::emitHeadResult(e, a, spec, tile, firstGroup + g,
                          e.add(row, e.index(t)), sums[i], sums[i + 1]);
    }
}

void x86::emitOutputHeadAVX512VNNI(Emitter &e, const KernelArguments &a,
                                   const TableSpec &spec) {
  int64_t groups = spec.table.layout.getTileRows() / lanes;
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    vectorized::emitTokenTiles(e, a.rows, 2, [&](Value row, int64_t tokens) {
      for (int64_t g = 0; g < groups; g += headGroups)
        emitHeadTile(e, a, spec, tile, g, row, tokens);
    });
  });
}
