//===- Candidates.h - Tokens in the order of their logits ---------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A candidate is one 64-bit word that orders like "higher logit first, then
// lower id":
//
//   bits 63..32   the logit's bits, changed so that they order as integers
//   bits 31..0    ~id
//
// The largest ones are taken from a heap, which costs O(count) to make and
// O(log count) per candidate taken, and gives the same order everywhere. Heaps
// of the smallest ones hold words with all bits inverted.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CANDIDATES_H
#define BITNET_LIB_RUNTIME_CANDIDATES_H

#include <stdint.h>

static inline uint64_t bitnetMakeCandidate(float logit, uint32_t id) {
  // Makes -0 the same as +0.
  logit = logit + 0.0f;
  uint32_t bits;
  __builtin_memcpy(&bits, &logit, sizeof(bits));
  bits = bits >> 31 ? ~bits : bits | UINT32_C(0x80000000);
  return (uint64_t)bits << 32 | (uint32_t)~id;
}

static inline uint32_t bitnetCandidateId(uint64_t candidate) {
  return ~(uint32_t)candidate;
}

static inline float bitnetCandidateLogit(uint64_t candidate) {
  uint32_t bits = (uint32_t)(candidate >> 32);
  bits = bits >> 31 ? bits & UINT32_C(0x7fffffff) : ~bits;
  float logit;
  __builtin_memcpy(&logit, &bits, sizeof(logit));
  return logit;
}

static inline void bitnetSiftDown(uint64_t *heap, uint32_t count,
                                  uint32_t index) {
  uint64_t moving = heap[index];
  for (;;) {
    // `count` is at most 2^31, the number of token ids.
    uint32_t child = 2 * index + 1;
    if (child >= count)
      break;
    if (child + 1 < count && heap[child + 1] > heap[child])
      ++child;
    if (heap[child] <= moving)
      break;
    heap[index] = heap[child];
    index = child;
  }
  heap[index] = moving;
}

static inline void bitnetMakeHeap(uint64_t *heap, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;)
    bitnetSiftDown(heap, count, i);
}

/// Moves the largest of `count` heaped words to heap[count - 1].
static inline void bitnetTakeLargest(uint64_t *heap, uint32_t count) {
  uint64_t largest = heap[0];
  heap[0] = heap[count - 1];
  bitnetSiftDown(heap, count - 1, 0);
  heap[count - 1] = largest;
}

#endif // BITNET_LIB_RUNTIME_CANDIDATES_H
