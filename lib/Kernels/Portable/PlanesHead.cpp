//===- PlanesHead.cpp - Portable output head of planes --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../PlanesHead.h"

using namespace mlir;
using namespace mlir::bitnet;

void portable::emitPlanesTerms(Emitter &e, const KernelArguments &a,
                               const PlanesHeadSpec &spec) {
  Value high = a.inputs[0], low = a.inputs[1], table = a.inputs[2];
  Value none = e.constant(e.i32Type(), int64_t(0));
  auto integer = [&](int64_t value) { return e.constant(e.i32Type(), value); };
  Type wide = e.builder().getI64Type();
  e.loop(a.begin, a.end, 1, [&](Value token) {
    // Exact in any order: Σ (24 + u) x and Σ x modulo 2^32, and squares of
    // bytes, whose sums stay below 2^30 for 2^16 columns.
    SmallVector<Value> sums = e.loop(
        e.index(0), e.index(spec.table.columns), 1, SmallVector<Value>(5, none),
        [&](Value k, ValueRange carried) -> SmallVector<Value> {
          Value h = e.extendSigned(e.load(high, {token, k}), e.i32Type());
          Value l = e.extendSigned(e.load(low, {token, k}), e.i32Type());
          Value x = e.add(e.shiftLeft(h, integer(8)), l);
          Value u = e.add(emitDither(e, spec.table, table, k), integer(24));
          Value terms[] = {e.mul(u, x), x, e.mul(h, h), e.mul(h, l),
                           e.mul(l, l)};
          SmallVector<Value> next;
          for (auto [sum, term] : llvm::zip_equal(carried, terms))
            next.push_back(e.add(sum, term));
          return next;
        });
    e.store(sums[0], a.outputs[0], {token, e.index(0)});
    e.store(e.shiftLeft(sums[1], integer(2)), a.outputs[0],
            {token, e.index(1)});
    // |x|² = 65536 Σ h² + 512 Σ h l + Σ l².
    auto scaled = [&](Value sum, int64_t factor) {
      return e.mul(e.extendSigned(sum, wide), e.constant(wide, factor));
    };
    Value square = e.add(scaled(sums[2], 65536),
                         e.add(scaled(sums[3], 512), scaled(sums[4], 1)));
    Value norm = e.squareRoot(e.signedToFloat(square, e.f32Type()));
    Value centre = e.mul(e.signedToFloat(sums[1], e.f32Type()),
                         e.constant(e.f32Type(), -0.5));
    Value margin = e.mul(norm, e.constant(e.f32Type(), 18.4));
    e.store(centre, a.outputs[1], {token, e.index(0)});
    e.store(e.add(centre, margin), a.outputs[1], {token, e.index(1)});
  });
}

namespace {
class PortablePlanes {
public:
  PortablePlanes(Emitter &e, const KernelArguments &a,
                 const PlanesHeadSpec &spec, ArrayRef<Value> buffers)
      : head(e, PlanesBuffers(buffers), spec), e(e), a(a), spec(spec) {}

  void emitCoarse();
  void emitThresholds() {
    head.emitThresholds(a, [&](Value row, Value token) {
      return emitDot(row, token, emitFineNumber);
    });
  }
  /// `thresholds` may be null.
  void emitLogits(Value sums, Value thresholds);

private:
  using Number = Value (*)(Emitter &, const PackedMatrix &, Value, Value,
                           Value);
  /// The sum of the numbers of a row times the activations of a token.
  Value emitDot(Value row, Value token, Number number);
  /// Calls `body` with the rows of each tile: the tile, the first and the end.
  void emitTiles(function_ref<void(Value, Value, Value)> body);

  PlanesHead head;
  Emitter &e;
  const KernelArguments &a;
  const PlanesHeadSpec &spec;
};
} // namespace

Value PortablePlanes::emitDot(Value row, Value token, Number number) {
  Value none = e.constant(e.i32Type(), int64_t(0));
  return e.loop(
      e.index(0), e.index(spec.table.columns), 1, {none},
      [&](Value k, ValueRange carried) -> SmallVector<Value> {
        auto load = [&](Value buffer) {
          return e.extendSigned(e.load(buffer, {token, k}), e.i32Type());
        };
        Value x = e.add(e.shiftLeft(load(head.buffers.high),
                                    e.constant(e.i32Type(), int64_t(8))),
                        load(head.buffers.low));
        Value stored = number(e, spec.table, head.buffers.table, row, k);
        return {e.add(carried[0], e.mul(stored, x))};
      })[0];
}

void PortablePlanes::emitTiles(function_ref<void(Value, Value, Value)> body) {
  Value tileRows = e.index(spec.table.layout.getTileRows());
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    Value first = e.mul(tile, tileRows);
    Value end = e.minimum(e.add(first, tileRows), e.index(spec.table.rows));
    body(tile, first, end);
  });
}

void PortablePlanes::emitCoarse() {
  emitTiles([&](Value tile, Value first, Value end) {
    e.loop(e.index(0), a.rows, 1, [&](Value token) {
      auto emitRow = [&](Value m, ValueRange carried) -> SmallVector<Value> {
        Value sum = e.shiftLeft(emitDot(m, token, emitCoarseNumber),
                                e.constant(e.i32Type(), int64_t(3)));
        Value coarse = e.sub(sum, head.getTerm(token, 0, e.i32Type()));
        e.store(e.bitcast(coarse, e.f32Type()), a.outputs[0], {token, m});
        Value scale = head.getScale(token, e.load(head.buffers.rowScales, {m}));
        Value estimate = head.getEstimate(coarse, token, 0, scale);
        return {e.maximum(estimate, carried[0])};
      };
      Value best = e.loop(first, end, 1, {e.constant(e.f32Type(), -INFINITY)},
                          emitRow)[0];
      if (spec.hasLimits)
        e.store(best, a.outputs[1], {token, tile});
    });
  });
}

void PortablePlanes::emitLogits(Value sums, Value thresholds) {
  auto emitRow = [&](Value m, Value token) {
    Value coarse = e.bitcast(e.load(sums, {token, m}), e.i32Type());
    Value scale = head.getScale(token, e.load(head.buffers.rowScales, {m}));
    auto emitLogit = [&] {
      Value fine = e.sub(emitDot(m, token, emitFineNumber),
                         head.getTerm(token, 1, e.i32Type()));
      e.store(head.getLogit(e.add(coarse, fine), scale), sums, {token, m});
    };
    if (!thresholds)
      return emitLogit();
    Value isLess = e.lessThan(head.getEstimate(coarse, token, 1, scale),
                              e.load(thresholds, {token}));
    e.ifThen(
        isLess,
        [&] { e.store(e.constant(e.f32Type(), -INFINITY), sums, {token, m}); },
        emitLogit);
  };
  emitTiles([&](Value, Value first, Value end) {
    e.loop(first, end, 1, [&](Value m) {
      e.loop(e.index(0), a.rows, 1, [&](Value token) { emitRow(m, token); });
    });
  });
}

void portable::emitPlanesHead(Emitter &e, const KernelArguments &a,
                              const PlanesHeadSpec &spec, PlanesStage stage) {
  ArrayRef<Value> inputs = a.inputs;
  switch (stage) {
  case PlanesStage::Coarse:
    return PortablePlanes(e, a, spec, inputs).emitCoarse();
  case PlanesStage::Thresholds:
    return PortablePlanes(e, a, spec, inputs).emitThresholds();
  case PlanesStage::Logits:
    return PortablePlanes(e, a, spec, inputs.drop_front())
        .emitLogits(inputs.front(), spec.hasLimits ? inputs.back() : Value());
  }
}
