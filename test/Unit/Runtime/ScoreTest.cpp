//===- ScoreTest.cpp - How probable given tokens are ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlir::bitnet::test;

/// Logarithms of the probabilities of all tokens but the first.
static std::vector<double> expectedScores(const std::vector<int32_t> &tokens) {
  std::vector<double> scores;
  for (size_t count = 1; count < tokens.size(); ++count) {
    std::vector<float> logits =
        FakeModel::expectedLogits({tokens.begin(), tokens.begin() + count});
    double sum = 0;
    for (float logit : logits)
      sum += std::exp(double(logit));
    scores.push_back(logits[tokens[count]] - std::log(sum));
  }
  return scores;
}

TEST(Score, LogarithmsOfProbabilities) {
  FakeModel model;
  std::vector<int32_t> tokens = makeTokens(40, 1);
  std::vector<double> expected = expectedScores(tokens);
  // However they are spread over calls, and from any position on.
  for (size_t piece : {1, 2, 3, 7, 20, 40}) {
    TestSession session(model, 2);
    std::vector<float> scores;
    for (size_t done = 0; done < tokens.size(); done += piece) {
      size_t count = std::min(piece, tokens.size() - done);
      std::vector<float> some(count);
      // Logits that are not there are made anew.
      if (done == 20)
        ASSERT_EQ(bitnet_session_reset(session, done), BITNET_OK);
      ASSERT_EQ(bitnet_score(session, tokens.data() + done, count, some.data()),
                BITNET_OK);
      scores.insert(scores.end(), some.begin(), some.end());
    }
    EXPECT_TRUE(std::isnan(scores[0]));
    for (size_t i = 1; i < tokens.size(); ++i)
      EXPECT_NEAR(scores[i], expected[i - 1], 1e-6 * std::fabs(expected[i - 1]))
          << i;
    EXPECT_EQ(session.getPosition(), tokens.size());
    EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(tokens));
  }
}

TEST(Score, NeedsAllLogits) {
  FakeModel model;
  std::vector<int32_t> tokens = makeTokens(12, 2);
  std::vector<double> expected = expectedScores(tokens);
  TestSession session(model);
  ASSERT_EQ(bitnet_session_limit_logits(session, 1), BITNET_OK);
  ASSERT_EQ(bitnet_evaluate(session, tokens.data(), 5), BITNET_OK);
  std::vector<float> scores(7);
  ASSERT_EQ(bitnet_score(session, tokens.data() + 5, 7, scores.data()),
            BITNET_OK);
  for (size_t i = 0; i < 7; ++i)
    EXPECT_NEAR(scores[i], expected[i + 4], 1e-6 * std::fabs(expected[i + 4]));
}

TEST(Score, RejectsWhatEvaluateRejects) {
  FakeModel model;
  TestSession session(model);
  std::vector<float> scores(60, 7.0f);
  std::vector<int32_t> tokens = makeTokens(60, 1);
  auto score = [&](const int32_t *ids, size_t count, float *output) {
    return bitnet_score(session, ids, count, output);
  };
  EXPECT_EQ(bitnet_score(nullptr, tokens.data(), 3, scores.data()),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(score(nullptr, 3, scores.data()), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(score(tokens.data(), 3, nullptr), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(score(tokens.data(), 0, scores.data()), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(score(tokens.data(), 51, scores.data()), BITNET_CONTEXT_FULL);
  tokens[20] = 300;
  EXPECT_EQ(score(tokens.data(), 30, scores.data()), BITNET_INVALID_TOKEN);
  EXPECT_EQ(session.getPosition(), 0u);
  EXPECT_EQ(scores, std::vector<float>(60, 7.0f));
}
