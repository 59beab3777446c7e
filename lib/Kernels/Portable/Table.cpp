//===- Table.cpp - Portable embedding and output head ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Kernels.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Index of element (m, k) in a buffer of int8 or f16 elements.
static Value emitElementIndex(Emitter &e, const PackedMatrix &matrix, Value m,
                              Value k) {
  int64_t tileRows = matrix.layout.getTileRows();
  int64_t stepColumns = matrix.layout.getStepColumns();
  int64_t steps = matrix.layout.getStepCount(matrix.columns);
  Value tile = e.div(m, e.index(tileRows));
  Value lane = e.rem(m, e.index(tileRows));
  Value step =
      e.add(e.mul(tile, e.index(steps)), e.div(k, e.index(stepColumns)));
  Value laneInStep = e.add(e.mul(step, e.index(tileRows)), lane);
  return e.add(e.mul(laneInStep, e.index(stepColumns)),
               e.rem(k, e.index(stepColumns)));
}

/// The signed value of an int8 element, stored as value + 128.
static Value emitInt8(Emitter &e, Value byte) {
  return e.sub(e.extendUnsigned(byte, e.i32Type()),
               e.constant(e.i32Type(), int64_t(128)));
}

static Value emitHalf(Emitter &e, Value bits, HalfConversion conversion) {
  if (conversion == HalfConversion::Integer)
    return e.halfToFloat(bits);
  return e.extendFloat(e.bitcast(bits, e.builder().getF16Type()), e.f32Type());
}

void portable::emitEmbedding(Emitter &e, const KernelArguments &a,
                             const TableSpec &spec, HalfConversion conversion) {
  bool isInt8 = spec.table.layout.getElement() == ElementKind::Int8;
  e.loop(a.begin, a.end, 1, [&](Value row) {
    Value token =
        e.indexCast(e.load(a.inputs[0], {row}), e.builder().getIndexType());
    Value scale = isInt8 ? e.load(a.inputs[2], {token}) : Value();
    e.loop(e.index(0), e.index(spec.table.columns), 1, [&](Value k) {
      Value element =
          e.load(a.inputs[1], {emitElementIndex(e, spec.table, token, k)});
      Value value =
          isInt8
              ? e.mul(e.signedToFloat(emitInt8(e, element), e.f32Type()), scale)
              : emitHalf(e, element, conversion);
      e.store(value, a.outputs[0], {row, k});
    });
  });
}

/// Emits a loop over the valid rows of the tiles and the tokens.
static void emitRowsAndTokens(Emitter &e, const KernelArguments &a,
                              const PackedMatrix &table,
                              function_ref<Value(Value, Value)> compute) {
  int64_t tileRows = table.layout.getTileRows();
  Value first = e.mul(a.begin, e.index(tileRows));
  Value last = e.minimum(e.mul(a.end, e.index(tileRows)), e.index(table.rows));
  e.loop(first, last, 1, [&](Value m) {
    e.loop(e.index(0), a.rows, 1, [&](Value row) {
      e.store(compute(row, m), a.outputs[0], {row, m});
    });
  });
}

void portable::emitOutputHead(Emitter &e, const KernelArguments &a,
                              const TableSpec &spec) {
  Value zero = e.index(0), columns = e.index(spec.table.columns);
  if (spec.table.layout.getElement() == ElementKind::F16) {
    emitRowsAndTokens(e, a, spec.table, [&](Value row, Value m) {
      return e.loop(
          zero, columns, 1, {e.constant(e.f32Type(), 0.0)},
          [&](Value k, ValueRange carried) -> SmallVector<Value> {
            Value weight = e.halfToFloat(
                e.load(a.inputs[1], {emitElementIndex(e, spec.table, m, k)}));
            Value x =
                e.load(a.inputs[0], {row, e.add(k, e.index(spec.inputOffset))});
            return {e.add(carried[0], e.mul(x, weight))};
          })[0];
    });
    return;
  }
  Value none = e.constant(e.i32Type(), int64_t(0));
  emitRowsAndTokens(e, a, spec.table, [&](Value row, Value m) {
    SmallVector<Value> dots = e.loop(
        zero, columns, 1, {none, none},
        [&](Value k, ValueRange carried) -> SmallVector<Value> {
          Value weight = emitInt8(
              e, e.load(a.inputs[4], {emitElementIndex(e, spec.table, m, k)}));
          Value high =
              e.extendSigned(e.load(a.inputs[0], {row, k}), e.i32Type());
          Value low =
              e.extendSigned(e.load(a.inputs[1], {row, k}), e.i32Type());
          return {e.add(carried[0], e.mul(high, weight)),
                  e.add(carried[1], e.mul(low, weight))};
        });
    Value scale = e.mul(e.load(a.inputs[2], {row}), e.load(a.inputs[5], {m}));
    Value high = e.mul(e.signedToFloat(dots[0], e.f32Type()),
                       e.constant(e.f32Type(), 256.0));
    return e.mul(e.add(high, e.signedToFloat(dots[1], e.f32Type())), scale);
  });
}
