//===- NoThreadsTest.cpp - The runtime of --threads=none ------------------===//
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

#include <algorithm>
#include <cstdlib>
#include <memory>

using namespace mlir::bitnet::test;

static bitnet_session_options makeOptions(uint32_t threads = 0) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.threads = threads;
  return options;
}

TEST(NoThreads, OneThreadAtMost) {
  FakeModel model;
  uint64_t size;
  bitnet_session_options options = makeOptions(2);
  EXPECT_EQ(bitnet_session_memory_size(&model.model, &options, &size),
            BITNET_INVALID_ARGUMENT);
}

TEST(NoThreads, NoMemoryOfItsOwn) {
  FakeModel model;
  bitnet_session *session;
  EXPECT_EQ(bitnet_session_create(&model.model, nullptr, &session),
            BITNET_OUT_OF_MEMORY);
}

TEST(NoThreads, VariantByTheOptions) {
  FakeModel model;
  model.setVariants(
      {FakeModel::makeVariant("best"), FakeModel::makeVariant("least")});
  bitnet_session_options options = makeOptions();
  ASSERT_EQ(
      bitnet_session_memory_size(&model.model, &options, &options.memory_size),
      BITNET_OK);
  std::unique_ptr<void, decltype(&std::free)> memory(
      std::aligned_alloc(64, options.memory_size), &std::free);
  options.memory = memory.get();
  options.variant = "least";
  bitnet_session *session;
  uint32_t index = 7;
  ASSERT_EQ(bitnet_session_create(&model.model, &options, &session), BITNET_OK);
  EXPECT_EQ(bitnet_session_variant(session, &index), BITNET_OK);
  EXPECT_EQ(index, 1u);
  bitnet_session_destroy(session);
}

TEST(NoThreads, GeneratesAndScoresWithoutMemoryOfItsOwn) {
  FakeModel model;
  bitnet_session_options options = makeOptions();
  ASSERT_EQ(
      bitnet_session_memory_size(&model.model, &options, &options.memory_size),
      BITNET_OK);
  std::unique_ptr<void, decltype(&std::free)> memory(
      std::aligned_alloc(64, options.memory_size), &std::free);
  options.memory = memory.get();
  bitnet_session *session;
  ASSERT_EQ(bitnet_session_create(&model.model, &options, &session), BITNET_OK);

  // As many rows at a time as there is memory for make no difference.
  std::vector<int32_t> tokens = makeTokens(30, 3);
  std::vector<float> scores(30), single(30);
  EXPECT_EQ(bitnet_score(session, tokens.data(), 30, scores.data()), BITNET_OK);
  ASSERT_EQ(bitnet_session_reset(session, 0), BITNET_OK);
  for (size_t i = 0; i < 30; ++i)
    EXPECT_EQ(bitnet_score(session, &tokens[i], 1, &single[i]), BITNET_OK);
  EXPECT_EQ(std::vector<float>(scores.begin() + 1, scores.end()),
            std::vector<float>(single.begin() + 1, single.end()));

  bitnet_generation_options generationOptions =
      BITNET_GENERATION_OPTIONS_DEFAULT;
  bitnet_generation *generation;
  EXPECT_EQ(bitnet_generation_create(session, &generationOptions, &generation),
            BITNET_OUT_OF_MEMORY);
  ASSERT_EQ(bitnet_generation_memory_size(session, &generationOptions,
                                          &generationOptions.memory_size),
            BITNET_OK);
  std::unique_ptr<void, decltype(&std::free)> generationMemory(
      std::aligned_alloc(64, generationOptions.memory_size), &std::free);
  generationOptions.memory = generationMemory.get();
  ASSERT_EQ(bitnet_generation_create(session, &generationOptions, &generation),
            BITNET_OK);
  int32_t token = -1;
  bitnet_finish finish = BITNET_FINISH_EOS;
  EXPECT_EQ(bitnet_generation_next(generation, &token, &finish), BITNET_OK);
  EXPECT_EQ(finish, BITNET_FINISH_NONE);
  std::vector<float> logits = FakeModel::expectedLogits(tokens);
  EXPECT_EQ(token,
            std::max_element(logits.begin(), logits.end()) - logits.begin());
  bitnet_generation_destroy(generation);
  bitnet_session_destroy(session);
}

TEST(NoThreads, EvaluatesInTheCallersMemory) {
  FakeModel model;
  for (uint32_t threads : {0, 1}) {
    bitnet_session_options options = makeOptions(threads);
    ASSERT_EQ(bitnet_session_memory_size(&model.model, &options,
                                         &options.memory_size),
              BITNET_OK);
    std::unique_ptr<void, decltype(&std::free)> memory(
        std::aligned_alloc(64, options.memory_size), &std::free);
    options.memory = memory.get();
    bitnet_session *session;
    ASSERT_EQ(bitnet_session_create(&model.model, &options, &session),
              BITNET_OK);
    std::vector<int32_t> tokens = makeTokens(FakeModel::contextLength, 1);
    EXPECT_EQ(bitnet_evaluate(session, tokens.data(), tokens.size()),
              BITNET_OK);
    const float *logits;
    ASSERT_EQ(bitnet_logits(session, &logits), BITNET_OK);
    EXPECT_EQ(std::vector(logits, logits + FakeModel::vocabularySize),
              FakeModel::expectedLogits(tokens));
    bitnet_session_destroy(session);
  }
}

TEST(NoThreads, Graphs) {
  FakeGraph fake;
  FakeTensors tensors(5, 3);
  EXPECT_EQ(tensors.run(fake), BITNET_OK);
  tensors.checkOutputs();
  EXPECT_EQ(tensors.runPointers(fake), BITNET_OK);
  tensors.checkOutputs();
  bitnet_threads *threads = nullptr;
  EXPECT_EQ(bitnet_threads_create(&fake.graph, 1, &threads),
            BITNET_THREAD_FAILURE);
  EXPECT_EQ(bitnet_threads_create(&fake.graph, 1, nullptr),
            BITNET_INVALID_ARGUMENT);
  // Those of another object.
  bitnet_threads_functions functions = {BITNET_ABI_VERSION,
                                        sizeof(bitnet_threads_functions),
                                        nullptr, nullptr, nullptr};
  bitnet_threads others = {&functions, 2, 0};
  EXPECT_EQ(tensors.run(fake, &others), BITNET_THREAD_FAILURE);
  EXPECT_EQ(bitnetThreadsRetain(&others), BITNET_THREAD_FAILURE);
}

TEST(NoThreads, ThreadsOfModels) {
  FakeModel model;
  bitnet_threads *threads = nullptr;
  bitnet_threads_options options = BITNET_THREADS_OPTIONS_DEFAULT;
  EXPECT_EQ(bitnet_model_threads_create(&model.model, &options, &threads),
            BITNET_THREAD_FAILURE);
  options.abi_version = 0;
  EXPECT_EQ(bitnet_model_threads_create(&model.model, &options, &threads),
            BITNET_VERSION_MISMATCH);
}

TEST(NoThreads, Cancellation) {
  uint32_t cancel = 0;
  auto function = [](int64_t, int64_t, bitnet_member *member,
                     const void *argument) {
    EXPECT_EQ(bitnet_runtime_barrier(member), 0);
    if (argument) {
      __atomic_store_n(static_cast<uint32_t *>(const_cast<void *>(argument)), 1,
                       __ATOMIC_RELAXED);
      EXPECT_EQ(bitnet_runtime_barrier(member), 1);
    }
  };
  EXPECT_EQ(bitnetTeamRun(nullptr, function, nullptr, &cancel), BITNET_OK);
  EXPECT_EQ(bitnetTeamRun(nullptr, function, &cancel, &cancel),
            BITNET_CANCELLED);
}
