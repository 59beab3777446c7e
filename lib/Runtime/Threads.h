//===- Threads.h - The threads that run a model -------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A team is the caller's thread (index 0) and threads of its own that sleep
// between passes, or threads of the application. Threads.c has it;
// ThreadsNone.c is the team of one that needs no thread library.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_THREADS_H
#define BITNET_LIB_RUNTIME_THREADS_H

#include "Lock.h"
#include "bitnet/threads.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Most threads in a team (runtime.h and graph.h promise this number).
#define BITNET_MOST_THREADS 256

/// Threads that run passes together. Its layout, and that of struct
/// bitnet_member, belongs to BITNET_ABI_VERSION: different objects may share a
/// team.
struct bitnet_team;

/// What the threads of a team run: thread `thread` of `threadCount`, with a
/// `member` to pass to bitnet_runtime_barrier. All return after a barrier, the
/// first that says that the pass is cancelled at the latest, and do not read
/// `argument` after it.
typedef void (*bitnet_team_function)(int64_t thread, int64_t threadCount,
                                     struct bitnet_member *member,
                                     const void *argument);

/// Turns the number that a user asked for (0: as many as sensible) into the
/// number of threads of a team. Returns 0 if there cannot be such a team.
uint32_t bitnetTeamThreads(uint32_t requested);

/// Bytes that a team of `threads` threads takes; a multiple of
/// BITNET_ALIGNMENT.
uint64_t bitnetTeamSize(uint32_t threads);

/// Makes a team of `threads` threads in `memory` (bitnetTeamSize bytes, aligned
/// to BITNET_ALIGNMENT). On failure no thread is left and `memory` holds
/// nothing.
bitnet_status bitnetTeamCreate(void *memory, uint32_t threads,
                               struct bitnet_team **team);

/// Makes a team in `memory` (bitnetTeamSize bytes for executor->threads,
/// aligned to BITNET_ALIGNMENT) of the application's threads. Runs the executor
/// once. Returns BITNET_THREAD_FAILURE if it does not run its tasks together.
/// Not in ThreadsNone.c.
bitnet_status bitnetTeamCreateOn(void *memory, const bitnet_executor *executor,
                                 struct bitnet_team **team);

/// Ends and joins the threads that the team started, unless they are in the
/// process that this one was forked from.
void bitnetTeamDestroy(struct bitnet_team *team);

/// Calls `function` with `argument` on every thread of the team, or on this one
/// alone if `team` is null, and returns when all have passed its last barrier.
/// One call at a time.
///
/// \param cancel as soon as it is not 0, the barriers say that the pass is
///               cancelled. It may be written to by any thread and by signal
///               handlers. Null: never.
///
/// Returns BITNET_CANCELLED if the last barrier said so; BITNET_FORKED, and
/// does nothing, if the team's threads are in the process that this one was
/// forked from; BITNET_THREAD_FAILURE if an executor has not run all tasks.
bitnet_status bitnetTeamRun(struct bitnet_team *team,
                            bitnet_team_function function, const void *argument,
                            const uint32_t *cancel);

/// Waits until all threads of the team are here. What any of them wrote before
/// is visible to all of them after. Returns whether the pass is cancelled, to
/// all threads the same: 0, or 1 until the pass has ended. Called by generated
/// code about two hundred times per token.
int32_t bitnet_runtime_barrier(struct bitnet_member *member);

/// How bitnetThreadsRun is called.
enum {
  /// Wait until no other run uses the threads instead of returning BITNET_BUSY.
  BITNET_WAIT_FOR_THREADS = 1
};

// The functions below are in ThreadPool.c, or ThreadPoolNone.c.

/// bitnet_model_threads_create and bitnet_graph_threads_create.
bitnet_status bitnetThreadsCreate(const bitnet_threads_options *options,
                                  bitnet_threads **threads);

/// Runs `function` on `threads`, which may be null: this thread alone. Like
/// bitnetTeamRun; BITNET_BUSY if another run uses them, or with
/// BITNET_WAIT_FOR_THREADS in `flags`, waits. The threads may be of another
/// object.
bitnet_status bitnetThreadsRun(bitnet_threads *threads,
                               bitnet_team_function function,
                               const void *argument, const uint32_t *cancel,
                               uint32_t flags);

/// Keeps `threads`, which are not null, from being destroyed until
/// bitnetThreadsRelease. Returns BITNET_VERSION_MISMATCH if they are of an
/// object of another version of the interface, BITNET_THREAD_FAILURE if this
/// object was compiled with --threads=none.
bitnet_status bitnetThreadsRetain(bitnet_threads *threads);

/// Ends what bitnetThreadsRetain began.
void bitnetThreadsRelease(bitnet_threads *threads);

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_THREADS_H
