//===- AttentionCache.cpp - The KV cache in kernels -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionCache.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t blockSize = KVCacheType::positionGranule;

int64_t mlir::bitnet::getAttentionSlots(int64_t positions, int64_t rows) {
  return positions > AttentionSpec::smallestPartition
             ? std::min(rows, AttentionSpec::slotRows) *
                   AttentionSpec::mostPartitions
             : 0;
}

//===----------------------------------------------------------------------===//
// What the runtime passes
//===----------------------------------------------------------------------===//

SequenceCache mlir::bitnet::emitSequenceCache(Emitter &e,
                                              const CacheInputs &inputs,
                                              const AttentionSpec &spec,
                                              Value sequence) {
  // More than any cache has.
  constexpr int64_t size = int64_t(1) << 40;
  auto bufferAt = [&](Value address, Type element) -> Value {
    return bitnet_runtime::BufferAtOp::create(
        e.builder(), e.location(), MemRefType::get({size}, element), address);
  };
  Value address = e.loadIndex(inputs.sequences, {sequence, e.index(0)});
  Value capacity = e.loadIndex(inputs.sequences, {sequence, e.index(1)});
  switch (spec.element) {
  case CacheElement::F32:
    return {bufferAt(address, e.f32Type()), Value(), capacity};
  case CacheElement::F16:
  case CacheElement::BF16:
    return {bufferAt(address, e.builder().getI16Type()), Value(), capacity};
  case CacheElement::Int8:
    break;
  }
  Value codes = e.mul(
      capacity, e.index(spec.layers * 2 * spec.cacheHeads * spec.headSize));
  return {bufferAt(address, e.i8Type()),
          bufferAt(e.add(address, codes), e.f32Type()), capacity};
}

AttentionWork mlir::bitnet::emitLoadWork(Emitter &e, const CacheInputs &inputs,
                                         const AttentionSpec &spec,
                                         Value item) {
  // As struct bitnet_attention_work has them.
  enum Member { Sequence, FirstRow, RowCount, FirstPosition, Partition, Slot };
  auto load = [&](Member member) {
    return e.loadIndex(inputs.work, {item, e.index(member)});
  };
  return {emitSequenceCache(e, inputs, spec, load(Sequence)),
          load(FirstRow),
          load(RowCount),
          load(FirstPosition),
          load(Partition),
          load(Slot)};
}

AttentionMergeRow mlir::bitnet::emitLoadMerge(Emitter &e, Value merges,
                                              Value item) {
  // As struct bitnet_attention_merge has them.
  enum Member { Row, FirstSlot, SlotCount };
  auto load = [&](Member member) {
    return e.loadIndex(merges, {item, e.index(member)});
  };
  return {load(Row), load(FirstSlot), load(SlotCount)};
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

CachePlace mlir::bitnet::emitCachePlace(Emitter &e, const AttentionSpec &spec,
                                        Value capacity, Value layer,
                                        int64_t part, Value head) {
  Value block = e.add(e.mul(layer, e.index(2)), e.index(part));
  block = e.add(e.mul(block, e.index(spec.cacheHeads)), head);
  Value scales = e.mul(block, capacity);
  return {e.mul(scales, e.index(spec.headSize)), scales};
}

Value mlir::bitnet::emitKeyIndex(Emitter &e, const AttentionSpec &spec,
                                 Value keys, Value position, Value d) {
  Value block = e.div(position, e.index(blockSize));
  Value column = e.add(e.mul(block, e.index(spec.headSize)), d);
  return e.add(keys, e.add(e.mul(column, e.index(blockSize)),
                           e.rem(position, e.index(blockSize))));
}

Value mlir::bitnet::emitValueIndex(Emitter &e, const AttentionSpec &spec,
                                   Value values, Value position, Value d) {
  return e.add(values, e.add(e.mul(position, e.index(spec.headSize)), d));
}

/// `element` in the shape of `like`.
static Type shaped(Value like, Type element) {
  if (auto vector = dyn_cast<VectorType>(like.getType()))
    return vector.clone(element);
  return element;
}

Value mlir::bitnet::emitFromCache(Emitter &e, const AttentionSpec &spec,
                                  Value elements) {
  switch (spec.element) {
  case CacheElement::F32:
    return elements;
  case CacheElement::F16:
    return e.halfToFloat(elements, spec.conversion);
  case CacheElement::BF16:
    return e.upperHalfToFloat(elements);
  case CacheElement::Int8:
    return e.signedToFloat(
        e.extendSigned(elements, shaped(elements, e.i32Type())),
        shaped(elements, e.f32Type()));
  }
  llvm_unreachable("unknown element");
}

Value mlir::bitnet::emitToCache(Emitter &e, const AttentionSpec &spec,
                                Value numbers, Value factor) {
  switch (spec.element) {
  case CacheElement::F32:
    return numbers;
  case CacheElement::F16:
    return e.floatToHalf(numbers, spec.conversion);
  case CacheElement::BF16:
    return e.floatToUpperHalf(numbers);
  case CacheElement::Int8:
    break;
  }
  if (auto vector = dyn_cast<VectorType>(numbers.getType()))
    factor = e.broadcast(factor, vector);
  return e.truncate(e.roundToInt(e.mul(numbers, factor)),
                    shaped(numbers, e.i8Type()));
}

std::pair<Value, Value> mlir::bitnet::emitCodeScale(Emitter &e, Value absmax) {
  Value limit = e.constant(e.f32Type(), 127.0);
  Value none = e.constant(e.f32Type(), 0.0);
  // Less has an infinite factor at last.
  Value isZero = e.lessThan(absmax, e.constant(e.f32Type(), 1e-30));
  return {e.select(isZero, none, e.div(absmax, limit)),
          e.select(isZero, none, e.div(limit, absmax))};
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Value mlir::bitnet::emitFirstSeen(Emitter &e, const AttentionSpec &spec,
                                  Value position) {
  if (!spec.window)
    return e.index(0);
  return e.maximum(e.sub(position, e.index(spec.window - 1)), e.index(0));
}

Value mlir::bitnet::emitPartitionSize(Emitter &e, Value position) {
  Value size = e.index(AttentionSpec::smallestPartition);
  // Contexts have at most 2^24 positions.
  for (int64_t next = 2 * AttentionSpec::smallestPartition;
       next * AttentionSpec::mostPartitions <= (1 << 24); next *= 2) {
    Value least = e.index(next / 2 * AttentionSpec::mostPartitions);
    size = e.select(e.lessThan(position, least), size, e.index(next));
  }
  return size;
}

Value mlir::bitnet::emitIsPartial(Emitter &e, const AttentionWork &work) {
  return e.lessThan(e.index(-1), work.partition);
}

PartitionRange mlir::bitnet::emitPartitions(Emitter &e,
                                            const AttentionSpec &spec,
                                            const AttentionWork &work) {
  Value size = emitPartitionSize(e, work.firstPosition);
  Value first = e.div(emitFirstSeen(e, spec, work.firstPosition), size);
  Value last = e.sub(e.add(work.firstPosition, work.rowCount), e.index(1));
  Value end = e.add(e.div(last, size), e.index(1));
  if (spec.slots == 0)
    return {size, first, end};
  Value isPartial = emitIsPartial(e, work);
  return {size, e.select(isPartial, work.partition, first),
          e.select(isPartial, e.add(work.partition, e.index(1)), end)};
}

Value mlir::bitnet::emitSlot(Emitter &e, const AttentionWork &work, Value row) {
  return e.add(work.slot, e.mul(row, e.index(AttentionSpec::mostPartitions)));
}
