//===- BatchTest.cpp - Several sessions together --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

using namespace mlir::bitnet::test;

namespace {
/// Sessions of one evaluator, and what has been evaluated in each.
struct Sessions {
  Sessions(const FakeModel &model, uint32_t threads, uint32_t mostSequences,
           size_t count)
      : evaluator(model, threads, mostSequences), texts(count) {
    for (size_t i = 0; i < count; ++i)
      sessions.emplace_back(model, evaluator);
  }

  /// Appends parts[i] to session i, unless it is empty, and expects the right
  /// logits: of all tokens where `wantsAll(i)`.
  void evaluate(const std::vector<std::vector<int32_t>> &parts,
                bool (*wantsAll)(size_t)) {
    std::vector<bitnet_batch_item> items;
    std::vector<size_t> owners;
    std::deque<std::vector<float>> rows;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].empty())
        continue;
      float *logits = nullptr;
      if (wantsAll(i))
        logits = rows.emplace_back(parts[i].size() * FakeModel::vocabularySize)
                     .data();
      items.push_back({sessions[i], parts[i].data(), parts[i].size(), logits,
                       BITNET_UNSUPPORTED, 0});
      owners.push_back(i);
    }
    ASSERT_EQ(bitnet_evaluate_batch(items.data(), items.size()), BITNET_OK);
    for (size_t i = 0; i < items.size(); ++i) {
      EXPECT_EQ(items[i].status, BITNET_OK);
      std::vector<int32_t> &text = texts[owners[i]];
      for (size_t token = 0; token < items[i].count; ++token) {
        text.push_back(items[i].tokens[token]);
        if (!items[i].logits)
          continue;
        const float *row = items[i].logits + token * FakeModel::vocabularySize;
        EXPECT_EQ(std::vector(row, row + FakeModel::vocabularySize),
                  FakeModel::expectedLogits(text));
      }
    }
    for (size_t i = 0; i < parts.size(); ++i) {
      EXPECT_EQ(sessions[i].getPosition(), texts[i].size());
      if (!texts[i].empty())
        EXPECT_EQ(sessions[i].getLogits(), FakeModel::expectedLogits(texts[i]));
    }
  }

  TestEvaluator evaluator;
  std::deque<TestSession> sessions;
  std::vector<std::vector<int32_t>> texts;
};
} // namespace

static bool wantsNone(size_t) { return false; }
static bool wantsSome(size_t i) { return i % 3 == 1; }

TEST(Batch, SameLogitsAsAlone) {
  FakeModel model;
  for (uint32_t threads : {1, 2, 5})
    for (uint32_t mostSequences : {1, 2, 7, 16})
      for (auto wantsAll : {wantsNone, wantsSome}) {
        Sessions sessions(model, threads, mostSequences, 11);
        std::mt19937 random(threads * 100 + mostSequences);
        // Prompts of all sizes, single tokens, and sessions that rest.
        for (uint32_t round = 0; round < 8; ++round) {
          std::vector<std::vector<int32_t>> parts;
          for (size_t i = 0; i < 11; ++i) {
            size_t count = random() % 3 == 0 ? random() % 16 : random() % 2;
            size_t room = FakeModel::contextLength - sessions.texts[i].size();
            parts.push_back(makeTokens(std::min(count, room), random()));
          }
          parts[round % 11].resize(sessions.texts[round % 11].size() <
                                   FakeModel::contextLength);
          sessions.evaluate(parts, wantsAll);
        }
      }
}

TEST(Batch, ItemsAreRefusedOneByOne) {
  FakeModel model;
  TestEvaluator evaluator(model, 2);
  TestSession good(model, evaluator), wrong(model, evaluator),
      full(model, evaluator, 5), empty(model, evaluator),
      stopped(model, evaluator), last(model, evaluator);
  std::vector<int32_t> tokens = makeTokens(10, 1);
  int32_t outside = -1;
  EXPECT_EQ(bitnet_session_cancel(stopped), BITNET_OK);
  bitnet_batch_item items[] = {
      {good, tokens.data(), 10, nullptr, BITNET_OK, 0},
      {wrong, &outside, 1, nullptr, BITNET_OK, 0},
      {full, tokens.data(), 10, nullptr, BITNET_OK, 0},
      {empty, nullptr, 1, nullptr, BITNET_OK, 0},
      {stopped, tokens.data(), 10, nullptr, BITNET_OK, 0},
      {last, tokens.data(), 1, nullptr, BITNET_OK, 0}};
  EXPECT_EQ(bitnet_evaluate_batch(items, 6), BITNET_INVALID_TOKEN);
  EXPECT_EQ(items[0].status, BITNET_OK);
  EXPECT_EQ(items[1].status, BITNET_INVALID_TOKEN);
  EXPECT_EQ(items[2].status, BITNET_CONTEXT_FULL);
  EXPECT_EQ(items[3].status, BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(items[4].status, BITNET_CANCELLED);
  EXPECT_EQ(items[5].status, BITNET_OK);
  EXPECT_EQ(good.getLogits(), FakeModel::expectedLogits(tokens));
  EXPECT_EQ(last.getLogits(), FakeModel::expectedLogits({tokens[0]}));
  for (const TestSession *session : {&wrong, &full, &empty, &stopped})
    EXPECT_EQ(session->getPosition(), 0u);
  // They are all free again.
  for (bitnet_batch_item &item : items)
    item.tokens = tokens.data(), item.count = 1;
  EXPECT_EQ(bitnet_evaluate_batch(items, 6), BITNET_OK);
}

TEST(Batch, WhatCannotBeABatch) {
  FakeModel model, otherModel;
  TestEvaluator evaluator(model), otherEvaluator(model);
  TestSession first(model, evaluator), second(model, evaluator),
      other(model, otherEvaluator), alien(otherModel);
  int32_t token = 1;
  bitnet_batch_item good = {first, &token, 1, nullptr, BITNET_STOPPED, 0};
  auto expectRefused = [&](bitnet_batch_item bad) {
    bitnet_batch_item items[] = {good, bad};
    EXPECT_EQ(bitnet_evaluate_batch(items, 2), BITNET_INVALID_ARGUMENT);
    EXPECT_EQ(items[0].status, BITNET_STOPPED);
    EXPECT_EQ(first.getPosition(), 0u);
  };
  expectRefused(good);
  expectRefused({nullptr, &token, 1, nullptr, BITNET_OK, 0});
  expectRefused({other, &token, 1, nullptr, BITNET_OK, 0});
  expectRefused({alien, &token, 1, nullptr, BITNET_OK, 0});
  expectRefused({second, &token, 1, nullptr, BITNET_OK, 1});
  EXPECT_EQ(bitnet_evaluate_batch(nullptr, 1), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_evaluate_batch(&good, 0), BITNET_INVALID_ARGUMENT);
  model.descriptor.pooling = BITNET_POOLING_MEAN;
  EXPECT_EQ(bitnet_evaluate_batch(&good, 1), BITNET_UNSUPPORTED);
}
