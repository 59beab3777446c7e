//===- Table.cpp - Portable embedding and output head ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../PlanesHead.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Index of the word of row `m`, in the first plane, in the step of column `k`.
static Value emitWordIndex(Emitter &e, const PackedMatrix &matrix, Value m,
                           Value k) {
  LayoutAttr layout = matrix.layout;
  int64_t tileRows = layout.getTileRows();
  int64_t planes = layout.getFormat().planes;
  int64_t steps = layout.getStepCount(matrix.columns);
  Value tile = e.div(m, e.index(tileRows));
  Value step = e.add(e.mul(tile, e.index(steps)),
                     e.div(k, e.index(layout.getStepColumns())));
  return e.add(e.mul(step, e.index(planes * tileRows)),
               e.rem(m, e.index(tileRows)));
}

static Value emitByte(Emitter &e, Value table, Value index) {
  return e.extendUnsigned(e.load(table, {index}), e.i32Type());
}

/// An int8 element as stored.
static Value emitInt8(Emitter &e, Value table, Value word, Value k) {
  Value byte = e.add(e.mul(word, e.index(4)), e.rem(k, e.index(4)));
  return emitByte(e, table, byte);
}

/// An int6 element as stored: the low bits of a byte of one plane, or for the
/// last four columns of a step the upper bits of all three.
static Value emitInt6(Emitter &e, Value table, Value word, Value k,
                      int64_t planeBytes) {
  auto integer = [&](int64_t value) { return e.constant(e.i32Type(), value); };
  Value within = e.rem(k, e.index(16));
  Value plane = e.div(within, e.index(4));
  Value first = e.add(e.mul(word, e.index(4)), e.rem(within, e.index(4)));
  Value shared = integer(0), own = integer(0);
  for (int64_t p = 0; p < 3; ++p) {
    Value byte = emitByte(e, table, e.add(first, e.index(p * planeBytes)));
    own = e.select(e.equal(plane, e.index(p)), byte, own);
    Value upper = e.shiftRightLogical(byte, integer(6));
    shared = e.bitOr(shared, e.shiftLeft(upper, integer(2 * p)));
  }
  Value code =
      e.select(e.equal(plane, e.index(3)), shared, e.bitAnd(own, integer(63)));
  return code;
}

/// Element (m, k) of a table: f32, or an i32 to be scaled.
static Value emitElement(Emitter &e, const PackedMatrix &matrix, Value table,
                         Value m, Value k, HalfConversion conversion) {
  Value word = emitWordIndex(e, matrix, m, k);
  auto signedValue = [&](Value stored) {
    int64_t offset = getIntegerElement(matrix.layout.getElement())->offset;
    return e.sub(stored, e.constant(e.i32Type(), offset));
  };
  switch (matrix.layout.getElement()) {
  case ElementKind::Int8:
    return signedValue(emitInt8(e, table, word, k));
  case ElementKind::Int6:
    return signedValue(
        emitInt6(e, table, word, k, matrix.layout.getTileRows() * 4));
  case ElementKind::Planes: {
    Value upper = e.shiftLeft(emitCoarseNumber(e, matrix, table, m, k),
                              e.constant(e.i32Type(), int64_t(3)));
    Value both = e.bitOr(upper, emitFineNumber(e, matrix, table, m, k));
    return signedValue(e.sub(both, emitDither(e, matrix, table, k)));
  }
  case ElementKind::BF16:
    return e.upperHalfToFloat(e.load(table, {word}));
  default:
    return e.halfToFloat(e.load(table, {word}), conversion);
  }
}

static bool isInteger(const PackedMatrix &matrix) {
  return getIntegerElement(matrix.layout.getElement()).has_value();
}

void portable::emitEmbedding(Emitter &e, const KernelArguments &a,
                             const TableSpec &spec, HalfConversion conversion) {
  e.loop(a.begin, a.end, 1, [&](Value row) {
    Value token =
        e.indexCast(e.load(a.inputs[0], {row}), e.builder().getIndexType());
    Value scale =
        isInteger(spec.table) ? e.load(a.inputs[2], {token}) : Value();
    e.loop(e.index(0), e.index(spec.table.columns), 1, [&](Value k) {
      Value value =
          emitElement(e, spec.table, a.inputs[1], token, k, conversion);
      if (scale)
        value = e.mul(e.signedToFloat(value, e.f32Type()), scale);
      if (spec.scale)
        value = e.mul(value, e.constant(e.f32Type(), double(*spec.scale)));
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
  auto element = [&](Value table, Value m, Value k) {
    return emitElement(e, spec.table, table, m, k, HalfConversion::Integer);
  };
  if (!isInteger(spec.table)) {
    emitRowsAndTokens(e, a, spec.table, [&](Value row, Value m) {
      return e.loop(zero, columns, 1, {e.constant(e.f32Type(), 0.0)},
                    [&](Value k, ValueRange carried) -> SmallVector<Value> {
                      Value weight = element(a.inputs[1], m, k);
                      Value x =
                          e.load(a.inputs[0],
                                 {row, e.add(k, e.index(spec.inputOffset))});
                      return {e.add(carried[0], e.mul(x, weight))};
                    })[0];
    });
    return;
  }
  Value none = e.constant(e.i32Type(), int64_t(0));
  emitRowsAndTokens(e, a, spec.table, [&](Value row, Value m) {
    SmallVector<Value> dots =
        e.loop(zero, columns, 1, {none, none},
               [&](Value k, ValueRange carried) -> SmallVector<Value> {
                 Value weight = element(a.inputs[4], m, k);
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
