//===- ThreadsNone.c - The team of one ------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Stands in for Threads.c in objects compiled with --threads=none.
//
//===----------------------------------------------------------------------===//
#include "System.h"
#include "Threads.h"

struct bitnet_member {
  const uint32_t *cancel;
};

struct bitnet_team {
  _Alignas(BITNET_ALIGNMENT) struct bitnet_member only;
};

uint32_t bitnetTeamThreads(uint32_t requested) { return requested <= 1; }

uint64_t bitnetTeamSize(uint32_t threads) {
  (void)threads;
  return sizeof(struct bitnet_team);
}

bitnet_status bitnetTeamCreate(void *memory, uint32_t threads,
                               struct bitnet_team **team) {
  *team = memory;
  return BITNET_OK;
}

void bitnetTeamDestroy(struct bitnet_team *team) { (void)team; }

bitnet_status bitnetTeamRun(struct bitnet_team *team,
                            bitnet_team_function function, const void *argument,
                            const uint32_t *cancel) {
  struct bitnet_member alone;
  struct bitnet_member *member = team ? &team->only : &alone;
  member->cancel = cancel;
  function(0, 1, member, argument);
  return bitnet_runtime_barrier(member) ? BITNET_CANCELLED : BITNET_OK;
}

int32_t bitnet_runtime_barrier(struct bitnet_member *member) {
  // A signal handler may set it.
  return member->cancel &&
         __atomic_load_n(member->cancel, __ATOMIC_RELAXED) != 0;
}

bitnet_status bitnetLock(struct bitnet_lock *lock) {
  (void)lock;
  return BITNET_OK;
}

bitnet_status bitnetTryLock(struct bitnet_lock *lock) {
  (void)lock;
  return BITNET_OK;
}

void bitnetUnlock(struct bitnet_lock *lock) { (void)lock; }
