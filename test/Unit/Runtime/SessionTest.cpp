//===- SessionTest.cpp - Sessions and their errors ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <memory>

using namespace mlir::bitnet::test;

using Memory = std::unique_ptr<void, decltype(&std::free)>;

static Memory allocate(uint64_t size) {
  return Memory(std::aligned_alloc(64, (size + 63) / 64 * 64), &std::free);
}

static bitnet_session_options makeOptions(uint32_t threads = 1) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.threads = threads;
  return options;
}

static bitnet_status tryCreate(const FakeModel &model,
                               const bitnet_session_options &options) {
  bitnet_session *session = nullptr;
  bitnet_status status =
      bitnet_session_create(&model.model, &options, &session);
  EXPECT_EQ(status == BITNET_OK, session != nullptr);
  bitnet_session_destroy(session);
  return status;
}

TEST(Session, LogitsDependOnTokensOnly) {
  FakeModel model;
  std::vector<int32_t> tokens = makeTokens(FakeModel::contextLength, 1);
  std::vector<float> expected = FakeModel::expectedLogits(tokens);
  for (uint32_t threads : {1, 2, 3, 8}) {
    TestSession whole(model, threads);
    EXPECT_EQ(whole.evaluate(tokens), BITNET_OK);
    EXPECT_EQ(whole.getLogits(), expected);
    EXPECT_EQ(whole.getPosition(), tokens.size());

    TestSession single(model, threads);
    for (size_t i = 0; i < tokens.size(); ++i) {
      EXPECT_EQ(single.evaluate({tokens[i]}), BITNET_OK);
      EXPECT_EQ(single.getLogits(),
                FakeModel::expectedLogits(
                    std::vector(tokens.begin(), tokens.begin() + i + 1)));
    }

    TestSession all(model, threads);
    std::vector<float> rows(tokens.size() * FakeModel::vocabularySize);
    EXPECT_EQ(
        bitnet_evaluate_all(all, tokens.data(), tokens.size(), rows.data()),
        BITNET_OK);
    for (size_t i = 0; i < tokens.size(); ++i) {
      auto row = rows.begin() + i * FakeModel::vocabularySize;
      EXPECT_EQ(std::vector(row, row + FakeModel::vocabularySize),
                FakeModel::expectedLogits(
                    std::vector(tokens.begin(), tokens.begin() + i + 1)));
    }
    EXPECT_EQ(all.getLogits(), expected);
  }
}

TEST(Session, ResetGoesBack) {
  FakeModel model;
  TestSession session(model, 2);
  std::vector<int32_t> tokens = makeTokens(20, 2);
  ASSERT_EQ(session.evaluate(tokens), BITNET_OK);
  EXPECT_EQ(bitnet_session_reset(session, 21), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(session.getPosition(), 20u);
  EXPECT_EQ(bitnet_session_reset(session, 12), BITNET_OK);
  EXPECT_EQ(session.getPosition(), 12u);
  const float *logits = nullptr;
  EXPECT_EQ(bitnet_logits(session, &logits), BITNET_NO_LOGITS);
  int32_t token;
  EXPECT_EQ(bitnet_sample(session, nullptr, nullptr, &token), BITNET_NO_LOGITS);
  ASSERT_EQ(session.evaluate({tokens[12]}), BITNET_OK);
  EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(std::vector(
                                     tokens.begin(), tokens.begin() + 13)));
}

TEST(Session, RefusedTokensChangeNothing) {
  FakeModel model;
  TestSession session(model, 2, 20);
  std::vector<int32_t> tokens = makeTokens(15, 3);
  ASSERT_EQ(session.evaluate(tokens), BITNET_OK);
  std::vector<float> rows(6 * FakeModel::vocabularySize);
  auto expectUnchanged = [&] {
    EXPECT_EQ(session.getPosition(), 15u);
    EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(tokens));
  };
  EXPECT_EQ(session.evaluate({1, 2, 3, 4, 5, 6}), BITNET_CONTEXT_FULL);
  EXPECT_EQ(session.evaluate({1, 2, -1}), BITNET_INVALID_TOKEN);
  EXPECT_EQ(session.evaluate({1, 2, FakeModel::vocabularySize}),
            BITNET_INVALID_TOKEN);
  EXPECT_EQ(session.evaluate({}), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_evaluate(session, nullptr, 1), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_evaluate(session, tokens.data(),
                            std::numeric_limits<size_t>::max()),
            BITNET_CONTEXT_FULL);
  expectUnchanged();
  int32_t six[] = {1, 2, 3, 4, 5, 6};
  int32_t wrong[] = {1, 999};
  EXPECT_EQ(bitnet_evaluate_all(session, six, 6, rows.data()),
            BITNET_CONTEXT_FULL);
  EXPECT_EQ(bitnet_evaluate_all(session, wrong, 2, rows.data()),
            BITNET_INVALID_TOKEN);
  EXPECT_EQ(bitnet_evaluate_all(session, six, 1, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_evaluate_all(session, six, 0, rows.data()),
            BITNET_INVALID_ARGUMENT);
  expectUnchanged();
  EXPECT_EQ(session.evaluate({1, 2, 3, 4, 5}), BITNET_OK);
  EXPECT_EQ(session.evaluate({1}), BITNET_CONTEXT_FULL);
}

TEST(Session, NullPointers) {
  FakeModel model;
  TestSession session(model);
  bitnet_session *made;
  uint64_t size;
  EXPECT_EQ(bitnet_get_model_info(nullptr, nullptr), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_get_model_info(&model.model, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_create(nullptr, nullptr, &made),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_create(&model.model, nullptr, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_memory_size(nullptr, nullptr, &size),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_memory_size(&model.model, nullptr, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_position(session, nullptr), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_logits(session, nullptr), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_reset(nullptr, 0), BITNET_INVALID_ARGUMENT);
  bitnet_session_destroy(nullptr);
}

TEST(Session, ModelInfo) {
  FakeModel model;
  bitnet_model_info info;
  ASSERT_EQ(bitnet_get_model_info(&model.model, &info), BITNET_OK);
  EXPECT_STREQ(info.name, "fake");
  EXPECT_EQ(info.vocabulary_size, FakeModel::vocabularySize);
  EXPECT_EQ(info.chunk_size, FakeModel::chunkSize);
  EXPECT_EQ(info.bos_token, -1);
  EXPECT_EQ(info.eos_token, -1);
  EXPECT_EQ(info.weight_bytes, 123u);
}

TEST(Session, OptionsAreChecked) {
  FakeModel model;
  bitnet_session_options options = makeOptions();
  EXPECT_EQ(tryCreate(model, options), BITNET_OK);
  options.threads = 256;
  uint64_t size;
  EXPECT_EQ(bitnet_session_memory_size(&model.model, &options, &size),
            BITNET_OK);
  options.threads = 257;
  EXPECT_EQ(tryCreate(model, options), BITNET_INVALID_ARGUMENT);
  options = makeOptions();
  options.context_size = FakeModel::contextLength + 1;
  EXPECT_EQ(tryCreate(model, options), BITNET_INVALID_ARGUMENT);
  options = makeOptions();
  options.memory_size = 1;
  EXPECT_EQ(tryCreate(model, options), BITNET_INVALID_ARGUMENT);
  options = makeOptions();
  options.abi_version = BITNET_ABI_VERSION + 1;
  EXPECT_EQ(tryCreate(model, options), BITNET_VERSION_MISMATCH);
}

TEST(Session, OtherObjectVersion) {
  FakeModel model;
  bitnet_model_functions functions = *model.model.functions;
  functions.abi_version = BITNET_ABI_VERSION + 1;
  model.model.functions = &functions;
  EXPECT_EQ(tryCreate(model, makeOptions()), BITNET_VERSION_MISMATCH);
}

TEST(Session, ProcessorsThatLackInstructions) {
  // No processor has all bits of any word.
  for (int i = 0; i < 6; ++i) {
    FakeModel model;
    model.variants[0].required_cpu[i] = ~uint32_t(0);
    bitnet_session *session = nullptr;
    EXPECT_EQ(bitnet_session_create(&model.model, nullptr, &session),
              BITNET_UNSUPPORTED_CPU);
    EXPECT_EQ(session, nullptr);
  }
}

TEST(Session, CallersMemory) {
  FakeModel model;
  for (uint32_t threads : {1, 3}) {
    bitnet_session_options options = makeOptions(threads);
    uint64_t size = 0;
    ASSERT_EQ(bitnet_session_memory_size(&model.model, &options, &size),
              BITNET_OK);
    // Exactly that size: AddressSanitizer would see a write beyond it.
    Memory memory = allocate(size);
    ASSERT_EQ(size % 64, 0u);
    options.memory = memory.get();
    options.memory_size = size;
    bitnet_session *session = nullptr;
    ASSERT_EQ(bitnet_session_create(&model.model, &options, &session),
              BITNET_OK);
    std::vector<int32_t> tokens = makeTokens(FakeModel::contextLength, 4);
    EXPECT_EQ(bitnet_evaluate(session, tokens.data(), tokens.size()),
              BITNET_OK);
    bitnet_session_destroy(session);

    options.memory_size = size - 1;
    EXPECT_EQ(tryCreate(model, options), BITNET_OUT_OF_MEMORY);
    options.memory = static_cast<char *>(memory.get()) + 32;
    options.memory_size = size;
    EXPECT_EQ(tryCreate(model, options), BITNET_OUT_OF_MEMORY);
  }
}

TEST(Session, MemoryGrowsWithTheContext) {
  FakeModel model;
  bitnet_session_options options = makeOptions();
  auto getSize = [&](uint32_t contextSize) {
    options.context_size = contextSize;
    uint64_t size = 0;
    EXPECT_EQ(bitnet_session_memory_size(&model.model, &options, &size),
              BITNET_OK);
    return size;
  };
  EXPECT_EQ(getSize(1), getSize(16));
  // Token ids take up to 64 bytes and then 128.
  EXPECT_EQ(getSize(17) - getSize(16), 16 * sizeof(uint64_t) + 64);
  EXPECT_EQ(getSize(0), getSize(FakeModel::contextLength));
}

TEST(Session, SizesThatOverflow) {
  FakeModel model;
  uint64_t size = 77;
  for (uint64_t huge : {UINT64_MAX, UINT64_MAX / 64, UINT64_MAX / 50,
                        UINT64_MAX - 63, UINT64_MAX / 2}) {
    model.descriptor.kv_bytes_per_position = huge;
    EXPECT_EQ(bitnet_session_memory_size(&model.model, nullptr, &size),
              BITNET_OUT_OF_MEMORY);
    EXPECT_EQ(tryCreate(model, makeOptions()), BITNET_OUT_OF_MEMORY);
    model.descriptor.kv_bytes_per_position = 8;
    model.descriptor.arena_size = huge;
    bitnet_status status =
        bitnet_session_memory_size(&model.model, nullptr, &size);
    // Only some of them are too large for the arena.
    EXPECT_TRUE(status == BITNET_OUT_OF_MEMORY || huge < INT64_MAX);
    model.descriptor.arena_size = 1024;
  }
  // Fits into 64 bits, but not into any machine.
  model.descriptor.kv_bytes_per_position = uint64_t(1) << 56;
  EXPECT_EQ(tryCreate(model, makeOptions()), BITNET_OUT_OF_MEMORY);
}

TEST(Session, DefaultsTakeAllProcessors) {
  FakeModel model;
  bitnet_session *session = nullptr;
  ASSERT_EQ(bitnet_session_create(&model.model, nullptr, &session), BITNET_OK);
  std::vector<int32_t> tokens = makeTokens(10, 5);
  EXPECT_EQ(bitnet_evaluate(session, tokens.data(), tokens.size()), BITNET_OK);
  bitnet_session_destroy(session);
}
