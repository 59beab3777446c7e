//===- ContentHash.h - A hash of what a file of weights holds -----*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// XXH3 with 64 bits, the default secret and the seed 0, in pieces: the compiler
// hashes weights as it writes them, the runtime as it reads them. LLVM's
// llvm::xxh3_64bits wants them in one piece of memory; it gives the same
// number. Only for sizes that are a multiple of a block's, which need the part
// of XXH3 for long inputs only.
//
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CONTENTHASH_H
#define BITNET_LIB_RUNTIME_CONTENTHASH_H

#include <stdint.h>

enum {
  /// Sums are scrambled after each.
  BITNET_HASH_BLOCK = 1024,
  /// One 64-bit word goes into each of the sums.
  BITNET_HASH_STRIPE = 64,
  BITNET_HASH_SUMS = 8
};

/// The hash of the bytes so far.
struct bitnet_content_hash {
  uint64_t sums[BITNET_HASH_SUMS];
  uint64_t length;
  /// The last 1 to BITNET_HASH_BLOCK bytes: the last block of all ends in
  /// another way.
  unsigned char block[BITNET_HASH_BLOCK];
  uint32_t block_size;
};

/// 64 bits of the secret from byte `offset` on.
static inline uint64_t bitnetHashSecret(uint32_t offset) {
  static const uint64_t secret[24] = {
      UINT64_C(0xbe4ba423396cfeb8), UINT64_C(0x1cad21f72c81017c),
      UINT64_C(0xdb979083e96dd4de), UINT64_C(0x1f67b3b7a4a44072),
      UINT64_C(0x78e5c0cc4ee679cb), UINT64_C(0x2172ffcc7dd05a82),
      UINT64_C(0x8e2443f7744608b8), UINT64_C(0x4c263a81e69035e0),
      UINT64_C(0xcb00c391bb52283c), UINT64_C(0xa32e531b8b65d088),
      UINT64_C(0x4ef90da297486471), UINT64_C(0xd8acdea946ef1938),
      UINT64_C(0x3f349ce33f76faa8), UINT64_C(0x1d4f0bc7c7bbdcf9),
      UINT64_C(0x3159b4cd4be0518a), UINT64_C(0x647378d9c97e9fc8),
      UINT64_C(0xc3ebd33483acc5ea), UINT64_C(0xeb6313faffa081c5),
      UINT64_C(0x49daf0b751dd0d17), UINT64_C(0x9e68d429265516d3),
      UINT64_C(0xfca1477d58be162b), UINT64_C(0xce31d07ad1b8f88f),
      UINT64_C(0x280416958f3acb45), UINT64_C(0x7e404bbbcafbd7af)};
  uint64_t word;
  __builtin_memcpy(&word, (const unsigned char *)secret + offset, sizeof(word));
  return word;
}

/// Adds a stripe, mixed with the secret from byte `offset` on.
static inline void bitnetHashStripe(uint64_t *sums, const unsigned char *stripe,
                                    uint32_t offset) {
  for (uint32_t i = 0; i < BITNET_HASH_SUMS; ++i) {
    uint64_t word;
    __builtin_memcpy(&word, stripe + 8 * i, sizeof(word));
    uint64_t mixed = word ^ bitnetHashSecret(offset + 8 * i);
    sums[i ^ 1] += word;
    sums[i] += (mixed & UINT32_MAX) * (mixed >> 32);
  }
}

/// Adds a block that is not the last.
static inline void bitnetHashBlock(uint64_t *sums, const unsigned char *block) {
  for (uint32_t i = 0; i < BITNET_HASH_BLOCK / BITNET_HASH_STRIPE; ++i)
    bitnetHashStripe(sums, block + BITNET_HASH_STRIPE * i, 8 * i);
  for (uint32_t i = 0; i < BITNET_HASH_SUMS; ++i) {
    sums[i] ^= sums[i] >> 47;
    sums[i] ^= bitnetHashSecret(128 + 8 * i);
    sums[i] *= UINT64_C(0x9e3779b1);
  }
}

/// Begins with no bytes.
static inline void bitnetHashBegin(struct bitnet_content_hash *hash) {
  static const uint64_t start[BITNET_HASH_SUMS] = {
      UINT64_C(0xc2b2ae3d),         UINT64_C(0x9e3779b185ebca87),
      UINT64_C(0xc2b2ae3d27d4eb4f), UINT64_C(0x165667b19e3779f9),
      UINT64_C(0x85ebca77c2b2ae63), UINT64_C(0x85ebca77),
      UINT64_C(0x27d4eb2f165667c5), UINT64_C(0x9e3779b1)};
  __builtin_memcpy(hash->sums, start, sizeof(start));
  hash->length = 0;
  hash->block_size = 0;
}

/// Appends `size` bytes.
static inline void bitnetHashAppend(struct bitnet_content_hash *hash,
                                    const void *bytes, uint64_t size) {
  const unsigned char *next = (const unsigned char *)bytes;
  hash->length += size;
  while (size != 0) {
    if (hash->block_size == BITNET_HASH_BLOCK) {
      bitnetHashBlock(hash->sums, hash->block);
      hash->block_size = 0;
    }
    // More follows: none of these blocks is the last.
    for (; hash->block_size == 0 && size > BITNET_HASH_BLOCK;
         size -= BITNET_HASH_BLOCK, next += BITNET_HASH_BLOCK)
      bitnetHashBlock(hash->sums, next);
    uint64_t count = BITNET_HASH_BLOCK - hash->block_size;
    if (count > size)
      count = size;
    __builtin_memcpy(hash->block + hash->block_size, next, count);
    hash->block_size += (uint32_t)count;
    next += count;
    size -= count;
  }
}

/// The hash of all bytes, a multiple of BITNET_HASH_BLOCK and not none.
static inline uint64_t bitnetHashEnd(struct bitnet_content_hash *hash) {
  uint32_t last = BITNET_HASH_BLOCK / BITNET_HASH_STRIPE - 1;
  for (uint32_t i = 0; i < last; ++i)
    bitnetHashStripe(hash->sums, hash->block + BITNET_HASH_STRIPE * i, 8 * i);
  bitnetHashStripe(hash->sums, hash->block + BITNET_HASH_STRIPE * last, 121);
  uint64_t result = hash->length * UINT64_C(0x9e3779b185ebca87);
  for (uint32_t i = 0; i < BITNET_HASH_SUMS; i += 2) {
    unsigned __int128 product =
        (unsigned __int128)(hash->sums[i] ^ bitnetHashSecret(11 + 8 * i)) *
        (hash->sums[i + 1] ^ bitnetHashSecret(19 + 8 * i));
    result += (uint64_t)product ^ (uint64_t)(product >> 64);
  }
  result ^= result >> 37;
  result *= UINT64_C(0x165667919e3779f9);
  return result ^ result >> 32;
}

#endif // BITNET_LIB_RUNTIME_CONTENTHASH_H
