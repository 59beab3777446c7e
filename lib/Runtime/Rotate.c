//===- Rotate.c - Moving positions of a KV cache --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A key at position p has been rotated by p f in each pair of its elements,
// where f is the pair's frequency. Moving it down by d positions rotates it by
// -d f. Lengths do not change, so neither do factors that models multiply
// rotated keys by.
//
// Keys are moved block by block, from the first on: all positions of a block in
// one or two channels are read before any of them is written, and later blocks
// are read from behind what has been written.
//
// Nothing is converted where nothing rotates. Keys of 8-bit integers get new
// scales; they are rotated twice, first to find these.
//
//===----------------------------------------------------------------------===//
#include "Rotate.h"
#include "Elements.h"
#include "Sine.h"

// Sanitizers keep loops from becoming vectors.
#pragma clang diagnostic ignored "-Wpass-failed"

enum { Block = BITNET_CACHE_BLOCK };

/// A block of keys that is written to: `count` positions from `first` on.
typedef struct KeyBlock {
  const CacheMove *move;
  const struct bitnet_layer_rotation *rotation;
  char *keys;
  uint64_t elementSize;
  uint64_t first;
  uint32_t count;
  /// Scales of the positions' old keys; of the new ones, what codes are made
  /// with. Of 8-bit integers only.
  float oldScales[Block];
  float factors[Block];
} KeyBlock;

/// Bytes from the start of a strip of keys to an element.
static uint64_t offsetOf(const KeyBlock *block, uint64_t channel,
                         uint64_t position) {
  uint64_t headSize = block->move->cache.descriptor->head_size;
  return ((position / Block * headSize + channel) * Block + position % Block) *
         block->elementSize;
}

/// Reads the old elements of a channel as they are: they lie in one or two
/// blocks.
static void gather(const KeyBlock *block, uint64_t channel, char *elements) {
  uint64_t position = block->first + block->move->distance;
  uint64_t count = Block - position % Block;
  if (count > block->count)
    count = block->count;
  uint64_t bytes = count * block->elementSize;
  __builtin_memcpy(elements, block->keys + offsetOf(block, channel, position),
                   bytes);
  if (count != block->count)
    __builtin_memcpy(elements + bytes,
                     block->keys + offsetOf(block, channel, position + count),
                     (block->count - count) * block->elementSize);
}

static void scatter(const KeyBlock *block, uint64_t channel,
                    const char *elements) {
  __builtin_memcpy(block->keys + offsetOf(block, channel, block->first),
                   elements, block->count * block->elementSize);
}

/// Elements of a channel in whatever type.
typedef union Elements {
  float floats[Block];
  uint16_t halves[Block];
  int8_t codes[Block];
  char bytes[Block * sizeof(float)];
} Elements;

/// Reads the old elements of a channel as numbers.
static void load(const KeyBlock *block, uint64_t channel, float *values) {
  // What is not read is converted, too.
  Elements elements = {{0}};
  gather(block, channel, elements.bytes);
  switch (block->move->cache.descriptor->element) {
  case BITNET_CACHE_F32:
    __builtin_memcpy(values, elements.floats, sizeof(elements.floats));
    return;
  case BITNET_CACHE_F16:
#pragma clang loop vectorize(enable)
    for (int i = 0; i < Block; ++i)
      values[i] = bitnetFromHalf(elements.halves[i]);
    return;
  case BITNET_CACHE_BF16:
#pragma clang loop vectorize(enable)
    for (int i = 0; i < Block; ++i)
      values[i] = bitnetFromBfloat(elements.halves[i]);
    return;
  case BITNET_CACHE_INT8:
#pragma clang loop vectorize(enable)
    for (int i = 0; i < Block; ++i)
      values[i] = block->oldScales[i] * (float)elements.codes[i];
    return;
  }
}

/// Writes the new elements of a channel.
static void store(const KeyBlock *block, uint64_t channel,
                  const float *values) {
  Elements elements;
  switch (block->move->cache.descriptor->element) {
  case BITNET_CACHE_F32:
    __builtin_memcpy(elements.floats, values, sizeof(elements.floats));
    break;
  case BITNET_CACHE_F16:
#pragma clang loop vectorize(enable)
    for (int i = 0; i < Block; ++i)
      elements.halves[i] = bitnetToHalf(values[i]);
    break;
  case BITNET_CACHE_BF16:
#pragma clang loop vectorize(enable)
    for (int i = 0; i < Block; ++i)
      elements.halves[i] = bitnetToBfloat(values[i]);
    break;
  case BITNET_CACHE_INT8:
#pragma clang loop vectorize(enable)
    for (int i = 0; i < Block; ++i)
      elements.codes[i] =
          (int8_t)bitnetRoundSmall(values[i] * block->factors[i]);
    break;
  }
  scatter(block, channel, elements.bytes);
}

/// The elements of a pair, rotated.
static void loadPair(const KeyBlock *block, uint32_t pair, uint64_t *channels,
                     float *first, float *second) {
  const struct bitnet_layer_rotation *rotation = block->rotation;
  channels[0] = rotation->interleaved ? 2 * pair : pair;
  channels[1] = rotation->interleaved ? 2 * pair + 1 : pair + rotation->pairs;
  double sine, cosine;
  bitnetSineCosine((double)block->move->distance * rotation->frequencies[pair],
                   &sine, &cosine);
  float s = (float)sine, c = (float)cosine;
  load(block, channels[0], first);
  load(block, channels[1], second);
#pragma clang loop vectorize(enable)
  for (int i = 0; i < Block; ++i) {
    float a = first[i], b = second[i];
    first[i] = a * c + b * s;
    second[i] = b * c - a * s;
  }
}

static float maximum(float a, float b) { return a > b ? a : b; }

static void growLargest(float *largest, const float *values) {
#pragma clang loop vectorize(enable)
  for (int i = 0; i < Block; ++i)
    largest[i] =
        maximum(largest[i],
                bitnetFloatOfBits(bitnetBitsOfFloat(values[i]) & INT32_MAX));
}

/// Finds the scales of 8-bit integers and writes the new ones to `scales`,
/// which are those of the block's positions.
static void findScales(KeyBlock *block, float *scales) {
  uint32_t headSize = block->move->cache.descriptor->head_size;
  float first[Block], second[Block], largest[Block] = {0};
  uint64_t channels[2];
  __builtin_memcpy(block->oldScales, scales + block->move->distance,
                   block->count * sizeof(float));
  for (uint32_t pair = 0; pair < block->rotation->pairs; ++pair) {
    loadPair(block, pair, channels, first, second);
    growLargest(largest, first);
    growLargest(largest, second);
  }
  for (uint32_t channel = 2 * block->rotation->pairs; channel < headSize;
       ++channel) {
    load(block, channel, first);
    growLargest(largest, first);
  }
  for (uint32_t i = 0; i < Block; ++i) {
    // As where keys are made: the factor of a smaller one would be infinite.
    if (!(largest[i] >= 1e-30f))
      largest[i] = 0.0f;
    block->factors[i] = largest[i] > 0 ? 127.0f / largest[i] : 0.0f;
  }
  for (uint32_t i = 0; i < block->count; ++i)
    scales[i] = largest[i] / 127.0f;
}

static void moveBlock(KeyBlock *block, float *scales) {
  uint32_t headSize = block->move->cache.descriptor->head_size;
  int hasScales = scales != (void *)0;
  if (hasScales)
    findScales(block, scales + block->first);
  float first[Block], second[Block];
  uint64_t channels[2];
  for (uint32_t pair = 0; pair < block->rotation->pairs; ++pair) {
    loadPair(block, pair, channels, first, second);
    store(block, channels[0], first);
    store(block, channels[1], second);
  }
  for (uint32_t channel = 2 * block->rotation->pairs; channel < headSize;
       ++channel) {
    if (hasScales) {
      load(block, channel, first);
      store(block, channel, first);
    } else {
      Elements elements;
      gather(block, channel, elements.bytes);
      scatter(block, channel, elements.bytes);
    }
  }
}

static void moveKeys(const CacheMove *move, uint64_t strip,
                     const struct bitnet_layer_rotation *rotation,
                     float *scales) {
  KeyBlock block = {
      .move = move,
      .rotation = rotation,
      .keys = bitnetStrip(&move->cache, strip),
      .elementSize = bitnetElementSize(move->cache.descriptor),
  };
  for (uint64_t first = move->begin; first < move->end; first += block.count) {
    uint64_t last = (first / Block + 1) * Block;
    block.first = first;
    block.count = (uint32_t)((last < move->end ? last : move->end) - first);
    moveBlock(&block, scales);
  }
}

/// Moves rows of `size` bytes, one for each position, as they are.
static void moveRows(const CacheMove *move, char *rows, uint64_t size) {
  uint64_t step = move->distance;
  for (uint64_t first = move->begin; first < move->end; first += step) {
    uint64_t count = move->end - first < step ? move->end - first : step;
    __builtin_memcpy(rows + first * size, rows + (first + step) * size,
                     count * size);
  }
}

void bitnetMoveHead(const CacheMove *move, uint32_t layer, uint32_t head) {
  static const struct bitnet_layer_rotation none;
  const struct bitnet_cache_descriptor *cache = move->cache.descriptor;
  const struct bitnet_layer_rotation *rotation = &cache->rotations[layer];
  uint64_t keys = (uint64_t)layer * 2 * cache->heads + head;
  uint64_t values = keys + cache->heads;
  moveRows(move, bitnetStrip(&move->cache, values),
           cache->head_size * bitnetElementSize(cache));
  float *scales = (float *)0;
  if (cache->element == BITNET_CACHE_INT8) {
    uint64_t elements = bitnetElementStrips(cache);
    moveRows(move, bitnetStrip(&move->cache, elements + values), sizeof(float));
    char *keyScales = bitnetStrip(&move->cache, elements + keys);
    if (rotation->pairs != 0)
      scales = (float *)keyScales;
    else
      moveRows(move, keyScales, sizeof(float));
  }
  moveKeys(move, keys, rotation->pairs != 0 ? rotation : &none, scales);
}
