//===- freestanding.c - A graph without a C library -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "freestanding.h"
#include "join.h"

static char arena[128] __attribute__((aligned(BITNET_ARENA_ALIGNMENT)));

static int run(void) {
  float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {10, 20, 30, 40, 50, 60};
  float y[6], total[4];
  bitnet_threads *threads = NULL;
  if (join_arena_size(2) != 64)
    return BITNET_OUT_OF_MEMORY;
  if (bitnet_threads_create(&join, 1, &threads) != BITNET_THREAD_FAILURE)
    return BITNET_INVALID_ARGUMENT;
  memset(arena, 0x55, sizeof(arena));
  bitnet_status status = join_run(a, b, 2, y, total, arena, 64, NULL);
  if (status != BITNET_OK)
    return status;
  for (int i = 64; i < 128; ++i)
    if (arena[i] != 0x55)
      return BITNET_INVALID_ARGUMENT; // Written behind its memory.
  if (y[5] != 66 || total[3] != 11 + 44 + 132)
    return BITNET_INVALID_ARGUMENT;
  writeOutput("the sums are right\n", 19);
  return BITNET_OK;
}
