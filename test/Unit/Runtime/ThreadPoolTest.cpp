//===- ThreadPoolTest.cpp - Threads that models and graphs share
//-----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FailingThreads.h"
#include "FakeGraph.h"
#include "FakeModel.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <pthread.h>
#include <sched.h>
#include <thread>
#include <unistd.h>

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

TEST(ThreadPool, RunsOfModelsWait) {
  FakeGraph fake;
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(bitnet_threads_create(&fake.graph, 3, &threads), BITNET_OK);
  // Not atomic: only one run at a time writes it.
  uint64_t runs = 0;
  auto count = [](int64_t thread, int64_t, bitnet_member *member,
                  const void *argument) {
    bitnet_runtime_barrier(member);
    if (thread == 2)
      ++*static_cast<uint64_t *>(const_cast<void *>(argument));
    bitnet_runtime_barrier(member);
  };
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      for (int i = 0; i < 100; ++i)
        EXPECT_EQ(bitnetThreadsRun(threads, count, &runs, /*cancel=*/nullptr,
                                   BITNET_WAIT_FOR_THREADS),
                  BITNET_OK);
    });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(runs, 400u);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
}

TEST(ThreadPool, KeptWhileInUse) {
  FakeModel fake;
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(bitnet_model_threads_create(&fake.model, nullptr, &threads),
            BITNET_OK);
  EXPECT_EQ(bitnetThreadsRetain(threads), BITNET_OK);
  EXPECT_EQ(bitnetThreadsRetain(threads), BITNET_OK);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_BUSY);
  bitnetThreadsRelease(threads);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_BUSY);
  bitnetThreadsRelease(threads);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
  bitnet_threads_functions functions = {};
  functions.abi_version = BITNET_ABI_VERSION + 1;
  bitnet_threads others = {&functions, 2, 0};
  EXPECT_EQ(bitnetThreadsRetain(&others), BITNET_VERSION_MISMATCH);
  EXPECT_EQ(bitnet_threads_destroy(&others), BITNET_VERSION_MISMATCH);
}

TEST(ThreadPool, Options) {
  FakeGraph fake;
  const bitnet_threads_options defaults = BITNET_THREADS_OPTIONS_DEFAULT;
  auto create = [&](const bitnet_threads_options &options) {
    bitnet_threads *threads = nullptr;
    bitnet_status status =
        bitnet_graph_threads_create(&fake.graph, &options, &threads);
    EXPECT_EQ(threads != nullptr, status == BITNET_OK);
    EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
    return status;
  };
  EXPECT_EQ(create(defaults), BITNET_OK);
  bitnet_threads_options options = defaults;
  options.abi_version = BITNET_ABI_VERSION - 1;
  EXPECT_EQ(create(options), BITNET_VERSION_MISMATCH);
  options = defaults;
  options.flags = 1;
  EXPECT_EQ(create(options), BITNET_INVALID_ARGUMENT);
  options = defaults;
  options.count = 257;
  EXPECT_EQ(create(options), BITNET_INVALID_ARGUMENT);
  options = defaults;
  options.processor_count = 1;
  EXPECT_EQ(create(options), BITNET_INVALID_ARGUMENT);
  uint32_t processor = 0;
  options.processor_count = 0;
  options.processors = &processor;
  EXPECT_EQ(create(options), BITNET_INVALID_ARGUMENT);
}

/// Writes the processors that the threads may run on.
static void getProcessors(int64_t thread, int64_t, bitnet_member *member,
                          const void *argument) {
  auto *masks = static_cast<cpu_set_t *>(const_cast<void *>(argument));
  EXPECT_EQ(sched_getaffinity(0, sizeof(cpu_set_t), &masks[thread]), 0);
  bitnet_runtime_barrier(member);
}

TEST(ThreadPool, Affinity) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  std::vector<uint32_t> processors;
  for (uint32_t i = 0; i < CPU_SETSIZE && processors.size() < 3; ++i)
    if (CPU_ISSET(i, &before))
      processors.push_back(i);
  FakeGraph fake;
  bitnet_threads_options options = BITNET_THREADS_OPTIONS_DEFAULT;
  options.count = 5;
  options.processors = processors.data();
  options.processor_count = uint32_t(processors.size());
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(bitnet_graph_threads_create(&fake.graph, &options, &threads),
            BITNET_OK);
  cpu_set_t masks[5];
  EXPECT_EQ(bitnetThreadsRun(threads, getProcessors, masks,
                             /*cancel=*/nullptr, /*flags=*/0),
            BITNET_OK);
  EXPECT_TRUE(CPU_EQUAL(&masks[0], &before));
  for (uint32_t thread = 1; thread < 5; ++thread) {
    EXPECT_EQ(CPU_COUNT(&masks[thread]), 1);
    EXPECT_TRUE(
        CPU_ISSET(processors[thread % processors.size()], &masks[thread]));
  }
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
}

TEST(ThreadPool, ProcessorsThatAreNotThere) {
  FakeGraph fake;
  for (uint32_t wrong : {8191u, 8192u, UINT32_MAX})
    for (uint32_t place : {0, 1, 2}) {
      uint32_t processors[3];
      std::fill(processors, processors + 3, uint32_t(sched_getcpu()));
      processors[place] = wrong;
      bitnet_threads_options options = BITNET_THREADS_OPTIONS_DEFAULT;
      options.count = 2;
      options.processors = processors;
      options.processor_count = 3;
      bitnet_threads *threads = nullptr;
      EXPECT_EQ(bitnet_graph_threads_create(&fake.graph, &options, &threads),
                BITNET_UNAVAILABLE_PROCESSOR);
      EXPECT_EQ(threads, nullptr);
    }
}

TEST(ThreadPool, SignalsGoToTheApplication) {
  FakeGraph fake;
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(bitnet_threads_create(&fake.graph, 3, &threads), BITNET_OK);
  static std::atomic<pthread_t> receiver;
  receiver = 0;
  struct sigaction action = {}, before;
  action.sa_handler = [](int) { receiver = pthread_self(); };
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  // This thread would be preferred; with it out of the way, one of the others
  // would do.
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &set, &old), 0);
  ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
  FakeTensors tensors(5, 3);
  EXPECT_EQ(tensors.run(fake, threads), BITNET_OK);
  EXPECT_EQ(receiver, pthread_t(0));
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &old, nullptr), 0);
  EXPECT_EQ(receiver, pthread_self());
  EXPECT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
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
