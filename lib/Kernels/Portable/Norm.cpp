//===- Norm.cpp - Portable normalisation and quantisation -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Kernels.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
using Element = function_ref<Value(Value column)>;

/// The lane sum of `square(x)` over the columns of a row.
Value emitSumOfSquares(Emitter &e, int64_t columns, Value lanes, Element x) {
  Value zero = e.constant(e.f32Type(), 0.0);
  e.loop(e.index(0), e.index(Emitter::laneCount), 1, [&](Value lane) {
    SmallVector<Value> sum =
        e.loop(lane, e.index(columns), Emitter::laneCount, {zero},
               [&](Value column, ValueRange carried) -> SmallVector<Value> {
                 Value value = x(column);
                 return {e.add(carried[0], e.mul(value, value))};
               });
    e.store(sum[0], lanes, {lane});
  });
  for (int64_t width = Emitter::laneCount / 2; width >= 1; width /= 2)
    for (int64_t lane = 0; lane < width; ++lane)
      e.store(e.add(e.load(lanes, {e.index(lane)}),
                    e.load(lanes, {e.index(lane + width)})),
              lanes, {e.index(lane)});
  return e.load(lanes, {e.index(0)});
}

/// 1 / sqrt(sum / columns + eps).
Value emitReciprocalRoot(Emitter &e, Value sum, int64_t columns, float eps) {
  Value mean = e.mul(sum, e.constant(e.f32Type(), 1.0 / columns));
  Value root = e.squareRoot(e.add(mean, e.constant(e.f32Type(), double(eps))));
  return e.div(e.constant(e.f32Type(), 1.0), root);
}

/// max(absmax(x), floor).
Value emitAbsmax(Emitter &e, int64_t columns, Element x, float floor = 1e-5f) {
  SmallVector<Value> result = e.loop(
      e.index(0), e.index(columns), 1, {e.constant(e.f32Type(), double(floor))},
      [&](Value column, ValueRange carried) -> SmallVector<Value> {
        return {e.maximum(e.absolute(x(column)), carried[0])};
      });
  return result[0];
}
} // namespace

Value mlir::bitnet::emitQuantizationFactor(Emitter &e, Value absmax,
                                           bool reciprocal) {
  Value limit = e.constant(e.f32Type(), 127.0);
  if (!reciprocal)
    return e.div(limit, absmax);
  return e.mul(e.div(e.constant(e.f32Type(), 1.0), absmax), limit);
}

void portable::emitRMSNorm(Emitter &e, const KernelArguments &a,
                           const RMSNormSpec &spec) {
  Value lanes = e.stackBuffer({Emitter::laneCount}, e.f32Type());
  int64_t runColumns = spec.getRunColumns();
  auto emitRun = [&](Value row, Value first) {
    auto input = [&](Value column) {
      return e.load(a.inputs[0], {row, e.add(e.add(first, column),
                                             e.index(spec.inputOffset))});
    };
    Value sum = emitSumOfSquares(e, runColumns, lanes, input);
    Value root = emitReciprocalRoot(e, sum, runColumns, spec.eps);
    e.loop(e.index(0), e.index(runColumns), 1, [&](Value column) {
      Value weight = e.load(a.inputs[1], {column});
      e.store(e.mul(e.mul(input(column), root), weight), a.outputs[0],
              {row, e.add(first, column)});
    });
  };
  e.loop(a.begin, a.end, 1, [&](Value row) {
    e.loop(e.index(0), e.index(spec.columns), runColumns,
           [&](Value first) { emitRun(row, first); });
  });
}

void portable::emitQuantizeActivations(Emitter &e, const KernelArguments &a,
                                       const QuantizeActivationsSpec &spec) {
  Value lanes = e.stackBuffer({Emitter::laneCount}, e.f32Type());
  Value norm = spec.eps ? a.inputs.back() : Value();
  e.loop(a.begin, a.end, 1, [&](Value row) {
    auto gated = [&](Value column) {
      Value x =
          e.load(a.inputs[0], {row, e.add(column, e.index(spec.inputOffset))});
      if (!spec.activation)
        return x;
      Value gate =
          e.load(a.inputs[1], {row, e.add(column, e.index(spec.gateOffset))});
      return e.mul(emitActivation(e, *spec.activation, gate), x);
    };
    Value root;
    if (norm)
      root =
          emitReciprocalRoot(e, emitSumOfSquares(e, spec.columns, lanes, gated),
                             spec.columns, *spec.eps);
    auto normalized = [&](Value column) {
      Value x = gated(column);
      return norm ? e.mul(e.mul(x, root), e.load(norm, {column})) : x;
    };
    Value absmax = emitAbsmax(e, spec.columns, normalized, spec.floor);
    Value multiplier = emitQuantizationFactor(e, absmax, spec.reciprocal);
    Value zero = e.constant(e.i32Type(), int64_t(0));
    SmallVector<Value> sum = e.loop(
        e.index(0), e.index(spec.columns), 1, {zero},
        [&](Value column, ValueRange carried) -> SmallVector<Value> {
          Value rounded = e.roundToInt(e.mul(normalized(column), multiplier));
          e.store(e.truncate(rounded, e.i8Type()), a.outputs[0], {row, column});
          return {e.add(carried[0], rounded)};
        });
    e.loop(e.index(spec.columns), e.index(spec.paddedColumns), 1,
           [&](Value column) {
             e.store(e.constant(e.i8Type(), int64_t(0)), a.outputs[0],
                     {row, column});
           });
    e.store(e.div(absmax, e.constant(e.f32Type(), 127.0)), a.outputs[1], {row});
    e.store(sum[0], a.outputs[2], {row});
  });
}

void portable::emitQuantizeHeadInput(Emitter &e, const KernelArguments &a,
                                     const HeadInputSpec &spec) {
  // x = 256 h + l with h = (x + 128) >> 8, so that |h| <= 127 for |x| <= 32512.
  // What is not a number becomes one within the limits.
  auto integer = [&](int64_t value) { return e.constant(e.i32Type(), value); };
  e.loop(a.begin, a.end, 1, [&](Value row) {
    auto input = [&](Value column) {
      return e.load(a.inputs[0], {row, e.add(column, e.index(spec.offset))});
    };
    Value absmax = emitAbsmax(e, spec.columns, input);
    Value limit = e.constant(e.f32Type(), double(spec.limit));
    Value multiplier = e.div(limit, absmax);
    SmallVector<Value> sums = e.loop(
        e.index(0), e.index(spec.columns), 1, {integer(0), integer(0)},
        [&](Value column, ValueRange carried) -> SmallVector<Value> {
          Value rounded = e.roundToInt(e.mul(input(column), multiplier));
          Value x = e.maximum(e.minimum(rounded, integer(spec.limit)),
                              integer(-spec.limit));
          Value high =
              e.shiftRightArithmetic(e.add(x, integer(128)), integer(8));
          Value low = e.sub(x, e.shiftLeft(high, integer(8)));
          e.store(e.truncate(high, e.i8Type()), a.outputs[0], {row, column});
          e.store(e.truncate(low, e.i8Type()), a.outputs[1], {row, column});
          return {e.add(carried[0], high), e.add(carried[1], low)};
        });
    int64_t paddedColumns =
        cast<MemRefType>(a.outputs[0].getType()).getDimSize(1);
    e.loop(e.index(spec.columns), e.index(paddedColumns), 1, [&](Value column) {
      Value zero = e.constant(e.i8Type(), int64_t(0));
      e.store(zero, a.outputs[0], {row, column});
      e.store(zero, a.outputs[1], {row, column});
    });
    e.store(e.div(absmax, limit), a.outputs[2], {row});
    e.store(sums[0], a.outputs[3], {row, e.index(0)});
    e.store(sums[1], a.outputs[3], {row, e.index(1)});
  });
}
