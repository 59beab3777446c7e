//===- SessionCopyTest.cpp - Copies, clones and removed positions ---------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet::test;

using Tokens = std::vector<int32_t>;

static Tokens join(Tokens first, const Tokens &second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

static Tokens getTokens(const bitnet_session *session) {
  const int32_t *tokens = nullptr;
  uint32_t count = 0;
  EXPECT_EQ(bitnet_session_tokens(session, &tokens, &count), BITNET_OK);
  return {tokens, tokens + count};
}

static std::vector<float> getLogits(const bitnet_session *session) {
  const float *logits = nullptr;
  EXPECT_EQ(bitnet_logits(session, &logits), BITNET_OK);
  return {logits, logits + FakeModel::vocabularySize};
}

static bitnet_status evaluate(bitnet_session *session, const Tokens &tokens) {
  return bitnet_evaluate(session, tokens.data(), tokens.size());
}

TEST(SessionCopy, ForksOfAPrefixGoOnByThemselves) {
  FakeModel model;
  for (uint32_t count : {0, 1, 15, 16, 17, 40}) {
    TestEvaluator evaluator(model, 2);
    TestSession source(model, evaluator);
    Tokens prefix = makeTokens(count, 1);
    if (count != 0) {
      ASSERT_EQ(source.evaluate(prefix), BITNET_OK);
    }
    bitnet_session *forks[3] = {};
    for (uint32_t i = 0; i < 3; ++i) {
      bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
      options.context_size = i == 0 ? 0 : 45 + i;
      ASSERT_EQ(
          bitnet_session_clone(source, i == 0 ? nullptr : &options, &forks[i]),
          BITNET_OK);
      EXPECT_EQ(getTokens(forks[i]), prefix);
      const float *logits;
      if (count == 0)
        EXPECT_EQ(bitnet_logits(forks[i], &logits), BITNET_NO_LOGITS);
      else
        EXPECT_EQ(getLogits(forks[i]), FakeModel::expectedLogits(prefix));
    }
    for (uint32_t i = 0; i < 3; ++i) {
      Tokens more = makeTokens(5, 10 + i);
      ASSERT_EQ(evaluate(forks[i], more), BITNET_OK);
      EXPECT_EQ(getLogits(forks[i]),
                FakeModel::expectedLogits(join(prefix, more)));
    }
    EXPECT_EQ(getTokens(source), prefix);
    for (bitnet_session *fork : forks)
      EXPECT_EQ(bitnet_session_destroy(fork), BITNET_OK);
  }
}

TEST(SessionCopy, PrefixesOfAnotherSession) {
  FakeModel model;
  // Of another evaluator, with another capacity.
  TestSession source(model, 2), target(model, 1, 20);
  Tokens tokens = makeTokens(30, 1), others = makeTokens(18, 2);
  ASSERT_EQ(source.evaluate(tokens), BITNET_OK);
  ASSERT_EQ(target.evaluate(others), BITNET_OK);
  EXPECT_EQ(bitnet_session_copy(target, source, 31), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_copy(target, source, 30), BITNET_CONTEXT_FULL);
  EXPECT_EQ(bitnet_session_copy(target, target, 3), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_copy(nullptr, source, 3), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_copy(target, nullptr, 3), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(getTokens(target), others);
  EXPECT_EQ(getLogits(target), FakeModel::expectedLogits(others));
  FakeModel otherModel;
  TestSession alien(otherModel);
  EXPECT_EQ(bitnet_session_copy(alien, source, 3), BITNET_INVALID_ARGUMENT);
  for (uint32_t count : {19, 16, 7, 0}) {
    ASSERT_EQ(bitnet_session_copy(target, source, count), BITNET_OK);
    Tokens prefix(tokens.begin(), tokens.begin() + count);
    EXPECT_EQ(getTokens(target), prefix);
    const float *logits;
    EXPECT_EQ(bitnet_logits(target, &logits), BITNET_NO_LOGITS);
    ASSERT_EQ(target.evaluate({1}), BITNET_OK);
    EXPECT_EQ(getLogits(target), FakeModel::expectedLogits(join(prefix, {1})));
  }
}

TEST(SessionCopy, ClonesKeepTheEvaluatorOfTheirSource) {
  FakeModel model;
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.threads = 2;
  bitnet_session *source = nullptr, *clone = nullptr;
  ASSERT_EQ(bitnet_session_create(&model.model, &options, &source), BITNET_OK);
  EXPECT_EQ(bitnet_session_clone(source, &options, &clone),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_clone(source, nullptr, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_clone(nullptr, nullptr, &clone),
            BITNET_INVALID_ARGUMENT);
  options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.abi_version = 3;
  EXPECT_EQ(bitnet_session_clone(source, &options, &clone),
            BITNET_VERSION_MISMATCH);
  Tokens tokens = makeTokens(20, 1);
  ASSERT_EQ(evaluate(source, tokens), BITNET_OK);
  options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.context_size = 19;
  EXPECT_EQ(bitnet_session_clone(source, &options, &clone),
            BITNET_CONTEXT_FULL);
  EXPECT_EQ(clone, nullptr);
  ASSERT_EQ(bitnet_session_clone(source, nullptr, &clone), BITNET_OK);
  // Both at once, by the evaluator of the first.
  int32_t next[] = {1, 2};
  bitnet_batch_item items[] = {{source, &next[0], 1, nullptr, BITNET_OK, 0},
                               {clone, &next[1], 1, nullptr, BITNET_OK, 0}};
  EXPECT_EQ(bitnet_evaluate_batch(items, 2), BITNET_OK);
  EXPECT_EQ(getLogits(source), FakeModel::expectedLogits(join(tokens, {1})));
  EXPECT_EQ(getLogits(clone), FakeModel::expectedLogits(join(tokens, {2})));
  EXPECT_EQ(bitnet_session_destroy(source), BITNET_BUSY);
  EXPECT_EQ(evaluate(source, {3}), BITNET_OK);
  EXPECT_EQ(bitnet_session_destroy(clone), BITNET_OK);
  EXPECT_EQ(bitnet_session_destroy(source), BITNET_OK);
}

TEST(SessionCopy, ClonesInMemoryOfTheCaller) {
  FakeModel model;
  TestEvaluator evaluator(model);
  TestSession source(model, evaluator);
  Tokens tokens = makeTokens(20, 1);
  ASSERT_EQ(source.evaluate(tokens), BITNET_OK);
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.evaluator = evaluator;
  ASSERT_EQ(
      bitnet_session_memory_size(&model.model, &options, &options.memory_size),
      BITNET_OK);
  struct alignas(64) Line {
    char bytes[64];
  };
  std::vector<Line> memory(options.memory_size / 64);
  options.memory = memory.data();
  bitnet_session *clone = nullptr;
  ASSERT_EQ(bitnet_session_clone(source, &options, &clone), BITNET_OK);
  EXPECT_EQ(getLogits(clone), FakeModel::expectedLogits(tokens));
  EXPECT_EQ(bitnet_session_destroy(clone), BITNET_OK);
  // It has ended, which its memory still tells.
  uint32_t position = 77;
  const float *logits;
  size_t size;
  EXPECT_EQ(bitnet_session_destroy(clone), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_position(clone, &position), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_truncate(clone, 0), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_remove(clone, 0, 1), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_copy(clone, source, 1), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_copy(source, clone, 1), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_save(clone, nullptr, 0, &size), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_restore(clone, &size, sizeof(size)), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_save_file(clone, "/tmp"), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_restore_file(clone, "/tmp"), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_limit_logits(clone, 1), BITNET_BUSY);
  EXPECT_EQ(bitnet_session_variant(clone, &position), BITNET_BUSY);
  EXPECT_EQ(bitnet_verify_weights(clone), BITNET_BUSY);
  EXPECT_EQ(bitnet_logits(clone, &logits), BITNET_BUSY);
  EXPECT_EQ(evaluate(clone, tokens), BITNET_BUSY);
  EXPECT_EQ(position, 77u);
  EXPECT_EQ(getTokens(source), tokens);
}

/// The fake model keeps what it knows of all tokens so far at the last one, so
/// that tokens that are removed are only missed if they were the last.
TEST(SessionRemove, MovesTheRestDown) {
  FakeModel model;
  for (uint32_t threads : {1, 3})
    for (uint32_t begin : {0, 1, 15, 16, 30})
      for (uint32_t end : {begin, begin + 1, begin + 5, 35u, 39u, 40u}) {
        if (end < begin)
          continue;
        TestSession session(model, threads);
        Tokens tokens = makeTokens(40, 1);
        ASSERT_EQ(session.evaluate(tokens), BITNET_OK);
        ASSERT_EQ(bitnet_session_remove(session, begin, end), BITNET_OK);
        Tokens rest = tokens;
        rest.erase(rest.begin() + begin, rest.begin() + end);
        EXPECT_EQ(getTokens(session), rest);
        const float *logits;
        if (end == 40) {
          EXPECT_EQ(bitnet_logits(session, &logits), BITNET_NO_LOGITS);
          tokens = rest;
        } else {
          EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(tokens));
        }
        // Every position that was moved is where it should be.
        for (uint32_t position = uint32_t(rest.size()); position > begin;
             --position) {
          uint32_t old = end == 40 ? position : position + end - begin;
          Tokens known(tokens.begin(), tokens.begin() + old);
          ASSERT_EQ(bitnet_session_truncate(session, position), BITNET_OK);
          ASSERT_EQ(session.evaluate({7}), BITNET_OK);
          EXPECT_EQ(session.getLogits(),
                    FakeModel::expectedLogits(join(known, {7})));
        }
      }
}

TEST(SessionRemove, RefusesWhatIsNotThere) {
  FakeModel model;
  TestSession session(model);
  Tokens tokens = makeTokens(20, 1);
  ASSERT_EQ(session.evaluate(tokens), BITNET_OK);
  EXPECT_EQ(bitnet_session_remove(session, 5, 4), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_remove(session, 5, 21), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_remove(session, 21, 21), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_remove(session, UINT32_MAX, 3),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_remove(nullptr, 0, 1), BITNET_INVALID_ARGUMENT);
  // The end can go even where nobody knows how keys are rotated.
  model.descriptor.cache.rotations = nullptr;
  EXPECT_EQ(bitnet_session_remove(session, 5, 8), BITNET_UNSUPPORTED);
  EXPECT_EQ(getTokens(session), tokens);
  EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(tokens));
  EXPECT_EQ(bitnet_session_remove(session, 18, 20), BITNET_OK);
  EXPECT_EQ(session.getPosition(), 18u);
}
