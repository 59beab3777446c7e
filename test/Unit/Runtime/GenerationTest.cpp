//===- GenerationTest.cpp - Generating token by token ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ByteTokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>

using namespace mlir::bitnet::test;

namespace {

/// Makes any model say what it is told to: script[i] is the token at position
/// i.
struct Script {
  std::vector<int32_t> tokens;
  /// Where to say that it is enough, and where to leave no token.
  size_t endsAt = SIZE_MAX;
  size_t leavesNothingAt = SIZE_MAX;

  static int mask(void *user, const int32_t *, size_t count, float *logits,
                  size_t vocabularySize) {
    auto *self = static_cast<Script *>(user);
    if (count < self->tokens.size())
      logits[self->tokens[count]] = 1000;
    for (size_t i = 0; count == self->leavesNothingAt && i < vocabularySize;
         ++i)
      logits[i] = -std::numeric_limits<float>::infinity();
    return count == self->endsAt;
  }
};

/// Options with all that they point to, and what a generation made.
struct Driver {
  Driver() {
    options.callback = read;
    options.user = this;
  }
  Driver(const Driver &) = delete;

  void setScript(std::vector<int32_t> tokens) {
    script.tokens = std::move(tokens);
    options.sampling.mask = Script::mask;
    options.sampling.mask_user = &script;
  }
  void setStops(std::vector<std::string> texts) {
    stopTexts = std::move(texts);
    stops.clear();
    for (const std::string &text : stopTexts)
      stops.push_back({text.data(), text.size()});
    options.stops = stops.data();
    options.stop_count = stops.size();
  }

  /// Generates on `session`, which has logits, until the end.
  void drive(bitnet_session *session) {
    text.clear();
    tokens.clear();
    bitnet_generation *generation = nullptr;
    ASSERT_EQ(bitnet_generation_create(session, &options, &generation),
              BITNET_OK);
    for (;;) {
      ASSERT_EQ(bitnet_generation_next(generation, &last, &finish), BITNET_OK);
      if (finish != BITNET_FINISH_NONE)
        break;
      tokens.push_back(last);
      ASSERT_EQ(bitnet_evaluate(session, &last, 1), BITNET_OK);
    }
    // It has ended once and for all.
    int32_t again = 7;
    bitnet_finish same = BITNET_FINISH_NONE;
    EXPECT_EQ(bitnet_generation_next(generation, &again, &same), BITNET_OK);
    EXPECT_EQ(again, -1);
    EXPECT_EQ(same, finish);
    bitnet_generation_destroy(generation);
  }

  static int read(void *user, const char *text, size_t length) {
    auto *self = static_cast<Driver *>(user);
    self->text.append(text, length);
    return self->text.size() >= self->refuseAt;
  }

  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  Script script;
  std::vector<std::string> stopTexts;
  std::vector<bitnet_stop_string> stops;
  size_t refuseAt = SIZE_MAX;
  std::string text;
  /// Those that were to be evaluated, and what came with the end.
  std::vector<int32_t> tokens;
  int32_t last = 7;
  bitnet_finish finish = BITNET_FINISH_NONE;
};

using Tokens = std::vector<int32_t>;

} // namespace

TEST(Generation, SameAsGenerate) {
  ByteModel model;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Driver driver;
    driver.options.max_tokens = 30;
    if (seed != 0) {
      driver.options.sampling.temperature = 1;
      driver.options.sampling.top_k = 30;
      driver.options.sampling.repetition_penalty = 1.2f;
      driver.options.sampling.frequency_penalty = 0.3f;
      driver.options.sampling.seed = seed;
    }
    driver.setStops({"ab", "\n"});
    TestSession session(model), other(model);
    Tokens prompt = {Bos, 'h', 'e', 'l', 'l', 'o'};
    ASSERT_EQ(session.evaluate(prompt), BITNET_OK);
    driver.drive(session);
    std::string text = driver.text;
    driver.text.clear();
    bitnet_generate_result result;
    ASSERT_EQ(bitnet_generate(other, "hello", 5, &driver.options, &result),
              BITNET_OK);
    EXPECT_EQ(driver.text, text);
    EXPECT_EQ(result.finish, driver.finish);
    EXPECT_EQ(result.prompt_tokens, prompt.size());
    EXPECT_EQ(result.generated_tokens,
              driver.tokens.size() + (driver.finish != BITNET_FINISH_EOS));
    if (driver.finish != BITNET_FINISH_EOS)
      ASSERT_EQ(session.evaluate({driver.last}), BITNET_OK);
    EXPECT_EQ(session.getLogits(), other.getLogits());
  }
}

TEST(Generation, EndTokens) {
  ByteModel model;
  for (int32_t end : {int32_t(Eos), int32_t(Eot), int32_t('x')}) {
    TestSession session(model);
    ASSERT_EQ(session.evaluate({Bos}), BITNET_OK);
    Driver driver;
    driver.setScript({Bos, 'a', 'b', end, 'c'});
    int32_t stopTokens[] = {'y', 'x'};
    driver.options.stop_tokens = stopTokens;
    driver.options.stop_token_count = 2;
    driver.drive(session);
    EXPECT_EQ(driver.finish, BITNET_FINISH_EOS);
    EXPECT_EQ(driver.last, end);
    EXPECT_EQ(driver.tokens, Tokens({'a', 'b'}));
    EXPECT_EQ(driver.text, "ab");
  }
}

TEST(Generation, StopStringsAcrossTokens) {
  ByteModel model;
  TestSession session(model);
  ASSERT_EQ(session.evaluate({Bos, 'E'}), BITNET_OK);
  Driver driver;
  // The prompt is no part of the text that is searched.
  driver.setScript({Bos, 'E', 'N', 'D', 'E', 'N', 'E', 'N', 'D', '!'});
  driver.setStops({"END", "nothing"});
  driver.drive(session);
  EXPECT_EQ(driver.finish, BITNET_FINISH_STOP);
  EXPECT_EQ(driver.text, "NDEN");
  EXPECT_EQ(driver.tokens, Tokens({'N', 'D', 'E', 'N', 'E', 'N'}));
  EXPECT_EQ(driver.last, 'D');
}

TEST(Generation, LengthWritesWhatIsHeldBack) {
  ByteModel model;
  TestSession session(model);
  ASSERT_EQ(session.evaluate({Bos}), BITNET_OK);
  Driver driver;
  driver.setScript({Bos, 'a', 'E', 'N', 'D'});
  driver.setStops({"END"});
  driver.options.max_tokens = 3;
  driver.drive(session);
  EXPECT_EQ(driver.finish, BITNET_FINISH_LENGTH);
  EXPECT_EQ(driver.text, "aEN");
  EXPECT_EQ(driver.tokens, Tokens({'a', 'E'}));
  EXPECT_EQ(driver.last, 'N');
  driver.options.max_tokens = 0;
  driver.drive(session);
  EXPECT_EQ(driver.finish, BITNET_FINISH_LENGTH);
  EXPECT_EQ(driver.last, -1);
}

TEST(Generation, FullContext) {
  ByteModel model;
  TestSession session(model, 1, 5);
  ASSERT_EQ(session.evaluate({Bos}), BITNET_OK);
  Driver driver;
  driver.setScript(Tokens(10, 'a'));
  driver.drive(session);
  EXPECT_EQ(driver.finish, BITNET_FINISH_CONTEXT);
  EXPECT_EQ(driver.last, -1);
  EXPECT_EQ(driver.text, "aaaa");
}

TEST(Generation, ShiftsTheContext) {
  for (auto [keep, movesKeys] : {std::pair(0u, true),
                                 {3, true},
                                 {8, true},
                                 {0, false},
                                 {1, false},
                                 {5, false},
                                 {8, false}}) {
    ByteModel model;
    if (!movesKeys)
      model.descriptor.cache.rotations = nullptr;
    TestSession session(model, 1, 10);
    ASSERT_EQ(session.evaluate({Bos, 'a', 'b'}), BITNET_OK);
    Driver driver;
    driver.options.flags =
        BITNET_GENERATION_CONTEXT_SHIFT | BITNET_GENERATION_IGNORE_EOS;
    driver.options.keep = keep;
    driver.options.max_tokens = 40;
    driver.drive(session);
    EXPECT_EQ(driver.finish, BITNET_FINISH_LENGTH);
    // What was computed from forgotten tokens remains where keys are moved.
    Tokens context = {Bos, 'a', 'b'}, known = context, expected;
    for (int i = 0; i < 40; ++i) {
      if (context.size() == 10) {
        context.erase(context.begin() + keep,
                      context.begin() + keep + (10 - keep) / 2);
        if (!movesKeys)
          known = context;
      }
      std::vector<float> logits = FakeModel::expectedLogits(known);
      logits[Eos] = logits[Eot] = -1;
      int32_t token =
          std::max_element(logits.begin(), logits.end()) - logits.begin();
      context.push_back(token);
      known.push_back(token);
      expected.push_back(token);
    }
    driver.tokens.push_back(driver.last);
    EXPECT_EQ(driver.tokens, expected);
    context.pop_back();
    const int32_t *tokens;
    uint32_t count;
    ASSERT_EQ(bitnet_session_tokens(session, &tokens, &count), BITNET_OK);
    EXPECT_EQ(Tokens(tokens, tokens + count), context);
  }
}

TEST(Generation, Callbacks) {
  ByteModel model;
  TestSession session(model);
  ASSERT_EQ(session.evaluate({Bos}), BITNET_OK);
  {
    Driver driver;
    driver.setScript({Bos, 'a', 'b', 'c'});
    driver.refuseAt = 2;
    driver.drive(session);
    EXPECT_EQ(driver.finish, BITNET_FINISH_CALLBACK);
    EXPECT_EQ(driver.last, 'b');
  }
  for (bool leavesNothing : {false, true}) {
    ASSERT_EQ(bitnet_session_reset(session, 0), BITNET_OK);
    ASSERT_EQ(session.evaluate({Bos}), BITNET_OK);
    Driver driver;
    driver.setScript({Bos, 'a', 'E', 'c'});
    driver.setStops({"END"});
    (leavesNothing ? driver.script.leavesNothingAt : driver.script.endsAt) = 3;
    driver.drive(session);
    EXPECT_EQ(driver.finish, BITNET_FINISH_CALLBACK);
    EXPECT_EQ(driver.last, -1);
    EXPECT_EQ(driver.text, "aE");
  }
}

TEST(Generation, IgnoresEndTokens) {
  ByteModel model;
  TestSession session(model);
  ASSERT_EQ(session.evaluate({Bos}), BITNET_OK);
  Driver driver;
  driver.setScript({Bos, 'a', Eos, Eot, 'b'});
  driver.options.flags = BITNET_GENERATION_IGNORE_EOS;
  driver.options.max_tokens = 4;
  driver.drive(session);
  EXPECT_EQ(driver.finish, BITNET_FINISH_LENGTH);
  ASSERT_EQ(driver.tokens.size(), 3u);
  EXPECT_EQ(driver.tokens[0], 'a');
  // Others are taken.
  for (int32_t token : {driver.tokens[1], driver.tokens[2]})
    EXPECT_TRUE(token != Eos && token != Eot) << token;
  EXPECT_EQ(driver.last, 'b');
}

TEST(Generation, TextOfControlTokens) {
  ByteModel model;
  for (uint32_t flags : {0u, uint32_t(BITNET_GENERATION_WRITE_SPECIAL)}) {
    TestSession session(model);
    ASSERT_EQ(session.evaluate({Bos}), BITNET_OK);
    Driver driver;
    driver.setScript({Bos, 'a', Bos, 'b', Bos, 'c', Eos});
    driver.setStops({"b<bos>c"});
    driver.options.flags = flags;
    driver.drive(session);
    EXPECT_EQ(driver.finish, flags ? BITNET_FINISH_STOP : BITNET_FINISH_EOS);
    EXPECT_EQ(driver.text, flags ? "a<bos>" : "abc");
  }
}

TEST(Generation, PenaltiesSeeThePrompt) {
  ByteModel model;
  TestSession session(model);
  ASSERT_EQ(session.evaluate({Bos, 'a', 'b', 'c'}), BITNET_OK);
  std::vector<float> logits = session.getLogits();
  bitnet_logit_bias biases[] = {{'a', 1000}, {'c', 999}, {'z', 500}};
  auto sample = [&](uint32_t window) {
    bitnet_sampling_options options = BITNET_SAMPLING_OPTIONS_DEFAULT;
    options.biases = biases;
    options.bias_count = 3;
    options.presence_penalty = 100;
    options.repetition_penalty = 4;
    options.penalty_window = window;
    int32_t token = -1;
    EXPECT_EQ(bitnet_sample(session, &options, nullptr, &token), BITNET_OK);
    return token;
  };
  EXPECT_EQ(sample(0), 'a');
  EXPECT_EQ(sample(1), 'a');
  EXPECT_EQ(sample(2), 'a');
  EXPECT_EQ(sample(3), 'z');
  EXPECT_EQ(sample(UINT32_MAX), 'z');
  // The session's logits are as they were.
  EXPECT_EQ(session.getLogits(), logits);
}

TEST(Generation, LogitsAreNeeded) {
  ByteModel model;
  TestSession session(model);
  bitnet_generation *generation;
  ASSERT_EQ(bitnet_generation_create(session, nullptr, &generation), BITNET_OK);
  int32_t token = 7;
  bitnet_finish finish;
  EXPECT_EQ(bitnet_generation_next(generation, &token, &finish),
            BITNET_NO_LOGITS);
  EXPECT_EQ(bitnet_generation_next(generation, nullptr, &finish),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_generation_next(generation, &token, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(token, 7);
  // The same generation goes on.
  ASSERT_EQ(session.evaluate({Bos}), BITNET_OK);
  EXPECT_EQ(bitnet_generation_next(generation, &token, &finish), BITNET_OK);
  EXPECT_NE(token, 7);
  bitnet_generation_destroy(generation);
}

static size_t countMissing(const std::vector<float> &logits) {
  return std::count(logits.begin(), logits.end(),
                    -std::numeric_limits<float>::infinity());
}

/// A mask that changes nothing, so that all logits are needed.
static int lookOnly(void *, const int32_t *, size_t, float *, size_t) {
  return 0;
}

TEST(Generation, LimitsLogitsToThoseNeeded) {
  ByteModel model;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Driver driver;
    driver.options.max_tokens = 20;
    driver.options.flags = BITNET_GENERATION_IGNORE_EOS;
    bitnet_sampling_options &sampling = driver.options.sampling;
    sampling.temperature = seed % 2 ? 1 : 0;
    sampling.top_k = 10;
    sampling.seed = seed;
    sampling.presence_penalty = seed % 3 ? 1 : 0;
    TestSession session(model), other(model), generated(model);
    ASSERT_EQ(session.evaluate({Bos, 'a'}), BITNET_OK);
    // Fewer logits than are needed.
    ASSERT_EQ(bitnet_session_limit_logits(other, 2), BITNET_OK);
    ASSERT_EQ(other.evaluate({Bos, 'a'}), BITNET_OK);
    EXPECT_GT(countMissing(other.getLogits()), 200u);
    driver.drive(session);
    Tokens tokens = driver.tokens;
    // What the last but one left behind was limited.
    EXPECT_GT(countMissing(session.getLogits()), 100u);
    ASSERT_EQ(session.evaluate({driver.last}), BITNET_OK);
    EXPECT_EQ(countMissing(session.getLogits()), 0u);
    driver.drive(other);
    EXPECT_EQ(driver.tokens, tokens);
    // The limit is what it was.
    ASSERT_EQ(other.evaluate({driver.last}), BITNET_OK);
    EXPECT_GT(countMissing(other.getLogits()), 290u);

    driver.text.clear();
    ASSERT_EQ(bitnet_generate(generated, "a", 1, &driver.options, nullptr),
              BITNET_OK);
    std::string text = driver.text;
    EXPECT_EQ(countMissing(generated.getLogits()), 0u);
    ASSERT_EQ(bitnet_session_reset(generated, 0), BITNET_OK);
    driver.options.draft_tokens = 4;
    driver.text.clear();
    ASSERT_EQ(bitnet_generate(generated, "a", 1, &driver.options, nullptr),
              BITNET_OK);
    EXPECT_EQ(driver.text, text);
    EXPECT_EQ(countMissing(generated.getLogits()), 0u);
    driver.options.draft_tokens = 0;
    driver.options.sampling.mask = lookOnly;
    ASSERT_EQ(bitnet_session_reset(generated, 0), BITNET_OK);
    driver.text.clear();
    ASSERT_EQ(bitnet_generate(generated, "a", 1, &driver.options, nullptr),
              BITNET_OK);
    EXPECT_EQ(driver.text, text);
  }
}

TEST(Generation, MayOutliveItsSession) {
  ByteModel model;
  bitnet_generation *generation;
  {
    TestSession session(model);
    ASSERT_EQ(bitnet_generation_create(session, nullptr, &generation),
              BITNET_OK);
  }
  bitnet_generation_destroy(generation);
  bitnet_generation_destroy(nullptr);
}

TEST(Generation, MemoryOfTheCaller) {
  ByteModel model;
  TestSession session(model);
  Driver driver;
  driver.setStops({std::string(5000, 'x')});
  driver.options.draft_tokens = 5;
  uint64_t size = 0;
  ASSERT_EQ(bitnet_generation_memory_size(session, &driver.options, &size),
            BITNET_OK);
  EXPECT_GE(size, 5000 * 5 + 6 * sizeof(float) * FakeModel::vocabularySize);
  // Exactly as large, so that sanitizers see its end.
  std::unique_ptr<void, decltype(&std::free)> memory(
      std::aligned_alloc(64, size), &std::free);
  bitnet_generation *generation;
  driver.options.memory = static_cast<char *>(memory.get()) + 8;
  driver.options.memory_size = size;
  EXPECT_EQ(bitnet_generation_create(session, &driver.options, &generation),
            BITNET_OUT_OF_MEMORY);
  EXPECT_EQ(bitnet_generate(session, "a", 1, &driver.options, nullptr),
            BITNET_OUT_OF_MEMORY);
  driver.options.memory = memory.get();
  driver.options.memory_size = size - 1;
  EXPECT_EQ(bitnet_generation_create(session, &driver.options, &generation),
            BITNET_OUT_OF_MEMORY);
  EXPECT_EQ(bitnet_generate(session, "a", 1, &driver.options, nullptr),
            BITNET_OUT_OF_MEMORY);
  EXPECT_EQ(session.getPosition(), 0u);
  driver.options.memory_size = size;
  driver.options.max_tokens = 10;
  EXPECT_EQ(bitnet_generate(session, "a", 1, &driver.options, nullptr),
            BITNET_OK);
  driver.drive(session);
  EXPECT_EQ(driver.finish, BITNET_FINISH_LENGTH);
}

TEST(Generation, OptionsAreChecked) {
  ByteModel model;
  TestSession session(model);
  bitnet_generation *generation;
  auto tryCreate = [&](auto change) {
    bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
    change(options);
    uint64_t size = 7;
    bitnet_status status =
        bitnet_generation_memory_size(session, &options, &size);
    EXPECT_EQ(size, 7u);
    EXPECT_EQ(bitnet_generation_create(session, &options, &generation), status);
    EXPECT_EQ(bitnet_generate(session, "a", 1, &options, nullptr), status);
    return status;
  };
  using Options = bitnet_generation_options;
  EXPECT_EQ(tryCreate([](Options &options) { ++options.abi_version; }),
            BITNET_VERSION_MISMATCH);
  EXPECT_EQ(tryCreate([](Options &options) { options.flags = 8; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(tryCreate([](Options &options) { options.reserved = 1; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(tryCreate([](Options &options) { options.draft_tokens = 65; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(tryCreate([](Options &options) { options.memory_size = 1; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(tryCreate([](Options &options) { options.stop_count = 1; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(tryCreate([](Options &options) { options.stop_token_count = 1; }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(tryCreate([](Options &options) {
              options.flags = BITNET_GENERATION_CONTEXT_SHIFT;
              options.keep = FakeModel::contextLength - 1;
            }),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(
      tryCreate([](Options &options) { options.sampling.temperature = -1; }),
      BITNET_INVALID_ARGUMENT);
  for (bitnet_stop_string stop :
       {bitnet_stop_string{"", 0}, bitnet_stop_string{nullptr, 3},
        bitnet_stop_string{"a", BITNET_MOST_STOP_BYTES + 1}})
    EXPECT_EQ(tryCreate([&](Options &options) {
                options.stops = &stop;
                options.stop_count = 1;
              }),
              BITNET_INVALID_ARGUMENT);
  for (int32_t token : {-1, int32_t(FakeModel::vocabularySize)})
    EXPECT_EQ(tryCreate([&](Options &options) {
                options.stop_tokens = &token;
                options.stop_token_count = 1;
              }),
              BITNET_INVALID_TOKEN);
  EXPECT_EQ(bitnet_generation_create(session, nullptr, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_generation_memory_size(session, nullptr, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_generation_create(nullptr, nullptr, &generation),
            BITNET_INVALID_ARGUMENT);
  int32_t token;
  bitnet_finish finish;
  EXPECT_EQ(bitnet_generation_next(nullptr, &token, &finish),
            BITNET_INVALID_ARGUMENT);
}

TEST(Generation, WithoutTokenizer) {
  FakeModel model;
  TestSession session(model);
  ASSERT_EQ(session.evaluate({1, 2}), BITNET_OK);
  Driver driver;
  bitnet_generation *generation;
  EXPECT_EQ(bitnet_generation_create(session, &driver.options, &generation),
            BITNET_NO_TOKENIZER);
  driver.options.callback = nullptr;
  driver.setStops({"a"});
  EXPECT_EQ(bitnet_generation_create(session, &driver.options, &generation),
            BITNET_NO_TOKENIZER);
  // Tokens alone need none.
  driver.options.stop_count = 0;
  driver.options.max_tokens = 10;
  driver.drive(session);
  EXPECT_EQ(driver.finish, BITNET_FINISH_LENGTH);
  EXPECT_EQ(driver.tokens.size(), 9u);
}
