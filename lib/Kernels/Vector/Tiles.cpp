//===- Tiles.cpp - What kernels that work on row tiles share --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Kernels.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

void vectorized::emitTokenTiles(Emitter &e, Value rows,
                                ArrayRef<int64_t> tokenTiles,
                                function_ref<void(Value, int64_t)> body) {
  Value begin = e.index(0);
  for (int64_t tokens : tokenTiles) {
    Value left = e.sub(rows, begin);
    Value end = tokens == 1 ? rows : e.sub(rows, e.rem(left, e.index(tokens)));
    e.loop(begin, end, tokens, [&](Value row) { body(row, tokens); });
    begin = end;
  }
}

void vectorized::emitTokenTiles(Emitter &e, Value rows, int64_t tokenTile,
                                function_ref<void(Value, int64_t)> body) {
  if (tokenTile == 1)
    return emitTokenTiles(e, rows, ArrayRef<int64_t>{1}, body);
  emitTokenTiles(e, rows, {tokenTile, 1}, body);
}

SmallVector<Value> vectorized::emitSteps(
    Emitter &e, const PackedMatrix &matrix, Value tile, ArrayRef<Value> initial,
    function_ref<void(Value, Value, MutableArrayRef<Value>)> body) {
  LayoutAttr layout = matrix.layout;
  int64_t steps = layout.getStepCount(matrix.columns);
  Value tileBase = e.mul(tile, e.index(steps * layout.getStepBytes()));
  return e.loop(e.index(0), e.index(steps), 1, initial,
                [&](Value step, ValueRange carried) {
                  SmallVector<Value> sums(carried.begin(), carried.end());
                  Value base = e.add(
                      tileBase, e.mul(step, e.index(layout.getStepBytes())));
                  Value column = e.mul(step, e.index(layout.getStepColumns()));
                  body(base, column, sums);
                  return sums;
                });
}

Value vectorized::emitBroadcastFour(Emitter &e, Value values, Value row,
                                    Value column, VectorType type) {
  VectorType four = e.vectorType(4, e.i8Type());
  VectorType one = e.vectorType(1, e.i32Type());
  VectorType words = e.vectorType(type.getNumElements() / 4, e.i32Type());
  Value word =
      e.extract(e.bitcast(e.loadVector(four, values, {row, column}), one), 0);
  return e.bitcast(e.broadcast(word, words), type);
}

void vectorized::emitStoreRows(Emitter &e, Value values, Value output,
                               Value row, Value firstRow, int64_t matrixRows,
                               int64_t tileRows) {
  if (matrixRows % tileRows == 0) {
    e.storeVector(values, output, {row, firstRow});
    return;
  }
  // The last tile has rows that only pad it.
  Value left = e.sub(e.index(matrixRows), firstRow);
  VectorType maskType =
      cast<VectorType>(values.getType()).clone(e.builder().getI1Type());
  Value mask = vector::CreateMaskOp::create(e.builder(), e.location(), maskType,
                                            ValueRange{left});
  // A store of no rows must not form an address beyond the buffer.
  e.ifThen(e.lessThan(e.index(0), left), [&] {
    vector::MaskedStoreOp::create(e.builder(), e.location(), output,
                                  ValueRange{row, firstRow}, mask, values);
  });
}

Value vectorized::emitLoadRows(Emitter &e, VectorType type, Value input,
                               ValueRange leading, Value firstRow,
                               int64_t matrixRows, int64_t tileRows,
                               int64_t offset) {
  SmallVector<Value> indices(leading);
  indices.push_back(offset ? e.add(firstRow, e.index(offset)) : firstRow);
  if (matrixRows % tileRows == 0)
    return e.loadVector(type, input, indices);
  Value left = e.sub(e.index(matrixRows), firstRow);
  Value none = e.index(0);
  Value count = e.maximum(left, none);
  Value mask = vector::CreateMaskOp::create(e.builder(), e.location(),
                                            type.clone(e.builder().getI1Type()),
                                            ValueRange{count});
  return vector::MaskedLoadOp::create(e.builder(), e.location(), type, input,
                                      indices, mask, e.constant(type, 0.0));
}

/// Adds the residual, if there is one, and stores results of a token.
static void emitStoreResult(Emitter &e, const KernelArguments &a,
                            const QuantizedLinearSpec &spec, Value firstRow,
                            Value row, Value result) {
  int64_t tileRows = spec.weight.layout.getTileRows();
  if (spec.hasResidual)
    result = e.add(result, vectorized::emitLoadRows(
                               e, cast<VectorType>(result.getType()),
                               a.inputs[5], {row}, firstRow, spec.weight.rows,
                               tileRows, spec.residualOffset));
  vectorized::emitStoreRows(e, result, a.outputs[0], row, firstRow,
                            spec.weight.rows, tileRows);
}

void vectorized::emitLinearResult(Emitter &e, const KernelArguments &a,
                                  const QuantizedLinearSpec &spec,
                                  Value firstRow, Value row, Value dot) {
  auto integers = cast<VectorType>(dot.getType());
  VectorType floats = integers.clone(e.f32Type());
  Value weightScale =
      spec.scales == WeightScales::Rows
          ? emitLoadRows(e, floats, a.inputs[4], {}, firstRow, spec.weight.rows,
                         spec.weight.layout.getTileRows())
          : e.broadcast(e.load(a.inputs[4], {e.index(0)}), floats);
  Value scale =
      e.mul(weightScale, e.broadcast(e.load(a.inputs[1], {row}), floats));
  emitStoreResult(e, a, spec, firstRow, row,
                  e.mul(e.signedToFloat(dot, floats), scale));
}

void vectorized::emitBlockResults(
    Emitter &e, const KernelArguments &a, const QuantizedLinearSpec &spec,
    const RegisterBlock &rows,
    function_ref<SmallVector<Value>(Value)> emitDots) {
  VectorType floats = e.vectorType(rows.lanes, e.f32Type());
  SmallVector<Value> zeros(rows.groups * rows.tokens, e.constant(floats, 0.0));
  int64_t blocks = spec.weight.columns / spec.blockColumns;
  SmallVector<Value> sums = e.loop(
      e.index(0), e.index(blocks), 1, zeros,
      [&](Value block, ValueRange carried) {
        SmallVector<Value> dots = emitDots(block);
        SmallVector<Value> next(carried.begin(), carried.end());
        for (int64_t g = 0; g < rows.groups; ++g) {
          Value lane = e.add(rows.firstLane, e.index(g * rows.lanes));
          Value scales =
              e.loadVector(floats, a.inputs[4], {rows.tile, block, lane});
          for (int64_t i = g * rows.tokens; i < (g + 1) * rows.tokens; ++i)
            next[i] =
                e.add(next[i], e.mul(e.signedToFloat(dots[i], floats), scales));
        }
        return next;
      });
  Value firstRow =
      e.add(e.mul(rows.tile, e.index(spec.weight.layout.getTileRows())),
            rows.firstLane);
  for (int64_t g = 0; g < rows.groups; ++g)
    for (int64_t t = 0; t < rows.tokens; ++t) {
      Value token = e.add(rows.firstToken, e.index(t));
      Value scale = e.broadcast(e.load(a.inputs[1], {token}), floats);
      emitStoreResult(e, a, spec, e.add(firstRow, e.index(g * rows.lanes)),
                      token, e.mul(sums[g * rows.tokens + t], scale));
    }
}
