//===- Int8Linear.cpp - Linear layers with 8-bit weights ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One vector holds four columns of `lanes` rows, a 32-bit lane for each row,
// and four activations are repeated in every lane. Stored weights are 128 too
// large: Σ (w + 128) x = Σ w x + 128 Σ x. The multiplications cost less than
// reading the weights from memory does; scales of blocks come on top.
//
//===----------------------------------------------------------------------===//

#include "ByteProducts.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

/// How far ahead of its use a cache line of the weight is asked for.
static constexpr int64_t prefetchBytes = 4096, lineBytes = 64;

/// Steps that are written out instead of looped over: those of a block of 32.
static constexpr int64_t unrolledSteps = 8;

namespace {
class Int8Linear {
public:
  Int8Linear(Emitter &e, const KernelArguments &a,
             const QuantizedLinearSpec &spec, const Int8LinearSpec &kernel)
      : e(e), a(a), spec(spec), layout(spec.weight.layout), kernel(kernel),
        products(e, kernel.product, kernel.lanes,
                 /*maximum=*/element.maximum + element.offset),
        weight(LinearInputs(a, spec).getWeight()) {}

  /// `groups` groups of a tile from `firstLane` on, for `rows` rows of
  /// activations from `firstToken` on.
  void emitTile(Value tile, Value firstLane, int64_t groups, Value firstToken,
                int64_t rows);

private:
  /// The exact products of weights, [group][row], given those of stored ones
  /// and the sums of the activations in every lane, [row].
  void subtractExcess(MutableArrayRef<Value> dots, ArrayRef<Value> sums);
  /// Adds the products of a step.
  void emitStep(Value firstByte, ArrayRef<ActivationRow> rows, Value step,
                int64_t groups, MutableArrayRef<Value> sums);
  /// The products of stored weights with `count` steps from `firstStep` on.
  SmallVector<Value> emitDots(Value firstByte, ArrayRef<ActivationRow> rows,
                              Value firstStep, int64_t count, int64_t groups);

  Emitter &e;
  const KernelArguments &a;
  const QuantizedLinearSpec &spec;
  LayoutAttr layout;
  Int8LinearSpec kernel;
  IntegerElement element = *getIntegerElement(ElementKind::Int8);
  ByteProducts products;
  Value weight;
};
} // namespace

void Int8Linear::subtractExcess(MutableArrayRef<Value> dots,
                                ArrayRef<Value> sums) {
  int64_t excess = products.getExcess(element.offset);
  if (excess == 0)
    return;
  for (auto [i, dot] : llvm::enumerate(dots)) {
    Value sum = sums[i % sums.size()];
    dot = e.sub(dot, e.mul(sum, e.constant(sum.getType(), excess)));
  }
}

void Int8Linear::emitStep(Value firstByte, ArrayRef<ActivationRow> rows,
                          Value step, int64_t groups,
                          MutableArrayRef<Value> sums) {
  VectorType bytes = products.getBytes();
  Value base = e.add(firstByte, e.mul(step, e.index(layout.getStepBytes())));
  Value column = e.mul(step, e.index(layout.getStepColumns()));
  SmallVector<WordPair> activations;
  for (const ActivationRow &row : rows)
    activations.push_back(products.activations(row.values, row.token, column));
  for (int64_t g = 0; g < groups; ++g) {
    int64_t offset = g * bytes.getNumElements();
    Value at = e.add(base, e.index(offset));
    WordPair weights = products.weights(e.loadVector(bytes, weight, {at}));
    if (offset % lineBytes == 0)
      e.prefetch(weight, {e.add(at, e.index(prefetchBytes))});
    for (auto [i, row] : llvm::enumerate(activations)) {
      Value &sum = sums[g * rows.size() + i];
      sum = products.add(sum, weights, row);
    }
  }
}

SmallVector<Value> Int8Linear::emitDots(Value firstByte,
                                        ArrayRef<ActivationRow> rows,
                                        Value firstStep, int64_t count,
                                        int64_t groups) {
  SmallVector<Value> sums(groups * rows.size(),
                          e.constant(products.getSums(), int64_t(0)));
  if (count <= unrolledSteps) {
    for (int64_t step = 0; step < count; ++step)
      emitStep(firstByte, rows, e.add(firstStep, e.index(step)), groups, sums);
  } else {
    sums = e.loop(firstStep, e.add(firstStep, e.index(count)), 1, sums,
                  [&](Value step, ValueRange carried) {
                    SmallVector<Value> next(carried.begin(), carried.end());
                    emitStep(firstByte, rows, step, groups, next);
                    return next;
                  });
  }
  for (Value &sum : sums)
    sum = products.finish(sum);
  return sums;
}

void Int8Linear::emitTile(Value tile, Value firstLane, int64_t groups,
                          Value firstToken, int64_t rowCount) {
  int64_t steps = layout.getStepCount(spec.weight.columns);
  Value firstByte = e.add(e.mul(tile, e.index(steps * layout.getStepBytes())),
                          e.mul(firstLane, e.index(layout.getLaneBytes())));
  SmallVector<ActivationRow> rows;
  for (int64_t i = 0; i < rowCount; ++i)
    rows.push_back(getActivationRow(e, a, spec, firstToken, i));

  if (spec.scales == WeightScales::Blocks) {
    int64_t blockSteps = spec.blockColumns / layout.getStepColumns();
    auto emitBlock = [&](Value block) {
      Value column = e.mul(block, e.index(spec.blockColumns));
      BlockSums sums;
      if (spec.hasOffsets || products.getExcess(element.offset))
        for (const ActivationRow &row : rows)
          sums.activations.push_back(products.sumActivations(
              row.values, row.token, column, spec.blockColumns));
      sums.dots = emitDots(firstByte, rows, e.mul(block, e.index(blockSteps)),
                           blockSteps, groups);
      subtractExcess(sums.dots, sums.activations);
      return sums;
    };
    emitBlockResults(
        e, a, spec,
        {tile, firstLane, kernel.lanes, groups, firstToken, rowCount},
        kernel.conversion, emitBlock);
    return;
  }
  SmallVector<Value> dots =
      emitDots(firstByte, rows, e.index(0), steps, groups);
  SmallVector<Value> sums;
  for (const ActivationRow &row : rows)
    sums.push_back(e.broadcast(e.load(row.sums, {row.token}),
                               e.vectorType(kernel.lanes, e.i32Type())));
  subtractExcess(dots, sums);
  Value firstRow = e.add(e.mul(tile, e.index(layout.getTileRows())), firstLane);
  for (int64_t g = 0; g < groups; ++g)
    emitLinearResults(e, a, spec, e.add(firstRow, e.index(g * kernel.lanes)),
                      firstToken, ArrayRef(dots).slice(g * rowCount, rowCount));
}

void vectorized::emitInt8Linear(Emitter &e, const KernelArguments &a,
                                const QuantizedLinearSpec &spec,
                                const Int8LinearSpec &kernel) {
  Int8Linear linear(e, a, spec, kernel);
  int64_t tileRows = spec.weight.layout.getTileRows();
  auto emitGroups = [&](Value tile, Value firstToken, int64_t groups,
                        int64_t rows) {
    e.loop(e.index(0), e.index(tileRows), groups * kernel.lanes,
           [&](Value lane) {
             linear.emitTile(tile, lane, groups, firstToken, rows);
           });
  };
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    if (spec.parts > 1)
      return emitTokenTiles(e, a.rows, 1, [&](Value token, int64_t) {
        emitGroups(tile, token, kernel.partGroups, spec.parts);
      });
    emitTokenTiles(
        e, a.rows, kernel.tokenTile, [&](Value token, int64_t tokens) {
          emitGroups(tile, token,
                     tokens == 1 ? kernel.groups : kernel.tileGroups, tokens);
        });
  });
}
