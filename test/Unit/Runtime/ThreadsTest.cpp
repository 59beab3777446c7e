//===- ThreadsTest.cpp - Teams and barriers -------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Threads.h"
#include "FailingThreads.h"
#include "FakeModel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>

using namespace mlir::bitnet::test;

std::atomic<int> mlir::bitnet::test::threadsLeft{INT32_MAX};

extern "C" int __real_pthread_create(void *, const void *, void *(*)(void *),
                                     void *);
extern "C" int __wrap_pthread_create(void *handle, const void *attributes,
                                     void *(*function)(void *),
                                     void *argument) {
  if (threadsLeft.fetch_sub(1) <= 0)
    return EAGAIN;
  return __real_pthread_create(handle, attributes, function, argument);
}

namespace {

/// Not atomic: only the barriers order the threads.
struct Counters {
  uint64_t counts[BITNET_MOST_THREADS] = {};
  uint64_t errors[BITNET_MOST_THREADS] = {};
};

/// The argument of a pass.
struct Rounds {
  int64_t count;
  Counters *counters;
};

/// A team outside a session.
class Team {
public:
  explicit Team(uint32_t threads)
      : memory(std::aligned_alloc(64, bitnetTeamSize(threads)), &std::free) {
    EXPECT_EQ(bitnetTeamCreate(memory.get(), threads, &team), BITNET_OK);
  }
  ~Team() { bitnetTeamDestroy(team); }

  void run(bitnet_team_function function, const Rounds &rounds) {
    EXPECT_EQ(bitnetTeamRun(team, function, &rounds, /*cancel=*/nullptr),
              BITNET_OK);
  }
  operator bitnet_team *() const { return team; }

private:
  std::unique_ptr<void, decltype(&std::free)> memory;
  bitnet_team *team = nullptr;
};

} // namespace

/// Counts rounds; after every barrier all threads are in the same round.
static void countRounds(int64_t thread, int64_t threadCount,
                        bitnet_member *member, const void *argument) {
  auto [rounds, counters] = *static_cast<const Rounds *>(argument);
  for (int64_t round = 0; round < rounds; ++round) {
    ++counters->counts[thread];
    bitnet_runtime_barrier(member);
    for (int64_t other = 0; other < threadCount; ++other)
      counters->errors[thread] +=
          counters->counts[other] != counters->counts[thread];
    bitnet_runtime_barrier(member);
  }
}

/// As countRounds, with one thread that comes so late that the others sleep.
static void countLate(int64_t thread, int64_t threadCount,
                      bitnet_member *member, const void *argument) {
  auto [rounds, counters] = *static_cast<const Rounds *>(argument);
  Rounds one = {1, counters};
  for (int64_t round = 0; round < rounds; ++round) {
    if (round % threadCount == thread)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    countRounds(thread, threadCount, member, &one);
  }
}

static void expectCounts(const Counters &counters, uint32_t threads,
                         uint64_t expected) {
  for (uint32_t thread = 0; thread < threads; ++thread) {
    EXPECT_EQ(counters.counts[thread], expected);
    EXPECT_EQ(counters.errors[thread], 0u);
  }
}

TEST(Threads, BarriersKeepThreadsInStep) {
  for (uint32_t threads : {1, 2, 3, 8, 9, 20}) {
    Team team(threads);
    Counters counters;
    // Fewer where every barrier needs the scheduler.
    int64_t rounds = threads <= 2 ? 20000 : 2000;
    team.run(countRounds, {rounds, &counters});
    expectCounts(counters, threads, rounds);
  }
}

TEST(Threads, NoTeamIsThisThread) {
  Counters counters;
  Rounds rounds = {100, &counters};
  EXPECT_EQ(bitnetTeamRun(nullptr, countRounds, &rounds, /*cancel=*/nullptr),
            BITNET_OK);
  expectCounts(counters, 1, 100);
}

TEST(Threads, ManyShortPasses) {
  for (uint32_t threads : {1, 2, 3, 8, 9, 20}) {
    Team team(threads);
    Counters counters;
    uint64_t passes = threads <= 2 ? 20000 : 2000;
    for (uint64_t pass = 0; pass < passes; ++pass)
      team.run(countRounds, {1, &counters});
    expectCounts(counters, threads, passes);
  }
}

TEST(Threads, SleepersAreWoken) {
  for (uint32_t threads : {2, 3, 8, 17}) {
    Team team(threads);
    Counters counters;
    for (int pass = 0; pass < 10; ++pass) {
      team.run(countLate, {8, &counters});
      // Longer than the threads spin.
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    expectCounts(counters, threads, 80);
  }
}

TEST(Threads, TeamsThatNeverRun) {
  for (uint32_t threads : {1, 2, 8, 64})
    for (int i = 0; i < 20; ++i)
      Team team(threads);
}

/// Processor time that this process takes in 200 milliseconds of doing nothing.
static double measureIdleSeconds() {
  std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  return double(std::clock() - before) / CLOCKS_PER_SEC;
}

TEST(Threads, IdleTeamsSleep) {
  Team team(8);
  Counters counters;
  team.run(countRounds, {1, &counters});
  EXPECT_LT(measureIdleSeconds(), 0.02);
}

TEST(Threads, IdleSessionsSleep) {
  FakeModel model;
  TestSession first(model, 4), second(model, 3);
  EXPECT_EQ(first.evaluate({1, 2, 3}), BITNET_OK);
  EXPECT_EQ(second.evaluate({1, 2, 3}), BITNET_OK);
  EXPECT_LT(measureIdleSeconds(), 0.02);
}

namespace {

/// The argument of a pass that is cancelled in the middle.
struct Cancelling {
  uint32_t *word;
  /// The thread that cancels, and in which round.
  int64_t thread, round;
  /// In how many rounds each thread was.
  int64_t rounds[BITNET_MOST_THREADS];
  int32_t answers[BITNET_MOST_THREADS];
};

} // namespace

/// Ends after 40 rounds, or as soon as a barrier says so.
static void runUntilCancelled(int64_t thread, int64_t, bitnet_member *member,
                              const void *argument) {
  auto *call = static_cast<Cancelling *>(const_cast<void *>(argument));
  int64_t round = 0;
  int32_t answer = 0;
  for (; round < 40 && answer == 0; ++round) {
    if (round == call->round && thread == call->thread)
      __atomic_store_n(call->word, 1, __ATOMIC_RELAXED);
    answer = bitnet_runtime_barrier(member);
  }
  call->rounds[thread] = round;
  call->answers[thread] = answer;
  if (answer == 0)
    bitnet_runtime_barrier(member);
}

/// As bitnetTeamRun, and waits until all threads have written what they write
/// after the last barrier.
static bitnet_status runToTheEnd(bitnet_team *team, Cancelling &call,
                                 const uint32_t *cancel) {
  bitnet_status status = bitnetTeamRun(team, runUntilCancelled, &call, cancel);
  Counters counters;
  Rounds rounds = {1, &counters};
  EXPECT_EQ(bitnetTeamRun(team, countRounds, &rounds, /*cancel=*/nullptr),
            BITNET_OK);
  return status;
}

TEST(Threads, AllEndAtTheSameBarrier) {
  for (uint32_t threads : {1, 2, 3, 8, 9, 20}) {
    Team team(threads);
    for (uint32_t i = 0; i < 20; ++i) {
      uint32_t word = 0;
      Cancelling call = {&word, i % threads, i % 15, {}, {}};
      EXPECT_EQ(runToTheEnd(team, call, &word), BITNET_CANCELLED);
      // The last thread to come to the barrier of that round sees it.
      for (uint32_t thread = 0; thread < threads; ++thread) {
        EXPECT_EQ(call.rounds[thread], i % 15 + 1);
        EXPECT_EQ(call.answers[thread], 1);
      }
      // The next pass is whole again.
      word = 0;
      call.round = -1;
      EXPECT_EQ(runToTheEnd(team, call, &word), BITNET_OK);
      EXPECT_EQ(call.rounds[threads - 1], 40);
      EXPECT_EQ(runToTheEnd(team, call, nullptr), BITNET_OK);
    }
  }
}

TEST(Threads, CancelledByAnotherThread) {
  for (uint32_t threads : {1, 2, 5}) {
    Team team(threads);
    for (int i = 0; i < 100; ++i) {
      uint32_t word = 0;
      Cancelling call = {&word, 0, -1, {}, {}};
      std::thread other([&] { __atomic_store_n(&word, 1, __ATOMIC_RELAXED); });
      bitnet_status status = runToTheEnd(team, call, &word);
      other.join();
      // All in the same round, whichever it was.
      for (uint32_t thread = 0; thread < threads; ++thread) {
        EXPECT_EQ(call.rounds[thread], call.rounds[0]);
        EXPECT_EQ(call.answers[thread], call.answers[0]);
      }
      if (status == BITNET_OK)
        EXPECT_EQ(call.rounds[0], 40);
      else
        EXPECT_EQ(status, BITNET_CANCELLED);
    }
  }
}

TEST(Threads, NumberOfThreads) {
  EXPECT_EQ(bitnetTeamThreads(1), 1u);
  EXPECT_EQ(bitnetTeamThreads(256), 256u);
  EXPECT_EQ(bitnetTeamThreads(257), 0u);
  EXPECT_GE(bitnetTeamThreads(0), 1u);
  EXPECT_LE(bitnetTeamThreads(0), 256u);
}

TEST(Threads, FailureLeavesNothingBehind) {
  FakeModel model;
  for (int left : {0, 1, 5}) {
    bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
    options.threads = 8;
    bitnet_session *session = nullptr;
    threadsLeft = left;
    EXPECT_EQ(bitnet_session_create(&model.model, &options, &session),
              BITNET_THREAD_FAILURE);
    threadsLeft = INT32_MAX;
    EXPECT_EQ(session, nullptr);
  }
}

TEST(Threads, SessionsAreIndependent) {
  FakeModel model;
  std::vector<int32_t> tokens = makeTokens(FakeModel::contextLength, 6);
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      TestSession session(model, 2);
      for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(session.evaluate(tokens), BITNET_OK);
        EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(tokens));
        EXPECT_EQ(bitnet_session_reset(session, 0), BITNET_OK);
      }
    });
  for (std::thread &user : users)
    user.join();
}
