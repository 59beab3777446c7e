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
constexpr int64_t fields = 4;
/// How far ahead of its use a weight is asked for.
constexpr int64_t prefetchBytes = 4096;

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

/// One token: an accumulator for each field, so that weights are masked but
/// never shifted. Field f then holds 4^f times its sum, which is exact:
///
///   y = c0 + c1 / 4 + c2 / 16 + c3 / 64 − Σ a
///
/// 8 instructions for 256 weights of a vector; shifting them into place takes
/// 11.
void emitOneToken(Emitter &e, const KernelArguments &a,
                  const QuantizedLinearSpec &spec, Value tile, Value row) {
  Types types(e);
  LayoutAttr layout = spec.weight.layout;
  int64_t groups = layout.getTileRows() / lanes;
  SmallVector<Value> zeros(groups * fields,
                           e.constant(types.integers, int64_t(0)));
  SmallVector<Value> sums = vectorized::emitSteps(
      e, spec.weight, tile, zeros,
      [&](Value base, Value column, MutableArrayRef<Value> next) {
        SmallVector<Value> activations;
        for (int64_t f = 0; f < fields; ++f)
          activations.push_back(emitActivations(e, a.inputs[0], row,
                                                e.add(column, e.index(4 * f))));
        for (int64_t g = 0; g < groups; ++g) {
          Value at = e.add(base, e.index(g * 4 * lanes));
          Value codes = e.loadVector(types.bytes, a.inputs[3], {at});
          e.prefetch(a.inputs[3], {e.add(at, e.index(prefetchBytes))});
          for (int64_t f = 0; f < fields; ++f) {
            Value mask = e.constant(types.bytes, int64_t(int8_t(3 << (2 * f))));
            Value &sum = next[g * fields + f];
            sum = emitDot(e, sum, e.bitAnd(codes, mask), activations[f]);
          }
        }
      });
  for (int64_t g = 0; g < groups; ++g) {
    Value dot = sums[g * fields];
    for (int64_t f = 1; f < fields; ++f)
      dot =
          e.add(dot, e.shiftRightArithmetic(sums[g * fields + f],
                                            e.constant(types.integers, 2 * f)));
    x86::emitTernaryResult(e, a, spec, tile, g, row, dot);
  }
}

/// Several tokens: weights are shifted into place once and used for each, with
/// one accumulator for each group and token. The shifts hide behind the dot
/// products.
void emitTokens(Emitter &e, const KernelArguments &a,
                const QuantizedLinearSpec &spec, Value tile, Value row,
                int64_t tokens) {
  Types types(e);
  LayoutAttr layout = spec.weight.layout;
  int64_t groups = layout.getTileRows() / lanes;
  Value mask = e.constant(types.bytes, int64_t(3));
  SmallVector<Value> zeros(groups * tokens,
                           e.constant(types.integers, int64_t(0)));
  SmallVector<Value> sums = vectorized::emitSteps(
      e, spec.weight, tile, zeros,
      [&](Value base, Value column, MutableArrayRef<Value> next) {
        SmallVector<Value> codes;
        for (int64_t g = 0; g < groups; ++g)
          codes.push_back(e.loadVector(types.bytes, a.inputs[3],
                                       {e.add(base, e.index(g * 4 * lanes))}));
        for (int64_t f = 0; f < fields; ++f) {
          SmallVector<Value> weights;
          for (Value code : codes) {
            Value shifted =
                e.shiftRightLogical(e.bitcast(code, types.integers),
                                    e.constant(types.integers, 2 * f));
            weights.push_back(e.bitAnd(e.bitcast(shifted, types.bytes), mask));
          }
          for (int64_t t = 0; t < tokens; ++t) {
            Value activations =
                emitActivations(e, a.inputs[0], e.add(row, e.index(t)),
                                e.add(column, e.index(4 * f)));
            for (int64_t g = 0; g < groups; ++g) {
              Value &sum = next[g * tokens + t];
              sum = emitDot(e, sum, weights[g], activations);
            }
          }
        }
      });
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t t = 0; t < tokens; ++t)
      x86::emitTernaryResult(e, a, spec, tile, g, e.add(row, e.index(t)),
                             sums[g * tokens + t]);
}
} // namespace

void x86::emitQuantizedLinearAVX512VNNI(Emitter &e, const KernelArguments &a,
                                        const QuantizedLinearSpec &spec) {
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    vectorized::emitTokenTiles(e, a.rows, 4, [&](Value row, int64_t tokens) {
      if (tokens == 1)
        emitOneToken(e, a, spec, tile, row);
      else
        emitTokens(e, a, spec, tile, row, tokens);
    });
  });
}

/// Both planes of the 16-bit activations of `tokens` tokens against one tile.
static void emitHeadTile(Emitter &e, const KernelArguments &a,
                         const TableSpec &spec, Value tile, Value row,
                         int64_t tokens) {
  Types types(e);
  LayoutAttr layout = spec.table.layout;
  int64_t groups = layout.getTileRows() / lanes;
  // [group][token][plane]
  SmallVector<Value> zeros(groups * tokens * 2,
                           e.constant(types.integers, int64_t(0)));
  SmallVector<Value> sums = vectorized::emitSteps(
      e, spec.table, tile, zeros,
      [&](Value base, Value column, MutableArrayRef<Value> next) {
        SmallVector<Value> activations;
        for (int64_t t = 0; t < tokens; ++t)
          for (int64_t plane = 0; plane < 2; ++plane)
            activations.push_back(emitActivations(
                e, a.inputs[plane], e.add(row, e.index(t)), column));
        for (int64_t g = 0; g < groups; ++g) {
          Value weights = e.loadVector(types.bytes, a.inputs[4],
                                       {e.add(base, e.index(g * 4 * lanes))});
          for (int64_t i = 0; i < tokens * 2; ++i) {
            Value &sum = next[g * tokens * 2 + i];
            sum = emitDot(e, sum, weights, activations[i]);
          }
        }
      });
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t t = 0; t < tokens; ++t) {
      int64_t i = (g * tokens + t) * 2;
      x86::emitHeadResult(e, a, spec, tile, g, e.add(row, e.index(t)), sums[i],
                          sums[i + 1]);
    }
}

void x86::emitOutputHeadAVX512VNNI(Emitter &e, const KernelArguments &a,
                                   const TableSpec &spec) {
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    vectorized::emitTokenTiles(e, a.rows, 2, [&](Value row, int64_t tokens) {
      emitHeadTile(e, a, spec, tile, row, tokens);
    });
  });
}
