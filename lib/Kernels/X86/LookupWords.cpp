//===- LookupWords.cpp - Lookup kernel for AVX-512 BW ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A table of `trit_word` is one register: 32 sums of 16 bits. For each word of
// weights there are three lookups, two shifts that bring the next field to the
// lowest bits, and three additions.
//
//===----------------------------------------------------------------------===//

#include "../Vector/Lookup.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

namespace {
/// Rows of a vector, and vectors of the rows that are computed at a time.
constexpr int64_t lanes = 32, groups = 4;
/// Fields of a word and their bits.
constexpr int64_t fields = 3, fieldBits = 5;
constexpr int64_t tableBytes = 2 * lanes;

class WordBlockEmitter {
public:
  WordBlockEmitter(Emitter &e, const KernelArguments &a,
                   const QuantizedLinearSpec &spec)
      : e(e), a(a), stepBytes(spec.weight.layout.getStepBytes()),
        bytes(e.vectorType(2 * lanes, e.i8Type())),
        words(e.vectorType(lanes, e.builder().getI16Type())) {}

  /// 84 sums of a block, each at most 3 · 128 in magnitude, are at most 32256:
  /// they fit into 16 bits.
  SmallVector<Value> emit(const LookupBlock &block);

private:
  /// Adds a step to sums [token][group].
  SmallVector<Value> emitStep(const LookupBlock &block, Value step,
                              ValueRange sums);
  Value load(Value buffer, ValueRange indices) {
    return e.bitcast(e.loadVector(bytes, buffer, indices), words);
  }

  Emitter &e;
  const KernelArguments &a;
  int64_t stepBytes;
  VectorType bytes, words;
};
} // namespace

SmallVector<Value> WordBlockEmitter::emitStep(const LookupBlock &block,
                                              Value step, ValueRange sums) {
  SmallVector<Value> next(sums.begin(), sums.end());
  Value stepByte = e.mul(step, e.index(stepBytes));
  Value at = e.add(block.weights, stepByte);
  Value ahead = e.add(block.ahead, stepByte);
  SmallVector<Value> codes;
  for (int64_t g = 0; g < groups; ++g) {
    Value groupByte = e.index(g * 2 * lanes);
    codes.push_back(load(a.inputs[3], {e.add(at, groupByte)}));
    // For several tokens too: of a matrix of 17 million weights, 4 tokens take
    // 138 us with it, 188 without.
    e.prefetch(a.inputs[3], {e.add(ahead, groupByte)});
  }
  Value table = e.add(block.tables, e.mul(step, e.index(fields * tableBytes)));
  for (int64_t f = 0; f < fields; ++f) {
    // The instruction ignores all but the lowest bits.
    SmallVector<Value> indices;
    for (Value code : codes)
      indices.push_back(
          f == 0 ? code
                 : e.shiftRightLogical(code, e.constant(words, f * fieldBits)));
    for (int64_t t = 0; t < block.tokens; ++t) {
      Value entries =
          load(a.inputs[0], {e.add(block.row, e.index(t)),
                             e.add(table, e.index(f * tableBytes))});
      for (int64_t g = 0; g < groups; ++g) {
        Value &sum = next[t * groups + g];
        sum = e.add(sum,
                    bitnet_isa::PermuteWordsOp::create(
                        e.builder(), e.location(), words, entries, indices[g]));
      }
    }
  }
  return next;
}

SmallVector<Value> WordBlockEmitter::emit(const LookupBlock &block) {
  SmallVector<Value> zeros(block.tokens * groups,
                           e.constant(words, int64_t(0)));
  auto body = [&](Value step, ValueRange sums) {
    return emitStep(block, step, sums);
  };
  // The sums of one token leave registers for an unrolled loop.
  SmallVector<Value> sums =
      block.tokens == 1 ? e.loop(e.index(0), block.steps, 1, zeros, body)
                        : e.rolledLoop(e.index(0), block.steps, 1, zeros, body);
  constexpr int64_t half = lanes / 2;
  SmallVector<Value> wide;
  for (Value sum : sums)
    for (int64_t first : {int64_t(0), half})
      wide.push_back(e.extendSigned(e.slice(sum, first, half),
                                    e.vectorType(half, e.i32Type())));
  return wide;
}

void x86::emitLookupWords(Emitter &e, const KernelArguments &a,
                          const QuantizedLinearSpec &spec) {
  constexpr int64_t tokenTiles[] = {4, 2, 1};
  LookupShape shape{lanes * groups, lanes / 2, tokenTiles,
                    /*cachedTokens=*/4};
  WordBlockEmitter emitter(e, a, spec);
  emitLookupLinear(e, a, spec, shape, [&](const LookupBlock &block) {
    return emitter.emit(block);
  });
}
