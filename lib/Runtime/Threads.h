//===- Threads.h - The threads that run a model -------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A team is the caller's thread (index 0) and threads of its own that sleep
// between passes. Threads.c has it; ThreadsNone.c is the team of one that needs
// no thread library.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_THREADS_H
#define BITNET_LIB_RUNTIME_THREADS_H

#include "bitnet/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Most threads in a team (runtime.h and graph.h promise this number).
#define BITNET_MOST_THREADS 256

/// Threads that run passes together. Its layout, and that of struct
/// bitnet_member, belongs to BITNET_ABI_VERSION: graphs of different objects
/// may share a team.
struct bitnet_team;

/// The place of a thread among those of a team. Generated code only passes it
/// on to bitnet_runtime_barrier.
struct bitnet_member;

/// What the threads of a team run: thread `thread` of `threadCount`, with a
/// `member` to pass to bitnet_runtime_barrier. All return after a barrier and
/// do not read `argument` after it.
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

/// Ends and joins the threads.
void bitnetTeamDestroy(struct bitnet_team *team);

/// Calls `function` with `argument` on every thread of the team, or on this one
/// alone if `team` is null, and returns when all have passed its last barrier.
void bitnetTeamRun(struct bitnet_team *team, bitnet_team_function function,
                   const void *argument);

/// Waits until all threads of the team are here. What any of them wrote before
/// is visible to all of them after. Called by generated code about a hundred
/// times per token.
void bitnet_runtime_barrier(struct bitnet_member *member);

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_THREADS_H
