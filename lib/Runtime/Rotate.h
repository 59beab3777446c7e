//===- Rotate.h - Moving positions of a KV cache ------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_ROTATE_H
#define BITNET_LIB_RUNTIME_ROTATE_H

#include "Cache.h"

/// Positions [begin + distance, end + distance) of a cache are to become
/// [begin, end).
typedef struct CacheMove {
  Cache cache;
  uint64_t begin;
  uint64_t end;
  uint64_t distance;
} CacheMove;

/// Moves what layer `layer` and head `head` have there; keys are rotated to
/// their new positions.
void bitnetMoveHead(const CacheMove *move, uint32_t layer, uint32_t head);

#endif // BITNET_LIB_RUNTIME_ROTATE_H
