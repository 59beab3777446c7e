//===- Attention.cpp - Portable RoPE tables and attention -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Kernels/Kernels.h"

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

Value portable::emitFirstSeen(Emitter &e, const AttentionSpec &spec,
                              Value position) {
  if (!spec.window)
    return e.index(0);
  return e.maximum(e.sub(position, e.index(spec.window - 1)), e.index(0));
}

portable::SequenceCache portable::emitSequenceCache(Emitter &e,
                                                    const CacheInputs &inputs,
                                                    Value sequence) {
  // More than any cache has.
  constexpr int64_t size = int64_t(1) << 40;
  Value address = e.loadIndex(inputs.sequences, {sequence, e.index(0)});
  Value elements = bitnet_runtime::BufferAtOp::create(
      e.builder(), e.location(), MemRefType::get({size}, e.f32Type()), address);
  return {elements, e.loadIndex(inputs.sequences, {sequence, e.index(1)})};
}

portable::AttentionWork
portable::emitLoadWork(Emitter &e, const CacheInputs &inputs, Value item) {
  // As struct bitnet_attention_work has them.
  enum Member { Sequence, FirstRow, RowCount, FirstPosition };
  auto load = [&](Member member) {
    return e.loadIndex(inputs.work, {item, e.index(member)});
  };
  return {emitSequenceCache(e, inputs, load(Sequence)), load(FirstRow),
          load(RowCount), load(FirstPosition)};
}

Value portable::emitCacheOffset(Emitter &e, const AttentionSpec &spec,
                                Value capacity, Value layer, int64_t part,
                                Value head) {
  Value block = e.add(e.mul(layer, e.index(2)), e.index(part));
  block = e.add(e.mul(block, e.index(spec.cacheHeads)), head);
  return e.mul(e.mul(block, capacity), e.index(spec.headSize));
}

/// Index of element `d` of the key at `position`; see KVCacheType.
static Value emitKeyIndex(Emitter &e, const AttentionSpec &spec, Value keys,
                          Value position, Value d) {
  Value block = e.div(position, e.index(blockSize));
  Value column = e.add(e.mul(block, e.index(spec.headSize)), d);
  return e.add(keys, e.add(e.mul(column, e.index(blockSize)),
                           e.rem(position, e.index(blockSize))));
}

static Value emitValueIndex(Emitter &e, const AttentionSpec &spec, Value values,
                            Value position, Value d) {
  return e.add(values, e.add(e.mul(position, e.index(spec.headSize)), d));
}

void portable::emitAttentionAppend(Emitter &e, const KernelArguments &a,
                                   const AttentionSpec &spec) {
  Value key = a.inputs[0], value = a.inputs[1];
  Value table = spec.pairs ? a.inputs[2] : Value();
  ArrayRef<Value> rest = ArrayRef(a.inputs).drop_front(spec.pairs ? 3 : 2);
  Value positions = rest[0], layer = rest.back();
  CacheInputs cacheInputs(rest.drop_front());
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    Value row = e.rem(tile, a.rows);
    Value head = e.div(tile, a.rows);
    Value at = e.loadIndex(positions, {row});
    SequenceCache sequence = emitSequenceCache(
        e, cacheInputs, e.loadIndex(cacheInputs.rowSequences, {row}));
    Value cache = sequence.elements, capacity = sequence.capacity;
    Value keys = emitCacheOffset(e, spec, capacity, layer, 0, head);
    Value values = emitCacheOffset(e, spec, capacity, layer, 1, head);
    Value column = e.mul(head, e.index(spec.headSize));
    emitRotatedHead(
        e, table, row, {spec.headSize, spec.pairs, spec.interleaved},
        [&](Value d) {
          return e.load(
              key, {row, e.add(e.add(column, d), e.index(spec.keyOffset))});
        },
        [&](Value d, Value x) {
          e.store(x, cache, {emitKeyIndex(e, spec, keys, at, d)});
        });
    e.loop(e.index(0), e.index(spec.headSize), 1, [&](Value d) {
      Value x = e.load(
          value, {row, e.add(e.add(column, d), e.index(spec.valueOffset))});
      e.store(x, cache, {emitValueIndex(e, spec, values, at, d)});
    });
  });
}

void portable::emitAttention(Emitter &e, const KernelArguments &a,
                             const AttentionSpec &spec) {
  Value queryInput = a.inputs[0];
  Value table = spec.pairs ? a.inputs[1] : Value();
  ArrayRef<Value> rest = ArrayRef(a.inputs).drop_front(spec.pairs ? 2 : 1);
  CacheInputs cacheInputs(rest);
  Value workCount = rest[CacheInputs::count], layer = rest.back();
  Type f32 = e.f32Type();
  int64_t group = spec.getGroup();
  Value query = e.stackBuffer({spec.headSize}, f32);
  Value output = e.stackBuffer({spec.headSize}, f32);
  Value weights = e.stackBuffer({blockSize}, f32);
  Value lanes = e.stackBuffer({Emitter::laneCount}, f32);
  Value zero = e.index(0), headSize = e.index(spec.headSize);
  Value none = e.constant(f32, 0.0);
  Value lowest = e.f32Bits(f32, 0xff800000); // -infinity

  auto attendHead = [&](const SequenceCache &sequence, Value row, Value at,
                        Value cacheHead, Value head) {
    Value cache = sequence.elements, capacity = sequence.capacity;
    Value keys = emitCacheOffset(e, spec, capacity, layer, 0, cacheHead);
    Value values = emitCacheOffset(e, spec, capacity, layer, 1, cacheHead);
    Value column = e.mul(head, headSize);
    emitRotatedHead(
        e, table, row, {spec.headSize, spec.pairs, spec.interleaved},
        [&](Value d) {
          return e.load(queryInput, {row, e.add(e.add(column, d),
                                                e.index(spec.queryOffset))});
        },
        [&](Value d, Value x) {
          e.store(e.mul(x, e.constant(f32, double(spec.getScale()))), query,
                  {d});
        });
    e.loop(zero, headSize, 1, [&](Value d) { e.store(none, output, {d}); });

    Value seen = e.add(at, e.index(1));
    Value firstSeen = emitFirstSeen(e, spec, at);
    Value firstBlock =
        e.mul(e.div(firstSeen, e.index(blockSize)), e.index(blockSize));
    SmallVector<Value> state = e.loop(
        firstBlock, seen, blockSize, {lowest, none},
        [&](Value block, ValueRange carried) -> SmallVector<Value> {
          // Seen are positions [start, count) of the block.
          Value count = e.minimum(e.sub(seen, block), e.index(blockSize));
          Value start = e.maximum(e.sub(firstSeen, block), zero);
          Value blockMaximum = e.loop(
              start, count, 1, {lowest},
              [&](Value j, ValueRange best) -> SmallVector<Value> {
                Value at = e.add(block, j);
                Value score = e.loop(
                    zero, headSize, 1, {none},
                    [&](Value d, ValueRange sum) -> SmallVector<Value> {
                      Value k =
                          e.load(cache, {emitKeyIndex(e, spec, keys, at, d)});
                      return {e.add(sum[0], e.mul(e.load(query, {d}), k))};
                    })[0];
                e.store(score, weights, {j});
                return {e.maximum(score, best[0])};
              })[0];
          Value maximum = e.maximum(blockMaximum, carried[0]);
          Value correction = e.exponential(e.sub(carried[0], maximum));
          e.loop(zero, e.index(blockSize), 1, [&](Value j) {
            Value weight = e.exponential(e.sub(e.load(weights, {j}), maximum));
            weight = e.select(e.lessThan(j, count), weight, none);
            e.store(e.select(e.lessThan(j, start), none, weight), weights, {j});
          });
          e.loop(zero, e.index(Emitter::laneCount), 1, [&](Value lane) {
            auto weight = [&](int64_t offset) {
              return e.load(weights, {e.add(lane, e.index(offset))});
            };
            e.store(e.add(e.add(weight(0), weight(16)),
                          e.add(weight(32), weight(48))),
                    lanes, {lane});
          });
          for (int64_t width = Emitter::laneCount / 2; width >= 1; width /= 2)
            for (int64_t lane = 0; lane < width; ++lane)
              e.store(e.add(e.load(lanes, {e.index(lane)}),
                            e.load(lanes, {e.index(lane + width)})),
                      lanes, {e.index(lane)});
          Value total =
              e.add(e.mul(carried[1], correction), e.load(lanes, {zero}));
          e.loop(zero, headSize, 1, [&](Value d) {
            Value sum = e.mul(e.load(output, {d}), correction);
            sum = e.loop(
                start, count, 1, {sum},
                [&](Value j, ValueRange inner) -> SmallVector<Value> {
                  Value v = e.load(cache, {emitValueIndex(e, spec, values,
                                                          e.add(block, j), d)});
                  return {e.add(inner[0], e.mul(e.load(weights, {j}), v))};
                })[0];
            e.store(sum, output, {d});
          });
          return {maximum, total};
        });
    Value reciprocal = e.div(e.constant(f32, 1.0), state[1]);
    e.loop(zero, headSize, 1, [&](Value d) {
      e.store(e.mul(e.load(output, {d}), reciprocal), a.outputs[0],
              {row, e.add(column, d)});
    });
  };

  e.loop(a.begin, a.end, 1, [&](Value tile) {
    AttentionWork work = emitLoadWork(e, cacheInputs, e.rem(tile, workCount));
    Value cacheHead = e.div(tile, workCount);
    Value firstHead = e.mul(cacheHead, e.index(group));
    e.loop(zero, work.rowCount, 1, [&](Value row) {
      e.loop(firstHead, e.add(firstHead, e.index(group)), 1, [&](Value head) {
        attendHead(work.cache, e.add(work.firstRow, row),
                   e.add(work.firstPosition, row), cacheHead, head);
      });
    });
  });
}
