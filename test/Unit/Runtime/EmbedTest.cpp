//===- EmbedTest.cpp - Embeddings of texts --------------------------------===//
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

namespace {
/// What the model gives for each token are its hidden states.
class EmbeddingModel : public FakeModel {
public:
  explicit EmbeddingModel(bitnet_pooling pooling) {
    descriptor.pooling = pooling;
    descriptor.embedding_length = vocabularySize;
  }
};

/// The pooled states of `tokens`, of length 1 unless `isRaw`.
std::vector<float> makeExpected(bitnet_pooling pooling,
                                const std::vector<int32_t> &tokens,
                                bool isRaw) {
  std::vector<double> pooled(FakeModel::vocabularySize);
  size_t first = pooling == BITNET_POOLING_LAST ? tokens.size() : 1;
  size_t last = pooling == BITNET_POOLING_CLS ? 1 : tokens.size();
  for (size_t count = first; count <= last; ++count) {
    std::vector<float> state =
        FakeModel::expectedLogits({tokens.begin(), tokens.begin() + count});
    for (size_t i = 0; i < pooled.size(); ++i)
      pooled[i] += state[i];
  }
  double squares = 0;
  for (double value : pooled)
    squares += value * value;
  double divisor = isRaw ? double(last - first + 1) : std::sqrt(squares);
  std::vector<float> result;
  for (double value : pooled)
    result.push_back(float(value / divisor));
  return result;
}

constexpr bitnet_pooling poolings[] = {BITNET_POOLING_MEAN, BITNET_POOLING_CLS,
                                       BITNET_POOLING_LAST};
} // namespace

TEST(Embed, PoolsStatesOfAllChunks) {
  for (bitnet_pooling pooling : poolings)
    for (uint32_t threads : {1, 3}) {
      EmbeddingModel model(pooling);
      TestSession session(model, threads);
      // A chunk is 7 tokens. Every text begins anew.
      for (size_t count : {1, 7, 8, 20, 50, 2})
        for (bool isRaw : {false, true}) {
          std::vector<int32_t> tokens = makeTokens(count, uint32_t(count));
          std::vector<float> embedding(FakeModel::vocabularySize);
          ASSERT_EQ(bitnet_embed(session, tokens.data(), count,
                                 isRaw ? BITNET_EMBED_RAW : 0,
                                 embedding.data()),
                    BITNET_OK);
          EXPECT_EQ(embedding, makeExpected(pooling, tokens, isRaw))
              << "pooling " << pooling << ", " << count << " tokens";
          EXPECT_EQ(session.getPosition(),
                    pooling == BITNET_POOLING_CLS ? 1 : count);
        }
    }
}

TEST(Embed, InfoTellsPooling) {
  for (bitnet_pooling pooling : poolings) {
    bitnet_model_info info;
    EmbeddingModel model(pooling);
    ASSERT_EQ(bitnet_get_model_info(&model.model, &info), BITNET_OK);
    EXPECT_EQ(info.pooling, pooling);
  }
}

TEST(Embed, ErrorsChangeNothing) {
  EmbeddingModel model(BITNET_POOLING_MEAN);
  TestSession session(model, 1, /*contextSize=*/10);
  std::vector<int32_t> tokens = makeTokens(11, 1);
  std::vector<float> embedding(FakeModel::vocabularySize, 7);
  auto embed = [&](const int32_t *ids, size_t count, uint32_t flags,
                   float *output) {
    return bitnet_embed(session, ids, count, flags, output);
  };
  ASSERT_EQ(embed(tokens.data(), 3, 0, embedding.data()), BITNET_OK);
  std::vector<float> before = embedding;
  EXPECT_EQ(bitnet_embed(nullptr, tokens.data(), 3, 0, embedding.data()),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(embed(nullptr, 3, 0, embedding.data()), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(embed(tokens.data(), 0, 0, embedding.data()),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(embed(tokens.data(), 3, 0, nullptr), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(embed(tokens.data(), 3, 2, embedding.data()),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(embed(tokens.data(), 11, 0, embedding.data()), BITNET_CONTEXT_FULL);
  for (int32_t id : {-1, int32_t(FakeModel::vocabularySize)}) {
    tokens[2] = id;
    EXPECT_EQ(embed(tokens.data(), 3, 0, embedding.data()),
              BITNET_INVALID_TOKEN);
  }
  EXPECT_EQ(embedding, before);
  EXPECT_EQ(session.getPosition(), 3u);
}

TEST(Embed, ModelsDoOneOrTheOther) {
  std::vector<int32_t> tokens = makeTokens(3, 1);
  std::vector<float> numbers(3 * FakeModel::vocabularySize);
  FakeModel language;
  TestSession writer(language);
  EXPECT_EQ(bitnet_embed(writer, tokens.data(), 3, 0, numbers.data()),
            BITNET_UNSUPPORTED);
  EXPECT_EQ(writer.getPosition(), 0u);

  EmbeddingModel model(BITNET_POOLING_LAST);
  TestSession session(model);
  const float *logits = nullptr;
  int32_t token = 7;
  EXPECT_EQ(session.evaluate(tokens), BITNET_UNSUPPORTED);
  EXPECT_EQ(bitnet_evaluate_all(session, tokens.data(), 3, numbers.data()),
            BITNET_UNSUPPORTED);
  EXPECT_EQ(bitnet_logits(session, &logits), BITNET_UNSUPPORTED);
  EXPECT_EQ(bitnet_sample(session, nullptr, nullptr, &token),
            BITNET_UNSUPPORTED);
  EXPECT_EQ(bitnet_generate(session, "a", 1, nullptr, nullptr),
            BITNET_UNSUPPORTED);
  EXPECT_EQ(logits, nullptr);
  EXPECT_EQ(token, 7);
  EXPECT_EQ(session.getPosition(), 0u);
}

/// A vector without a direction is given as it is.
TEST(Embed, ZerosStayZeros) {
  EmbeddingModel model(BITNET_POOLING_MEAN);
  bitnet_variant_descriptor silent = FakeModel::makeVariant("silent");
  silent.evaluate =
      [](int64_t, int64_t, bitnet_member *, const int32_t *, const int32_t *,
         const int32_t *, int64_t, const int32_t *, const int32_t *,
         int64_t outputCount, const bitnet_pass_sequence *,
         const bitnet_attention_work *, int64_t, const bitnet_attention_merge *,
         int64_t, void *, float *states, const void *) {
        std::fill_n(states, outputCount * FakeModel::vocabularySize, 0.0f);
      };
  model.setVariants({silent});
  TestSession session(model);
  std::vector<int32_t> tokens = makeTokens(9, 1);
  std::vector<float> embedding(FakeModel::vocabularySize, 7);
  ASSERT_EQ(bitnet_embed(session, tokens.data(), 9, 0, embedding.data()),
            BITNET_OK);
  EXPECT_EQ(embedding, std::vector<float>(FakeModel::vocabularySize, 0.0f));
}
