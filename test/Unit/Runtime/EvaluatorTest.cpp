//===- EvaluatorTest.cpp - What sessions share ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>

using namespace mlir::bitnet::test;

using Memory = std::unique_ptr<void, decltype(&std::free)>;

static Memory allocate(uint64_t size) {
  return Memory(std::aligned_alloc(64, size), &std::free);
}

static uint64_t roundUp(uint64_t size) { return (size + 63) / 64 * 64; }

/// The formula in runtime.h, by what bitnet_model_info says.
static uint64_t sizeEvaluator(const bitnet_model_info &info, uint64_t sequences,
                              uint64_t threads) {
  bool isEmbedding = info.pooling != BITNET_POOLING_NONE;
  uint64_t width = isEmbedding ? info.embedding_length : info.vocabulary_size;
  uint64_t rows = info.pooling == BITNET_POOLING_MEAN
                      ? std::max<uint64_t>(sequences, info.chunk_size)
                      : sequences;
  return 1024 + roundUp(4 * rows * width) + roundUp(24 * sequences) +
         roundUp(info.pass_bytes) + roundUp(info.arena_bytes) +
         (threads ? 1024 + 256 * threads : 0);
}

static uint64_t sizeSession(const bitnet_model_info &info,
                            uint64_t contextSize) {
  bool isEmbedding = info.pooling != BITNET_POOLING_NONE;
  uint64_t width = isEmbedding ? info.embedding_length : info.vocabulary_size;
  uint64_t granule = FakeModel::kvGranule;
  uint64_t capacity = (contextSize + granule - 1) / granule * granule;
  return 512 + roundUp(4 * width) +
         roundUp(std::max(8 * width, 4 * contextSize)) +
         roundUp(4 * contextSize) +
         roundUp(capacity * info.kv_bytes_per_position);
}

TEST(Evaluator, SizesAreWhatTheHeaderSays) {
  for (bitnet_pooling pooling : {BITNET_POOLING_NONE, BITNET_POOLING_MEAN,
                                 BITNET_POOLING_CLS, BITNET_POOLING_LAST}) {
    FakeModel model;
    model.descriptor.pooling = pooling;
    bitnet_model_info info;
    ASSERT_EQ(bitnet_get_model_info(&model.model, &info), BITNET_OK);
    for (uint32_t threads : {1, 5, 256})
      for (uint32_t sequences : {1, 3, 1024}) {
        bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
        options.threads = threads;
        options.most_sequences = sequences;
        uint64_t size = 0;
        EXPECT_EQ(bitnet_evaluator_memory_size(&model.model, &options, &size),
                  BITNET_OK);
        EXPECT_EQ(size, sizeEvaluator(info, sequences, threads));
      }
    for (uint32_t contextSize : {1, 16, 17, 50}) {
      bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
      options.context_size = contextSize;
      options.threads = 3;
      uint64_t size = 0;
      EXPECT_EQ(bitnet_session_memory_size(&model.model, &options, &size),
                BITNET_OK);
      EXPECT_EQ(size,
                sizeSession(info, contextSize) + sizeEvaluator(info, 1, 3));
      TestEvaluator evaluator(model);
      options.threads = 0;
      options.evaluator = evaluator;
      EXPECT_EQ(bitnet_session_memory_size(&model.model, &options, &size),
                BITNET_OK);
      EXPECT_EQ(size, sizeSession(info, contextSize));
    }
  }
}

TEST(Evaluator, OptionsAreChecked) {
  FakeModel model;
  auto expectRefused = [&](bitnet_status status,
                           const bitnet_evaluator_options &options) {
    bitnet_evaluator *evaluator = nullptr;
    uint64_t size = 7;
    EXPECT_EQ(bitnet_evaluator_memory_size(&model.model, &options, &size),
              status);
    EXPECT_EQ(bitnet_evaluator_create(&model.model, &options, &evaluator),
              status);
    EXPECT_EQ(evaluator, nullptr);
    EXPECT_EQ(size, 7u);
  };
  bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.abi_version = 3;
  expectRefused(BITNET_VERSION_MISMATCH, options);
  options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.threads = 257;
  expectRefused(BITNET_INVALID_ARGUMENT, options);
  options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.most_sequences = 1025;
  expectRefused(BITNET_INVALID_ARGUMENT, options);
  options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.reserved = 1;
  expectRefused(BITNET_INVALID_ARGUMENT, options);
}

TEST(Evaluator, MemoryOfTheCaller) {
  FakeModel model;
  bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.threads = 2;
  uint64_t size;
  ASSERT_EQ(bitnet_evaluator_memory_size(&model.model, &options, &size),
            BITNET_OK);
  Memory memory = allocate(size + 64);
  bitnet_evaluator *evaluator = nullptr;
  options.memory = memory.get();
  options.memory_size = size - 1;
  EXPECT_EQ(bitnet_evaluator_create(&model.model, &options, &evaluator),
            BITNET_OUT_OF_MEMORY);
  options.memory_size = size;
  options.memory = static_cast<char *>(memory.get()) + 32;
  EXPECT_EQ(bitnet_evaluator_create(&model.model, &options, &evaluator),
            BITNET_OUT_OF_MEMORY);
  options.memory = nullptr;
  EXPECT_EQ(bitnet_evaluator_create(&model.model, &options, &evaluator),
            BITNET_INVALID_ARGUMENT);
  options.memory = memory.get();
  auto *end = static_cast<char *>(memory.get()) + size;
  std::fill_n(end, 64, char(0x5a));
  ASSERT_EQ(bitnet_evaluator_create(&model.model, &options, &evaluator),
            BITNET_OK);
  bitnet_session_options sessionOptions = BITNET_SESSION_OPTIONS_DEFAULT;
  sessionOptions.evaluator = evaluator;
  bitnet_session *session = nullptr;
  ASSERT_EQ(bitnet_session_create(&model.model, &sessionOptions, &session),
            BITNET_OK);
  std::vector<int32_t> tokens = makeTokens(50, 1);
  EXPECT_EQ(bitnet_evaluate(session, tokens.data(), 50), BITNET_OK);
  EXPECT_EQ(bitnet_session_destroy(session), BITNET_OK);
  EXPECT_EQ(bitnet_evaluator_destroy(evaluator), BITNET_OK);
  EXPECT_EQ(std::count(end, end + 64, char(0x5a)), 64);

  // What has ended is in use by its end, for good.
  session = nullptr;
  EXPECT_EQ(bitnet_evaluator_destroy(evaluator), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_create(&model.model, &sessionOptions, &session),
            BITNET_BUSY);
  EXPECT_EQ(session, nullptr);
}

TEST(Evaluator, LivesLongerThanItsSessions) {
  FakeModel model;
  FakeModel other;
  bitnet_evaluator *evaluator = nullptr;
  ASSERT_EQ(bitnet_evaluator_create(&model.model, nullptr, &evaluator),
            BITNET_OK);
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.evaluator = evaluator;
  bitnet_session *first = nullptr, *second = nullptr;
  EXPECT_EQ(bitnet_session_create(&other.model, &options, &first),
            BITNET_INVALID_ARGUMENT);
  ASSERT_EQ(bitnet_session_create(&model.model, &options, &first), BITNET_OK);
  EXPECT_EQ(bitnet_evaluator_destroy(evaluator), BITNET_BUSY);
  ASSERT_EQ(bitnet_session_create(&model.model, &options, &second), BITNET_OK);
  EXPECT_EQ(bitnet_session_destroy(first), BITNET_OK);
  EXPECT_EQ(bitnet_evaluator_destroy(evaluator), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_destroy(second), BITNET_OK);
  EXPECT_EQ(bitnet_evaluator_destroy(evaluator), BITNET_OK);
  EXPECT_EQ(bitnet_evaluator_destroy(nullptr), BITNET_OK);
}

/// What belongs to an evaluator cannot be given to its sessions.
TEST(Evaluator, SessionsBringNothing) {
  FakeModel model;
  TestEvaluator evaluator(model);
  auto create = [&](auto set) {
    bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
    options.evaluator = evaluator;
    set(options);
    bitnet_session *session = nullptr;
    bitnet_status status =
        bitnet_session_create(&model.model, &options, &session);
    EXPECT_EQ(session, nullptr);
    return status;
  };
  EXPECT_EQ(create([](auto &options) { options.threads = 1; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(create([](auto &options) { options.variant = "fake"; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(create([](auto &options) { options.weights_path = "."; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(create([&](auto &options) { options.weights = &model; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(create([](auto &options) { options.weights_size = 1; }),
            BITNET_INVALID_ARGUMENT);
}

TEST(Evaluator, SessionsOfManyThreads) {
  FakeModel model;
  TestEvaluator evaluator(model, 3);
  std::vector<std::thread> users;
  for (uint32_t user = 0; user < 6; ++user)
    users.emplace_back([&, user] {
      for (uint32_t round = 0; round < 5; ++round) {
        TestSession session(model, evaluator);
        std::vector<int32_t> tokens = makeTokens(40, user * 10 + round);
        for (size_t i = 0; i < tokens.size(); i += 10) {
          std::vector part(tokens.begin() + i, tokens.begin() + i + 10);
          EXPECT_EQ(session.evaluate(part), BITNET_OK);
          EXPECT_EQ(session.getLogits(),
                    FakeModel::expectedLogits(
                        {tokens.begin(), tokens.begin() + i + 10}));
        }
      }
    });
  for (std::thread &user : users)
    user.join();
}

/// Several evaluators take turns with the threads of one pool.
TEST(Evaluator, SharedThreads) {
  FakeModel model;
  bitnet_threads_options threadsOptions = BITNET_THREADS_OPTIONS_DEFAULT;
  threadsOptions.count = 3;
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(
      bitnet_model_threads_create(&model.model, &threadsOptions, &threads),
      BITNET_OK);
  bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.shared_threads = threads;
  options.threads = 1;
  bitnet_evaluator *evaluators[2] = {};
  EXPECT_EQ(bitnet_evaluator_create(&model.model, &options, &evaluators[0]),
            BITNET_INVALID_ARGUMENT);
  options.threads = 0;
  bitnet_model_info info;
  uint64_t size = 0;
  ASSERT_EQ(bitnet_get_model_info(&model.model, &info), BITNET_OK);
  EXPECT_EQ(bitnet_evaluator_memory_size(&model.model, &options, &size),
            BITNET_OK);
  EXPECT_EQ(size, sizeEvaluator(info, 8, 0));
  std::vector<std::thread> users;
  for (bitnet_evaluator *&evaluator : evaluators) {
    ASSERT_EQ(bitnet_evaluator_create(&model.model, &options, &evaluator),
              BITNET_OK);
    EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_BUSY);
    users.emplace_back([&] {
      bitnet_session_options sessionOptions = BITNET_SESSION_OPTIONS_DEFAULT;
      sessionOptions.evaluator = evaluator;
      bitnet_session *session = nullptr;
      EXPECT_EQ(bitnet_session_create(&model.model, &sessionOptions, &session),
                BITNET_OK);
      std::vector<int32_t> tokens = makeTokens(50, 1);
      std::vector<float> expected = FakeModel::expectedLogits(tokens);
      for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(bitnet_session_truncate(session, 0), BITNET_OK);
        EXPECT_EQ(bitnet_evaluate(session, tokens.data(), 50), BITNET_OK);
        const float *logits = nullptr;
        ASSERT_EQ(bitnet_logits(session, &logits), BITNET_OK);
        EXPECT_EQ(std::vector(logits, logits + expected.size()), expected);
      }
      EXPECT_EQ(bitnet_session_destroy(session), BITNET_OK);
    });
  }
  for (std::thread &user : users)
    user.join();
  for (bitnet_evaluator *evaluator : evaluators)
    EXPECT_EQ(bitnet_evaluator_destroy(evaluator), BITNET_OK);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
}

/// A session of which two threads want something at the same time serves one
/// and refuses the other.
TEST(Evaluator, BusySessionsSaySo) {
  FakeModel model;
  TestSession session(model, 1);
  std::vector<int32_t> token = makeTokens(1, 1);
  std::atomic<uint32_t> accepted = 0, refused = 0;
  auto use = [&] {
    for (int i = 0; i < 2000; ++i) {
      bitnet_status status = bitnet_evaluate(session, token.data(), 1);
      accepted += status == BITNET_OK;
      refused += status == BITNET_BUSY;
      if (status != BITNET_BUSY)
        EXPECT_TRUE(status == BITNET_OK || status == BITNET_CONTEXT_FULL);
    }
  };
  std::thread other(use);
  use();
  other.join();
  EXPECT_EQ(accepted, FakeModel::contextLength);
  EXPECT_EQ(session.getPosition(), FakeModel::contextLength);
}

TEST(Session, KnowsItsTokens) {
  FakeModel model;
  TestSession session(model, 2);
  std::vector<int32_t> tokens = makeTokens(30, 1);
  auto getTokens = [&] {
    const int32_t *ids = nullptr;
    uint32_t count = 0;
    EXPECT_EQ(bitnet_session_tokens(session, &ids, &count), BITNET_OK);
    return std::vector<int32_t>(ids, ids + count);
  };
  auto match = [&](std::vector<int32_t> other) {
    uint32_t common = 77;
    EXPECT_EQ(
        bitnet_session_match(session, other.data(), other.size(), &common),
        BITNET_OK);
    return common;
  };
  EXPECT_TRUE(getTokens().empty());
  EXPECT_EQ(match(tokens), 0u);
  EXPECT_EQ(match({}), 0u);
  ASSERT_EQ(session.evaluate(tokens), BITNET_OK);
  EXPECT_EQ(getTokens(), tokens);
  EXPECT_EQ(match(tokens), 30u);
  std::vector<int32_t> longer = tokens;
  longer.push_back(1);
  EXPECT_EQ(match(longer), 30u);
  EXPECT_EQ(match({tokens.begin(), tokens.begin() + 9}), 9u);
  longer[12] ^= 1;
  EXPECT_EQ(match(longer), 12u);
  // A text that begins alike.
  ASSERT_EQ(bitnet_session_truncate(session, 12), BITNET_OK);
  ASSERT_EQ(session.evaluate({longer.begin() + 12, longer.end()}), BITNET_OK);
  EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(longer));
  EXPECT_EQ(getTokens(), longer);
  const int32_t *ids;
  uint32_t count;
  EXPECT_EQ(bitnet_session_tokens(session, nullptr, &count),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_tokens(session, &ids, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_match(session, nullptr, 1, &count),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_match(session, ids, 1, nullptr),
            BITNET_INVALID_ARGUMENT);
}

TEST(Session, Cancellation) {
  FakeModel model;
  TestSession session(model, 2);
  std::vector<int32_t> tokens = makeTokens(20, 1);
  ASSERT_EQ(session.evaluate({tokens[0]}), BITNET_OK);
  EXPECT_EQ(bitnet_session_cancel(nullptr), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_cancel(session), BITNET_OK);
  // What is refused anyway does not count.
  EXPECT_EQ(session.evaluate({-1}), BITNET_INVALID_TOKEN);
  EXPECT_EQ(session.evaluate({tokens.begin() + 1, tokens.end()}),
            BITNET_CANCELLED);
  EXPECT_EQ(session.getPosition(), 1u);
  const float *logits;
  EXPECT_EQ(bitnet_logits(session, &logits), BITNET_NO_LOGITS);
  // Once only.
  EXPECT_EQ(session.evaluate({tokens.begin() + 1, tokens.end()}), BITNET_OK);
  EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(tokens));
  // Withdrawn.
  EXPECT_EQ(bitnet_session_cancel(session), BITNET_OK);
  EXPECT_EQ(bitnet_session_truncate(session, 0), BITNET_OK);
  EXPECT_EQ(session.evaluate(tokens), BITNET_OK);
}

/// At any time: the session has whole chunks, and goes on from there.
TEST(Session, CancellationFromAnotherThread) {
  FakeModel model;
  TestEvaluator evaluator(model, 2);
  TestSession session(model, evaluator), other(model, evaluator);
  std::vector<int32_t> tokens = makeTokens(50, 1);
  std::atomic<bool> isDone = false;
  std::thread canceller([&] {
    while (!isDone)
      bitnet_session_cancel(session);
  });
  std::thread neighbour([&] {
    for (int round = 0; round < 20; ++round) {
      EXPECT_EQ(bitnet_session_truncate(other, 0), BITNET_OK);
      EXPECT_EQ(other.evaluate(tokens), BITNET_OK);
    }
  });
  uint32_t cancelled = 0;
  for (int round = 0; round < 200; ++round) {
    uint32_t position = session.getPosition();
    EXPECT_EQ(position % FakeModel::chunkSize, 0u);
    bitnet_status status =
        session.evaluate({tokens.begin() + position, tokens.end()});
    EXPECT_TRUE(status == BITNET_OK || status == BITNET_CANCELLED);
    cancelled += status == BITNET_CANCELLED;
    if (status == BITNET_OK)
      EXPECT_EQ(bitnet_session_truncate(session, 0), BITNET_OK);
  }
  neighbour.join();
  isDone = true;
  canceller.join();
  EXPECT_GT(cancelled, 0u);
  EXPECT_EQ(bitnet_session_truncate(session, 0), BITNET_OK);
  EXPECT_EQ(session.evaluate(tokens), BITNET_OK);
  EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(tokens));
  EXPECT_EQ(other.getLogits(), FakeModel::expectedLogits(tokens));
}
