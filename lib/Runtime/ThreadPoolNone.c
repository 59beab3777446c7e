//===- ThreadPoolNone.c - No threads that graphs share --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Stands in for ThreadPool.c in objects compiled with --threads=none.
//
//===----------------------------------------------------------------------===//
#include "Graph.h"
#include "Threads.h"

bitnet_status bitnetThreadsCreate(uint32_t count, bitnet_threads **threads) {
  (void)count;
  return threads ? BITNET_THREAD_FAILURE : BITNET_INVALID_ARGUMENT;
}

bitnet_status bitnetThreadsRun(bitnet_threads *threads,
                               bitnet_team_function function,
                               const void *argument) {
  // The barriers in this object wait for nobody.
  if (threads)
    return BITNET_THREAD_FAILURE;
  bitnetTeamRun((void *)0, function, argument);
  return BITNET_OK;
}
