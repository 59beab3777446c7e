//===- ExecutorTest.cpp - Runs on threads of the application --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeGraph.h"
#include "FakeModel.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

using namespace mlir::bitnet::test;

namespace {

using Task = void (*)(void *, uint32_t);

/// An executor of a function of this file.
struct Executor {
  std::function<void(Task, void *)> run;
  bitnet_executor base;

  Executor(uint32_t threads, std::function<void(Task, void *)> run)
      : run(std::move(run)),
        base{this, threads, 0, [](void *user, Task task, void *argument) {
               static_cast<Executor *>(user)->run(task, argument);
             }} {}

  bitnet_status create(bitnet_threads **threads) const {
    FakeGraph fake;
    bitnet_threads_options options = BITNET_THREADS_OPTIONS_DEFAULT;
    options.executor = &base;
    return bitnet_graph_threads_create(&fake.graph, &options, threads);
  }
};

} // namespace

/// Runs every task on a thread made for it, in the opposite order.
static void runOnNewThreads(uint32_t count, Task task, void *argument) {
  std::vector<std::thread> threads;
  for (uint32_t index = count; index-- != 0;)
    threads.emplace_back(task, argument, index);
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Executor, RunsGraphs) {
  FakeGraph fake;
  for (uint32_t count : {1, 2, 5, 9}) {
    Executor executor(count, [=](Task task, void *argument) {
      runOnNewThreads(count, task, argument);
    });
    bitnet_threads *threads = nullptr;
    ASSERT_EQ(executor.create(&threads), BITNET_OK);
    EXPECT_EQ(bitnet_threads_count(threads), count);
    for (size_t batch = 1; batch < 20; ++batch) {
      FakeTensors tensors(batch, 3);
      EXPECT_EQ(tensors.run(fake, threads), BITNET_OK);
      tensors.checkOutputs();
    }
    EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
  }
}

TEST(Executor, Cancellation) {
  Executor executor(
      3, [](Task task, void *argument) { runOnNewThreads(3, task, argument); });
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(executor.create(&threads), BITNET_OK);
  auto function = [](int64_t, int64_t, bitnet_member *member, const void *) {
    bitnet_runtime_barrier(member);
  };
  for (uint32_t cancel : {0, 1, 0})
    EXPECT_EQ(bitnetThreadsRun(threads, function, nullptr, &cancel,
                               BITNET_WAIT_FOR_THREADS),
              cancel ? BITNET_CANCELLED : BITNET_OK);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
}

TEST(Executor, OneTaskAfterTheOther) {
  Executor executor(3, [](Task task, void *argument) {
    for (uint32_t index = 0; index < 3; ++index)
      task(argument, index);
  });
  bitnet_threads *threads = nullptr;
  EXPECT_EQ(executor.create(&threads), BITNET_THREAD_FAILURE);
  EXPECT_EQ(threads, nullptr);
}

TEST(Executor, NoTasks) {
  bool isClosed = true;
  Executor executor(2, [&](Task task, void *argument) {
    if (!isClosed)
      runOnNewThreads(2, task, argument);
  });
  bitnet_threads *threads = nullptr;
  EXPECT_EQ(executor.create(&threads), BITNET_THREAD_FAILURE);
  isClosed = false;
  ASSERT_EQ(executor.create(&threads), BITNET_OK);
  FakeGraph fake;
  FakeTensors tensors(5, 3);
  isClosed = true;
  EXPECT_EQ(tensors.run(fake, threads), BITNET_THREAD_FAILURE);
  isClosed = false;
  EXPECT_EQ(tensors.run(fake, threads), BITNET_OK);
  tensors.checkOutputs();
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
}

TEST(Executor, TasksThatThereAreNot) {
  Executor executor(2, [](Task task, void *argument) {
    runOnNewThreads(2, task, argument);
    task(argument, 2);
    task(argument, UINT32_MAX);
  });
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(executor.create(&threads), BITNET_OK);
  FakeGraph fake;
  FakeTensors tensors(5, 3);
  EXPECT_EQ(tensors.run(fake, threads), BITNET_OK);
  tensors.checkOutputs();
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
}

TEST(Executor, Options) {
  FakeModel model;
  Executor executor(
      2, [](Task task, void *argument) { runOnNewThreads(2, task, argument); });
  uint32_t processor = 0;
  bitnet_threads_options options = BITNET_THREADS_OPTIONS_DEFAULT;
  options.executor = &executor.base;
  auto create = [&](const bitnet_threads_options &wrong) {
    bitnet_threads *threads = nullptr;
    bitnet_status status =
        bitnet_model_threads_create(&model.model, &wrong, &threads);
    EXPECT_EQ(threads, nullptr);
    return status;
  };
  bitnet_threads_options wrong = options;
  wrong.count = 2;
  EXPECT_EQ(create(wrong), BITNET_INVALID_ARGUMENT);
  wrong = options;
  wrong.processors = &processor;
  wrong.processor_count = 1;
  EXPECT_EQ(create(wrong), BITNET_INVALID_ARGUMENT);
  for (uint32_t count : {0, 257}) {
    executor.base.threads = count;
    EXPECT_EQ(create(options), BITNET_INVALID_ARGUMENT);
  }
  executor.base.threads = 2;
  executor.base.reserved = 1;
  EXPECT_EQ(create(options), BITNET_INVALID_ARGUMENT);
  executor.base.reserved = 0;
  executor.base.run = nullptr;
  EXPECT_EQ(create(options), BITNET_INVALID_ARGUMENT);
}
