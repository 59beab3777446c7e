//===- LookupBytes.cpp - Lookup kernels of byte tables --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LookupBytes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

/// Rows of a vector of 32-bit sums.
static constexpr int64_t sumLanes = 16;

static constexpr int64_t cacheLineBytes = 64;

ByteLookup::ByteLookup(Emitter &e, const KernelArguments &a,
                       const QuantizedLinearSpec &spec, int64_t lanes,
                       int64_t groups)
    : e(e), a(a), spec(spec),
      format(*getLookupFormat(spec.weight.layout.getElement())), lanes(lanes),
      groups(groups), bytes(e.vectorType(lanes, e.i8Type())),
      words(e.vectorType(lanes / 2, e.builder().getI16Type())),
      layout(spec.weight.layout),
      lookups(layout.getStepColumns() / format.columns),
      perByte(8 / llvm::Log2_64(format.entries)) {}

Value ByteLookup::applySigns(Value, Value) {
  llvm_unreachable("a kernel for tables without signs");
}

Value ByteLookup::loadBytes(Value buffer, ValueRange indices, int64_t count) {
  return e.loadVector(e.vectorType(count, e.i8Type()), buffer, indices);
}

// A lookup is a field of log2(entries) bits, one after the other in the planes'
// bytes; the signs of all of them are the bits of one more plane:
//
//   trit_byte    | index 0..6 |-|
//   trit_nibble  | index 0 | index 1 |
//   trit_sign    | index 0 | index 1 | .. | index 6 | index 7 | signs 0..7 |
void ByteLookup::emitStep(const LookupBlock &block, Value step,
                          MutableArrayRef<Sums> sums) {
  Value at = e.add(block.weights, e.mul(step, e.index(layout.getStepBytes())));
  auto loadPlane = [&](int64_t plane) {
    Value byte = e.add(at, e.index(plane * layout.getTileRows()));
    SmallVector<Value> codes;
    for (int64_t g = 0; g < groups; ++g)
      codes.push_back(
          loadBytes(a.inputs[3], {e.add(byte, e.index(g * lanes))}, lanes));
    return codes;
  };
  auto addTo = [&](Value &sum, Value value) {
    sum = sum ? e.add(sum, value) : value;
  };

  int64_t entryBits = llvm::Log2_64(format.entries);
  Value mask = e.constant(bytes, format.entries - 1);
  Value one = e.constant(bytes, int64_t(1));
  SmallVector<Value> signs, codes;
  if (format.isSigned())
    signs = loadPlane(lookups / perByte);
  for (int64_t i = 0; i < lookups; ++i) {
    int64_t inByte = i % perByte;
    if (inByte == 0)
      codes = loadPlane(i / perByte);
    SmallVector<Value> indices, selectors;
    for (int64_t g = 0; g < groups; ++g) {
      Value index = codes[g];
      if (inByte > 0)
        index =
            e.shiftRightLogical(index, e.constant(bytes, inByte * entryBits));
      else if (perByte > 1)
        index = e.bitAnd(index, mask);
      indices.push_back(index);
      if (!format.isSigned())
        continue;
      // Shifts of 16 bits also move other bytes' bits, which do not matter.
      Value shifted = e.shiftLeft(e.bitcast(signs[g], words),
                                  e.constant(words, lookups - 1 - i));
      selectors.push_back(e.bitOr(e.bitcast(shifted, bytes), one));
    }
    Value table = e.add(
        block.tables, e.add(e.mul(step, e.index(lookups * 2 * format.entries)),
                            e.index(i * 2 * format.entries)));
    for (int64_t t = 0; t < block.tokens; ++t) {
      Value row = e.add(block.row, e.index(t));
      Part low = loadPart(row, table);
      Part high = loadPart(row, e.add(table, e.index(format.entries)));
      for (int64_t g = 0; g < groups; ++g) {
        Value lowEntries = lookUp(low, indices[g]);
        Value highEntries = lookUp(high, indices[g]);
        if (format.isSigned()) {
          lowEntries = applySigns(lowEntries, selectors[g]);
          highEntries = applySigns(highEntries, selectors[g]);
        }
        Sums &sum = sums[t * groups + g];
        addTo(sum.low, lowEntries);
        addTo(sum.high, highEntries);
      }
    }
  }
}

SmallVector<Value> ByteLookup::emitSteps(const LookupBlock &block, Value step,
                                         int64_t count, ValueRange words) {
  int64_t stepBytes = layout.getStepBytes();
  // Not for several tokens: vpermi2b and the loads of its tables leave no room,
  // 450 G products a second with it, 530 without.
  if (block.tokens == 1) {
    Value ahead = e.add(block.ahead, e.mul(step, e.index(stepBytes)));
    for (int64_t i = 0; i < count * stepBytes; i += cacheLineBytes)
      e.prefetch(a.inputs[3], {e.add(ahead, e.index(i))});
  }
  SmallVector<Sums> sums(block.tokens * groups);
  for (int64_t s = 0; s < count; ++s)
    emitStep(block, e.add(step, e.index(s)), sums);
  SmallVector<Value> next;
  for (auto [i, sum] : llvm::enumerate(sums)) {
    auto [lower, upper] = combine(sum.low, sum.high);
    next.push_back(e.add(words[2 * i], lower));
    next.push_back(e.add(words[2 * i + 1], upper));
  }
  return next;
}

Value ByteLookup::extend(Value lower, Value upper, int64_t index) {
  constexpr int64_t half = sumLanes / 2;
  SmallVector<int64_t> rows;
  for (int64_t i = 0; i < half; ++i)
    rows.push_back(index * half + i);
  for (int64_t i = 0; i < half; ++i)
    rows.push_back(lanes / 2 + index * half + i);
  Value sums =
      vector::ShuffleOp::create(e.builder(), e.location(), lower, upper, rows);
  VectorType wide = e.vectorType(sumLanes, e.i32Type());
  return format.isSigned() ? e.extendSigned(sums, wide)
                           : e.extendUnsigned(sums, wide);
}

SmallVector<Value> ByteLookup::emitBlock(const LookupBlock &block) {
  SmallVector<Value> sums(block.tokens * groups * 2,
                          e.constant(words, int64_t(0)));
  Value rest = e.rem(block.steps, e.index(stepsAtOnce));
  Value whole = e.sub(block.steps, rest);
  sums = e.rolledLoop(e.index(0), whole, stepsAtOnce, sums,
                      [&](Value step, ValueRange carried) {
                        return emitSteps(block, step, stepsAtOnce, carried);
                      });
  if (stepsAtOnce > 1)
    sums = e.rolledLoop(whole, block.steps, 1, sums,
                        [&](Value step, ValueRange carried) {
                          return emitSteps(block, step, 1, carried);
                        });
  SmallVector<Value> result;
  for (int64_t i = 0; i < block.tokens * groups; ++i)
    for (int64_t index = 0; index < lanes / sumLanes; ++index)
      result.push_back(extend(sums[2 * i], sums[2 * i + 1], index));
  return result;
}

void ByteLookup::emit(ArrayRef<int64_t> tokenTiles, int64_t cachedTokens,
                      int64_t mostSteps) {
  stepsAtOnce = std::min(mostSteps, format.getMostAdds() / lookups);
  LookupShape shape{lanes * groups, sumLanes, tokenTiles, cachedTokens};
  emitLookupLinear(e, a, spec, shape,
                   [&](const LookupBlock &block) { return emitBlock(block); });
}
