//===- AVX2.cpp - Kernels for AVX2 ----------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "X86Kernels.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Kernels/Kernels.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
constexpr int64_t lanes = 8;

/// vpmaddubsw adds two products of a code of at most 12 and a value of at most
/// 127: 3048. The second accumulator below takes 2 · (2 · 8 · 127) = 4064 a
/// step (codes are at most 2, times 4), so that 8 steps, 32512, fit into 16
/// bits.
constexpr int64_t stepsPerFold = 8;

struct Types {
  explicit Types(Emitter &e)
      : integers(e.vectorType(lanes, e.i32Type())),
        words(e.vectorType(2 * lanes, e.builder().getI16Type())),
        bytes(e.vectorType(4 * lanes, e.i8Type())) {}
  VectorType integers, words, bytes;
};

/// The four fields of 8 lanes of codes. Fields 1 and 3 are left at four times
/// their value: one shift instead of three.
struct Fields {
  Fields(Emitter &e, Value codes) {
    Types types(e);
    Value low = e.constant(types.bytes, int64_t(0x03));
    Value high = e.constant(types.bytes, int64_t(0x0c));
    Value shifted =
        e.bitcast(e.shiftRightLogical(e.bitcast(codes, types.words),
                                      e.constant(types.words, int64_t(4))),
                  types.bytes);
    values = {e.bitAnd(codes, low), e.bitAnd(codes, high),
              e.bitAnd(shifted, low), e.bitAnd(shifted, high)};
  }
  SmallVector<Value, 4> values;
};

Value emitMultiplyAdd(Emitter &e, Value weights, Value activations) {
  return bitnet_isa::MultiplyAddBytesOp::create(
      e.builder(), e.location(), Types(e).words, weights, activations);
}

/// Sums of pairs of 16-bit lanes in 32 bits.
Value emitWiden(Emitter &e, Value words) {
  Types types(e);
  return bitnet_isa::MultiplyAddWordsOp::create(
      e.builder(), e.location(), types.integers, words,
      e.constant(types.words, int64_t(1)));
}

/// `groups` groups from `firstGroup` on, for `tokens` tokens from `row` on.
/// For each group and token there are two 16-bit accumulators, for fields 0
/// and 2 and for fields 1 and 3 (times 4), folded into one of 32 bits.
void emitTile(Emitter &e, const KernelArguments &a,
              const QuantizedLinearSpec &spec, Value tile, int64_t firstGroup,
              int64_t groups, Value row, int64_t tokens) {
  Types types(e);
  LayoutAttr layout = spec.weight.layout;
  int64_t steps = layout.getStepCount(spec.weight.columns);
  int64_t stepBytes = layout.getStepBytes();
  Value tileBase = e.mul(tile, e.index(steps * stepBytes));
  int64_t count = groups * tokens;

  auto accumulate = [&](Value step, ValueRange carried) {
    SmallVector<Value> next(carried.begin(), carried.end());
    Value base = e.add(tileBase, e.mul(step, e.index(stepBytes)));
    Value column = e.mul(step, e.index(layout.getStepColumns()));
    SmallVector<Fields, 4> weights;
    if (tokens > 1)
      for (int64_t g = 0; g < groups; ++g)
        weights.emplace_back(
            e,
            e.loadVector(types.bytes, a.inputs[3],
                         {e.add(base, e.index((firstGroup + g) * 4 * lanes))}));
    for (int64_t t = 0; t < tokens; ++t) {
      SmallVector<Value, 4> activations;
      for (int64_t f = 0; f < 4; ++f)
        activations.push_back(
            x86::emitBroadcastFour(e, a.inputs[0], e.add(row, e.index(t)),
                                   e.add(column, e.index(4 * f)), types.bytes));
      for (int64_t g = 0; g < groups; ++g) {
        // One token reads each vector of codes just before its use, which
        // keeps 8 accumulators, 4 broadcasts and the masks in 16 registers.
        Fields codes =
            tokens > 1
                ? weights[g]
                : Fields(e, e.loadVector(types.bytes, a.inputs[3],
                                         {e.add(base, e.index((firstGroup + g) *
                                                              4 * lanes))}));
        for (int64_t f = 0; f < 4; ++f) {
          Value &sum = next[(g * tokens + t) * 2 + f % 2];
          sum = e.add(sum, emitMultiplyAdd(e, codes.values[f], activations[f]));
        }
      }
    }
    return next;
  };

  auto fold = [&](Value begin, Value end, ValueRange totals) {
    SmallVector<Value> zeros(count * 2, e.constant(types.words, int64_t(0)));
    SmallVector<Value> sums = e.loop(begin, end, 1, zeros, accumulate);
    SmallVector<Value> next;
    for (int64_t i = 0; i < count; ++i) {
      Value scaled =
          e.shiftRightArithmetic(emitWiden(e, sums[2 * i + 1]),
                                 e.constant(types.integers, int64_t(2)));
      next.push_back(
          e.add(e.add(totals[i], emitWiden(e, sums[2 * i])), scaled));
    }
    return next;
  };

  SmallVector<Value> totals(count, e.constant(types.integers, int64_t(0)));
  totals = e.loop(e.index(0), e.index(steps), stepsPerFold, totals,
                  [&](Value begin, ValueRange carried) {
                    Value end = e.minimum(e.add(begin, e.index(stepsPerFold)),
                                          e.index(steps));
                    return fold(begin, end, carried);
                  });
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t t = 0; t < tokens; ++t)
      x86::emitTernaryResult(e, a, spec, tile, firstGroup + g,
                             e.add(row, e.index(t)), totals[g * tokens + t]);
}
} // namespace

void x86::emitQuantizedLinearAVX2(Emitter &e, const KernelArguments &a,
                                  const QuantizedLinearSpec &spec) {
  // Four groups of one token fill the registers.
  int64_t groups = spec.weight.layout.getTileRows() / lanes;
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    vectorized::emitTokenTiles(e, a.rows, 4, [&](Value row, int64_t tokens) {
      if (tokens == 1) {
        for (int64_t g = 0; g < groups; g += 4)
          emitTile(e, a, spec, tile, g, 4, row, 1);
        return;
      }
      // One group at a time: its four fields and 8 accumulators fill the
      // registers.
      for (int64_t g = 0; g < groups; ++g)
        emitTile(e, a, spec, tile, g, 1, row, tokens);
    });
  });
}

/// One token against the two groups of a tile: four rows of four 16-bit
/// elements in a vector, vpmaddwd with either plane of the activations.
static void emitHeadTile(Emitter &e, const KernelArguments &a,
                         const TableSpec &spec, Value tile, Value row) {
  Types types(e);
  LayoutAttr layout = spec.table.layout;
  int64_t groups = layout.getGroups();
  VectorType half = e.vectorType(16, e.i8Type());
  VectorType four = e.vectorType(4, e.i8Type());
  VectorType fourWords = e.vectorType(4, e.builder().getI16Type());
  VectorType one = e.vectorType(1, e.builder().getI64Type());
  VectorType quads = e.vectorType(4, e.builder().getI64Type());
  // [group][half of its rows][plane]
  SmallVector<Value> zeros(groups * 4, e.constant(types.integers, int64_t(0)));
  SmallVector<Value> sums = vectorized::emitSteps(
      e, spec.table, tile, zeros,
      [&](Value base, Value column, MutableArrayRef<Value> next) {
        SmallVector<Value, 2> activations;
        for (int64_t plane = 0; plane < 2; ++plane) {
          Value words = e.extendSigned(
              e.loadVector(four, a.inputs[plane], {row, column}), fourWords);
          activations.push_back(
              e.bitcast(e.broadcast(e.extract(e.bitcast(words, one), 0), quads),
                        types.words));
        }
        for (int64_t i = 0; i < groups * 2; ++i) {
          Value weights = e.extendUnsigned(
              e.loadVector(half, a.inputs[4], {e.add(base, e.index(i * 16))}),
              types.words);
          for (int64_t plane = 0; plane < 2; ++plane) {
            Value &sum = next[i * 2 + plane];
            sum = e.add(sum, bitnet_isa::MultiplyAddWordsOp::create(
                                 e.builder(), e.location(), types.integers,
                                 weights, activations[plane]));
          }
        }
      });
  for (int64_t g = 0; g < groups; ++g) {
    SmallVector<Value, 2> dots;
    for (int64_t plane = 0; plane < 2; ++plane) {
      Value first = sums[g * 4 + plane], second = sums[g * 4 + 2 + plane];
      auto pick = [&](ArrayRef<int64_t> elements) -> Value {
        return vector::ShuffleOp::create(e.builder(), e.location(), first,
                                         second, elements);
      };
      dots.push_back(e.add(pick({0, 2, 4, 6, 8, 10, 12, 14}),
                           pick({1, 3, 5, 7, 9, 11, 13, 15})));
    }
    x86::emitHeadResult(e, a, spec, tile, g, row, dots[0], dots[1]);
  }
}

void x86::emitOutputHeadAVX2(Emitter &e, const KernelArguments &a,
                             const TableSpec &spec) {
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    e.loop(e.index(0), a.rows, 1,
           [&](Value row) { emitHeadTile(e, a, spec, tile, row); });
  });
}
