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
// as many of them at a time as accumulators fit into registers.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t lanes = Emitter::laneCount;
static constexpr int64_t blockSize = KVCacheType::positionGranule;
static constexpr int64_t vectorsPerBlock = blockSize / lanes;

namespace {
/// Emits the body of one tile: the query heads of one key/value head for one
/// token.
class AttentionTile {
public:
  AttentionTile(Emitter &e, const KernelArguments &a, const AttentionSpec &spec,
                int64_t accumulators)
      : e(e), a(a), spec(spec), accumulators(accumulators),
        group(spec.heads / spec.cacheHeads),
        floats(e.vectorType(lanes, e.f32Type())) {
    Type f32 = e.f32Type();
    query = e.stackBuffer({group, spec.headSize}, f32);
    output = e.stackBuffer({group, spec.headSize}, f32);
    weights = e.stackBuffer({group, blockSize}, f32);
    maxima = e.stackBuffer({group}, f32);
    totals = e.stackBuffer({group}, f32);
    corrections = e.stackBuffer({group}, f32);
    queryInput = a.inputs[0];
    table = spec.pairs ? a.inputs[1] : Value();
    ArrayRef<Value> rest = ArrayRef(a.inputs).drop_front(spec.pairs ? 2 : 1);
    cache = rest[0];
    capacity = rest[1];
    position = rest[2];
    layer = rest[3];
  }

  void emit(Value row, Value cacheHead) {
    Value keys =
        portable::emitCacheOffset(e, spec, capacity, layer, 0, cacheHead);
    Value values =
        portable::emitCacheOffset(e, spec, capacity, layer, 1, cacheHead);
    Value firstColumn = e.mul(cacheHead, e.index(group * spec.headSize));
    emitQueries(row, firstColumn);
    Value seen = e.add(e.add(position, row), e.index(1));
    e.loop(e.index(0), seen, blockSize, [&](Value block) {
      Value count = e.minimum(e.sub(seen, block), e.index(blockSize));
      for (int64_t head = 0; head < group; head += headsPerStep())
        emitWeights(keys, block, count, head,
                    std::min(headsPerStep(), group - head));
      emitWeightedValues(values, block, count);
    });
    emitResult(row, firstColumn);
  }

private:
  /// Query heads whose scores for a block fit into the accumulators.
  int64_t headsPerStep() {
    return std::max<int64_t>(1, accumulators / vectorsPerBlock);
  }

  /// Rotated and scaled queries, and the state before the first block.
  void emitQueries(Value row, Value firstColumn) {
    float scale = 1.0f / std::sqrt(float(spec.headSize));
    for (int64_t head = 0; head < group; ++head) {
      Value h = e.index(head);
      Value column =
          e.add(firstColumn, e.index(head * spec.headSize + spec.queryOffset));
      portable::emitRotatedHead(
          e, table, row, spec.pairs, spec.headSize,
          [&](Value d) { return e.load(queryInput, {row, e.add(column, d)}); },
          [&](Value d, Value x) {
            e.store(e.mul(x, e.constant(e.f32Type(), double(scale))), query,
                    {h, d});
          });
      e.loop(e.index(0), e.index(spec.headSize), lanes, [&](Value d) {
        e.storeVector(e.constant(floats, 0.0), output, {h, d});
      });
      e.store(e.f32Bits(e.f32Type(), 0xff800000), maxima, {h});
      e.store(e.constant(e.f32Type(), 0.0), totals, {h});
    }
  }

  /// Weights of one block for heads [first, first + heads), their sum, and the
  /// correction of what was summed before.
  void emitWeights(Value keys, Value block, Value count, int64_t first,
                   int64_t heads) {
    Value blockBase = e.add(keys, e.mul(block, e.index(spec.headSize)));
    SmallVector<Value> zeros(heads * vectorsPerBlock, e.constant(floats, 0.0));
    SmallVector<Value> scores = e.loop(
        e.index(0), e.index(spec.headSize), 1, zeros,
        [&](Value d, ValueRange carried) {
          SmallVector<Value> next(carried.begin(), carried.end());
          Value base = e.add(blockBase, e.mul(d, e.index(blockSize)));
          SmallVector<Value> queries;
          for (int64_t h = 0; h < heads; ++h)
            queries.push_back(
                e.broadcast(e.load(query, {e.index(first + h), d}), floats));
          for (int64_t v = 0; v < vectorsPerBlock; ++v) {
            Value key =
                e.loadVector(floats, cache, {e.add(base, e.index(v * lanes))});
            for (int64_t h = 0; h < heads; ++h) {
              Value &score = next[h * vectorsPerBlock + v];
              score = e.add(score, e.mul(queries[h], key));
            }
          }
          return next;
        });

    VectorType maskType = e.vectorType(lanes, e.builder().getI1Type());
    SmallVector<Value> masks;
    for (int64_t v = 0; v < vectorsPerBlock; ++v) {
      Value left = e.maximum(e.sub(count, e.index(v * lanes)), e.index(0));
      masks.push_back(vector::CreateMaskOp::create(e.builder(), e.location(),
                                                   maskType, ValueRange{left}));
    }
    Value lowest = e.f32Bits(floats, 0xff800000);
    auto maximum = [&](Value lhs, Value rhs) { return e.maximum(lhs, rhs); };
    auto sum = [&](Value lhs, Value rhs) { return e.add(lhs, rhs); };
    for (int64_t h = 0; h < heads; ++h) {
      Value head = e.index(first + h);
      MutableArrayRef<Value> score =
          MutableArrayRef(scores).slice(h * vectorsPerBlock, vectorsPerBlock);
      for (auto [value, mask] : llvm::zip_equal(score, masks))
        value = e.select(mask, value, lowest);
      Value blockMaximum =
          e.reduceLanes(e.maximum(e.maximum(score[0], score[1]),
                                  e.maximum(score[2], score[3])),
                        maximum);
      Value before = e.load(maxima, {head});
      Value now = e.maximum(blockMaximum, before);
      Value correction = e.exponential(e.sub(before, now));
      Value shift = e.broadcast(now, floats);
      for (auto [v, value] : llvm::enumerate(score)) {
        value = e.exponential(e.sub(value, shift));
        e.storeVector(value, weights, {head, e.index(v * lanes)});
      }
      Value blockTotal = e.reduceLanes(
          e.add(e.add(score[0], score[1]), e.add(score[2], score[3])), sum);
      e.store(e.add(e.mul(e.load(totals, {head}), correction), blockTotal),
              totals, {head});
      e.store(now, maxima, {head});
      e.store(correction, corrections, {head});
    }
  }

  void emitWeightedValues(Value values, Value block, Value count) {
    int64_t headVectors = spec.headSize / lanes;
    int64_t vectorsPerStep = std::min<int64_t>(headVectors, vectorsPerBlock);
    int64_t headsAtOnce = std::max<int64_t>(1, accumulators / vectorsPerStep);
    for (int64_t first = 0; first < group; first += headsAtOnce)
      for (int64_t d = 0; d < headVectors; d += vectorsPerStep)
        emitWeightedValues(values, block, count, first,
                           std::min(headsAtOnce, group - first), d,
                           std::min(vectorsPerStep, headVectors - d));
  }

  /// output[h][d] = output[h][d] · correction + Σ weight · value for `heads`
  /// heads and `vectors` vectors of elements.
  void emitWeightedValues(Value values, Value block, Value count,
                          int64_t firstHead, int64_t heads, int64_t firstVector,
                          int64_t vectors) {
    auto element = [&](int64_t v) {
      return e.index((firstVector + v) * lanes);
    };
    SmallVector<Value> initial;
    for (int64_t h = 0; h < heads; ++h) {
      Value head = e.index(firstHead + h);
      Value correction = e.broadcast(e.load(corrections, {head}), floats);
      for (int64_t v = 0; v < vectors; ++v)
        initial.push_back(e.mul(
            e.loadVector(floats, output, {head, element(v)}), correction));
    }
    SmallVector<Value> sums =
        e.loop(e.index(0), count, 1, initial, [&](Value j, ValueRange carried) {
          SmallVector<Value> next(carried.begin(), carried.end());
          Value at = e.mul(e.add(block, j), e.index(spec.headSize));
          Value base = e.add(values, at);
          SmallVector<Value> weight;
          for (int64_t h = 0; h < heads; ++h)
            weight.push_back(e.broadcast(
                e.load(weights, {e.index(firstHead + h), j}), floats));
          for (int64_t v = 0; v < vectors; ++v) {
            Value value =
                e.loadVector(floats, cache, {e.add(base, element(v))});
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
                      {e.index(firstHead + h), element(v)});
  }

  void emitResult(Value row, Value firstColumn) {
    for (int64_t head = 0; head < group; ++head) {
      Value h = e.index(head);
      Value reciprocal = e.broadcast(
          e.div(e.constant(e.f32Type(), 1.0), e.load(totals, {h})), floats);
      Value column = e.add(firstColumn, e.index(head * spec.headSize));
      e.loop(e.index(0), e.index(spec.headSize), lanes, [&](Value d) {
        e.storeVector(e.mul(e.loadVector(floats, output, {h, d}), reciprocal),
                      a.outputs[0], {row, e.add(column, d)});
      });
    }
  }

  Emitter &e;
  const KernelArguments &a;
  const AttentionSpec &spec;
  int64_t accumulators;
  int64_t group;
  VectorType floats;
  Value query, output, weights, maxima, totals, corrections;
  Value queryInput, table, cache, capacity, position, layer;
};
} // namespace

void vectorized::emitAttention(Emitter &e, const KernelArguments &a,
                               const AttentionSpec &spec,
                               int64_t accumulators) {
  AttentionTile tileEmitter(e, a, spec, accumulators);
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    tileEmitter.emit(e.div(tile, e.index(spec.cacheHeads)),
                     e.rem(tile, e.index(spec.cacheHeads)));
  });
}
