//===- PlanesHead.cpp - What both lowerings of planes share ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanesHead.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// Field `field` of the bytes at `first` of three parts; see `#bitnet.layout`.
static Value emitField(Emitter &e, Value table, Value first, int64_t partBytes,
                       Value field) {
  auto integer = [&](int64_t value) { return e.constant(e.i32Type(), value); };
  Value bytes[PlanesTable::parts];
  for (int64_t part = 0; part < PlanesTable::parts; ++part)
    bytes[part] = e.extendUnsigned(
        e.load(table, {e.add(first, e.index(part * partBytes))}), e.i32Type());
  // The last two fields: bits 1 and 2, bit 0.
  Value f = e.indexCast(field, e.i32Type());
  Value upper = e.select(e.equal(field, e.index(6)), bytes[0], bytes[1]);
  Value shared =
      e.bitOr(e.bitAnd(e.shiftRightLogical(upper, integer(5)), integer(6)),
              e.bitAnd(e.shiftRightLogical(bytes[2], f), integer(1)));
  Value part = e.div(field, e.index(2));
  Value own = e.select(e.equal(part, e.index(0)), bytes[0],
                       e.select(e.equal(part, e.index(1)), bytes[1], bytes[2]));
  Value shift = e.mul(e.bitAnd(f, integer(1)), integer(3));
  own = e.bitAnd(e.shiftRightLogical(own, shift), integer(7));
  return e.select(e.equal(part, e.index(3)), shared, own);
}

Value mlir::bitnet::emitCoarseNumber(Emitter &e, const PackedMatrix &matrix,
                                     Value table, Value m, Value k) {
  LayoutAttr layout = matrix.layout;
  int64_t tileRows = layout.getTileRows();
  int64_t stepColumns = layout.getStepColumns();
  Value tile = e.div(m, e.index(tileRows));
  Value step = e.add(e.mul(tile, e.index(layout.getStepCount(matrix.columns))),
                     e.div(k, e.index(stepColumns)));
  Value lane = e.add(e.mul(e.rem(m, e.index(tileRows)), e.index(4)),
                     e.rem(k, e.index(4)));
  Value first = e.add(e.mul(step, e.index(layout.getStepBytes())), lane);
  Value field = e.div(e.rem(k, e.index(stepColumns)), e.index(4));
  return emitField(e, table, first, tileRows * 4, field);
}

Value mlir::bitnet::emitFineNumber(Emitter &e, const PackedMatrix &matrix,
                                   Value table, Value m, Value k) {
  PlanesTable planes(matrix.layout, matrix.rows, matrix.columns);
  int64_t partBytes = planes.getFinePartBytes();
  Value first = e.add(e.index(planes.getFineOffset()),
                      e.add(e.mul(m, e.index(planes.getFineRowBytes())),
                            e.rem(k, e.index(partBytes))));
  return emitField(e, table, first, partBytes, e.div(k, e.index(partBytes)));
}

Value mlir::bitnet::emitDither(Emitter &e, const PackedMatrix &matrix,
                               Value table, Value k) {
  PlanesTable planes(matrix.layout, matrix.rows, matrix.columns);
  Value at = e.add(e.index(planes.getDitherOffset()), k);
  return e.extendUnsigned(e.load(table, {at}), e.i32Type());
}

//===----------------------------------------------------------------------===//
// Float operations
//===----------------------------------------------------------------------===//

Value PlanesHead::splat(Value scalar, Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    return e.broadcast(scalar, vector);
  return scalar;
}

/// The type of f32 with the shape of `type`.
static Type getFloats(Emitter &e, Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(e.f32Type());
  return e.f32Type();
}

Value PlanesHead::getScale(Value token, Value rowScales) {
  return e.mul(splat(e.load(buffers.scales, {token}), rowScales.getType()),
               rowScales);
}

Value PlanesHead::getLogit(Value sum, Value scale) {
  return e.mul(e.signedToFloat(sum, getFloats(e, sum.getType())), scale);
}

Value PlanesHead::getEstimate(Value coarse, Value token, int64_t which,
                              Value scale) {
  Type floats = getFloats(e, coarse.getType());
  Value bound = splat(e.load(buffers.bounds, {token, e.index(which)}), floats);
  return e.mul(e.add(e.signedToFloat(coarse, floats), bound), scale);
}

Value PlanesHead::getTerm(Value token, int64_t which, Type type) {
  return splat(e.load(buffers.terms, {token, e.index(which)}), type);
}

//===----------------------------------------------------------------------===//
// Thresholds
//===----------------------------------------------------------------------===//

void PlanesHead::emitBestTiles(Value best, Value token, Value limit,
                               Value estimates, Value tiles) {
  Value none = e.index(0), one = e.index(1);
  Value worst = e.constant(e.f32Type(), -INFINITY);
  e.loop(none, limit, 1, [&](Value i) { e.store(worst, estimates, {i}); });
  Value last = e.sub(limit, one);
  e.loop(none, e.index(spec.table.getTileCount()), 1, [&](Value tile) {
    // What is not a number is never better.
    Value estimate = e.load(best, {token, tile});
    Value isBetter = e.lessThan(e.load(estimates, {last}), estimate);
    e.ifThen(isBetter, [&] {
      // Takes its place; what was there and after it moves down.
      e.loop(none, limit, 1, {estimate, tile},
             [&](Value i, ValueRange moving) -> SmallVector<Value> {
               Value otherEstimate = e.load(estimates, {i});
               Value otherTile = e.load(tiles, {i});
               Value isFirst = e.lessThan(otherEstimate, moving[0]);
               e.store(e.select(isFirst, moving[0], otherEstimate), estimates,
                       {i});
               e.store(e.select(isFirst, moving[1], otherTile), tiles, {i});
               return {e.select(isFirst, otherEstimate, moving[0]),
                       e.select(isFirst, otherTile, moving[1])};
             });
    });
  });
}

Value PlanesHead::emitBestRow(Value sums, Value tile, Value token) {
  int64_t tileRows = spec.table.layout.getTileRows();
  Value first = e.mul(tile, e.index(tileRows));
  Value end =
      e.minimum(e.add(first, e.index(tileRows)), e.index(spec.table.rows));
  return e.loop(first, end, 1, {e.constant(e.f32Type(), -INFINITY), first},
                [&](Value m, ValueRange best) -> SmallVector<Value> {
                  Value coarse =
                      e.bitcast(e.load(sums, {token, m}), e.i32Type());
                  Value scale = getScale(token, e.load(buffers.rowScales, {m}));
                  Value estimate = getEstimate(coarse, token, 0, scale);
                  Value isBetter = e.lessThan(best[0], estimate);
                  return {e.select(isBetter, estimate, best[0]),
                          e.select(isBetter, m, best[1])};
                })[1];
}

void PlanesHead::emitThresholds(const KernelArguments &a,
                                function_ref<Value(Value, Value)> emitFine) {
  Value sums = a.inputs[PlanesBuffers::count];
  Value limits = a.inputs[PlanesBuffers::count + 1];
  Value best = a.inputs[PlanesBuffers::count + 2];
  int64_t most = std::min(mostPlanesLimit, spec.table.getTileCount());
  Type index = e.builder().getIndexType();
  Value lowest = e.constant(e.f32Type(), -INFINITY);
  Value estimates = e.stackBuffer({most}, e.f32Type());
  Value tiles = e.stackBuffer({most}, index);
  auto emitToken = [&](Value token, Value limit) {
    emitBestTiles(best, token, limit, estimates, tiles);
    Value last = e.load(estimates, {e.sub(limit, e.index(1))});
    auto emitLeast = [&] {
      Value least = e.loop(
          e.index(0), limit, 1, {e.constant(e.f32Type(), INFINITY)},
          [&](Value i, ValueRange carried) -> SmallVector<Value> {
            Value row = emitBestRow(sums, e.load(tiles, {i}), token);
            Value coarse = e.bitcast(e.load(sums, {token, row}), e.i32Type());
            Value fine =
                e.sub(emitFine(row, token), getTerm(token, 1, e.i32Type()));
            Value scale = getScale(token, e.load(buffers.rowScales, {row}));
            Value logit = getLogit(e.add(coarse, fine), scale);
            // What is not a number is no bound for any.
            logit = e.select(e.lessThan(lowest, logit), logit, lowest);
            return {e.minimum(logit, carried[0])};
          })[0];
      e.store(least, a.outputs[0], {token});
    };
    e.ifThen(e.lessThan(lowest, last), emitLeast);
  };
  e.loop(a.begin, a.end, 1, [&](Value token) {
    e.store(lowest, a.outputs[0], {token});
    Value limit = e.indexCast(e.load(limits, {token}), index);
    Value isLimited = e.bitAnd(e.lessThan(e.index(0), limit),
                               e.lessThan(limit, e.index(most + 1)));
    e.ifThen(isLimited, [&] { emitToken(token, limit); });
  });
}
