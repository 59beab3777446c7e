//===- ForkTest.cpp - Processes that are forked ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The children do not use GoogleTest: they say by their exit status which check
// failed.
//
//===----------------------------------------------------------------------===//
#include "FakeGraph.h"
#include "FakeModel.h"
#include "Lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mlir::bitnet::test;

// ThreadSanitizer can not follow threads that forked processes start.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BITNET_THREAD_SANITIZER
#endif
#endif
#if defined(BITNET_THREAD_SANITIZER)
static constexpr bool childrenStartThreads = false;
#else
static constexpr bool childrenStartThreads = true;
#endif

/// Forks and runs `child`, which returns 0 or the line of a check that failed.
static void expectInChild(const std::function<int()> &child) {
  pid_t process = fork();
  ASSERT_GE(process, 0);
  if (process == 0) {
    int line = child();
    // An exit status has eight bits.
    if (line != 0)
      dprintf(STDERR_FILENO, "the check in line %d failed\n", line);
    _exit(line != 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(process, &status, 0), process);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define CHECK(condition)                                                       \
  if (!(condition))                                                            \
  return __LINE__

TEST(Fork, SessionsOfSeveralThreads) {
  FakeModel model;
  TestSession session(model, 3);
  ASSERT_EQ(session.evaluate({1, 2, 3}), BITNET_OK);
  expectInChild([&] {
    const int32_t token = 4;
    uint32_t position = 0;
    CHECK(bitnet_evaluate(session, &token, 1) == BITNET_FORKED);
    CHECK(bitnet_evaluate(session, &token, 1) == BITNET_FORKED);
    CHECK(bitnet_session_position(session, &position) == BITNET_OK);
    CHECK(position == 3);
    // Its memory is freed; nobody is waited for.
    bitnet_session_destroy(session);
    bitnet_session *own = nullptr;
    bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
    options.threads = childrenStartThreads ? 2 : 1;
    CHECK(bitnet_session_create(&model.model, &options, &own) == BITNET_OK);
    CHECK(bitnet_evaluate(own, &token, 1) == BITNET_OK);
    bitnet_session_destroy(own);
    return 0;
  });
  // The parent goes on.
  EXPECT_EQ(session.evaluate({4, 5}), BITNET_OK);
  EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits({1, 2, 3, 4, 5}));
}

TEST(Fork, SessionsOfOneThread) {
  FakeModel model;
  TestSession session(model, 1);
  ASSERT_EQ(session.evaluate({1, 2, 3}), BITNET_OK);
  std::vector<float> expected = FakeModel::expectedLogits({1, 2, 3, 4});
  expectInChild([&] {
    const int32_t token = 4;
    const float *logits = nullptr;
    CHECK(bitnet_evaluate(session, &token, 1) == BITNET_OK);
    CHECK(bitnet_logits(session, &logits) == BITNET_OK);
    CHECK(std::equal(expected.begin(), expected.end(), logits));
    bitnet_session_destroy(session);
    return 0;
  });
}

TEST(Fork, Graphs) {
  FakeGraph fake;
  FakeTensors tensors(5, 3);
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(bitnet_threads_create(&fake.graph, 3, &threads), BITNET_OK);
  EXPECT_EQ(tensors.run(fake, threads), BITNET_OK);
  expectInChild([&] {
    CHECK(tensors.run(fake, threads) == BITNET_FORKED);
    CHECK(tensors.run(fake, nullptr) == BITNET_OK);
    CHECK(bitnet_threads_destroy(threads) == BITNET_OK);
    if (childrenStartThreads) {
      CHECK(bitnet_threads_create(&fake.graph, 2, &threads) == BITNET_OK);
      CHECK(tensors.run(fake, threads) == BITNET_OK);
      CHECK(bitnet_threads_destroy(threads) == BITNET_OK);
    }
    return 0;
  });
  EXPECT_EQ(tensors.run(fake, threads), BITNET_OK);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
}

TEST(Fork, InTheMiddleOfARun) {
  static std::atomic<bool> hasBegun, mayEnd;
  hasBegun = mayEnd = false;
  FakeGraph slow, fake;
  slow.variants[0].run = [](int64_t, int64_t, bitnet_member *member,
                            const void *) {
    hasBegun = true;
    while (!mayEnd)
      std::this_thread::yield();
    bitnet_runtime_barrier(member);
  };
  FakeTensors slowTensors(1, 1), tensors(5, 3);
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(bitnet_threads_create(&fake.graph, 1, &threads), BITNET_OK);
  std::thread other(
      [&] { EXPECT_EQ(slowTensors.run(slow, threads), BITNET_OK); });
  while (!hasBegun)
    std::this_thread::yield();
  expectInChild([&] {
    CHECK(tensors.run(fake, threads) == BITNET_FORKED);
    CHECK(bitnet_threads_destroy(threads) == BITNET_OK);
    return 0;
  });
  mayEnd = true;
  other.join();
  EXPECT_EQ(tensors.run(fake, threads), BITNET_OK);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
}

TEST(Fork, Locks) {
  bitnet_lock held = {}, released = {};
  ASSERT_EQ(bitnetLock(&held), BITNET_OK);
  ASSERT_EQ(bitnetLock(&released), BITNET_OK);
  bitnetUnlock(&released);
  expectInChild([&] {
    CHECK(bitnetLock(&held) == BITNET_FORKED);
    CHECK(bitnetTryLock(&held) == BITNET_FORKED);
    CHECK(bitnetLock(&released) == BITNET_OK);
    CHECK(bitnetTryLock(&released) == BITNET_BUSY);
    bitnetUnlock(&released);
    return 0;
  });
  EXPECT_EQ(bitnetTryLock(&held), BITNET_BUSY);
  bitnetUnlock(&held);
}
