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
  uint32_t index;
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
  (*team)->only.index = 0;
  return BITNET_OK;
}

void bitnetTeamDestroy(struct bitnet_team *team) { (void)team; }

void bitnetTeamRun(struct bitnet_team *team, bitnet_team_function function,
                   const void *argument) {
  struct bitnet_member alone = {0};
  function(0, 1, team ? &team->only : &alone, argument);
}

void bitnet_runtime_barrier(struct bitnet_member *member) { (void)member; }
