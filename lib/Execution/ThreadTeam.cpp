//===- ThreadTeam.cpp - The runtime's threads in this process -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/ThreadTeam.h"

#include "System.h"
#include "Threads.h"

#include <cassert>

using namespace mlir::bitnet;

const unsigned ThreadTeam::mostThreads = BITNET_MOST_THREADS;

unsigned ThreadTeam::getProcessors() { return bitnetSystemProcessors(); }

llvm::Expected<ThreadTeam> ThreadTeam::create(unsigned threads) {
  if (threads < 1 || threads > mostThreads)
    return llvm::createStringError("expects 1 to " + llvm::Twine(mostThreads) +
                                   " threads, found " + llvm::Twine(threads));
  std::unique_ptr<void, void (*)(void *)> memory(
      bitnetSystemAllocate(bitnetTeamSize(threads)), &bitnetSystemFree);
  if (!memory)
    return llvm::createStringError("out of memory");
  bitnet_team *team = nullptr;
  if (bitnetTeamCreate(memory.get(), threads, &team) != BITNET_OK)
    return llvm::createStringError("cannot start " + llvm::Twine(threads) +
                                   " threads");
  return ThreadTeam(std::move(memory), team, threads);
}

ThreadTeam::ThreadTeam(std::unique_ptr<void, void (*)(void *)> memory,
                       bitnet_team *team, unsigned threadCount)
    : memory(std::move(memory)), team(team), threadCount(threadCount) {}

ThreadTeam::ThreadTeam(ThreadTeam &&other)
    : memory(std::move(other.memory)), team(std::exchange(other.team, nullptr)),
      threadCount(other.threadCount) {}

ThreadTeam::~ThreadTeam() {
  if (team)
    bitnetTeamDestroy(team);
}

void ThreadTeam::Member::barrier() const { bitnet_runtime_barrier(place); }

void ThreadTeam::run(llvm::function_ref<void(Member)> body) {
  bitnet_team_function function = [](int64_t thread, int64_t,
                                     bitnet_member *place,
                                     const void *argument) {
    Member member(thread, place);
    (*static_cast<const llvm::function_ref<void(Member)> *>(argument))(member);
    member.barrier();
  };
  [[maybe_unused]] bitnet_status status =
      bitnetTeamRun(team, function, &body, /*cancel=*/nullptr);
  assert(status == BITNET_OK && "the process was forked");
}
