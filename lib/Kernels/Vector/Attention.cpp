//===- Attention.cpp - Vector attention -----------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sixteen positions (scores) or sixteen elements of a head (the sum of values)
// form a vector. The query heads that share a key/value head share its loads,
// as many of them at a time as accumulators fit into registers. Several token
// rows go through the cache together, block by block: a block of keys, 32 KB
// for heads of 128 elements, stays in the L1 cache for all of them.
//
// The last vector of a head that is no whole number of vectors ends with the
// head: some elements are in two vectors, and computed twice.
//
//===----------------------------------------------------------------------===//

#include "../AttentionCache.h"
#include "HeadRotation.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t lanes = Emitter::laneCount;
static constexpr int64_t blockSize = KVCacheType::positionGranule;
static constexpr int64_t vectorsPerBlock = blockSize / lanes;

namespace {
/// Emits the body of consecutive tiles: the query heads of one key/value head
/// for the tokens of an item of work. A query is a token row and one of these
/// heads.
class AttentionTiles {
public:
  AttentionTiles(Emitter &e, const KernelArguments &a,
                 const AttentionSpec &spec, int64_t accumulators)
      : e(e), a(a), spec(spec), accumulators(accumulators),
        group(spec.getGroup()),
        paddedQueries(llvm::alignTo(spec.getWorkRows() * group, lanes)),
        headVectors(llvm::divideCeil(spec.headSize, lanes)),
        floats(e.vectorType(lanes, e.f32Type())),
        cacheInputs(ArrayRef(a.inputs).drop_front(spec.pairs ? 2 : 1)) {
    Type f32 = e.f32Type();
    query = e.stackBuffer({paddedQueries, spec.headSize}, f32);
    output = e.stackBuffer({paddedQueries, headVectors * lanes}, f32);
    merged = e.stackBuffer({paddedQueries, headVectors * lanes}, f32);
    weights = e.stackBuffer({paddedQueries, blockSize}, f32);
    partial = e.stackBuffer({paddedQueries, lanes}, f32);
    maxima = e.stackBuffer({paddedQueries}, f32);
    totals = e.stackBuffer({paddedQueries}, f32);
    corrections = e.stackBuffer({paddedQueries}, f32);
    mergedMaxima = e.stackBuffer({paddedQueries}, f32);
    mergedTotals = e.stackBuffer({paddedQueries}, f32);
    mergedCorrections = e.stackBuffer({paddedQueries}, f32);
    queryInput = a.inputs[0];
    table = spec.pairs ? a.inputs[1] : Value();
    workCount = a.inputs[a.inputs.size() - 2];
    layer = a.inputs.back();
  }

  /// Tiles [a.begin, a.end).
  void emit() {
    // Lanes without a query compute with numbers of ordinary speed.
    Value zeros = e.constant(floats, 0.0);
    for (int64_t q = 0; q < paddedQueries; ++q)
      e.storeVector(zeros, partial, {e.index(q), e.index(0)});
    for (int64_t first = 0; first < paddedQueries; first += lanes)
      for (Value buffer : {maxima, totals, mergedMaxima, mergedTotals})
        e.storeVector(zeros, buffer, {e.index(first)});
    e.loop(a.begin, a.end, 1, [&](Value tile) {
      emitWork(emitLoadWork(e, cacheInputs, spec, e.rem(tile, workCount)),
               e.div(tile, workCount));
    });
  }

private:
  /// The positions of a block that a token sees: [start, count). `count` is not
  /// positive for tokens before the block, if others are in it; `start` is not
  /// below the block's size for tokens whose window begins after it.
  struct SeenPositions {
    Value start, count;
  };

  /// Elements of the cache from `index` on, without their scales.
  Value loadCache(Value index) {
    Type element = cast<MemRefType>(cache.elements.getType()).getElementType();
    return emitFromCache(
        e, spec,
        e.loadVector(e.vectorType(lanes, element), cache.elements, {index}));
  }

  /// Where vector `v` of a head begins.
  Value elementOf(int64_t v) {
    return e.index(std::min(v * lanes, spec.headSize - lanes));
  }

  /// The token rows of an item of work.
  void emitWork(const AttentionWork &work, Value cacheHead) {
    cache = work.cache;
    Value rows = work.rowCount;
    Value firstColumn = e.mul(cacheHead, e.index(group * spec.headSize));
    e.loop(e.index(0), rows, 1, [&](Value row) {
      emitQueries(e.add(work.firstRow, row), firstColumn, firstQuery(row));
    });
    PartitionRange partitions = emitPartitions(e, spec, work);
    e.loop(partitions.begin, partitions.end, 1, [&](Value partition) {
      Value begin = e.mul(partition, partitions.size);
      emitPartition(work, cacheHead, begin, e.add(begin, partitions.size));
    });
    auto emitResults = [&] {
      e.loop(e.index(0), rows, 1, [&](Value row) {
        emitResult(e.add(work.firstRow, row), firstColumn, firstQuery(row));
      });
    };
    if (spec.slots == 0)
      return emitResults();
    e.ifThen(
        emitIsPartial(e, work),
        [&] {
          e.loop(e.index(0), rows, 1, [&](Value row) {
            emitSlots(emitSlot(e, work, row), cacheHead, firstQuery(row));
          });
        },
        emitResults);
  }

  /// Attends to the positions of a partition, [begin, end), and merges. While
  /// rows read keys, the block's values are prefetched, and then the keys of
  /// the next block.
  void emitPartition(const AttentionWork &work, Value cacheHead, Value begin,
                     Value end) {
    Value rows = work.rowCount, firstPosition = work.firstPosition;
    CachePlace firstKey =
        emitCachePlace(e, spec, cache.capacity, layer, 0, cacheHead);
    CachePlace firstValue =
        emitCachePlace(e, spec, cache.capacity, layer, 1, cacheHead);
    emitEmptyState(firstQuery(rows));
    auto getFirstSeen = [&](Value row) {
      return e.maximum(emitFirstSeen(e, spec, e.add(firstPosition, row)),
                       begin);
    };
    auto getEnd = [&](Value row) {
      return e.minimum(e.add(e.add(firstPosition, row), e.index(1)), end);
    };
    Value firstBlock =
        e.mul(e.div(getFirstSeen(e.index(0)), e.index(blockSize)),
              e.index(blockSize));
    e.loop(firstBlock, e.minimum(e.add(firstPosition, rows), end), blockSize,
           [&](Value block) {
             auto seen = [&](Value row) {
               Value last = e.sub(getEnd(row), block);
               Value first = e.sub(getFirstSeen(row), block);
               return SeenPositions{e.maximum(first, e.index(0)),
                                    e.minimum(last, e.index(blockSize))};
             };
             auto getBlock = [&](const CachePlace &first) {
               Value elements = e.mul(block, e.index(spec.headSize));
               return CachePlace{e.add(first.elements, elements),
                                 e.add(first.scales, block)};
             };
             CachePlace keys = getBlock(firstKey);
             CachePlace values = getBlock(firstValue);
             Value nextKeys =
                 e.add(keys.elements, e.index(blockSize * spec.headSize));
             e.loop(e.index(0), rows, 1, [&](Value row) {
               emitScores(keys, values.elements, seen(row), firstQuery(row), 1);
             });
             emitWeights(firstQuery(rows));
             e.loop(e.index(0), rows, 1, [&](Value row) {
               emitScaledWeights(values, firstQuery(row));
               emitWeightedValues(values.elements, nextKeys, seen(row),
                                  firstQuery(row));
             });
           });
    emitMergedState();
    e.loop(e.index(0), rows, 1, [&](Value row) {
      e.ifThen(e.lessThan(getFirstSeen(row), getEnd(row)),
               [&] { emitMergedOutput(firstQuery(row)); });
    });
  }

  /// The state before the first block of a partition.
  void emitEmptyState(Value queries) {
    e.loop(e.index(0), queries, 1, [&](Value q) {
      e.loop(e.index(0), e.index(headVectors * lanes), lanes, [&](Value d) {
        e.storeVector(e.constant(floats, 0.0), output, {q, d});
      });
      e.store(e.f32Bits(e.f32Type(), 0xff800000), maxima, {q});
      e.store(e.constant(e.f32Type(), 0.0), totals, {q});
    });
  }

  /// Merges maxima and totals of a partition, if it was seen, with those of the
  /// partitions before, and finds what the weighted values of both are
  /// multiplied with.
  void emitMergedState() {
    Value lowest = e.f32Bits(floats, 0xff800000);
    for (int64_t first = 0; first < paddedQueries; first += lanes) {
      auto load = [&](Value buffer) {
        return e.loadVector(floats, buffer, {e.index(first)});
      };
      auto store = [&](Value value, Value buffer) {
        e.storeVector(value, buffer, {e.index(first)});
      };
      Value now = load(maxima), before = load(mergedMaxima);
      Value isSeen = e.lessThan(lowest, now);
      Value maximum = e.maximum(now, before);
      Value ofBefore = e.exponential(e.sub(before, maximum));
      Value ofNow = e.exponential(e.sub(now, maximum));
      Value total = e.add(e.mul(load(mergedTotals), ofBefore),
                          e.mul(load(totals), ofNow));
      store(e.select(isSeen, total, load(mergedTotals)), mergedTotals);
      store(e.select(isSeen, maximum, before), mergedMaxima);
      store(ofBefore, mergedCorrections);
      store(ofNow, corrections);
    }
  }

  /// Merges the weighted values of a token's heads; see
  /// portable::emitAttention.
  void emitMergedOutput(Value firstQuery) {
    e.loop(e.index(0), e.index(group), 1, [&](Value head) {
      Value q = e.add(firstQuery, head);
      Value ofBefore = e.broadcast(e.load(mergedCorrections, {q}), floats);
      Value ofNow = e.broadcast(e.load(corrections, {q}), floats);
      e.loop(e.index(0), e.index(headVectors * lanes), lanes, [&](Value d) {
        Value value = e.add(e.loadVector(floats, output, {q, d}),
                            e.constant(floats, 0.0));
        Value sum = e.loadVector(floats, merged, {q, d});
        e.storeVector(e.add(e.mul(sum, ofBefore), e.mul(value, ofNow)), merged,
                      {q, d});
      });
    });
  }

  /// Leaves what is merged of a token's heads in a slot.
  void emitSlots(Value slot, Value cacheHead, Value firstQuery) {
    Value slots = a.outputs[1];
    e.loop(e.index(0), e.index(group), 1, [&](Value i) {
      Value q = e.add(firstQuery, i);
      Value head = e.add(e.mul(cacheHead, e.index(group)), i);
      e.loop(e.index(0), e.index(headVectors * lanes), lanes, [&](Value d) {
        e.storeVector(e.loadVector(floats, merged, {q, d}), slots,
                      {slot, head, d});
      });
      Value state = e.index(spec.getSlotState());
      e.store(e.load(mergedMaxima, {q}), slots, {slot, head, state});
      e.store(e.load(mergedTotals, {q}), slots,
              {slot, head, e.add(state, e.index(1))});
    });
  }

  Value firstQuery(Value row) { return e.mul(row, e.index(group)); }

  /// Query heads whose scores for a block fit into the accumulators.
  int64_t headsPerStep() {
    return std::max<int64_t>(1, accumulators / vectorsPerBlock);
  }

  /// Rotated and scaled queries, and the state before the first partition.
  void emitQueries(Value row, Value firstColumn, Value firstQuery) {
    e.loop(e.index(0), e.index(group), 1, [&](Value head) {
      Value q = e.add(firstQuery, head);
      Value column = e.add(e.add(firstColumn, e.index(spec.queryOffset)),
                           e.mul(head, e.index(spec.headSize)));
      vectorized::emitRotatedHead(
          e, table, row, {spec.headSize, spec.pairs, spec.interleaved},
          {queryInput, row, column}, {query, q, e.index(0)}, spec.getScale());
      e.loop(e.index(0), e.index(headVectors * lanes), lanes, [&](Value d) {
        e.storeVector(e.constant(floats, 0.0), merged, {q, d});
      });
      e.store(e.f32Bits(e.f32Type(), 0xff800000), mergedMaxima, {q});
      e.store(e.constant(e.f32Type(), 0.0), mergedTotals, {q});
    });
  }

  /// Scores of one block for the heads of a token, -infinity for positions that
  /// are not seen, and the maximum in each lane. Vectors of positions of which
  /// none is seen are left out.
  void emitScores(const CachePlace &keys, Value values,
                  const SeenPositions &seen, Value firstQuery,
                  int64_t vectors) {
    auto emit = [&] {
      int64_t rest = group % headsPerStep();
      e.loop(e.index(0), e.index(group - rest), headsPerStep(),
             [&](Value head) {
               emitScores(keys, values, seen, e.add(firstQuery, head),
                          headsPerStep(), vectors);
             });
      if (rest > 0)
        emitScores(keys, values, seen, e.add(firstQuery, e.index(group - rest)),
                   rest, vectors);
    };
    if (vectors == vectorsPerBlock)
      return emit();
    e.ifThen(
        e.lessThan(e.index(vectors * lanes), seen.count),
        [&] { emitScores(keys, values, seen, firstQuery, vectors + 1); }, emit);
  }

  /// Of `vectors` vectors of positions for `heads` heads.
  void emitScores(const CachePlace &keys, Value values,
                  const SeenPositions &seen, Value firstQuery, int64_t heads,
                  int64_t vectors) {
    SmallVector<Value> zeros(heads * vectors, e.constant(floats, 0.0));
    SmallVector<Value> scores = e.loop(
        e.index(0), e.index(spec.headSize), 1, zeros,
        [&](Value d, ValueRange carried) {
          SmallVector<Value> next(carried.begin(), carried.end());
          Value base = e.add(keys.elements, e.mul(d, e.index(blockSize)));
          prefetch(values, e.index(0), d, blockSize, heads * vectors);
          SmallVector<Value> queries;
          for (int64_t h = 0; h < heads; ++h)
            queries.push_back(e.broadcast(
                e.load(query, {e.add(firstQuery, e.index(h)), d}), floats));
          for (int64_t v = 0; v < vectors; ++v) {
            Value key = loadCache(e.add(base, e.index(v * lanes)));
            for (int64_t h = 0; h < heads; ++h) {
              Value &score = next[h * vectors + v];
              score = e.add(score, e.mul(queries[h], key));
            }
          }
          return next;
        });

    if (cache.scales)
      for (int64_t v = 0; v < vectors; ++v) {
        Value scale = e.loadVector(floats, cache.scales,
                                   {e.add(keys.scales, e.index(v * lanes))});
        for (int64_t h = 0; h < heads; ++h)
          scores[h * vectors + v] = e.mul(scores[h * vectors + v], scale);
      }

    Value lowest = e.f32Bits(floats, 0xff800000);
    SmallVector<Value> maximum(heads, lowest);
    for (int64_t v = 0; v < vectorsPerBlock; ++v) {
      Value before = emitMaskBelow(seen.count, v);
      Value unseen = spec.window ? emitMaskBelow(seen.start, v) : Value();
      for (int64_t h = 0; h < heads; ++h) {
        Value score = lowest;
        if (v < vectors) {
          score = e.select(before, scores[h * vectors + v], lowest);
          if (unseen)
            score = e.select(unseen, lowest, score);
          maximum[h] = e.maximum(score, maximum[h]);
        }
        e.storeVector(score, weights,
                      {e.add(firstQuery, e.index(h)), e.index(v * lanes)});
      }
    }
    for (int64_t h = 0; h < heads; ++h)
      e.storeVector(maximum[h], partial,
                    {e.add(firstQuery, e.index(h)), e.index(0)});
  }

  /// The lanes of vector `v` of positions that lie below `limit`.
  Value emitMaskBelow(Value limit, int64_t v) {
    VectorType type = e.vectorType(lanes, e.builder().getI1Type());
    Value left = e.maximum(e.sub(limit, e.index(v * lanes)), e.index(0));
    return vector::CreateMaskOp::create(e.builder(), e.location(), type,
                                        ValueRange{left});
  }

  /// Turns the scores of one block for queries [0, queries) into weights, with
  /// their sums and the corrections of what was summed before. A query that
  /// has seen nothing yet, because its window begins in a later block, has the
  /// maximum -infinity; what it gets, tiny numbers, is corrected to 0 then.
  void emitWeights(Value queries) {
    for (int64_t first = 0; first < paddedQueries; first += lanes) {
      Value blockMaximum =
          reduceLanes(first, [&](Value a, Value b) { return e.maximum(a, b); });
      Value before = e.loadVector(floats, maxima, {e.index(first)});
      Value now = e.maximum(blockMaximum, before);
      e.storeVector(now, maxima, {e.index(first)});
      e.storeVector(e.exponential(e.sub(before, now)), corrections,
                    {e.index(first)});
    }
    e.loop(e.index(0), queries, 1, [&](Value q) {
      // Independent exponentials side by side, as many as registers hold.
      int64_t size = std::min(accumulators * lanes / 4, blockSize);
      VectorType wide = e.vectorType(size, e.f32Type());
      Value shift = e.broadcast(e.load(maxima, {q}), wide);
      e.rolledLoop(e.index(0), e.index(blockSize), size, {},
                   [&](Value j, ValueRange) -> SmallVector<Value> {
                     Value score = e.loadVector(wide, weights, {q, j});
                     e.storeVector(e.exponential(e.sub(score, shift)), weights,
                                   {q, j});
                     return {};
                   });
    });
    // In the same loop, LLVM would take these vectors out of the wide ones,
    // element by element.
    e.loop(e.index(0), queries, 1, [&](Value q) {
      auto weight = [&](int64_t v) {
        return e.loadVector(floats, weights, {q, e.index(v * lanes)});
      };
      e.storeVector(
          e.add(e.add(weight(0), weight(1)), e.add(weight(2), weight(3))),
          partial, {q, e.index(0)});
    });
    for (int64_t first = 0; first < paddedQueries; first += lanes) {
      Value blockTotal =
          reduceLanes(first, [&](Value a, Value b) { return e.add(a, b); });
      Value correction = e.loadVector(floats, corrections, {e.index(first)});
      Value before = e.loadVector(floats, totals, {e.index(first)});
      e.storeVector(e.add(e.mul(before, correction), blockTotal), totals,
                    {e.index(first)});
    }
  }

  /// The vector of what Emitter::reduceLanes() makes of `partial` of queries
  /// `first`, ..., `first` + 15: halves of two vectors are combined at a time.
  Value reduceLanes(int64_t first, function_ref<Value(Value, Value)> op) {
    SmallVector<Value> vectors;
    for (int64_t q = first; q < first + lanes; ++q)
      vectors.push_back(
          e.loadVector(floats, partial, {e.index(q), e.index(0)}));
    for (int64_t width = lanes / 2; width >= 1; width /= 2) {
      SmallVector<int64_t> low, high;
      for (int64_t part = 0; part < lanes; part += 2 * width)
        for (int64_t vector : {int64_t(0), lanes})
          for (int64_t lane = 0; lane < width; ++lane) {
            low.push_back(vector + part + lane);
            high.push_back(vector + part + width + lane);
          }
      for (int64_t i = 0; i < width; ++i) {
        auto half = [&](ArrayRef<int64_t> elements) -> Value {
          return vector::ShuffleOp::create(e.builder(), e.location(),
                                           vectors[i], vectors[i + width],
                                           elements);
        };
        vectors[i] = op(half(low), half(high));
      }
    }
    return vectors[0];
  }

  /// Weights of a token's heads times the scales of the block's values. Those
  /// of positions that are not seen become anything; nobody reads them.
  void emitScaledWeights(const CachePlace &values, Value firstQuery) {
    if (!cache.scales)
      return;
    SmallVector<Value> scales;
    for (int64_t v = 0; v < vectorsPerBlock; ++v)
      scales.push_back(e.loadVector(
          floats, cache.scales, {e.add(values.scales, e.index(v * lanes))}));
    e.loop(e.index(0), e.index(group), 1, [&](Value head) {
      Value q = e.add(firstQuery, head);
      for (int64_t v = 0; v < vectorsPerBlock; ++v) {
        Value place = e.index(v * lanes);
        Value weight = e.loadVector(floats, weights, {q, place});
        e.storeVector(e.mul(weight, scales[v]), weights, {q, place});
      }
    });
  }

  void emitWeightedValues(Value values, Value nextKeys,
                          const SeenPositions &seen, Value firstQuery) {
    int64_t vectorsPerStep = std::min<int64_t>(headVectors, vectorsPerBlock);
    int64_t headsAtOnce = std::max<int64_t>(1, accumulators / vectorsPerStep);
    for (int64_t first = 0; first < group; first += headsAtOnce)
      for (int64_t d = 0; d < headVectors; d += vectorsPerStep)
        emitWeightedValues(values, nextKeys, seen, firstQuery, first,
                           std::min(headsAtOnce, group - first), d,
                           std::min(vectorsPerStep, headVectors - d));
  }

  /// output[h][d] = output[h][d] · correction + Σ weight · value for `heads`
  /// heads and `vectors` vectors of elements.
  void emitWeightedValues(Value values, Value nextKeys,
                          const SeenPositions &seen, Value firstQuery,
                          int64_t firstHead, int64_t heads, int64_t firstVector,
                          int64_t vectors) {
    auto place = [&](int64_t v) { return e.index((firstVector + v) * lanes); };
    SmallVector<Value> initial;
    for (int64_t h = 0; h < heads; ++h) {
      Value head = e.add(firstQuery, e.index(firstHead + h));
      Value correction = e.broadcast(e.load(corrections, {head}), floats);
      for (int64_t v = 0; v < vectors; ++v)
        initial.push_back(
            e.mul(e.loadVector(floats, output, {head, place(v)}), correction));
    }
    SmallVector<Value> sums = e.loop(
        seen.start, seen.count, 1, initial, [&](Value j, ValueRange carried) {
          SmallVector<Value> next(carried.begin(), carried.end());
          Value base = e.add(values, e.mul(j, e.index(spec.headSize)));
          prefetch(nextKeys, e.index(firstVector * lanes * blockSize), j,
                   vectors * lanes, heads * vectors);
          SmallVector<Value> weight;
          for (int64_t h = 0; h < heads; ++h)
            weight.push_back(e.broadcast(
                e.load(weights, {e.add(firstQuery, e.index(firstHead + h)), j}),
                floats));
          for (int64_t v = 0; v < vectors; ++v) {
            Value value = loadCache(e.add(base, elementOf(firstVector + v)));
            for (int64_t h = 0; h < heads; ++h) {
              Value &sum = next[h * vectors + v];
              sum = e.add(sum, e.mul(weight[h], value));
            }
          }
          return next;
        });
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t v = 0; v < vectors; ++v)
        e.storeVector(sums[h * vectors + v], output,
                      {e.add(firstQuery, e.index(firstHead + h)), place(v)});
  }

  /// Asks for `elements` of the block at `next`, from `from` + `step` ·
  /// `elements` on, in a step of a loop with `products` multiplications and
  /// additions of vectors. In the end the loops over a token's heads have asked
  /// for all of it: a context is too long for caches, and a processor's own
  /// prefetching begins anew with each block. Loops that do little in a step
  /// leave it to that.
  void prefetch(Value next, Value from, Value step, int64_t elements,
                int64_t products) {
    if (products <= lanes / 2)
      return;
    auto type = cast<MemRefType>(cache.elements.getType());
    int64_t line = 64 * 8 / type.getElementTypeBitWidth();
    Value at = e.add(e.add(next, from), e.mul(step, e.index(elements)));
    for (int64_t i = 0; i < elements; i += line)
      e.prefetch(cache.elements, {e.add(at, e.index(i))});
  }

  void emitResult(Value row, Value firstColumn, Value firstQuery) {
    e.loop(e.index(0), e.index(group), 1, [&](Value head) {
      Value q = e.add(firstQuery, head);
      Value reciprocal = e.broadcast(
          e.div(e.constant(e.f32Type(), 1.0), e.load(mergedTotals, {q})),
          floats);
      Value column = e.add(firstColumn, e.mul(head, e.index(spec.headSize)));
      auto store = [&](Value place, Value element) {
        Value sum = e.loadVector(floats, merged, {q, place});
        e.storeVector(e.mul(sum, reciprocal), a.outputs[0],
                      {row, e.add(column, element)});
      };
      int64_t whole = spec.headSize / lanes;
      e.loop(e.index(0), e.index(whole * lanes), lanes,
             [&](Value d) { store(d, d); });
      if (whole < headVectors)
        store(e.index(whole * lanes), elementOf(whole));
    });
  }

  Emitter &e;
  const KernelArguments &a;
  const AttentionSpec &spec;
  int64_t accumulators;
  int64_t group;
  /// Queries of whole vectors with an element for each.
  int64_t paddedQueries;
  /// Vectors that hold a head.
  int64_t headVectors;
  VectorType floats;
  CacheInputs cacheInputs;
  /// For each query: itself; what the blocks of a partition have given so far,
  /// with working memory; what the partitions before have given.
  Value query, output, weights, partial, maxima, totals, corrections;
  Value merged, mergedMaxima, mergedTotals, mergedCorrections;
  Value queryInput, table, workCount, layer;
  /// Of the sequence of the item of work.
  SequenceCache cache;
};
} // namespace

void vectorized::emitAttention(Emitter &e, const KernelArguments &a,
                               const AttentionSpec &spec,
                               int64_t accumulators) {
  AttentionTiles(e, a, spec, accumulators).emit();
}
