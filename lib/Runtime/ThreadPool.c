//===- ThreadPool.c - Threads that models and graphs share ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "System.h"
#include "Threads.h"

/// The inside of bitnet_threads. It and the team lie in one block of memory:
///
///   | ThreadPool | team |
///
/// both beginning at a multiple of BITNET_ALIGNMENT.
typedef struct ThreadPool {
  _Alignas(BITNET_ALIGNMENT) struct bitnet_threads base;
  struct bitnet_team *team;
  /// Held while a run, or the end, uses the team.
  struct bitnet_lock lock;
  /// How many keep the pool from being destroyed. Atomic.
  int32_t users;
} ThreadPool;

static bitnet_status destroy(bitnet_threads *threads) {
  ThreadPool *pool = (ThreadPool *)threads;
  if (__atomic_load_n(&pool->users, __ATOMIC_ACQUIRE) != 0)
    return BITNET_BUSY;
  // A run that was left in the process that this one was forked from never
  // ends; nothing here does it any harm.
  if (bitnetTryLock(&pool->lock) == BITNET_BUSY)
    return BITNET_BUSY;
  bitnetTeamDestroy(pool->team);
  bitnetSystemFree(pool);
  return BITNET_OK;
}

static bitnet_status run(bitnet_threads *threads, bitnet_team_function function,
                         const void *argument, const uint32_t *cancel,
                         uint32_t flags) {
  ThreadPool *pool = (ThreadPool *)threads;
  bitnet_status status = flags & BITNET_WAIT_FOR_THREADS
                             ? bitnetLock(&pool->lock)
                             : bitnetTryLock(&pool->lock);
  if (status != BITNET_OK)
    return status;
  status = bitnetTeamRun(pool->team, function, argument, cancel);
  bitnetUnlock(&pool->lock);
  return status;
}

static bitnet_status share(bitnet_threads *threads, int32_t change) {
  ThreadPool *pool = (ThreadPool *)threads;
  __atomic_fetch_add(&pool->users, change, __ATOMIC_ACQ_REL);
  return BITNET_OK;
}

static const bitnet_threads_functions functions = {
    .abi_version = BITNET_ABI_VERSION,
    .size = sizeof(bitnet_threads_functions),
    .destroy = destroy,
    .run = run,
    .share = share,
};

/// The argument of a pass that pins the threads of a team.
typedef struct Pinning {
  const uint32_t *processors;
  uint32_t processorCount;
  uint32_t hasFailed;
} Pinning;

static void pinThread(int64_t thread, int64_t threadCount,
                      struct bitnet_member *member, const void *argument) {
  Pinning *pinning = (Pinning *)argument;
  int isPinned = 1;
  // Also those that no thread runs on are to be right.
  for (uint32_t i = 0; thread == 1 && i < pinning->processorCount; ++i)
    isPinned &= bitnetSystemPin(pinning->processors[i]);
  if (thread != 0)
    isPinned &= bitnetSystemPin(
        pinning->processors[(uint64_t)thread % pinning->processorCount]);
  if (!isPinned)
    __atomic_store_n(&pinning->hasFailed, 1, __ATOMIC_RELAXED);
  bitnet_runtime_barrier(member);
}

static bitnet_status pinThreads(struct bitnet_team *team,
                                const bitnet_threads_options *options) {
  Pinning pinning = {.processors = options->processors,
                     .processorCount = options->processor_count};
  bitnet_status status =
      bitnetTeamRun(team, pinThread, &pinning, /*cancel=*/(void *)0);
  if (status != BITNET_OK)
    return status;
  return pinning.hasFailed ? BITNET_UNAVAILABLE_PROCESSOR : BITNET_OK;
}

static bitnet_status checkOptions(const bitnet_threads_options *options) {
  if (options->abi_version != BITNET_ABI_VERSION)
    return BITNET_VERSION_MISMATCH;
  if (options->flags != 0 ||
      !options->processors != (options->processor_count == 0))
    return BITNET_INVALID_ARGUMENT;
  const bitnet_executor *executor = options->executor;
  if (executor &&
      (options->count != 0 || options->processors || !executor->run ||
       executor->reserved != 0 || executor->threads == 0))
    return BITNET_INVALID_ARGUMENT;
  return BITNET_OK;
}

/// Makes the team of a pool in `memory`.
static bitnet_status createTeam(void *memory, uint32_t threads,
                                const bitnet_threads_options *options,
                                struct bitnet_team **team) {
  if (options->executor)
    return bitnetTeamCreateOn(memory, options->executor, team);
  bitnet_status status = bitnetTeamCreate(memory, threads, team);
  if (status != BITNET_OK || !options->processors)
    return status;
  status = pinThreads(*team, options);
  if (status != BITNET_OK)
    bitnetTeamDestroy(*team);
  return status;
}

bitnet_status bitnetThreadsCreate(const bitnet_threads_options *options,
                                  bitnet_threads **threads) {
  static const bitnet_threads_options defaults = BITNET_THREADS_OPTIONS_DEFAULT;
  if (!options)
    options = &defaults;
  bitnet_status status = checkOptions(options);
  if (status != BITNET_OK)
    return status;
  uint32_t count = bitnetTeamThreads(
      options->executor ? options->executor->threads : options->count);
  if (!threads || count == 0)
    return BITNET_INVALID_ARGUMENT;
  ThreadPool *pool =
      bitnetSystemAllocate(sizeof(ThreadPool) + bitnetTeamSize(count));
  if (!pool)
    return BITNET_OUT_OF_MEMORY;
  *pool = (ThreadPool){.base = {.functions = &functions, .count = count}};
  status = createTeam(pool + 1, count, options, &pool->team);
  if (status != BITNET_OK) {
    bitnetSystemFree(pool);
    return status;
  }
  *threads = &pool->base;
  return BITNET_OK;
}

bitnet_status bitnetThreadsRun(bitnet_threads *threads,
                               bitnet_team_function function,
                               const void *argument, const uint32_t *cancel,
                               uint32_t flags) {
  if (threads)
    return threads->functions->run(threads, function, argument, cancel, flags);
  return bitnetTeamRun((void *)0, function, argument, cancel);
}

bitnet_status bitnetThreadsRetain(bitnet_threads *threads) {
  if (threads->functions->abi_version != BITNET_ABI_VERSION)
    return BITNET_VERSION_MISMATCH;
  return threads->functions->share(threads, 1);
}

void bitnetThreadsRelease(bitnet_threads *threads) {
  threads->functions->share(threads, -1);
}
