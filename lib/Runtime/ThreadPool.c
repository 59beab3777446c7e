//===- ThreadPool.c - Threads that graphs share ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Graph.h"
#include "System.h"
#include "Threads.h"

#include <stdatomic.h>

/// The inside of bitnet_threads. It and the team lie in one block of memory:
///
///   | ThreadPool | team |
///
/// both beginning at a multiple of BITNET_ALIGNMENT.
typedef struct ThreadPool {
  _Alignas(BITNET_ALIGNMENT) struct bitnet_threads base;
  struct bitnet_team *team;
  /// Set while a run, or the end, uses the team.
  atomic_flag isBusy;
} ThreadPool;

static bitnet_status destroy(bitnet_threads *threads) {
  ThreadPool *pool = (ThreadPool *)threads;
  if (atomic_flag_test_and_set_explicit(&pool->isBusy, memory_order_acquire))
    return BITNET_BUSY;
  bitnetTeamDestroy(pool->team);
  bitnetSystemFree(pool);
  return BITNET_OK;
}

static bitnet_status run(bitnet_threads *threads, bitnet_team_function function,
                         const void *argument) {
  ThreadPool *pool = (ThreadPool *)threads;
  if (atomic_flag_test_and_set_explicit(&pool->isBusy, memory_order_acquire))
    return BITNET_BUSY;
  bitnetTeamRun(pool->team, function, argument);
  atomic_flag_clear_explicit(&pool->isBusy, memory_order_release);
  return BITNET_OK;
}

static const bitnet_threads_functions functions = {
    .abi_version = BITNET_ABI_VERSION,
    .size = sizeof(bitnet_threads_functions),
    .destroy = destroy,
    .run = run,
};

bitnet_status bitnetThreadsCreate(uint32_t count, bitnet_threads **threads) {
  uint32_t teamThreads = bitnetTeamThreads(count);
  if (!threads || teamThreads == 0)
    return BITNET_INVALID_ARGUMENT;
  ThreadPool *pool =
      bitnetSystemAllocate(sizeof(ThreadPool) + bitnetTeamSize(teamThreads));
  if (!pool)
    return BITNET_OUT_OF_MEMORY;
  *pool = (ThreadPool){.base = {.functions = &functions, .count = teamThreads},
                       .isBusy = ATOMIC_FLAG_INIT};
  bitnet_status status = bitnetTeamCreate(pool + 1, teamThreads, &pool->team);
  if (status != BITNET_OK) {
    bitnetSystemFree(pool);
    return status;
  }
  *threads = &pool->base;
  return BITNET_OK;
}

bitnet_status bitnetThreadsRun(bitnet_threads *threads,
                               bitnet_team_function function,
                               const void *argument) {
  // The threads may be of another object.
  if (threads)
    return threads->functions->run(threads, function, argument);
  bitnetTeamRun((void *)0, function, argument);
  return BITNET_OK;
}
