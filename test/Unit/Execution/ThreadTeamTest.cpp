//===- ThreadTeamTest.cpp - Teams for measurements ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/ThreadTeam.h"

#include <atomic>
#include <gtest/gtest.h>
#include <vector>

using namespace mlir::bitnet;

namespace {
TEST(ThreadTeamTest, RunsOnEveryThreadWithBarriers) {
  for (unsigned threads : {1u, 2u, 5u}) {
    llvm::Expected<ThreadTeam> team = ThreadTeam::create(threads);
    ASSERT_TRUE(bool(team));
    EXPECT_EQ(team->getThreadCount(), threads);
    std::vector<int> calls(threads);
    std::atomic<unsigned> arrived{0}, early{0};
    for (int i = 0; i < 20; ++i) {
      arrived = 0;
      team->run([&](ThreadTeam::Member member) {
        ++calls[member.thread];
        ++arrived;
        member.barrier();
        early += arrived != threads;
      });
    }
    EXPECT_EQ(calls, std::vector<int>(threads, 20));
    EXPECT_EQ(early, 0u);
  }
}

TEST(ThreadTeamTest, SharesTilesOutWithoutGaps) {
  llvm::Expected<ThreadTeam> team = ThreadTeam::create(3);
  ASSERT_TRUE(bool(team));
  for (int64_t tiles : {0, 1, 2, 3, 100}) {
    int64_t next = 0;
    for (int64_t thread = 0; thread < 3; ++thread) {
      auto [begin, end] = team->getShare(thread, tiles);
      EXPECT_EQ(begin, next);
      EXPECT_LE(end - begin, (tiles + 2) / 3);
      next = end;
    }
    EXPECT_EQ(next, tiles);
  }
}

TEST(ThreadTeamTest, RefusesNoneAndTooMany) {
  for (unsigned threads : {0u, ThreadTeam::mostThreads + 1}) {
    llvm::Expected<ThreadTeam> team = ThreadTeam::create(threads);
    ASSERT_FALSE(bool(team));
    EXPECT_EQ(llvm::toString(team.takeError()),
              "expects 1 to 256 threads, found " + std::to_string(threads));
  }
}
} // namespace
