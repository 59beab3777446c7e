//===- GenerateTest.cpp - Continuing prompts ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ByteTokenizer.h"
#include "FakeModel.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <string>

using namespace mlir::bitnet::test;

namespace {

/// A model that says what it is told to.
class ScriptedModel : public ByteModel {
public:
  explicit ScriptedModel(std::vector<int32_t> script, bool addBos = true);
};

/// What a callback received.
struct Reader {
  std::vector<std::string> texts;
  size_t stopAfter = SIZE_MAX;

  static int read(void *user, const char *text, size_t length) {
    auto *reader = static_cast<Reader *>(user);
    reader->texts.emplace_back(text, length);
    return reader->texts.size() == reader->stopAfter;
  }
};

} // namespace

/// The most likely token at each position.
static std::vector<int32_t> currentScript;

static void speakScript(int64_t thread, int64_t, bitnet_member *member,
                        const int32_t *, const int32_t *positions,
                        const int32_t *, int64_t, const int32_t *outputRows,
                        const int32_t *, int64_t outputCount,
                        const bitnet_pass_sequence *,
                        const bitnet_attention_work *, int64_t,
                        const bitnet_attention_merge *, int64_t, void *,
                        float *logits, const void *) {
  for (int64_t row = 0; thread == 0 && row < outputCount; ++row) {
    size_t next = positions[outputRows[row]] + 1;
    for (int64_t token = 0; token < FakeModel::vocabularySize; ++token)
      logits[row * FakeModel::vocabularySize + token] =
          next < currentScript.size() && currentScript[next] == token;
  }
  bitnet_runtime_barrier(member);
}

ScriptedModel::ScriptedModel(std::vector<int32_t> script, bool addBos)
    : ByteModel(addBos) {
  currentScript = std::move(script);
  variants[0].evaluate = speakScript;
}

static bitnet_status generate(bitnet_session *session,
                              const std::string &prompt, uint32_t maxTokens,
                              Reader &reader, bitnet_generate_result &result) {
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  options.max_tokens = maxTokens;
  options.callback = Reader::read;
  options.user = &reader;
  return bitnet_generate(session, prompt.data(), prompt.size(), &options,
                         &result);
}

using Texts = std::vector<std::string>;

TEST(Generate, UpToTheEndToken) {
  for (int32_t end : {Eos, Eot}) {
    ScriptedModel model({Bos, 'a', 'b', 'c', 'd', end});
    TestSession session(model);
    Reader reader;
    bitnet_generate_result result;
    EXPECT_EQ(generate(session, "ab", 20, reader, result), BITNET_OK);
    EXPECT_EQ(reader.texts, Texts({"c", "d"}));
    EXPECT_EQ(result.prompt_tokens, 3u);
    EXPECT_EQ(result.generated_tokens, 2u);
    EXPECT_EQ(result.finish, BITNET_FINISH_EOS);
    EXPECT_GE(result.prompt_seconds, 0);
    EXPECT_GE(result.generate_seconds, 0);
    EXPECT_EQ(session.getPosition(), 5u);
  }
}

TEST(Generate, GoesOnWhereItStopped) {
  ScriptedModel model({Bos, 'a', 'b', 'c', 'd', 'e', 'f'});
  TestSession session(model);
  Reader reader;
  bitnet_generate_result result;
  EXPECT_EQ(generate(session, "a", 2, reader, result), BITNET_OK);
  EXPECT_EQ(session.getPosition(), 4u);
  // No second BOS.
  EXPECT_EQ(generate(session, "d", 1, reader, result), BITNET_OK);
  EXPECT_EQ(result.prompt_tokens, 1u);
  EXPECT_EQ(generate(session, "", 1, reader, result), BITNET_OK);
  EXPECT_EQ(result.prompt_tokens, 0u);
  EXPECT_EQ(reader.texts, Texts({"b", "c", "e", "f"}));
  EXPECT_EQ(session.getPosition(), 7u);
}

TEST(Generate, WholeCharacters) {
  // A letter, two characters of two and four bytes, a byte that is not UTF-8,
  // a character that lacks its last byte, followed by a letter, and at the end.
  ScriptedModel model({Bos, 'x', 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0xff, 0xe4,
                       0xb8, 'y', 0xe4, 0xb8, Eos});
  TestSession session(model);
  Reader reader;
  bitnet_generate_result result;
  EXPECT_EQ(generate(session, "", 20, reader, result), BITNET_OK);
  EXPECT_EQ(result.prompt_tokens, 1u);
  EXPECT_EQ(reader.texts, Texts({"x", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xff",
                                 "\xe4\xb8y", "\xe4\xb8"}));
}

TEST(Generate, ControlTokensAreNoText) {
  ScriptedModel model({Bos, 'a', Bos, 'b', 299, 'c', Eos});
  TestSession session(model);
  Reader reader;
  bitnet_generate_result result;
  EXPECT_EQ(generate(session, "a", 20, reader, result), BITNET_OK);
  EXPECT_EQ(reader.texts, Texts({"b", "c"}));
  EXPECT_EQ(result.generated_tokens, 4u);
}

TEST(Generate, ControlTokensInAPromptAreText) {
  ScriptedModel model({});
  TestSession session(model);
  Reader reader;
  bitnet_generate_result result;
  EXPECT_EQ(generate(session, "<eos>", 0, reader, result), BITNET_OK);
  EXPECT_EQ(result.prompt_tokens, 6u);
}

TEST(Generate, StopsWhenAsked) {
  ScriptedModel model({Bos, 'a', 'b', 'c', 'd'});
  TestSession session(model);
  Reader reader;
  reader.stopAfter = 2;
  bitnet_generate_result result;
  EXPECT_EQ(generate(session, "a", 20, reader, result), BITNET_STOPPED);
  EXPECT_EQ(reader.texts, Texts({"b", "c"}));
  EXPECT_EQ(result.generated_tokens, 2u);
  EXPECT_EQ(session.getPosition(), 4u);
}

TEST(Generate, FillsTheContext) {
  ScriptedModel model(std::vector<int32_t>(100, 'a'));
  TestSession session(model, 1, 10);
  Reader reader;
  bitnet_generate_result result;
  EXPECT_EQ(generate(session, "abc", 20, reader, result), BITNET_CONTEXT_FULL);
  EXPECT_EQ(result.generated_tokens, 6u);
  EXPECT_EQ(session.getPosition(), 10u);
  // Exactly as many as there is room for is no error.
  ASSERT_EQ(bitnet_session_reset(session, 0), BITNET_OK);
  EXPECT_EQ(generate(session, "abc", 6, reader, result), BITNET_OK);
  // A prompt that is too long changes nothing.
  ASSERT_EQ(bitnet_session_reset(session, 4), BITNET_OK);
  result.prompt_tokens = 77;
  EXPECT_EQ(generate(session, "1234567", 6, reader, result),
            BITNET_CONTEXT_FULL);
  EXPECT_EQ(generate(session, std::string(1000, 'a'), 6, reader, result),
            BITNET_CONTEXT_FULL);
  EXPECT_EQ(result.prompt_tokens, 77u);
  EXPECT_EQ(session.getPosition(), 4u);
}

TEST(Generate, WithoutReader) {
  ScriptedModel model({Bos, 'a', 'b', 'c', Eos});
  TestSession session(model);
  EXPECT_EQ(bitnet_generate(session, "a", 1, nullptr, nullptr), BITNET_OK);
  EXPECT_EQ(session.getPosition(), 4u);
}

TEST(Generate, NothingToBeginWith) {
  ScriptedModel model({'a', 'b'}, /*addBos=*/false);
  TestSession session(model);
  Reader reader;
  bitnet_generate_result result;
  EXPECT_EQ(generate(session, "", 1, reader, result), BITNET_NO_LOGITS);
  EXPECT_EQ(generate(session, "a", 1, reader, result), BITNET_OK);
  EXPECT_EQ(reader.texts, Texts({"b"}));
}

TEST(Generate, SeedDecides) {
  FakeModel random;
  ScriptedModel model({});
  model.variants[0].evaluate = random.variants[0].evaluate;
  auto run = [&](uint64_t seed) {
    TestSession session(model, 2);
    Reader reader;
    bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
    options.max_tokens = 30;
    options.sampling.temperature = 1;
    options.sampling.top_k = 40;
    options.sampling.top_p = 0.95f;
    options.sampling.seed = seed;
    options.callback = Reader::read;
    options.user = &reader;
    EXPECT_EQ(bitnet_generate(session, "a", 1, &options, nullptr), BITNET_OK);
    return reader.texts;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(Generate, CancelledInTheMiddle) {
  ByteModel model;
  for (uint32_t draftTokens : {0, 3}) {
    TestSession session(model);
    struct Canceller {
      bitnet_session *session;
      std::string text;
    } canceller = {session, ""};
    bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
    options.draft_tokens = draftTokens;
    options.flags = BITNET_GENERATION_IGNORE_EOS;
    options.callback = [](void *user, const char *text, size_t length) {
      auto *self = static_cast<Canceller *>(user);
      self->text.append(text, length);
      uint32_t position;
      // It may be cancelled, but not used.
      EXPECT_EQ(bitnet_session_position(self->session, &position), BITNET_BUSY);
      if (self->text.size() >= 3)
        bitnet_session_cancel(self->session);
      return 0;
    };
    options.user = &canceller;
    bitnet_generate_result result;
    EXPECT_EQ(bitnet_generate(session, "abc", 3, &options, &result),
              BITNET_CANCELLED);
    EXPECT_GE(canceller.text.size(), 3u);
    EXPECT_EQ(session.getPosition(), 4 + result.generated_tokens);
    EXPECT_GE(result.generated_tokens, 2u);
    EXPECT_EQ(result.finish, BITNET_FINISH_NONE);
    // Logits are no longer limited.
    ASSERT_EQ(session.evaluate({'x'}), BITNET_OK);
    for (float logit : session.getLogits())
      EXPECT_GE(logit, 0);
  }
}

TEST(Generate, RejectsInvalidArguments) {
  ScriptedModel model({});
  TestSession session(model);
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  options.sampling.temperature = -1;
  EXPECT_EQ(bitnet_generate(session, "a", 1, &options, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_generate(session, nullptr, 1, nullptr, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(session.getPosition(), 0u);
}

TEST(Generate, NeedsATokenizer) {
  FakeModel model;
  TestSession session(model);
  EXPECT_EQ(bitnet_generate(session, "a", 1, nullptr, nullptr),
            BITNET_NO_TOKENIZER);
  size_t count;
  EXPECT_EQ(bitnet_tokenize(&model.model, "a", 1, 0, nullptr, 0, &count),
            BITNET_NO_TOKENIZER);
  EXPECT_EQ(bitnet_detokenize(&model.model, nullptr, 0, 0, nullptr, 0, &count),
            BITNET_NO_TOKENIZER);
}
