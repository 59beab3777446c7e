//===- Layout.h - Parts of a block of memory ----------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_LAYOUT_H
#define BITNET_LIB_RUNTIME_LAYOUT_H

#include "System.h"
#include "bitnet/common.h"

/// A block under design: parts that begin at multiples of BITNET_ALIGNMENT.
typedef struct Layout {
  /// Bytes so far, a multiple of BITNET_ALIGNMENT.
  uint64_t size;
  /// The size does not fit into 64 bits.
  uint32_t overflows;
} Layout;

/// Appends a part of `count` * `elementSize` bytes. Returns where it begins, in
/// bytes from the start of the block.
static inline uint64_t bitnetAppendPart(Layout *layout, uint64_t count,
                                        uint64_t elementSize) {
  uint64_t offset = layout->size;
  uint64_t bytes;
  if (__builtin_mul_overflow(count, elementSize, &bytes) ||
      __builtin_add_overflow(bytes, (uint64_t)(BITNET_ALIGNMENT - 1), &bytes))
    layout->overflows = 1;
  bytes -= bytes % BITNET_ALIGNMENT;
  if (__builtin_add_overflow(layout->size, bytes, &layout->size))
    layout->overflows = 1;
  return offset;
}

/// What does not fit into the address space cannot be allocated.
static inline bitnet_status bitnetCheckLayout(const Layout *layout) {
  return layout->overflows || layout->size > (uint64_t)PTRDIFF_MAX
             ? BITNET_OUT_OF_MEMORY
             : BITNET_OK;
}

/// Finds memory for the block: `*memory` of `memorySize` bytes, which the
/// caller of the interface gave, or if it is null, new memory. Sets *isOwned to
/// whether that is to be freed.
static inline bitnet_status bitnetPlaceBlock(const Layout *layout,
                                             uint64_t memorySize, void **memory,
                                             uint32_t *isOwned) {
  *isOwned = !*memory;
  if (*memory)
    return (uintptr_t)*memory % BITNET_ALIGNMENT != 0 ||
                   memorySize < layout->size
               ? BITNET_OUT_OF_MEMORY
               : BITNET_OK;
  if (memorySize != 0)
    return BITNET_INVALID_ARGUMENT;
  *memory = bitnetSystemAllocate(layout->size);
  return *memory ? BITNET_OK : BITNET_OUT_OF_MEMORY;
}

#endif // BITNET_LIB_RUNTIME_LAYOUT_H
