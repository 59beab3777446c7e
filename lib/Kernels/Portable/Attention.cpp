//===- Attention.cpp - Portable RoPE tables and attention -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../AttentionCache.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t blockSize = KVCacheType::positionGranule;

void portable::emitRotationTable(Emitter &e, const KernelArguments &a,
                                 int64_t pairs, double amplitude) {
  Type f64 = e.builder().getF64Type();
  Value frequencies = a.inputs[0], positions = a.inputs[1];
  e.loop(a.begin, a.end, 1, [&](Value row) {
    Value p = e.signedToFloat(e.load(positions, {row}), f64);
    e.loop(e.index(0), e.index(pairs), 1, [&](Value i) {
      auto [cosine, sine] = e.cosineSine(e.mul(p, e.load(frequencies, {i})));
      auto store = [&](Value value, int64_t part) {
        if (amplitude != 1.0)
          value = e.mul(value, e.constant(f64, amplitude));
        e.store(e.truncateFloat(value, e.f32Type()), a.outputs[0],
                {row, i, e.index(part)});
      };
      store(cosine, 0);
      store(sine, 1);
    });
  });
}

void portable::emitRotatedHead(Emitter &e, Value table, Value row,
                               const RotationSpec &rotation,
                               function_ref<Value(Value)> read,
                               function_ref<void(Value, Value)> write) {
  auto [headSize, pairs, interleaved] = rotation;
  // Without pairs there is no table to read.
  if (pairs > 0)
    e.loop(e.index(0), e.index(pairs), 1, [&](Value pair) {
      Value i = interleaved ? e.mul(pair, e.index(2)) : pair;
      Value j = e.add(i, e.index(interleaved ? 1 : pairs));
      Value cosine = e.load(table, {row, pair, e.index(0)});
      Value sine = e.load(table, {row, pair, e.index(1)});
      Value x = read(i), y = read(j);
      write(i, e.sub(e.mul(x, cosine), e.mul(y, sine)));
      write(j, e.add(e.mul(y, cosine), e.mul(x, sine)));
    });
  e.loop(e.index(2 * pairs), e.index(headSize), 1,
         [&](Value i) { write(i, read(i)); });
}

//===----------------------------------------------------------------------===//
// Writing the cache
//===----------------------------------------------------------------------===//

void portable::emitAttentionAppend(Emitter &e, const KernelArguments &a,
                                   const AttentionSpec &spec) {
  Value key = a.inputs[0], value = a.inputs[1];
  Value table = spec.pairs ? a.inputs[2] : Value();
  ArrayRef<Value> rest = ArrayRef(a.inputs).drop_front(spec.pairs ? 3 : 2);
  Value positions = rest[0], layer = rest.back();
  CacheInputs cacheInputs(rest.drop_front());
  Value numbers = e.stackBuffer({spec.headSize}, e.f32Type());
  Value zero = e.index(0), headSize = e.index(spec.headSize);
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    Value row = e.rem(tile, a.rows);
    Value head = e.div(tile, a.rows);
    Value at = e.loadIndex(positions, {row});
    SequenceCache cache = emitSequenceCache(
        e, cacheInputs, spec, e.loadIndex(cacheInputs.rowSequences, {row}));
    Value column = e.mul(head, headSize);
    // Keeps `numbers` at the place that `getIndex` gives for each.
    auto keep = [&](const CachePlace &place,
                    function_ref<Value(Value)> getIndex) {
      Value factor;
      if (cache.scales) {
        Value none = e.constant(e.f32Type(), 0.0);
        Value absmax = e.loop(
            zero, headSize, 1, {none},
            [&](Value d, ValueRange most) -> SmallVector<Value> {
              return {e.maximum(e.absolute(e.load(numbers, {d})), most[0])};
            })[0];
        auto [scale, multiplier] = emitCodeScale(e, absmax);
        e.store(scale, cache.scales, {e.add(place.scales, at)});
        factor = multiplier;
      }
      e.loop(zero, headSize, 1, [&](Value d) {
        e.store(emitToCache(e, spec, e.load(numbers, {d}), factor),
                cache.elements, {getIndex(d)});
      });
    };
    emitRotatedHead(
        e, table, row, {spec.headSize, spec.pairs, spec.interleaved},
        [&](Value d) {
          return e.load(
              key, {row, e.add(e.add(column, d), e.index(spec.keyOffset))});
        },
        [&](Value d, Value x) { e.store(x, numbers, {d}); });
    CachePlace keys = emitCachePlace(e, spec, cache.capacity, layer, 0, head);
    keep(keys,
         [&](Value d) { return emitKeyIndex(e, spec, keys.elements, at, d); });
    e.loop(zero, headSize, 1, [&](Value d) {
      e.store(e.load(value,
                     {row, e.add(e.add(column, d), e.index(spec.valueOffset))}),
              numbers, {d});
    });
    CachePlace values = emitCachePlace(e, spec, cache.capacity, layer, 1, head);
    keep(values, [&](Value d) {
      return emitValueIndex(e, spec, values.elements, at, d);
    });
  });
}

//===----------------------------------------------------------------------===//
// Reading it
//===----------------------------------------------------------------------===//

namespace {
/// Emits attention, one query after another.
class AttentionQueries {
public:
  AttentionQueries(Emitter &e, const KernelArguments &a,
                   const AttentionSpec &spec)
      : e(e), a(a), spec(spec), f32(e.f32Type()),
        cacheInputs(ArrayRef(a.inputs).drop_front(spec.pairs ? 2 : 1)),
        table(spec.pairs ? a.inputs[1] : Value()),
        workCount(a.inputs[a.inputs.size() - 2]), layer(a.inputs.back()),
        query(e.stackBuffer({spec.headSize}, f32)),
        output(e.stackBuffer({spec.headSize}, f32)),
        merged(e.stackBuffer({spec.headSize}, f32)),
        weights(e.stackBuffer({blockSize}, f32)),
        lanes(e.stackBuffer({Emitter::laneCount}, f32)), zero(e.index(0)),
        headSize(e.index(spec.headSize)), none(e.constant(f32, 0.0)),
        lowest(e.f32Bits(f32, 0xff800000)) {}

  void emit() {
    int64_t group = spec.getGroup();
    e.loop(a.begin, a.end, 1, [&](Value tile) {
      AttentionWork work =
          emitLoadWork(e, cacheInputs, spec, e.rem(tile, workCount));
      Value cacheHead = e.div(tile, workCount);
      Value firstHead = e.mul(cacheHead, e.index(group));
      PartitionRange partitions = emitPartitions(e, spec, work);
      e.loop(zero, work.rowCount, 1, [&](Value row) {
        e.loop(firstHead, e.add(firstHead, e.index(group)), 1, [&](Value head) {
          emitQuery(work, partitions, row, cacheHead, head);
        });
      });
    });
  }

private:
  void emitQuery(const AttentionWork &work, const PartitionRange &partitions,
                 Value workRow, Value cacheHead, Value head) {
    Value row = e.add(work.firstRow, workRow);
    Value column = e.mul(head, headSize);
    portable::emitRotatedHead(
        e, table, row, {spec.headSize, spec.pairs, spec.interleaved},
        [&](Value d) {
          return e.load(a.inputs[0], {row, e.add(e.add(column, d),
                                                 e.index(spec.queryOffset))});
        },
        [&](Value d, Value x) {
          e.store(e.mul(x, e.constant(f32, double(spec.getScale()))), query,
                  {d});
        });
    e.loop(zero, headSize, 1, [&](Value d) { e.store(none, merged, {d}); });
    Value at = e.add(work.firstPosition, workRow);
    Value seen = e.add(at, e.index(1));
    Value firstSeen = emitFirstSeen(e, spec, at);
    SmallVector<Value> state = e.loop(
        partitions.begin, partitions.end, 1, {lowest, none},
        [&](Value partition, ValueRange before) -> SmallVector<Value> {
          // Seen are positions [start, end) of the partition.
          Value first = e.mul(partition, partitions.size);
          Value start = e.maximum(first, firstSeen);
          Value end = e.minimum(e.add(first, partitions.size), seen);
          SmallVector<Value> now =
              emitPartition(work.cache, cacheHead, start, end);
          Value isSeen = e.lessThan(start, end);
          Value maximum = e.maximum(now[0], before[0]);
          Value one = e.constant(f32, 1.0);
          // Of what is not seen nothing counts.
          Value ofBefore =
              e.select(isSeen, e.exponential(e.sub(before[0], maximum)), one);
          Value ofNow = e.exponential(e.sub(now[0], maximum));
          e.ifThen(isSeen, [&] {
            e.loop(zero, headSize, 1, [&](Value d) {
              emitMerged(d, ofBefore, e.load(output, {d}), ofNow);
            });
          });
          Value total = e.add(e.mul(before[1], ofBefore), e.mul(now[1], ofNow));
          return {e.select(isSeen, maximum, before[0]),
                  e.select(isSeen, total, before[1])};
        });
    auto emitResult = [&] {
      Value reciprocal = e.div(e.constant(f32, 1.0), state[1]);
      e.loop(zero, headSize, 1, [&](Value d) {
        e.store(e.mul(e.load(merged, {d}), reciprocal), a.outputs[0],
                {row, e.add(column, d)});
      });
    };
    if (spec.slots == 0)
      return emitResult();
    e.ifThen(
        emitIsPartial(e, work),
        [&] {
          Value slots = a.outputs[1], slot = emitSlot(e, work, workRow);
          e.loop(zero, headSize, 1, [&](Value d) {
            e.store(e.load(merged, {d}), slots, {slot, head, d});
          });
          for (int64_t i : {0, 1})
            e.store(state[i], slots,
                    {slot, head, e.index(spec.getSlotState() + i)});
        },
        emitResult);
  }

  /// merged[d] = merged[d] · ofBefore + (value + 0) · ofNow, so that results do
  /// not depend on whether a value of -0 was merged with nothing in a slot.
  void emitMerged(Value d, Value ofBefore, Value value, Value ofNow) {
    e.store(e.add(e.mul(e.load(merged, {d}), ofBefore),
                  e.mul(e.add(value, none), ofNow)),
            merged, {d});
  }

  /// Attends to positions [begin, end). Maximum and total.
  SmallVector<Value> emitPartition(const SequenceCache &cache, Value cacheHead,
                                   Value begin, Value end) {
    CachePlace keys =
        emitCachePlace(e, spec, cache.capacity, layer, 0, cacheHead);
    CachePlace values =
        emitCachePlace(e, spec, cache.capacity, layer, 1, cacheHead);
    auto load = [&](Value index) {
      return emitFromCache(e, spec, e.load(cache.elements, {index}));
    };
    e.loop(zero, headSize, 1, [&](Value d) { e.store(none, output, {d}); });
    Value firstBlock =
        e.mul(e.div(begin, e.index(blockSize)), e.index(blockSize));
    return e.loop(
        firstBlock, end, blockSize, {lowest, none},
        [&](Value block, ValueRange carried) -> SmallVector<Value> {
          // Seen are positions [start, count) of the block.
          Value count = e.minimum(e.sub(end, block), e.index(blockSize));
          Value start = e.maximum(e.sub(begin, block), zero);
          Value blockMaximum = e.loop(
              start, count, 1, {lowest},
              [&](Value j, ValueRange best) -> SmallVector<Value> {
                Value at = e.add(block, j);
                Value score = e.loop(
                    zero, headSize, 1, {none},
                    [&](Value d, ValueRange sum) -> SmallVector<Value> {
                      Value k =
                          load(emitKeyIndex(e, spec, keys.elements, at, d));
                      return {e.add(sum[0], e.mul(e.load(query, {d}), k))};
                    })[0];
                if (cache.scales)
                  score = e.mul(score,
                                e.load(cache.scales, {e.add(keys.scales, at)}));
                e.store(score, weights, {j});
                return {e.maximum(score, best[0])};
              })[0];
          Value maximum = e.maximum(blockMaximum, carried[0]);
          Value correction = e.exponential(e.sub(carried[0], maximum));
          Value total = e.add(e.mul(carried[1], correction),
                              emitWeights(start, count, maximum));
          if (cache.scales)
            e.loop(start, count, 1, [&](Value j) {
              Value scale =
                  e.load(cache.scales, {e.add(values.scales, e.add(block, j))});
              e.store(e.mul(e.load(weights, {j}), scale), weights, {j});
            });
          e.loop(zero, headSize, 1, [&](Value d) {
            Value sum = e.mul(e.load(output, {d}), correction);
            sum = e.loop(
                start, count, 1, {sum},
                [&](Value j, ValueRange inner) -> SmallVector<Value> {
                  Value v = load(emitValueIndex(e, spec, values.elements,
                                                e.add(block, j), d));
                  return {e.add(inner[0], e.mul(e.load(weights, {j}), v))};
                })[0];
            e.store(sum, output, {d});
          });
          return {maximum, total};
        });
  }

  /// Turns the scores of a block into weights; their sum.
  Value emitWeights(Value start, Value count, Value maximum) {
    e.loop(zero, e.index(blockSize), 1, [&](Value j) {
      Value weight = e.exponential(e.sub(e.load(weights, {j}), maximum));
      weight = e.select(e.lessThan(j, count), weight, none);
      e.store(e.select(e.lessThan(j, start), none, weight), weights, {j});
    });
    e.loop(zero, e.index(Emitter::laneCount), 1, [&](Value lane) {
      auto weight = [&](int64_t offset) {
        return e.load(weights, {e.add(lane, e.index(offset))});
      };
      e.store(
          e.add(e.add(weight(0), weight(16)), e.add(weight(32), weight(48))),
          lanes, {lane});
    });
    for (int64_t width = Emitter::laneCount / 2; width >= 1; width /= 2)
      for (int64_t lane = 0; lane < width; ++lane)
        e.store(e.add(e.load(lanes, {e.index(lane)}),
                      e.load(lanes, {e.index(lane + width)})),
                lanes, {e.index(lane)});
    return e.load(lanes, {zero});
  }

  Emitter &e;
  const KernelArguments &a;
  const AttentionSpec &spec;
  Type f32;
  CacheInputs cacheInputs;
  Value table, workCount, layer;
  /// Of the query: itself, the sum of its partition's weighted values, and that
  /// of all partitions so far.
  Value query, output, merged;
  Value weights, lanes;
  Value zero, headSize, none, lowest;
};
} // namespace

void portable::emitAttention(Emitter &e, const KernelArguments &a,
                             const AttentionSpec &spec) {
  AttentionQueries(e, a, spec).emit();
}

void portable::emitAttentionMerge(Emitter &e, const KernelArguments &a,
                                  const AttentionSpec &spec) {
  Value result = a.inputs[0], slots = a.inputs[1];
  Type f32 = e.f32Type();
  Value merged = e.stackBuffer({spec.headSize}, f32);
  Value zero = e.index(0), headSize = e.index(spec.headSize);
  Value none = e.constant(f32, 0.0), lowest = e.f32Bits(f32, 0xff800000);
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    AttentionMergeRow merge =
        emitLoadMerge(e, a.inputs[2], e.div(tile, e.index(spec.heads)));
    Value head = e.rem(tile, e.index(spec.heads));
    e.loop(zero, headSize, 1, [&](Value d) { e.store(none, merged, {d}); });
    SmallVector<Value> state =
        e.loop(zero, merge.slotCount, 1, {lowest, none},
               [&](Value i, ValueRange before) -> SmallVector<Value> {
                 Value slot = e.add(merge.firstSlot, i);
                 auto load = [&](Value element) {
                   return e.load(slots, {slot, head, element});
                 };
                 Value now = load(e.index(spec.getSlotState()));
                 // A slot for which a window began too late has no maximum.
                 Value isSeen = e.lessThan(lowest, now);
                 Value maximum = e.maximum(now, before[0]);
                 Value ofBefore =
                     e.select(isSeen, e.exponential(e.sub(before[0], maximum)),
                              e.constant(f32, 1.0));
                 Value ofNow = e.exponential(e.sub(now, maximum));
                 e.ifThen(isSeen, [&] {
                   e.loop(zero, headSize, 1, [&](Value d) {
                     e.store(e.add(e.mul(e.load(merged, {d}), ofBefore),
                                   e.mul(e.add(load(d), none), ofNow)),
                             merged, {d});
                   });
                 });
                 Value total = e.add(
                     e.mul(before[1], ofBefore),
                     e.mul(load(e.index(spec.getSlotState() + 1)), ofNow));
                 return {e.select(isSeen, maximum, before[0]),
                         e.select(isSeen, total, before[1])};
               });
    Value reciprocal = e.div(e.constant(f32, 1.0), state[1]);
    e.loop(zero, headSize, 1, [&](Value d) {
      e.store(e.mul(e.load(merged, {d}), reciprocal), result,
              {merge.row, e.add(e.mul(head, headSize), d)});
    });
  });
}
