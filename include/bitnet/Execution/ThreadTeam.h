//===- ThreadTeam.h - The runtime's threads in this process -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXECUTION_THREADTEAM_H
#define BITNET_EXECUTION_THREADTEAM_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <utility>

struct bitnet_member;
struct bitnet_team;

namespace mlir::bitnet {

/// The team and the barrier that sessions of compiled models have
/// (lib/Runtime/Threads.c), so that what is measured with several threads is
/// what models do.
class ThreadTeam {
public:
  /// Most threads of a team.
  static const unsigned mostThreads;

  /// The number of processors that this process may run on; at least 1.
  static unsigned getProcessors();

  /// Starts `threads` - 1 threads; the caller's is thread 0. Errors: a number
  /// outside [1, mostThreads], no memory, or a thread that cannot be started.
  static llvm::Expected<ThreadTeam> create(unsigned threads);
  ThreadTeam(ThreadTeam &&);
  ~ThreadTeam();

  unsigned getThreadCount() const { return threadCount; }

  /// A thread that runs a body.
  class Member {
  public:
    /// Waits until all threads are here.
    void barrier() const;

    /// 0 to threadCount - 1.
    const int64_t thread;

  private:
    friend class ThreadTeam;
    Member(int64_t thread, bitnet_member *place)
        : thread(thread), place(place) {}
    bitnet_member *place;
  };

  /// Calls `body` for each member of the team at the same time, each on its
  /// thread, and returns when all calls have.
  void run(llvm::function_ref<void(Member member)> body);

  /// The share of `thread` of tiles [0, tiles): the one that generated code
  /// gives it.
  std::pair<int64_t, int64_t> getShare(int64_t thread, int64_t tiles) const {
    return {thread * tiles / threadCount, (thread + 1) * tiles / threadCount};
  }

private:
  ThreadTeam(std::unique_ptr<void, void (*)(void *)> memory, bitnet_team *team,
             unsigned threadCount);

  std::unique_ptr<void, void (*)(void *)> memory;
  bitnet_team *team;
  unsigned threadCount;
};

} // namespace mlir::bitnet

#endif // BITNET_EXECUTION_THREADTEAM_H
