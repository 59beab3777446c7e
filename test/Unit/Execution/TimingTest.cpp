//===- TimingTest.cpp - Measuring in turn ---------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/Timing.h"

#include <gtest/gtest.h>
#include <thread>

using namespace mlir::bitnet;

namespace {
TEST(SummarizeTest, FindsMedianAndBest) {
  Timing odd = summarize({3, 1, 2});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.best, 1);
  EXPECT_EQ(odd.rounds, 3u);
  EXPECT_EQ(summarize({4, 1, 2, 3}).median, 2.5);
}

/// Takes at least that long a call, and counts them.
struct Sleeper {
  std::chrono::microseconds duration;
  int64_t calls = 0;

  void run(int64_t count) {
    std::this_thread::sleep_for(duration * count);
    calls += count;
  }
};

TEST(MeasureInTurnTest, RepeatsShortCallsAndTakesTurns) {
  volatile int64_t counter = 0;
  std::vector<int64_t> samples;
  Sleeper something{std::chrono::microseconds(400)};
  std::vector<int> order;
  std::vector<std::function<void(int64_t)>> candidates = {
      [&](int64_t count) {
        order.push_back(0);
        samples.push_back(count);
        for (int64_t i = 0; i < count; ++i)
          counter = counter + 1;
      },
      [&](int64_t count) {
        order.push_back(1);
        something.run(count);
      }};
  unsigned rounds = 0;
  std::vector<Timing> timings =
      measureInTurn(candidates, {/*rounds=*/3, /*sampleSeconds=*/0.02},
                    [&](unsigned round, unsigned all) {
                      EXPECT_EQ(round, rounds++);
                      EXPECT_EQ(all, 3u);
                    });
  EXPECT_EQ(rounds, 3u);
  ASSERT_EQ(timings.size(), 2u);
  // sleep_for never returns early.
  EXPECT_GT(timings[0].best, 0);
  EXPECT_GE(timings[1].best, 400e-6);
  for (const Timing &timing : timings) {
    EXPECT_EQ(timing.rounds, 3u);
    EXPECT_GE(timing.median, timing.best);
  }
  EXPECT_EQ(std::vector<int>(order.end() - 6, order.end()),
            (std::vector<int>{0, 1, 0, 1, 0, 1}));
  // The first call warms up; samples of more calls follow.
  EXPECT_EQ(samples.front(), 1);
  EXPECT_GT(samples.back(), 1);
}

TEST(MeasureInTurnTest, GivesLongCallsFewerRounds) {
  Sleeper sleeper{std::chrono::microseconds(5000)};
  std::vector<Timing> timings = measureInTurn(
      std::function<void(int64_t)>([&](int64_t count) { sleeper.run(count); }),
      {/*rounds=*/50, /*sampleSeconds=*/0.001, /*mostSeconds=*/0.02});
  EXPECT_GE(timings[0].rounds, 1u);
  EXPECT_LE(timings[0].rounds, 4u);
  EXPECT_EQ(sleeper.calls, 2 + timings[0].rounds);
}
} // namespace
