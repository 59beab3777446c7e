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
#include <map>
#include <random>
#include <set>

using namespace mlir::bitnet::test;

static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

static bitnet_sampling_options makeOptions(float temperature, uint32_t topK,
                                           float topP) {
  bitnet_sampling_options options = BITNET_SAMPLING_OPTIONS_DEFAULT;
  options.temperature = temperature;
  options.top_k = topK;
  options.top_p = topP;
  return options;
}

/// What is chosen from.
struct Input {
  std::vector<float> logits;
  std::vector<int32_t> tokens;
  std::vector<uint32_t> banned;
};

static bitnet_status choose(const Input &input,
                            const bitnet_sampling_options &options,
                            bitnet_sampler &sampler, int32_t &token) {
  // On the heap, so that sanitizers see its ends.
  std::vector<uint64_t> scratch(input.logits.size());
  std::vector<float> before = input.logits;
  SamplerInput passed = {
      input.logits.data(), uint32_t(input.logits.size()),
      input.tokens.data(), uint32_t(input.tokens.size()),
      input.banned.data(), uint32_t(input.banned.size()),
  };
  EXPECT_EQ(bitnetCheckSampling(&options, passed.vocabularySize), BITNET_OK);
  bitnet_status status =
      bitnetChoose(&passed, &options, &sampler, scratch.data(), &token);
  EXPECT_EQ(std::memcmp(before.data(), input.logits.data(),
                        before.size() * sizeof(float)),
            0);
  return status;
}

static int32_t choose(const std::vector<float> &logits,
                      const bitnet_sampling_options &options,
                      bitnet_sampler &sampler) {
  int32_t token = -7;
  EXPECT_EQ(choose(Input{logits, {}, {}}, options, sampler, token), BITNET_OK);
  return token;
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

namespace {
struct Candidate {
  double exponent;
  uint32_t id;
  double probability;
};
} // namespace

/// Steps 2 and 3 of sampling.h.
static std::vector<float> adjust(const Input &input,
                                 const bitnet_sampling_options &options) {
  std::vector<float> logits = input.logits;
  for (size_t i = 0; i < options.bias_count; ++i)
    logits[options.biases[i].token] += options.biases[i].bias;
  for (uint32_t id : input.banned)
    logits[id] = -infinity;
  size_t window = std::min<size_t>(options.penalty_window, input.tokens.size());
  std::map<int32_t, int> counts;
  for (size_t i = input.tokens.size() - window; i < input.tokens.size(); ++i)
    ++counts[input.tokens[i]];
  for (auto [id, count] : counts) {
    float &logit = logits[id];
    logit = logit > 0 ? logit / options.repetition_penalty
                      : logit * options.repetition_penalty;
    logit -= options.presence_penalty + options.frequency_penalty * count;
  }
  return logits;
}

/// The fewest candidates whose probabilities add up to at least `share` of all.
static void keepShare(std::vector<Candidate> &candidates, double share) {
  double total = 0;
  for (const Candidate &candidate : candidates)
    total += candidate.probability;
  double sum = 0;
  size_t count = 0;
  while (count < candidates.size() && sum < share * total)
    sum += candidates[count++].probability;
  candidates.resize(count);
}

/// The order in which typical takes candidates.
static void sortTypical(std::vector<Candidate> &candidates) {
  double total = 0, entropy = 0;
  for (const Candidate &candidate : candidates)
    total += candidate.probability;
  for (const Candidate &candidate : candidates)
    if (candidate.probability > 0)
      entropy -= candidate.probability / total *
                 std::log(candidate.probability / total);
  auto distance = [&](const Candidate &candidate) {
    return std::fabs(std::log(total) - candidate.exponent - entropy);
  };
  std::sort(candidates.begin(), candidates.end(),
            [&](const Candidate &a, const Candidate &b) {
              return a.exponent == b.exponent ? a.id < b.id
                                              : distance(a) < distance(b);
            });
}

/// What sampling.h says, step by step.
static int32_t chooseByDefinition(const Input &input,
                                  const bitnet_sampling_options &options,
                                  bitnet_sampler &sampler) {
  std::vector<float> logits = adjust(input, options);
  std::vector<uint32_t> ids;
  for (uint32_t id = 0; id < logits.size(); ++id)
    if (logits[id] > -infinity)
      ids.push_back(id);
  std::sort(ids.begin(), ids.end(), [&](uint32_t a, uint32_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  if (options.temperature == 0)
    return ids.empty() ? 0 : ids[0];
  double uniform = double(nextRandom(sampler.state) >> 11) * 0x1p-53;
  if (ids.empty())
    return 0;
  double best = logits[ids[0]];
  std::vector<Candidate> candidates;
  for (uint32_t id : ids) {
    double exponent =
        logits[id] == best ? 0 : (logits[id] - best) / options.temperature;
    candidates.push_back({exponent, id, std::exp(exponent)});
  }
  bool cutsCount = options.top_k && options.top_k < logits.size();
  if (cutsCount && options.top_k < candidates.size())
    candidates.resize(options.top_k);
  if (options.top_p < 1)
    keepShare(candidates, options.top_p);
  if (options.min_p > 0)
    std::erase_if(candidates, [&](const Candidate &candidate) {
      return candidate.probability < options.min_p;
    });
  if (options.typical_p < 1) {
    sortTypical(candidates);
    keepShare(candidates, options.typical_p);
  } else if (!cutsCount && options.top_p == 1) {
    std::sort(
        candidates.begin(), candidates.end(),
        [](const Candidate &a, const Candidate &b) { return a.id < b.id; });
  }
  double total = 0, sum = 0;
  for (const Candidate &candidate : candidates)
    total += candidate.probability;
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

/// Options of all steps, each of them in half of the cases.
static bitnet_sampling_options makeRandomOptions(std::mt19937 &random,
                                                 uint32_t vocabularySize) {
  auto chance = [&] { return random() % 2 == 0; };
  auto share = [&] { return float(1 + random() % 99) / 100; };
  bitnet_sampling_options options = BITNET_SAMPLING_OPTIONS_DEFAULT;
  if (random() % 8 != 0)
    options.temperature = 0.1f + float(random() % 30) / 10;
  if (chance())
    options.top_k = random() % (vocabularySize + 5);
  if (chance())
    options.top_p = share();
  if (chance())
    options.min_p = chance() ? share() : share() / 50;
  if (chance())
    options.typical_p = share();
  if (chance())
    options.repetition_penalty = float(1 + random() % 40) / 20;
  if (chance())
    options.presence_penalty = float(int(random() % 40) - 10) / 20;
  if (chance())
    options.frequency_penalty = float(int(random() % 40) - 10) / 20;
  if (chance())
    options.penalty_window = chance() ? random() % 40 : UINT32_MAX;
  return options;
}

static Input makeRandomInput(std::mt19937 &random, int kind) {
  std::normal_distribution<float> normal(0, 3);
  Input input;
  input.logits.resize(1 + random() % 200);
  for (float &logit : input.logits) {
    logit = normal(random);
    // Many equal ones.
    if (kind % 3 == 0)
      logit = std::round(logit);
    if (kind % 5 == 0 && random() % 8 == 0)
      logit = random() % 2 ? -infinity : notANumber;
  }
  // Some of them often.
  for (size_t i = random() % 100; i-- > 0;)
    input.tokens.push_back(random() % (1 + random() % input.logits.size()));
  if (kind % 4 == 0)
    input.banned = {uint32_t(random() % input.logits.size()), 0};
  return input;
}

TEST(Sampler, AgreesWithTheDefinition) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    Input input = makeRandomInput(random, i);
    bitnet_sampling_options options =
        makeRandomOptions(random, input.logits.size());
    std::vector<bitnet_logit_bias> biases;
    for (size_t k = i % 3; k-- > 0;)
      biases.push_back({int32_t(random() % input.logits.size()),
                        random() % 4 ? float(random() % 9) - 4 : -infinity});
    options.biases = biases.data();
    options.bias_count = biases.size();
    bitnet_sampler sampler, same;
    bitnet_sampler_seed(&sampler, i);
    same = sampler;
    for (int draw = 0; draw < 3; ++draw) {
      int32_t token = -7;
      ASSERT_EQ(choose(input, options, sampler, token), BITNET_OK);
      ASSERT_EQ(token, chooseByDefinition(input, options, same))
          << "case " << i;
    }
    EXPECT_EQ(std::memcmp(&sampler, &same, sizeof(same)), 0);
  }
}

TEST(Sampler, OnlyTheLogitsThatAreNeeded) {
  std::mt19937 random(2);
  int limited = 0;
  for (int i = 0; i < 20000; ++i) {
    Input input = makeRandomInput(random, 1 + i % 2 * 2);
    bitnet_sampling_options options =
        makeRandomOptions(random, input.logits.size());
    bitnet_logit_bias bias = {int32_t(random() % input.logits.size()), -3.0f};
    options.biases = &bias;
    options.bias_count = i % 2;
    if (i % 5 == 0)
      input.banned = {uint32_t(random() % input.logits.size())};
    uint32_t needed =
        bitnetLogitsNeeded(&options, input.logits.size(), input.tokens.size(),
                           input.banned.size());
    if (needed == 0)
      continue;
    ++limited;
    Input less = input;
    std::vector<float> sorted = input.logits;
    std::sort(sorted.begin(), sorted.end(), std::greater<float>());
    for (float &logit : less.logits)
      if (logit < sorted[needed - 1])
        logit = -infinity;
    bitnet_sampler sampler, same;
    bitnet_sampler_seed(&sampler, i);
    same = sampler;
    int32_t token = -7, expected = -8;
    ASSERT_EQ(choose(less, options, sampler, token), BITNET_OK);
    ASSERT_EQ(choose(input, options, same, expected), BITNET_OK);
    ASSERT_EQ(token, expected) << "case " << i;
  }
  EXPECT_GT(limited, 500);
}

TEST(Sampler, LogitsNeeded) {
  auto needed = [](bitnet_sampling_options options) {
    return bitnetLogitsNeeded(&options, 1000, 50, 2);
  };
  bitnet_sampling_options options = BITNET_SAMPLING_OPTIONS_DEFAULT;
  EXPECT_EQ(needed(options), 3u);
  options.temperature = 1;
  EXPECT_EQ(needed(options), 0u);
  options.top_k = 40;
  EXPECT_EQ(needed(options), 42u);
  options.repetition_penalty = 1.1f;
  EXPECT_EQ(needed(options), 92u);
  options.penalty_window = 10;
  EXPECT_EQ(needed(options), 52u);
  options.presence_penalty = -1;
  EXPECT_EQ(needed(options), 0u);
  options.presence_penalty = 1;
  bitnet_logit_bias biases[] = {{1, -2}, {3, -infinity}};
  options.biases = biases;
  options.bias_count = 2;
  EXPECT_EQ(needed(options), 54u);
  biases[1].bias = 1;
  EXPECT_EQ(needed(options), 0u);
  options.bias_count = 0;
  options.top_k = UINT32_MAX;
  EXPECT_EQ(needed(options), 0u);
}

TEST(Sampler, MaskComesFirst) {
  struct Grammar {
    std::vector<int32_t> tokens;
    std::vector<float> logits;
    int result = 0;
    bool nothing = false;
    static int call(void *user, const int32_t *tokens, size_t count,
                    float *logits, size_t vocabularySize) {
      auto *self = static_cast<Grammar *>(user);
      self->tokens.assign(tokens, tokens + count);
      self->logits.assign(logits, logits + vocabularySize);
      for (size_t i = 0; i < vocabularySize; ++i)
        if (i % 2 == 0 || self->nothing)
          logits[i] = -infinity;
      return self->result;
    }
  };
  Grammar grammar;
  bitnet_sampling_options options = BITNET_SAMPLING_OPTIONS_DEFAULT;
  bitnet_logit_bias bias = {3, -10};
  options.mask = Grammar::call;
  options.mask_user = &grammar;
  options.biases = &bias;
  options.bias_count = 1;
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 3);
  bitnet_sampler before = sampler;
  for (float temperature : {0.0f, 1.0f}) {
    options.temperature = temperature;
    options.top_k = temperature ? 1 : 0;
    Input input = {{9, 4, 8, 5}, {2, 0}, {}};
    int32_t token = -7;
    EXPECT_EQ(choose(input, options, sampler, token), BITNET_OK);
    EXPECT_EQ(token, 1);
    EXPECT_EQ(grammar.tokens, input.tokens);
    EXPECT_EQ(grammar.logits, input.logits);
    sampler = before;
    token = -7;
    for (auto [result, nothing] : {std::pair(1, false), {0, true}}) {
      grammar.result = result;
      grammar.nothing = nothing;
      EXPECT_EQ(choose(input, options, sampler, token), BITNET_STOPPED);
      EXPECT_EQ(token, -7);
      EXPECT_EQ(std::memcmp(&sampler, &before, sizeof(before)), 0);
    }
    grammar = {};
  }
}

TEST(Sampler, GreedyTakesTheLowestIdAmongEquals) {
  bitnet_sampling_options greedy = BITNET_SAMPLING_OPTIONS_DEFAULT;
  bitnet_sampler sampler = {};
  EXPECT_EQ(choose({1, 3, 2, 3}, greedy, sampler), 1);
  EXPECT_EQ(choose({-0.0f, 0.0f}, greedy, sampler), 0);
  EXPECT_EQ(choose({notANumber, 1, notANumber}, greedy, sampler), 1);
  EXPECT_EQ(choose({-infinity, notANumber}, greedy, sampler), 0);
  EXPECT_EQ(choose({-infinity, -5}, greedy, sampler), 1);
  EXPECT_EQ(choose({1, infinity, infinity}, greedy, sampler), 1);
}

TEST(Sampler, TopOneIsGreedy) {
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 7);
  std::vector<float> logits = {1, 3, 2, 3};
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(choose(logits, makeOptions(100, 1, 1), sampler), 1);
    EXPECT_EQ(choose(logits, makeOptions(100, 0, 1e-6f), sampler), 1);
  }
}

TEST(Sampler, InfiniteAndMissingLogits) {
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 8);
  bitnet_sampling_options typical = makeOptions(1, 0, 1),
                          minP = makeOptions(1, 0, 1);
  typical.typical_p = 0.5f;
  minP.min_p = 0.1f;
  for (int i = 0; i < 200; ++i)
    for (const bitnet_sampling_options &options :
         {makeOptions(1, 0, 1), makeOptions(1, 3, 1), makeOptions(1, 0, 0.9f),
          makeOptions(1e-30f, 0, 1), typical, minP}) {
      EXPECT_EQ(choose({1, infinity, 5, notANumber}, options, sampler), 1);
      EXPECT_EQ(choose({-infinity, notANumber, -infinity}, options, sampler),
                0);
      EXPECT_EQ(choose({notANumber, -infinity, -1e30f}, options, sampler), 2);
    }
}

TEST(Sampler, SharesThatAreReachedExactly) {
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 10);
  auto countChosen = [&](const bitnet_sampling_options &options) {
    std::set<int32_t> chosen;
    for (int i = 0; i < 100; ++i)
      chosen.insert(choose({1, 3, 3, 3, 3, 2}, options, sampler));
    return chosen;
  };
  using Tokens = std::set<int32_t>;
  for (uint32_t topK : {0, 4}) {
    // The first two of four have one half.
    EXPECT_EQ(countChosen(makeOptions(0.01f, topK, 0.5f)), Tokens({1, 2}));
    bitnet_sampling_options options = makeOptions(0.01f, topK, 1);
    options.typical_p = 0.5f;
    EXPECT_EQ(countChosen(options), Tokens({1, 2}));
    options = makeOptions(1, topK, 1);
    options.min_p = 1;
    EXPECT_EQ(countChosen(options), Tokens({1, 2, 3, 4}));
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
  auto trySample = [&](bitnet_sampling_options options) {
    return bitnet_sample(session, &options, &sampler, &token);
  };
  struct Range {
    float bitnet_sampling_options::*field;
    std::vector<float> wrong;
  };
  using Options = bitnet_sampling_options;
  for (const Range &range : std::initializer_list<Range>{
           {&Options::temperature, {-1, 100.5f}},
           {&Options::top_p, {0, -1, 1.5f}},
           {&Options::min_p, {-1, 1.5f}},
           {&Options::typical_p, {0, -1, 1.5f}},
           {&Options::repetition_penalty, {0, -1, 101}},
           {&Options::presence_penalty, {-101, 101}},
           {&Options::frequency_penalty, {-101, 101}}}) {
    std::vector<float> wrong = range.wrong;
    wrong.insert(wrong.end(), {infinity, -infinity, notANumber});
    for (float value : wrong) {
      bitnet_sampling_options options = makeOptions(1, 0, 1);
      options.*range.field = value;
      EXPECT_EQ(trySample(options), BITNET_INVALID_ARGUMENT) << value;
    }
  }
  {
    bitnet_sampling_options options = makeOptions(1, 0, 1);
    options.reserved = 1;
    EXPECT_EQ(trySample(options), BITNET_INVALID_ARGUMENT);
    options.reserved = 0;
    options.bias_count = 1;
    EXPECT_EQ(trySample(options), BITNET_INVALID_ARGUMENT);
    for (auto [bias, status] : {std::pair<bitnet_logit_bias, bitnet_status>(
                                    {-1, 0}, BITNET_INVALID_TOKEN),
                                {{300, 0}, BITNET_INVALID_TOKEN},
                                {{0, infinity}, BITNET_INVALID_ARGUMENT},
                                {{0, notANumber}, BITNET_INVALID_ARGUMENT}}) {
      options.biases = &bias;
      EXPECT_EQ(trySample(options), status);
    }
  }
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
