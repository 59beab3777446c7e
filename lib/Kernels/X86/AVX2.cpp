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

struct Types {
  explicit Types(Emitter &e)
      : integers(e.vectorType(lanes, e.i32Type())),
        words(e.vectorType(2 * lanes, e.builder().getI16Type())),
        bytes(e.vectorType(4 * lanes, e.i8Type())) {}
  VectorType integers, words, bytes;
};

} // namespace

/// Groups of a head's tile that are computed at a time.
static constexpr int64_t headGroups = 2;

/// One token against two groups of a tile: four rows of four 16-bit elements in
/// a vector, vpmaddwd with either plane of the activations.
static void emitHeadTile(Emitter &e, const KernelArguments &a,
                         const TableSpec &spec, Value tile, int64_t firstGroup,
                         Value row) {
  Types types(e);
  VectorType half = e.vectorType(16, e.i8Type());
  VectorType four = e.vectorType(4, e.i8Type());
  VectorType fourWords = e.vectorType(4, e.builder().getI16Type());
  VectorType one = e.vectorType(1, e.builder().getI64Type());
  VectorType quads = e.vectorType(4, e.builder().getI64Type());
  // [group][half of its rows][plane]
  SmallVector<Value> zeros(headGroups * 4,
                           e.constant(types.integers, int64_t(0)));
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
        for (int64_t i = 0; i < headGroups * 2; ++i) {
          Value at = e.add(base, e.index((firstGroup * 2 + i) * 16));
          Value weights = e.extendUnsigned(
              e.loadVector(half, a.inputs[4], {at}), types.words);
          for (int64_t plane = 0; plane < 2; ++plane) {
            Value &sum = next[i * 2 + plane];
            sum = e.add(sum, bitnet_isa::MultiplyAddWordsOp::create(
                                 e.builder(), e.location(), types.integers,
                                 weights, activations[plane]));
          }
        }
      });
  for (int64_t g = 0; g < headGroups; ++g) {
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
    x86::emitHeadResult(e, a, spec, tile, firstGroup + g, row, dots[0],
                        dots[1]);
  }
}

void x86::emitOutputHeadAVX2(Emitter &e, const KernelArguments &a,
                             const TableSpec &spec) {
  int64_t groups = spec.table.layout.getTileRows() / lanes;
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    e.loop(e.index(0), a.rows, 1, [&](Value row) {
      for (int64_t g = 0; g < groups; g += headGroups)
        emitHeadTile(e, a, spec, tile, g, row);
    });
  });
}
