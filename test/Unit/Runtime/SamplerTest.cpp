//===- SamplerTest.cpp - Choosing tokens ----------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Sampler.h"
#include "Exponential.h"
#include "FakeModel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace mlir::bitnet::test;

static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

static bitnet_sampling_options makeOptions(float temperature, uint32_t topK,
                                           float topP) {
  return {temperature, topK, topP, 0, 0};
}

static uint32_t choose(const std::vector<float> &logits,
                       const bitnet_sampling_options &options,
                       bitnet_sampler &sampler) {
  std::vector<uint64_t> scratch(logits.size());
  return bitnetChoose(logits.data(), logits.size(), &options, &sampler,
                      scratch.data());
}

/// xoshiro256** as its authors publish it.
static uint64_t nextRandom(uint64_t *s) {
  auto rotate = [](uint64_t x, int k) { return x << k | x >> (64 - k); };
  const uint64_t result = rotate(s[1] * 5, 7) * 9;
  const uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

/// What runtime.h says, step by step.
static uint32_t chooseByDefinition(const std::vector<float> &logits,
                                   const bitnet_sampling_options &options,
                                   bitnet_sampler &sampler) {
  struct Candidate {
    double logit;
    uint32_t id;
    double probability;
  };
  std::vector<Candidate> candidates;
  for (uint32_t id = 0; id < logits.size(); ++id)
    if (logits[id] > -infinity)
      candidates.push_back({logits[id] / double(options.temperature), id, 0});
  double uniform = double(nextRandom(sampler.state) >> 11) * 0x1p-53;
  if (candidates.empty())
    return 0;
  std::vector<Candidate> sorted = candidates;
  std::sort(sorted.begin(), sorted.end(),
            [](const Candidate &a, const Candidate &b) {
              return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
            });
  // Without a cut the draw is in the order of the ids.
  bool isCut =
      options.top_p < 1 || (options.top_k && options.top_k < candidates.size());
  double best = sorted[0].logit;
  if (isCut)
    candidates = sorted;
  if (options.top_k && options.top_k < candidates.size())
    candidates.resize(options.top_k);
  double total = 0;
  for (Candidate &candidate : candidates) {
    candidate.probability =
        candidate.logit == best ? 1 : std::exp(candidate.logit - best);
    total += candidate.probability;
  }
  if (options.top_p < 1) {
    double sum = 0;
    size_t count = 0;
    while (count < candidates.size() && (!count || sum < options.top_p * total))
      sum += candidates[count++].probability;
    candidates.resize(count);
    total = sum;
  }
  double sum = 0;
  for (const Candidate &candidate : candidates) {
    sum += candidate.probability;
    if (sum > uniform * total)
      return candidate.id;
  }
  return candidates.back().id;
}

TEST(Sampler, Exponential) {
  double worst = 0;
  for (double x = 0; x > -708; x -= 0.0137)
    worst = std::max(worst, std::fabs(bitnetExp(x) / std::exp(x) - 1));
  EXPECT_LT(worst, 0x1p-51);
  EXPECT_EQ(bitnetExp(0), 1.0);
  EXPECT_EQ(bitnetExp(-709), 0.0);
  EXPECT_EQ(bitnetExp(-HUGE_VAL), 0.0);
  EXPECT_EQ(bitnetExp(std::nan("")), 0.0);
}

TEST(Sampler, Logarithm) {
  for (double x = 1e-300; x < 1e300; x *= 1.37)
    EXPECT_LT(std::fabs(bitnetLog(x) - std::log(x)),
              0x1p-50 * (1 + std::fabs(std::log(x))));
  for (double x = 0.5; x < 2; x += 0.00137)
    EXPECT_LT(std::fabs(bitnetLog(x) - std::log(x)), 0x1p-50);
  EXPECT_EQ(bitnetLog(1), 0.0);
}

TEST(Sampler, SeedIsSplitmix64) {
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 0);
  EXPECT_EQ(sampler.state[0], UINT64_C(0xe220a8397b1dcdaf));
  EXPECT_EQ(sampler.state[1], UINT64_C(0x6e789e6aa1b965f4));
}

TEST(Sampler, AgreesWithTheDefinition) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 3);
  for (int i = 0; i < 3000; ++i) {
    std::vector<float> logits(1 + random() % 200);
    for (float &logit : logits) {
      logit = normal(random);
      // Many equal ones.
      if (i % 3 == 0)
        logit = std::round(logit);
      if (i % 5 == 0 && random() % 8 == 0)
        logit = random() % 2 ? -infinity : notANumber;
    }
    bitnet_sampling_options options =
        makeOptions(0.1f + float(random() % 30) / 10,
                    random() % 2 ? uint32_t(random() % (logits.size() + 5)) : 0,
                    random() % 2 ? float(1 + random() % 99) / 100 : 1.0f);
    bitnet_sampler sampler, same;
    bitnet_sampler_seed(&sampler, i);
    same = sampler;
    for (int draw = 0; draw < 5; ++draw)
      ASSERT_EQ(choose(logits, options, sampler),
                chooseByDefinition(logits, options, same))
          << "case " << i;
    EXPECT_EQ(std::memcmp(&sampler, &same, sizeof(same)), 0);
  }
}

TEST(Sampler, GreedyTakesTheLowestIdAmongEquals) {
  bitnet_sampling_options greedy = BITNET_SAMPLING_OPTIONS_DEFAULT;
  bitnet_sampler sampler = {};
  EXPECT_EQ(choose({1, 3, 2, 3}, greedy, sampler), 1u);
  EXPECT_EQ(choose({-0.0f, 0.0f}, greedy, sampler), 0u);
  EXPECT_EQ(choose({notANumber, 1, notANumber}, greedy, sampler), 1u);
  EXPECT_EQ(choose({-infinity, notANumber}, greedy, sampler), 0u);
  EXPECT_EQ(choose({-infinity, -5}, greedy, sampler), 1u);
  EXPECT_EQ(choose({1, infinity, infinity}, greedy, sampler), 1u);
}

TEST(Sampler, TopOneIsGreedy) {
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 7);
  std::vector<float> logits = {1, 3, 2, 3};
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(choose(logits, makeOptions(100, 1, 1), sampler), 1u);
    EXPECT_EQ(choose(logits, makeOptions(100, 0, 1e-6f), sampler), 1u);
  }
}

TEST(Sampler, InfiniteAndMissingLogits) {
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 8);
  for (int i = 0; i < 200; ++i)
    for (bitnet_sampling_options options :
         {makeOptions(1, 0, 1), makeOptions(1, 3, 1), makeOptions(1, 0, 0.9f),
          makeOptions(1e-30f, 0, 1)}) {
      EXPECT_EQ(choose({1, infinity, 5, notANumber}, options, sampler), 1u);
      EXPECT_EQ(choose({-infinity, notANumber, -infinity}, options, sampler),
                0u);
      EXPECT_EQ(choose({notANumber, -infinity, -1e30f}, options, sampler), 2u);
    }
}

TEST(Sampler, DrawsWithTheRightFrequency) {
  std::vector<float> logits = {0, std::log(2.0f), std::log(3.0f),
                               std::log(4.0f)};
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 9);
  const int draws = 100000;
  for (uint32_t topK : {0, 2}) {
    int counts[4] = {};
    for (int i = 0; i < draws; ++i)
      ++counts[choose(logits, makeOptions(1, topK, 1), sampler)];
    double total = topK ? 7 : 10;
    for (int id = 0; id < 4; ++id) {
      double expected = topK && id < 2 ? 0 : (id + 1) / total;
      EXPECT_NEAR(double(counts[id]) / draws, expected, 0.01);
    }
  }
}

TEST(Sampler, OptionsAreChecked) {
  FakeModel model;
  TestSession session(model);
  ASSERT_EQ(session.evaluate({1, 2, 3}), BITNET_OK);
  bitnet_sampler sampler = {};
  int32_t token = -7;
  auto trySample = [&](float temperature, float topP, uint32_t reserved = 0) {
    bitnet_sampling_options options = {temperature, 0, topP, reserved, 0};
    return bitnet_sample(session, &options, &sampler, &token);
  };
  for (float wrong : {-1.0f, 100.5f, infinity, -infinity, notANumber})
    EXPECT_EQ(trySample(wrong, 1), BITNET_INVALID_ARGUMENT);
  for (float wrong : {0.0f, -1.0f, 1.5f, infinity, notANumber})
    EXPECT_EQ(trySample(1, wrong), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(trySample(1, 1, 1), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(token, -7);
  bitnet_sampling_options options = makeOptions(1, 0, 1);
  EXPECT_EQ(bitnet_sample(session, &options, nullptr, &token),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_sample(session, nullptr, nullptr, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_sample(session, nullptr, nullptr, &token), BITNET_OK);
  std::vector<float> logits = session.getLogits();
  EXPECT_EQ(token,
            std::max_element(logits.begin(), logits.end()) - logits.begin());
}
