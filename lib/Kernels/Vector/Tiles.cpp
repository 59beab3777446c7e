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

ActivationRow mlir::bitnet::getActivationRow(Emitter &e,
                                             const KernelArguments &a,
                                             const QuantizedLinearSpec &spec,
                                             Value firstToken, int64_t i) {
  LinearInputs inputs(a, spec);
  if (spec.parts > 1)
    return {inputs.getValues(i), inputs.getScales(i), inputs.getSums(i),
            firstToken};
  return {inputs.getValues(), inputs.getScales(), inputs.getSums(),
          e.add(firstToken, e.index(i))};
}

/// Stores results of activation rows of a register tile: adds the parts, from
/// the last to the first, and the residual, if there is one.
static void emitStoreResults(Emitter &e, const KernelArguments &a,
                             const QuantizedLinearSpec &spec, Value firstRow,
                             Value firstToken, MutableArrayRef<Value> results) {
  if (spec.parts > 1) {
    assert(static_cast<int64_t>(results.size()) == spec.parts);
    for (size_t part = results.size() - 1; part > 0; --part)
      results[part - 1] = e.add(results[part - 1], results[part]);
    results = results.take_front();
  }
  int64_t tileRows = spec.weight.layout.getTileRows();
  for (auto [i, result] : llvm::enumerate(results)) {
    Value token = e.add(firstToken, e.index(i));
    if (spec.hasResidual)
      result = e.add(result,
                     vectorized::emitLoadRows(
                         e, cast<VectorType>(result.getType()),
                         LinearInputs(a, spec).getResidual(), {token}, firstRow,
                         spec.weight.rows, tileRows, spec.residualOffset));
    vectorized::emitStoreRows(e, result, a.outputs[0], token, firstRow,
                              spec.weight.rows, tileRows);
  }
}

void vectorized::emitLinearResults(Emitter &e, const KernelArguments &a,
                                   const QuantizedLinearSpec &spec,
                                   Value firstRow, Value firstToken,
                                   ArrayRef<Value> dots) {
  auto integers = cast<VectorType>(dots.front().getType());
  VectorType floats = integers.clone(e.f32Type());
  Value scales = LinearInputs(a, spec).getWeightScales();
  Value weightScale =
      spec.scales == WeightScales::Rows
          ? emitLoadRows(e, floats, scales, {}, firstRow, spec.weight.rows,
                         spec.weight.layout.getTileRows())
          : e.broadcast(e.load(scales, {e.index(0)}), floats);
  SmallVector<Value> results;
  for (auto [i, dot] : llvm::enumerate(dots)) {
    ActivationRow row = getActivationRow(e, a, spec, firstToken, i);
    Value scale = e.mul(weightScale,
                        e.broadcast(e.load(row.scales, {row.token}), floats));
    results.push_back(e.mul(e.signedToFloat(dot, floats), scale));
  }
  emitStoreResults(e, a, spec, firstRow, firstToken, results);
}

/// Scales or offsets of the rows of a tile from `lane` on.
static Value emitLoadScales(Emitter &e, const QuantizedLinearSpec &spec,
                            VectorType floats, Value scales, ValueRange indices,
                            HalfConversion conversion) {
  if (!spec.hasHalfScales)
    return e.loadVector(floats, scales, indices);
  VectorType words = floats.clone(e.builder().getI16Type());
  return e.halfToFloat(e.loadVector(words, scales, indices), conversion);
}

void vectorized::emitBlockResults(Emitter &e, const KernelArguments &a,
                                  const QuantizedLinearSpec &spec,
                                  const RegisterBlock &rows,
                                  HalfConversion conversion,
                                  function_ref<BlockSums(Value)> emitBlock) {
  LinearInputs inputs(a, spec);
  VectorType floats = e.vectorType(rows.lanes, e.f32Type());
  SmallVector<Value> zeros(rows.groups * rows.tokens, e.constant(floats, 0.0));
  int64_t blocks = spec.weight.columns / spec.blockColumns;
  SmallVector<Value> sums = e.loop(
      e.index(0), e.index(blocks), 1, zeros,
      [&](Value block, ValueRange carried) {
        BlockSums computed = emitBlock(block);
        SmallVector<Value> next(carried.begin(), carried.end());
        for (int64_t g = 0; g < rows.groups; ++g) {
          Value lane = e.add(rows.firstLane, e.index(g * rows.lanes));
          auto load = [&](Value buffer) {
            return emitLoadScales(e, spec, floats, buffer,
                                  {rows.tile, block, lane}, conversion);
          };
          Value scales = load(inputs.getWeightScales());
          Value offsets = spec.hasOffsets ? load(inputs.getOffsets()) : Value();
          for (int64_t t = 0; t < rows.tokens; ++t) {
            int64_t i = g * rows.tokens + t;
            Value dot = e.signedToFloat(computed.dots[i], floats);
            next[i] = e.add(next[i], e.mul(dot, scales));
            if (offsets) {
              Value sum = e.signedToFloat(computed.activations[t], floats);
              next[i] = e.add(next[i], e.mul(sum, offsets));
            }
          }
        }
        return next;
      });
  Value firstRow =
      e.add(e.mul(rows.tile, e.index(spec.weight.layout.getTileRows())),
            rows.firstLane);
  for (int64_t g = 0; g < rows.groups; ++g) {
    SmallVector<Value> results;
    for (int64_t t = 0; t < rows.tokens; ++t) {
      ActivationRow row = getActivationRow(e, a, spec, rows.firstToken, t);
      Value scale = e.broadcast(e.load(row.scales, {row.token}), floats);
      results.push_back(e.mul(sums[g * rows.tokens + t], scale));
    }
    emitStoreResults(e, a, spec, e.add(firstRow, e.index(g * rows.lanes)),
                     rows.firstToken, results);
  }
}
