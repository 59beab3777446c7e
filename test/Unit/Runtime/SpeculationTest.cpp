//===- SpeculationTest.cpp - Guessing tokens ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ByteTokenizer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

using namespace mlir::bitnet::test;

namespace {

/// Makes a model repeat itself: after each token a few are likely, and which of
/// them depends on all others. Remembers what it was asked.
struct Habits {
  uint32_t strength;
  std::vector<std::vector<int32_t>> asked;

  static int mask(void *user, const int32_t *tokens, size_t count,
                  float *logits, size_t) {
    auto *self = static_cast<Habits *>(user);
    self->asked.emplace_back(tokens, tokens + count);
    std::mt19937 random(tokens[count - 1]);
    for (float likely : {1.0f, 0.8f, 0.5f})
      logits['k' + random() % 16] += likely * float(self->strength);
    return 0;
  }
};

/// All that a generation does.
struct Outcome {
  bitnet_status status;
  std::vector<std::string> texts;
  std::vector<std::vector<int32_t>> asked;
  std::vector<float> logits;
  uint32_t position;
  bitnet_generate_result result;
};

} // namespace

static Outcome generate(const FakeModel &model, uint32_t threads,
                        uint32_t contextSize, bitnet_generation_options options,
                        uint32_t strength, uint32_t draftTokens) {
  TestSession session(model, threads, contextSize);
  Outcome outcome = {};
  Habits habits = {strength, {}};
  options.draft_tokens = draftTokens;
  options.sampling.mask = Habits::mask;
  options.sampling.mask_user = &habits;
  options.callback = [](void *user, const char *text, size_t length) {
    static_cast<Outcome *>(user)->texts.emplace_back(text, length);
    return 0;
  };
  options.user = &outcome;
  outcome.status =
      bitnet_generate(session, "abc", 3, &options, &outcome.result);
  outcome.asked = std::move(habits.asked);
  outcome.logits = session.getLogits();
  outcome.position = session.getPosition();
  return outcome;
}

TEST(Speculation, ChangesNothing) {
  ByteModel model;
  bitnet_stop_string stop = {"r", 1};
  int32_t stopToken = 'q';
  uint64_t drafted = 0, accepted = 0;
  int finishes[6] = {};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
    if (seed % 5 != 0) {
      options.sampling.temperature = 1;
      options.sampling.top_p = 0.95f;
      options.sampling.seed = seed;
    }
    if (seed % 3 == 0)
      options.sampling.presence_penalty = 0.5f;
    if (seed % 4 == 0) {
      options.stops = &stop;
      options.stop_count = 1;
    } else if (seed % 8 < 4) {
      options.stop_tokens = &stopToken;
      options.stop_token_count = 1;
    }
    options.max_tokens = seed % 4 == 0 ? 10 + seed % 20 : UINT32_MAX;
    if (seed % 6 == 0) {
      options.flags = BITNET_GENERATION_CONTEXT_SHIFT;
      options.keep = seed % 12;
      options.max_tokens = 100;
    }
    uint32_t strength = 6 + seed % 7 * 3;
    uint32_t contextSize = 20 + seed % 30;
    uint32_t threads = 1 + seed % 50 / 48;
    Outcome plain = generate(model, threads, contextSize, options, strength, 0);
    EXPECT_EQ(plain.result.drafted_tokens, 0u);
    ++finishes[plain.result.finish];
    for (uint32_t draftTokens : {1, 2, 5, 64}) {
      Outcome outcome =
          generate(model, threads, contextSize, options, strength, draftTokens);
      ASSERT_EQ(outcome.status, plain.status);
      ASSERT_EQ(outcome.texts, plain.texts);
      // The mask is asked the same, in the same order.
      ASSERT_EQ(outcome.asked, plain.asked);
      ASSERT_EQ(outcome.logits, plain.logits);
      ASSERT_EQ(outcome.position, plain.position);
      ASSERT_EQ(outcome.result.finish, plain.result.finish);
      ASSERT_EQ(outcome.result.generated_tokens, plain.result.generated_tokens);
      ASSERT_LE(outcome.result.accepted_tokens, outcome.result.drafted_tokens);
      drafted += outcome.result.drafted_tokens;
      accepted += outcome.result.accepted_tokens;
    }
  }
  // Guesses are right and wrong, and texts end in several ways.
  EXPECT_GT(accepted, 2000u);
  EXPECT_GT(drafted, accepted + 500);
  EXPECT_GT(finishes[BITNET_FINISH_LENGTH], 10);
  EXPECT_GT(finishes[BITNET_FINISH_CONTEXT], 10);
  EXPECT_GT(finishes[BITNET_FINISH_STOP], 3);
  EXPECT_GT(finishes[BITNET_FINISH_EOS], 3);
}

TEST(Speculation, EndsWithinAPass) {
  ByteModel model;
  // Guessed from the prompt to go on with "abcabc".
  static const std::string text = "-abcabcabcabcq";
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  options.sampling.mask = [](void *, const int32_t *, size_t count,
                             float *logits, size_t) {
    logits[uint8_t(text[count])] += 1000;
    return 0;
  };
  int32_t stopToken = 'q';
  options.stop_tokens = &stopToken;
  options.stop_token_count = 1;
  std::vector<float> logits[2];
  for (bool guesses : {false, true}) {
    TestSession session(model);
    options.draft_tokens = guesses ? 16 : 0;
    bitnet_generate_result result;
    ASSERT_EQ(bitnet_generate(session, "abcabc", 6, &options, &result),
              BITNET_OK);
    EXPECT_EQ(result.finish, BITNET_FINISH_EOS);
    EXPECT_EQ(result.generated_tokens, 6u);
    EXPECT_EQ(result.accepted_tokens, guesses ? 5u : 0u);
    EXPECT_EQ(session.getPosition(), 13u);
    logits[guesses] = session.getLogits();
  }
  EXPECT_EQ(logits[0], logits[1]);
}
