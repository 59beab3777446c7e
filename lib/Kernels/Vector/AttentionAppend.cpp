//===- AttentionAppend.cpp - Vector writing of the KV cache ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last vector of a head that is no whole number of vectors ends with the
// head, as in Attention.cpp.
//
//===----------------------------------------------------------------------===//

#include "../AttentionCache.h"
#include "HeadRotation.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t lanes = Emitter::laneCount;
static constexpr int64_t blockSize = KVCacheType::positionGranule;

void vectorized::emitAttentionAppend(Emitter &e, const KernelArguments &a,
                                     const AttentionSpec &spec) {
  Value table = spec.pairs ? a.inputs[2] : Value();
  ArrayRef<Value> rest = ArrayRef(a.inputs).drop_front(spec.pairs ? 3 : 2);
  Value positions = rest[0], layer = rest.back();
  CacheInputs cacheInputs(rest.drop_front());
  VectorType floats = e.vectorType(lanes, e.f32Type());
  Value numbers = e.stackBuffer({1, spec.headSize}, e.f32Type());
  Value zero = e.index(0);
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    Value row = e.rem(tile, a.rows);
    Value head = e.div(tile, a.rows);
    Value at = e.loadIndex(positions, {row});
    SequenceCache cache = emitSequenceCache(
        e, cacheInputs, spec, e.loadIndex(cacheInputs.rowSequences, {row}));
    Value column = e.mul(head, e.index(spec.headSize));
    auto forEachVector = [&](function_ref<void(Value, Value)> body) {
      for (int64_t d = 0; d < spec.headSize; d += lanes) {
        Value place = e.index(std::min(d, spec.headSize - lanes));
        body(place, e.loadVector(floats, numbers, {zero, place}));
      }
    };
    // What numbers are multiplied with; keeps their scale.
    auto emitFactor = [&](const CachePlace &place) -> Value {
      if (!cache.scales)
        return {};
      Value most = e.constant(floats, 0.0);
      forEachVector(
          [&](Value, Value x) { most = e.maximum(e.absolute(x), most); });
      auto [scale, factor] =
          emitCodeScale(e, e.reduceLanes(most, [&](Value x, Value y) {
            return e.maximum(x, y);
          }));
      e.store(scale, cache.scales, {e.add(place.scales, at)});
      return factor;
    };

    emitRotatedHead(e, table, row,
                    {spec.headSize, spec.pairs, spec.interleaved},
                    {a.inputs[0], row, e.add(column, e.index(spec.keyOffset))},
                    {numbers, zero, zero}, std::nullopt);
    CachePlace keys = emitCachePlace(e, spec, cache.capacity, layer, 0, head);
    Value first = emitKeyIndex(e, spec, keys.elements, at, zero);
    Value factor = emitFactor(keys);
    forEachVector([&](Value place, Value x) {
      Value elements = emitToCache(e, spec, x, factor);
      for (int64_t lane = 0; lane < lanes; ++lane) {
        Value d = e.add(place, e.index(lane));
        e.store(e.extract(elements, lane), cache.elements,
                {e.add(first, e.mul(d, e.index(blockSize)))});
      }
    });

    Value valueColumn = e.add(column, e.index(spec.valueOffset));
    emitRotatedHead(e, Value(), row, {spec.headSize, 0},
                    {a.inputs[1], row, valueColumn}, {numbers, zero, zero},
                    std::nullopt);
    CachePlace values = emitCachePlace(e, spec, cache.capacity, layer, 1, head);
    factor = emitFactor(values);
    forEachVector([&](Value place, Value x) {
      e.storeVector(emitToCache(e, spec, x, factor), cache.elements,
                    {emitValueIndex(e, spec, values.elements, at, place)});
    });
  });
}

void vectorized::emitAttentionMerge(Emitter &e, const KernelArguments &a,
                                    const AttentionSpec &spec) {
  Value result = a.inputs[0], slots = a.inputs[1];
  Type f32 = e.f32Type();
  VectorType floats = e.vectorType(lanes, f32);
  Value merged = e.stackBuffer({spec.getSlotState()}, f32);
  Value zero = e.index(0), end = e.index(spec.getSlotState());
  Value lowest = e.f32Bits(f32, 0xff800000);
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    AttentionMergeRow merge =
        emitLoadMerge(e, a.inputs[2], e.div(tile, e.index(spec.heads)));
    Value head = e.rem(tile, e.index(spec.heads));
    e.loop(zero, end, lanes, [&](Value d) {
      e.storeVector(e.constant(floats, 0.0), merged, {d});
    });
    SmallVector<Value> state =
        e.loop(zero, merge.slotCount, 1, {lowest, e.constant(f32, 0.0)},
               [&](Value i, ValueRange before) -> SmallVector<Value> {
                 Value slot = e.add(merge.firstSlot, i);
                 Value now = e.load(slots, {slot, head, end});
                 // A slot for which a window began too late has no maximum.
                 Value isSeen = e.lessThan(lowest, now);
                 Value maximum = e.maximum(now, before[0]);
                 Value ofBefore =
                     e.select(isSeen, e.exponential(e.sub(before[0], maximum)),
                              e.constant(f32, 1.0));
                 Value ofNow = e.exponential(e.sub(now, maximum));
                 e.ifThen(isSeen, [&] {
                   Value wideBefore = e.broadcast(ofBefore, floats);
                   Value wideNow = e.broadcast(ofNow, floats);
                   e.loop(zero, end, lanes, [&](Value d) {
                     Value value = e.loadVector(floats, slots, {slot, head, d});
                     value = e.add(value, e.constant(floats, 0.0));
                     Value sum = e.loadVector(floats, merged, {d});
                     e.storeVector(
                         e.add(e.mul(sum, wideBefore), e.mul(value, wideNow)),
                         merged, {d});
                   });
                 });
                 Value total = e.load(
                     slots, {slot, head, e.index(spec.getSlotState() + 1)});
                 total = e.add(e.mul(before[1], ofBefore), e.mul(total, ofNow));
                 return {e.select(isSeen, maximum, before[0]),
                         e.select(isSeen, total, before[1])};
               });
    Value reciprocal =
        e.broadcast(e.div(e.constant(f32, 1.0), state[1]), floats);
    Value column = e.mul(head, e.index(spec.headSize));
    for (int64_t d = 0; d < spec.headSize; d += lanes) {
      Value sum = e.loadVector(floats, merged, {e.index(d)});
      Value place = e.index(std::min(d, spec.headSize - lanes));
      e.storeVector(e.mul(sum, reciprocal), result,
                    {merge.row, e.add(column, place)});
    }
  });
}
