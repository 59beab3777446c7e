//===- FakeModel.cpp - A model without weights ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"
#include "Threads.h"

#include "llvm/ADT/ArrayRef.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <random>

using namespace mlir::bitnet::test;

extern "C" const bitnet_model_functions bitnet_runtime_functions;

static uint64_t mix(uint64_t state, uint64_t value) {
  state = (state ^ value) * UINT64_C(0x9e3779b97f4a7c15);
  return state ^ state >> 29;
}

static float makeLogit(uint64_t history, int64_t token) {
  return float(mix(history, token) % 1000) / 100;
}

namespace {
/// A 64-bit word for each position of a sequence: half of it in the key of the
/// only head, half in the value, each of one 32-bit element.
class History {
public:
  explicit History(const bitnet_pass_sequence &sequence)
      : keys(static_cast<uint32_t *>(sequence.cache)),
        values(keys + sequence.capacity) {}

  uint64_t get(int64_t position) const {
    return keys[position] | uint64_t(values[position]) << 32;
  }
  void set(int64_t position, uint64_t word) {
    keys[position] = uint32_t(word);
    values[position] = uint32_t(word >> 32);
  }

private:
  uint32_t *keys;
  uint32_t *values;
};
} // namespace

static void fakeEvaluate(int64_t thread, int64_t threadCount,
                         bitnet_member *member, const int32_t *tokens,
                         const int32_t *positions, const int32_t *rowSequences,
                         int64_t tokenCount, const int32_t *outputRows,
                         const int32_t *outputLimits, int64_t outputCount,
                         const bitnet_pass_sequence *sequences,
                         const bitnet_attention_work *work, int64_t workCount,
                         const bitnet_attention_merge *, int64_t mergeCount,
                         void *arena, float *logits, const void *weights) {
  auto *marks = static_cast<uint32_t *>(arena);
  auto getHistory = [&](int64_t row) {
    const bitnet_pass_sequence &sequence = sequences[rowSequences[row]];
    EXPECT_LT(positions[row], sequence.capacity);
    EXPECT_EQ(sequence.capacity % FakeModel::kvGranule, 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(sequence.cache) % 64, 0u);
    return History(sequence);
  };
  EXPECT_EQ(
      std::memcmp(weights, FakeModel::weights, sizeof(FakeModel::weights)), 0);
  EXPECT_LE(tokenCount, FakeModel::chunkSize);
  EXPECT_GE(tokenCount, 1);
  EXPECT_LE(outputCount, tokenCount);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(arena) % 64, 0u);

  // Every token is attended to once.
  std::vector<int> attended(tokenCount);
  EXPECT_EQ(mergeCount, 0);
  for (const bitnet_attention_work &item : llvm::ArrayRef(work, workCount)) {
    EXPECT_EQ(item.partition, -1);
    EXPECT_GE(item.row_count, 1);
    EXPECT_LE(item.row_count, int32_t(FakeModel::attentionRows));
    for (int32_t i = 0; i < item.row_count; ++i) {
      int32_t row = item.first_row + i;
      EXPECT_EQ(rowSequences[row], item.sequence);
      EXPECT_EQ(positions[row], item.first_position + i);
      ++attended[row];
    }
  }
  EXPECT_EQ(attended, std::vector<int>(tokenCount, 1));

  for (int64_t row = 0; row < tokenCount; ++row) {
    History history = getHistory(row);
    int32_t position = positions[row];
    // Every thread sees what all threads wrote before the barrier.
    marks[thread] = uint32_t(row + 1);
    bitnet_runtime_barrier(member);
    for (int64_t other = 0; other < threadCount; ++other)
      EXPECT_EQ(marks[other], uint32_t(row + 1));
    if (row % threadCount == thread) {
      uint64_t before = position ? history.get(position - 1) : 0;
      history.set(position, mix(before, tokens[row]));
    }
    bitnet_runtime_barrier(member);
  }
  for (int64_t row = 0; row < outputCount; ++row) {
    EXPECT_GE(outputRows[row], 0);
    EXPECT_LT(outputRows[row], tokenCount);
    EXPECT_GE(outputLimits[row], 0);
    uint64_t state =
        getHistory(outputRows[row]).get(positions[outputRows[row]]);
    for (int64_t token = thread; token < FakeModel::vocabularySize;
         token += threadCount)
      logits[row * FakeModel::vocabularySize + token] = makeLogit(state, token);
  }
  bitnet_runtime_barrier(member);
  // No more than has to be.
  for (int64_t row = thread; row < outputCount; row += threadCount) {
    float *begin = logits + row * FakeModel::vocabularySize;
    float *end = begin + FakeModel::vocabularySize;
    if (outputLimits[row] == 0 || outputLimits[row] >= end - begin)
      continue;
    std::vector<float> sorted(begin, end);
    std::sort(sorted.begin(), sorted.end(), std::greater<float>());
    float least = sorted[outputLimits[row] - 1];
    std::replace_if(
        begin, end, [&](float logit) { return logit < least; },
        -std::numeric_limits<float>::infinity());
  }
  bitnet_runtime_barrier(member);
}

alignas(64) const char FakeModel::weights[6] = "fakes";

FakeModel::FakeModel() {
  descriptor.name = "fake";
  descriptor.vocabulary_size = vocabularySize;
  descriptor.context_length = contextLength;
  descriptor.embedding_length = 4;
  descriptor.layer_count = 2;
  descriptor.chunk_size = chunkSize;
  descriptor.kv_granule = kvGranule;
  descriptor.kv_bytes_per_position = sizeof(uint64_t);
  descriptor.arena_size = BITNET_MOST_THREADS * sizeof(uint32_t);
  descriptor.weight_bytes = 123;
  static const bitnet_layer_rotation none = {};
  descriptor.cache = {.layers = 1,
                      .heads = 1,
                      .head_size = 1,
                      .element = BITNET_CACHE_F32,
                      .attention_rows = attentionRows,
                      .most_slots = 0,
                      .rotations = &none};
  descriptor.weights = weights;
  setVariants({makeVariant("fake")});
  model = {&bitnet_runtime_functions, &descriptor};
}

bitnet_variant_descriptor FakeModel::makeVariant(const char *name) {
  return {name, "any", "none", {fakeEvaluate}, {}};
}

void FakeModel::setVariants(std::vector<bitnet_variant_descriptor> made) {
  variants = std::move(made);
  descriptor.variants = {variants.data(), nullptr, uint32_t(variants.size())};
}

std::vector<float>
FakeModel::expectedLogits(const std::vector<int32_t> &tokens) {
  uint64_t history = 0;
  for (int32_t token : tokens)
    history = mix(history, token);
  std::vector<float> logits;
  for (uint32_t token = 0; token < vocabularySize; ++token)
    logits.push_back(makeLogit(history, token));
  return logits;
}

TestEvaluator::TestEvaluator(const FakeModel &model, uint32_t threads,
                             uint32_t mostSequences) {
  bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.threads = threads;
  options.most_sequences = mostSequences;
  EXPECT_EQ(bitnet_evaluator_create(&model.model, &options, &evaluator),
            BITNET_OK);
}

TestEvaluator::~TestEvaluator() {
  EXPECT_EQ(bitnet_evaluator_destroy(evaluator), BITNET_OK);
}

TestSession::TestSession(const FakeModel &model, const TestEvaluator &evaluator,
                         uint32_t contextSize) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.evaluator = evaluator;
  options.context_size = contextSize;
  EXPECT_EQ(bitnet_session_create(&model.model, &options, &session), BITNET_OK);
}

TestSession::TestSession(const FakeModel &model, uint32_t threads,
                         uint32_t contextSize) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.threads = threads;
  options.context_size = contextSize;
  EXPECT_EQ(bitnet_session_create(&model.model, &options, &session), BITNET_OK);
}

uint32_t TestSession::getPosition() const {
  uint32_t position = 0;
  EXPECT_EQ(bitnet_session_position(session, &position), BITNET_OK);
  return position;
}

std::vector<float> TestSession::getLogits() const {
  const float *logits = nullptr;
  EXPECT_EQ(bitnet_logits(session, &logits), BITNET_OK);
  return {logits, logits + FakeModel::vocabularySize};
}

bitnet_status TestSession::evaluate(const std::vector<int32_t> &tokens) const {
  return bitnet_evaluate(session, tokens.data(), tokens.size());
}

std::vector<int32_t> mlir::bitnet::test::makeTokens(size_t count,
                                                    uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int32_t> tokens;
  for (size_t i = 0; i < count; ++i)
    tokens.push_back(random() % FakeModel::vocabularySize);
  return tokens;
}
