//===- RegisterTile.cpp - The inner loop of multiply-add kernels ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Codes are unpacked for each register tile of tokens anew: while dot products
// keep their execution units busy, the others have nothing else to do. Neither
// unpacked copies nor blocks of columns made it faster, for 4 to 512 tokens and
// up to 6912 columns.
//
//===----------------------------------------------------------------------===//

#include "RegisterTile.h"
#include "Codes.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::x86;

static constexpr int64_t cacheLineBytes = 64;

/// Adds the products of one step to `sums`, [group][token][scale].
static void emitStep(Emitter &e, const DotProducts &dots,
                     const RegisterTile &tile, LayoutAttr layout,
                     const TileOperands &operands, Value step,
                     MutableArrayRef<Value> sums) {
  VectorType bytes = dots.getBytes();
  Value stepByte =
      e.add(operands.firstByte, e.mul(step, e.index(layout.getStepBytes())));
  Value stepColumn = e.mul(step, e.index(layout.getStepColumns()));

  SmallVector<SmallVector<Value, 2>, 4> vectors;
  for (int64_t g = 0; g < tile.groups; ++g) {
    Value byte = e.add(stepByte, e.index(g * bytes.getNumElements()));
    vectors.push_back(
        emitLoadCodes(e, dots, layout.getElement(), operands.codes, byte));
  }
  Value prefetch = e.add(operands.firstPrefetch,
                         e.mul(step, e.index(operands.prefetchBytes)));
  for (int64_t i = 0; i < operands.prefetchBytes; i += cacheLineBytes)
    e.prefetch(operands.codes, {e.add(prefetch, e.index(i))});

  const CodeFormat &format = getCodeFormat(layout.getElement());
  for (const CodeField &field : format.fields) {
    SmallVector<Value, 4> codes;
    for (ArrayRef<Value> unpacked : vectors)
      codes.push_back(
          emitField(e, dots, unpacked, format.bits, field, tile.scales));
    Value column = e.add(stepColumn, e.index(field.column));
    for (int64_t t = 0; t < tile.tokens; ++t) {
      const ActivationRow &row = operands.rows[t];
      Value activations = vectorized::emitBroadcastFour(
          e, row.values, row.token, column, bytes);
      for (int64_t g = 0; g < tile.groups; ++g) {
        int64_t scale = field.position % tile.scales;
        Value &sum = sums[(g * tile.tokens + t) * tile.scales + scale];
        sum = dots.add(sum, codes[g], activations);
      }
    }
  }
}

/// The largest codes that a step adds to one accumulator, added up.
static int64_t getLargestCodes(const CodeFormat &format, int64_t scales) {
  SmallVector<int64_t, 4> largest(scales, 0);
  for (const CodeField &field : format.fields) {
    int64_t scale = field.position % scales;
    largest[scale] += format.largest << format.bits * scale;
  }
  return *llvm::max_element(largest);
}

SmallVector<Value> x86::emitDotProducts(Emitter &e, const DotProducts &dots,
                                        const RegisterTile &tile,
                                        LayoutAttr layout,
                                        const TileOperands &operands,
                                        Value firstStep, int64_t steps) {
  const CodeFormat &format = getCodeFormat(layout.getElement());
  int64_t count = tile.groups * tile.tokens;
  auto emitRange = [&](Value begin, Value end) {
    SmallVector<Value> zeros(count * tile.scales, dots.zero());
    SmallVector<Value> sums =
        e.loop(begin, end, 1, zeros, [&](Value step, ValueRange carried) {
          SmallVector<Value> next(carried.begin(), carried.end());
          emitStep(e, dots, tile, layout, operands, step, next);
          return next;
        });
    SmallVector<Value> totals;
    for (int64_t i = 0; i < count; ++i) {
      Value total = sums[i * tile.scales];
      // Exact: the sum of scale s is a multiple of the scale.
      for (int64_t s = 1; s < tile.scales; ++s) {
        Value sum = sums[i * tile.scales + s];
        Value amount = e.constant(sum.getType(), format.bits * s);
        total = e.add(total, e.shiftRightArithmetic(sum, amount));
      }
      totals.push_back(dots.widen(total));
    }
    return totals;
  };

  Value lastStep = e.add(firstStep, e.index(steps));
  std::optional<int64_t> capacity =
      dots.getCapacity(getLargestCodes(format, tile.scales));
  if (!capacity || *capacity >= steps)
    return emitRange(firstStep, lastStep);
  SmallVector<Value> zeros(count, e.constant(dots.getIntegers(), int64_t(0)));
  return e.loop(
      firstStep, lastStep, *capacity, zeros,
      [&](Value begin, ValueRange carried) {
        Value end = e.minimum(e.add(begin, e.index(*capacity)), lastStep);
        SmallVector<Value> next;
        for (auto [total, sum] : llvm::zip(carried, emitRange(begin, end)))
          next.push_back(e.add(total, sum));
        return next;
      });
}
