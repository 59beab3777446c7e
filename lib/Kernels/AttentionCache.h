//===- AttentionCache.h - The KV cache in kernels ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the lowerings of attention share. Numbers are indices unless said
// otherwise.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_ATTENTIONCACHE_H
#define BITNET_LIB_KERNELS_ATTENTIONCACHE_H

#include "bitnet/Kernels/Kernels.h"

namespace mlir::bitnet {

/// The cache of a sequence.
struct SequenceCache {
  /// Buffers of elements (f32, i16 for halves, i8) and of scales; null: none.
  Value elements, scales;
  /// In positions.
  Value capacity;
};

SequenceCache emitSequenceCache(Emitter &e, const CacheInputs &inputs,
                                const AttentionSpec &spec, Value sequence);

/// An item of work.
struct AttentionWork {
  SequenceCache cache;
  Value firstRow, rowCount, firstPosition, partition, slot;
};

AttentionWork emitLoadWork(Emitter &e, const CacheInputs &inputs,
                           const AttentionSpec &spec, Value item);

/// Where keys or values of a head begin: the number of the first element and of
/// the first scale.
struct CachePlace {
  Value elements, scales;
};

/// Part 0 are keys, 1 values.
CachePlace emitCachePlace(Emitter &e, const AttentionSpec &spec, Value capacity,
                          Value layer, int64_t part, Value head);

/// Number of element `d` of the key at `position` in `keys`.
Value emitKeyIndex(Emitter &e, const AttentionSpec &spec, Value keys,
                   Value position, Value d);
Value emitValueIndex(Emitter &e, const AttentionSpec &spec, Value values,
                     Value position, Value d);

/// Elements, or vectors of them, as f32, without their scales.
Value emitFromCache(Emitter &e, const AttentionSpec &spec, Value elements);
/// f32 numbers or vectors of them as elements; codes are of x · `factor`.
Value emitToCache(Emitter &e, const AttentionSpec &spec, Value numbers,
                  Value factor);

/// Scale of codes and what numbers are multiplied with to become codes, f32.
std::pair<Value, Value> emitCodeScale(Emitter &e, Value absmax);

/// The first position that the token at `position` sees.
Value emitFirstSeen(Emitter &e, const AttentionSpec &spec, Value position);

/// Positions of a partition for the token at `position`: the smallest 512 · 2^k
/// of which 16 hold all up to it.
Value emitPartitionSize(Emitter &e, Value position);

/// The partitions of an item of work: [begin, end).
struct PartitionRange {
  Value size, begin, end;
};
PartitionRange emitPartitions(Emitter &e, const AttentionSpec &spec,
                              const AttentionWork &work);

/// Whether an item of work attends to a single partition.
Value emitIsPartial(Emitter &e, const AttentionWork &work);

/// The slot of an item's row.
Value emitSlot(Emitter &e, const AttentionWork &work, Value row);

/// A row that is put together from slots.
struct AttentionMergeRow {
  Value row, firstSlot, slotCount;
};
AttentionMergeRow emitLoadMerge(Emitter &e, Value merges, Value item);

} // namespace mlir::bitnet

#endif // BITNET_LIB_KERNELS_ATTENTIONCACHE_H
