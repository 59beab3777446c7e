//===- Cache.h - How a KV cache is laid out -----------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As `!bitnet.kv_cache` says: a strip for the keys, and one for the values, of
// each layer and head, and behind all of these, of caches of 8-bit integers,
// for each a strip of scales:
//
//   strip (layer * 2 + part) * heads + head, part 0: keys, 1: values
//   keys     [capacity / 64][head_size][64 positions]
//   values   [capacity][head_size]
//   scales   [capacity] of 32-bit floats
//
// Where something is in a strip does not depend on the capacity.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CACHE_H
#define BITNET_LIB_RUNTIME_CACHE_H

#include "ModelDescriptor.h"

/// Positions of a block of keys.
#define BITNET_CACHE_BLOCK 64

/// A cache of a session.
typedef struct Cache {
  const struct bitnet_cache_descriptor *descriptor;
  char *data;
  uint64_t capacity;
} Cache;

/// Bytes of a key's or value's element.
static inline uint64_t
bitnetElementSize(const struct bitnet_cache_descriptor *cache) {
  static const uint8_t sizes[] = {
      [BITNET_CACHE_F32] = 4,
      [BITNET_CACHE_F16] = 2,
      [BITNET_CACHE_BF16] = 2,
      [BITNET_CACHE_INT8] = 1,
  };
  return sizes[cache->element];
}

/// Strips of keys and values.
static inline uint64_t
bitnetElementStrips(const struct bitnet_cache_descriptor *cache) {
  return (uint64_t)cache->layers * 2 * cache->heads;
}

/// All strips, with those of scales.
static inline uint64_t
bitnetStrips(const struct bitnet_cache_descriptor *cache) {
  return bitnetElementStrips(cache) *
         (cache->element == BITNET_CACHE_INT8 ? 2 : 1);
}

/// Where a strip begins.
static inline char *bitnetStrip(const Cache *cache, uint64_t strip) {
  uint64_t elements = bitnetElementStrips(cache->descriptor);
  uint64_t size = cache->capacity * cache->descriptor->head_size *
                  bitnetElementSize(cache->descriptor);
  if (strip < elements)
    return cache->data + strip * size;
  return cache->data + elements * size +
         (strip - elements) * cache->capacity * sizeof(float);
}

/// Bytes of a strip that lie together, `offset` bytes from its start.
typedef void (*bitnet_cache_visitor)(void *user, uint64_t strip,
                                     uint64_t offset, uint64_t size);

/// Calls `visitor` for all that `count` positions have in the cache, strip by
/// strip: together count * kv_bytes_per_position bytes.
static inline void bitnetVisitCache(const struct bitnet_cache_descriptor *cache,
                                    uint64_t count,
                                    bitnet_cache_visitor visitor, void *user) {
  uint64_t element = bitnetElementSize(cache);
  uint64_t row = cache->head_size * element;
  uint64_t whole = count / BITNET_CACHE_BLOCK * BITNET_CACHE_BLOCK;
  for (uint64_t strip = 0; strip < bitnetStrips(cache); ++strip) {
    if (strip >= bitnetElementStrips(cache)) {
      visitor(user, strip, 0, count * sizeof(float));
      continue;
    }
    if (strip / cache->heads % 2 == 1) {
      visitor(user, strip, 0, count * row);
      continue;
    }
    visitor(user, strip, 0, whole * row);
    // What is behind them in their block is nobody's.
    for (uint64_t channel = 0; count != whole && channel < cache->head_size;
         ++channel)
      visitor(user, strip, whole * row + channel * BITNET_CACHE_BLOCK * element,
              (count - whole) * element);
  }
}

#endif // BITNET_LIB_RUNTIME_CACHE_H
