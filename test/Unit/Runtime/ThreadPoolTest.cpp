//===- ThreadPoolTest.cpp - Threads that graphs share ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FailingThreads.h"
#include "FakeGraph.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

using namespace mlir::bitnet::test;

/// Tells that a run has begun, and lets it go on.
static std::atomic<bool> hasBegun, mayEnd;

static void waitForTest(int64_t thread, int64_t, bitnet_member *member,
                        const void *) {
  if (thread == 0) {
    hasBegun = true;
    while (!mayEnd)
      std::this_thread::yield();
  }
  bitnet_runtime_barrier(member);
}

TEST(ThreadPool, OneRunAtATime) {
  FakeGraph slow, fake;
  slow.variants[0].run = waitForTest;
  FakeTensors slowTensors(1, 1), tensors(5, 3);
  for (uint32_t count : {1, 3}) {
    bitnet_threads *threads = nullptr;
    ASSERT_EQ(bitnet_threads_create(&fake.graph, count, &threads), BITNET_OK);
    hasBegun = mayEnd = false;
    std::thread other(
        [&] { EXPECT_EQ(slowTensors.run(slow, threads), BITNET_OK); });
    while (!hasBegun)
      std::this_thread::yield();
    EXPECT_EQ(tensors.run(fake, threads), BITNET_BUSY);
    EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_BUSY);
    // A run that needs no threads goes on.
    EXPECT_EQ(tensors.run(fake), BITNET_OK);
    tensors.checkOutputs();
    mayEnd = true;
    other.join();
    EXPECT_EQ(tensors.run(fake, threads), BITNET_OK);
    tensors.checkOutputs();
    EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
  }
}

TEST(ThreadPool, SharedByGraphsAndThreads) {
  FakeGraph first, second;
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(bitnet_threads_create(&first.graph, 3, &threads), BITNET_OK);
  std::vector<std::thread> users;
  for (const FakeGraph *graph : {&first, &second, &first})
    users.emplace_back([=] {
      FakeTensors tensors(7, 5);
      for (int done = 0; done < 50;) {
        bitnet_status status = tensors.run(*graph, threads);
        if (status == BITNET_BUSY) {
          std::this_thread::yield();
          continue;
        }
        ASSERT_EQ(status, BITNET_OK);
        tensors.checkOutputs();
        ++done;
      }
    });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
}

TEST(ThreadPool, Numbers) {
  FakeGraph fake;
  bitnet_threads *threads = nullptr;
  EXPECT_EQ(bitnet_threads_create(&fake.graph, 257, &threads),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_threads_create(&fake.graph, 2, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(threads, nullptr);
  ASSERT_EQ(bitnet_threads_create(&fake.graph, 0, &threads), BITNET_OK);
  EXPECT_GE(bitnet_threads_count(threads), 1u);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
  EXPECT_EQ(bitnet_threads_count(nullptr), 1u);
  EXPECT_EQ(bitnet_threads_destroy(nullptr), BITNET_OK);
}

TEST(ThreadPool, FailureLeavesNothingBehind) {
  FakeGraph fake;
  for (int left : {0, 1, 5}) {
    bitnet_threads *threads = nullptr;
    threadsLeft = left;
    EXPECT_EQ(bitnet_threads_create(&fake.graph, 8, &threads),
              BITNET_THREAD_FAILURE);
    threadsLeft = INT32_MAX;
    EXPECT_EQ(threads, nullptr);
  }
}
