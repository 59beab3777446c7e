//===- PlanesHead.cpp - Vector output head of planes ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../PlanesHead.h"
#include "IntegerTiles.h"
#include "ThreeBitFields.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

static constexpr int64_t lineBytes = 64;

/// Of 16 rows.
static constexpr int64_t mostPrefetchedRows = 4;

namespace {
class VectorPlanes {
public:
  VectorPlanes(Emitter &e, const KernelArguments &a, const PlanesHeadSpec &spec,
               const IntegerHeadSpec &kernel, ArrayRef<Value> buffers)
      : head(e, PlanesBuffers(buffers), spec), e(e), a(a), spec(spec),
        kernel(kernel), tiles(e, head.buffers.high, head.buffers.low,
                              head.buffers.table, spec.table, kernel) {}

  void emitCoarse();
  void emitThresholds() {
    head.emitThresholds(
        a, [&](Value row, Value token) { return emitFine(row, token); });
  }
  /// `thresholds` may be null.
  void emitLogits(Value sums, Value thresholds);

private:
  int64_t getTileRows() const { return spec.table.layout.getTileRows(); }
  /// Vectors of a part of the fine plane: as wide as the kernel's, or half.
  int64_t getFineLanes() const {
    int64_t bytes = head.planes.getFinePartBytes();
    return bytes % (4 * kernel.lanes) == 0 ? kernel.lanes : kernel.lanes / 2;
  }
  Value loadRowScales(VectorType floats, Value firstRow) {
    return emitLoadRows(e, floats, head.buffers.rowScales, {}, firstRow,
                        spec.table.rows, getTileRows());
  }
  /// Whether `firstRow`, ... are rows of the table.
  Value emitIsRow(Value firstRow, int64_t lanes);
  /// The coarse sums of a group of rows for tokens; the result is the best
  /// estimates so far of each lane and token, `best` and these.
  SmallVector<Value> emitCoarseRows(Value tile, Value firstLane, int64_t groups,
                                    Value row, int64_t tokens, ValueRange best);
  /// Σ r x of a row of the table and a token.
  Value emitFine(Value row, Value token);
  /// Σ r x of one part of the activations for each vector of `sums`.
  void emitFineStep(ByteProducts &products, Value row, Value token, Value byte,
                    int64_t chains, MutableArrayRef<Value> sums);
  /// 16 rows.
  struct Wanted {
    /// Coarse sums, as f32, or -infinity if no logit is needed.
    Value sums;
    /// A bit for each row whose logit is, in an i32.
    Value bits;
  };
  Wanted emitWanted(Value sums, Value thresholds, Value firstRow, Value token);
  /// Calls `body` with the rows from `firstRow` on whose bits are set.
  void forEachRow(Value bits, Value firstRow, function_ref<void(Value)> body);
  /// Asks for the fine planes of those of 16 rows that need their logits.
  void emitPrefetch(Value sums, Value thresholds, Value firstRow, Value token);
  /// Logits of 16 rows, in place of their coarse sums.
  void emitLogitRows(Value sums, Value thresholds, Value firstRow, Value token);
  void emitLogit(Value sums, Value row, Value token);

  PlanesHead head;
  Emitter &e;
  const KernelArguments &a;
  const PlanesHeadSpec &spec;
  IntegerHeadSpec kernel;
  IntegerTiles tiles;
};
} // namespace

//===----------------------------------------------------------------------===//
// Coarse plane
//===----------------------------------------------------------------------===//

Value VectorPlanes::emitIsRow(Value firstRow, int64_t lanes) {
  Value left = e.sub(e.index(spec.table.rows), firstRow);
  left = e.maximum(left, e.index(0));
  return vector::CreateMaskOp::create(
      e.builder(), e.location(), e.vectorType(lanes, e.builder().getI1Type()),
      ValueRange{left});
}

SmallVector<Value> VectorPlanes::emitCoarseRows(Value tile, Value firstLane,
                                                int64_t groups, Value row,
                                                int64_t tokens,
                                                ValueRange best) {
  SmallVector<Value> dots =
      tiles.emitDots(tile, firstLane, groups, row, tokens);
  VectorType integers = e.vectorType(kernel.lanes, e.i32Type());
  VectorType floats = integers.clone(e.f32Type());
  auto integer = [&](int64_t value) { return e.constant(integers, value); };
  Value firstRow = e.add(e.mul(tile, e.index(getTileRows())), firstLane);
  SmallVector<Value> next(best.begin(), best.end());
  for (int64_t g = 0; g < groups; ++g) {
    Value rows = e.add(firstRow, e.index(g * kernel.lanes));
    Value rowScales = spec.hasLimits ? loadRowScales(floats, rows) : Value();
    for (int64_t t = 0; t < tokens; ++t) {
      Value token = e.add(row, e.index(t));
      int64_t i = (g * tokens + t) * 2;
      Value sum = e.add(e.shiftLeft(dots[i], integer(8)), dots[i + 1]);
      Value coarse =
          e.sub(e.shiftLeft(sum, integer(3)), head.getTerm(token, 0, integers));
      emitStoreRows(e, e.bitcast(coarse, floats), a.outputs[0], token, rows,
                    spec.table.rows, getTileRows());
      if (!spec.hasLimits)
        continue;
      Value estimate =
          head.getEstimate(coarse, token, 0, head.getScale(token, rowScales));
      if (spec.table.rows % getTileRows() != 0)
        estimate = e.select(emitIsRow(rows, kernel.lanes), estimate,
                            e.constant(floats, -INFINITY));
      next[t] = e.maximum(estimate, next[t]);
    }
  }
  return next;
}

/// The largest element of a vector without not-a-numbers.
static Value emitLargest(Emitter &e, Value vector) {
  for (int64_t size = cast<VectorType>(vector.getType()).getNumElements();
       size > 1; size /= 2)
    vector = e.maximum(e.slice(vector, 0, size / 2),
                       e.slice(vector, size / 2, size / 2));
  return e.extract(vector, 0);
}

void VectorPlanes::emitCoarse() {
  VectorType floats = e.vectorType(kernel.lanes, e.f32Type());
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    emitTokenTiles(e, a.rows, kernel.tokenTile, [&](Value row, int64_t tokens) {
      int64_t groups = tokens == 1 ? kernel.groups : kernel.tileGroups;
      SmallVector<Value> worst(spec.hasLimits ? tokens : 0,
                               e.constant(floats, -INFINITY));
      SmallVector<Value> best = e.loop(
          e.index(0), e.index(getTileRows()), groups * kernel.lanes, worst,
          [&](Value lane, ValueRange carried) {
            return emitCoarseRows(tile, lane, groups, row, tokens, carried);
          });
      for (auto [t, lanes] : llvm::enumerate(best))
        e.store(emitLargest(e, lanes), a.outputs[1],
                {e.add(row, e.index(int64_t(t))), tile});
    });
  });
}

//===----------------------------------------------------------------------===//
// Fine plane
//===----------------------------------------------------------------------===//

void VectorPlanes::emitFineStep(ByteProducts &products, Value row, Value token,
                                Value byte, int64_t chains,
                                MutableArrayRef<Value> sums) {
  int64_t partBytes = head.planes.getFinePartBytes();
  Value first =
      e.add(e.index(head.planes.getFineOffset()),
            e.add(e.mul(row, e.index(head.planes.getFineRowBytes())), byte));
  ThreeBitFields fields(e, products.getBytes(), [&](int64_t part) {
    return e.loadVector(products.getBytes(), head.buffers.table,
                        {e.add(first, e.index(part * partBytes))});
  });
  int64_t quads = products.getQuads();
  for (int64_t f = 0; f < PlanesTable::fields; f += quads) {
    SmallVector<WordPair> weights;
    for (int64_t q = 0; q < quads; ++q)
      weights.push_back(products.weights(fields.next()));
    Value planes[] = {head.buffers.high, head.buffers.low};
    for (auto [plane, buffer] : llvm::enumerate(planes)) {
      SmallVector<WordPair> activations;
      for (int64_t q = 0; q < quads; ++q) {
        Value column = e.add(byte, e.index((f + q) * partBytes));
        activations.push_back(products.activations(
            e.loadVector(products.getBytes(), buffer, {token, column})));
      }
      Value &sum = sums[plane * chains + f / quads % chains];
      sum = products.add(sum, weights, activations);
    }
  }
}

Value VectorPlanes::emitFine(Value row, Value token) {
  int64_t lanes = getFineLanes();
  ByteProducts products(e, kernel.product, lanes, /*maximum=*/7);
  // Sums of every second field: dot products take four to five cycles.
  constexpr int64_t chains = 2;
  SmallVector<Value> zeros(2 * chains,
                           e.constant(products.getSums(), int64_t(0)));
  SmallVector<Value> sums =
      e.loop(e.index(0), e.index(head.planes.getFinePartBytes()), 4 * lanes,
             zeros, [&](Value byte, ValueRange carried) {
               SmallVector<Value> next(carried.begin(), carried.end());
               emitFineStep(products, row, token, byte, chains, next);
               return next;
             });
  // 256 times the high parts; modulo 2^32.
  Value high = products.finish(e.add(sums[0], sums[1]));
  Value low = products.finish(e.add(sums[2], sums[3]));
  Value total =
      e.add(e.shiftLeft(high, e.constant(high.getType(), int64_t(8))), low);
  return vector::ReductionOp::create(e.builder(), e.location(),
                                     vector::CombiningKind::ADD, total);
}

//===----------------------------------------------------------------------===//
// Logits
//===----------------------------------------------------------------------===//

void VectorPlanes::emitLogit(Value sums, Value row, Value token) {
  Value coarse = e.bitcast(e.load(sums, {token, row}), e.i32Type());
  Value scale = head.getScale(token, e.load(head.buffers.rowScales, {row}));
  Value fine = e.sub(emitFine(row, token), head.getTerm(token, 1, e.i32Type()));
  e.store(head.getLogit(e.add(coarse, fine), scale), sums, {token, row});
}

VectorPlanes::Wanted VectorPlanes::emitWanted(Value sums, Value thresholds,
                                              Value firstRow, Value token) {
  constexpr int64_t lanes = Emitter::laneCount;
  VectorType floats = e.vectorType(lanes, e.f32Type());
  VectorType half = e.vectorType(1, e.builder().getI16Type());
  auto toBits = [&](Value mask) {
    return e.extendUnsigned(e.extract(e.bitcast(mask, half), 0), e.i32Type());
  };
  Value loaded = emitLoadRows(e, floats, sums, {token}, firstRow,
                              spec.table.rows, getTileRows());
  Value coarse = e.bitcast(loaded, e.vectorType(lanes, e.i32Type()));
  Value scale = head.getScale(token, loadRowScales(floats, firstRow));
  Value isLess = e.lessThan(head.getEstimate(coarse, token, 1, scale),
                            e.broadcast(e.load(thresholds, {token}), floats));
  Value bits =
      e.bitXor(toBits(isLess), e.constant(e.i32Type(), int64_t(0xffff)));
  if (spec.table.rows % getTileRows() != 0)
    bits = e.bitAnd(bits, toBits(emitIsRow(firstRow, lanes)));
  return {e.select(isLess, e.constant(floats, -INFINITY), loaded), bits};
}

void VectorPlanes::forEachRow(Value bits, Value firstRow,
                              function_ref<void(Value)> body) {
  Type index = e.builder().getIndexType();
  Value count = e.indexCast(
      math::CtPopOp::create(e.builder(), e.location(), bits), index);
  e.loop(e.index(0), count, 1, {bits},
         [&](Value, ValueRange left) -> SmallVector<Value> {
           Value lane = math::CountTrailingZerosOp::create(
               e.builder(), e.location(), left[0]);
           body(e.add(firstRow, e.indexCast(lane, index)));
           Value one = e.constant(e.i32Type(), int64_t(1));
           return {e.bitAnd(left[0], e.sub(left[0], one))};
         });
}

void VectorPlanes::emitPrefetch(Value sums, Value thresholds, Value firstRow,
                                Value token) {
  Value bits = emitWanted(sums, thresholds, firstRow, token).bits;
  auto prefetch = [&](Value row) {
    Value first = e.add(e.index(head.planes.getFineOffset()),
                        e.mul(row, e.index(head.planes.getFineRowBytes())));
    for (int64_t byte = 0; byte < head.planes.getFineRowBytes();
         byte += lineBytes)
      e.prefetch(head.buffers.table, {e.add(first, e.index(byte))});
  };
  // The hardware foresees rows that follow each other, and prefetches of all of
  // them make it slower by half.
  Value count = math::CtPopOp::create(e.builder(), e.location(), bits);
  e.ifThen(e.lessThan(count, e.constant(e.i32Type(), mostPrefetchedRows + 1)),
           [&] { forEachRow(bits, firstRow, prefetch); });
}

void VectorPlanes::emitLogitRows(Value sums, Value thresholds, Value firstRow,
                                 Value token) {
  if (!thresholds) {
    Value end = e.minimum(e.add(firstRow, e.index(Emitter::laneCount)),
                          e.index(spec.table.rows));
    return e.loop(firstRow, end, 1,
                  [&](Value row) { emitLogit(sums, row, token); });
  }
  Wanted wanted = emitWanted(sums, thresholds, firstRow, token);
  emitStoreRows(e, wanted.sums, sums, token, firstRow, spec.table.rows,
                getTileRows());
  forEachRow(wanted.bits, firstRow,
             [&](Value row) { emitLogit(sums, row, token); });
}

void VectorPlanes::emitLogits(Value sums, Value thresholds) {
  int64_t tileRows = getTileRows();
  Value end = e.mul(a.end, e.index(tileRows));
  auto forEachToken = [&](function_ref<void(Value)> body) {
    e.loop(e.index(0), a.rows, 1, body);
  };
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    Value first = e.mul(tile, e.index(tileRows));
    // Rows outermost, so that tokens find a row in the nearest cache.
    e.loop(first, e.add(first, e.index(tileRows)), Emitter::laneCount,
           [&](Value firstRow) {
             // Few rows are wanted, so that nothing foresees which: those of
             // the tile after this one. The sums there are this thread's.
             Value ahead = e.add(firstRow, e.index(tileRows));
             auto prefetch = [&](Value token) {
               emitPrefetch(sums, thresholds, ahead, token);
             };
             if (thresholds)
               e.ifThen(e.lessThan(ahead, end),
                        [&] { forEachToken(prefetch); });
             forEachToken([&](Value token) {
               emitLogitRows(sums, thresholds, firstRow, token);
             });
           });
  });
}

void vectorized::emitPlanesHead(Emitter &e, const KernelArguments &a,
                                const PlanesHeadSpec &spec, PlanesStage stage,
                                const IntegerHeadSpec &kernel) {
  ArrayRef<Value> inputs = a.inputs;
  switch (stage) {
  case PlanesStage::Coarse:
    return VectorPlanes(e, a, spec, kernel, inputs).emitCoarse();
  case PlanesStage::Thresholds:
    return VectorPlanes(e, a, spec, kernel, inputs).emitThresholds();
  case PlanesStage::Logits:
    return VectorPlanes(e, a, spec, kernel, inputs.drop_front())
        .emitLogits(inputs.front(), spec.hasLimits ? inputs.back() : Value());
  }
}
