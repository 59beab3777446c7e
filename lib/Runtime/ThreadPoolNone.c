//===- ThreadPoolNone.c - No threads to share ----------------------------===//
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
#include "Threads.h"

bitnet_status bitnetThreadsCreate(const bitnet_threads_options *options,
                                  bitnet_threads **threads) {
  if (options && options->abi_version != BITNET_ABI_VERSION)
    return BITNET_VERSION_MISMATCH;
  return threads ? BITNET_THREAD_FAILURE : BITNET_INVALID_ARGUMENT;
}

bitnet_status bitnetThreadsRun(bitnet_threads *threads,
                               bitnet_team_function function,
                               const void *argument, const uint32_t *cancel,
                               uint32_t flags) {
  (void)flags;
  // The barriers in this object wait for nobody.
  if (threads)
    return BITNET_THREAD_FAILURE;
  return bitnetTeamRun((void *)0, function, argument, cancel);
}

bitnet_status bitnetThreadsRetain(bitnet_threads *threads) {
  (void)threads;
  return BITNET_THREAD_FAILURE;
}

void bitnetThreadsRelease(bitnet_threads *threads) { (void)threads; }
