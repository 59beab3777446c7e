//===- GenerateTest.cpp - Continuing prompts ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"
#include "Threads.h"
#include "bitnet/Tokenizer/PreTokenizers.h"
#include "bitnet/Tokenizer/TokenizerTables.h"

#include <gtest/gtest.h>

#include <string>

using namespace llvm;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {

enum : int32_t { Bos = 256, Eos = 257, Eot = 258, TokenCount = 259 };

/// A model whose tokens are bytes and that says what it is told to.
class ScriptedModel : public FakeModel {
public:
  explicit ScriptedModel(std::vector<int32_t> script, bool addBos = true);

private:
  std::vector<char> tables;
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

ScriptedModel::ScriptedModel(std::vector<int32_t> script, bool addBos) {
  currentScript = std::move(script);
  std::vector<std::string> texts;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    bool isPrintable =
        (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte != 0xad);
    uint32_t character = isPrintable ? byte : next++;
    if (character < 0x80)
      texts.push_back(std::string(1, char(character)));
    else
      texts.push_back(
          {char(0xc0 | character >> 6), char(0x80 | (character & 0x3f))});
  }
  texts.insert(texts.end(), {"<bos>", "<eos>", "<|eot_id|>"});
  std::vector<StringRef> tokens(texts.begin(), texts.end());
  std::vector<int32_t> types(TokenCount, 1);
  types[Bos] = types[Eos] = types[Eot] = 3;
  TokenizerDescription description;
  const PreTokenizer *preTokenizer = findPreTokenizer("llama-bpe");
  description.splitPatterns.assign(preTokenizer->splitPatterns.begin(),
                                   preTokenizer->splitPatterns.end());
  description.ignoreMerges = preTokenizer->ignoreMerges;
  description.tokens = tokens;
  description.types = types;
  description.bosToken = Bos;
  description.eosToken = Eos;
  description.addBos = addBos;
  tables = cantFail(buildTokenizerTables(description));
  descriptor.tokenizer = tables.data();
  descriptor.tokenizer_size = tables.size();
  variants[0].evaluate = speakScript;
}

static bitnet_status generate(bitnet_session *session, StringRef prompt,
                              uint32_t maxTokens, Reader &reader,
                              bitnet_generate_result &result) {
  return bitnet_generate(session, prompt.data(), prompt.size(), maxTokens,
                         nullptr, Reader::read, &reader, &result);
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
    EXPECT_EQ(result.reached_eos, 1u);
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
  EXPECT_EQ(
      bitnet_generate(session, "a", 1, 20, nullptr, nullptr, nullptr, nullptr),
      BITNET_OK);
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
    bitnet_sampling_options options = {1.0f, 40, 0.95f, 0, seed};
    Reader reader;
    EXPECT_LE(bitnet_generate(session, "a", 1, 30, &options, Reader::read,
                              &reader, nullptr),
              BITNET_OK);
    return reader.texts;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(Generate, RejectsInvalidArguments) {
  ScriptedModel model({});
  TestSession session(model);
  bitnet_sampling_options wrong = {-1.0f, 0, 1.0f, 0, 0};
  EXPECT_EQ(
      bitnet_generate(session, "a", 1, 1, &wrong, nullptr, nullptr, nullptr),
      BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_generate(session, nullptr, 1, 1, nullptr, nullptr, nullptr,
                            nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(session.getPosition(), 0u);
}

TEST(Generate, NeedsATokenizer) {
  FakeModel model;
  TestSession session(model);
  EXPECT_EQ(
      bitnet_generate(session, "a", 1, 1, nullptr, nullptr, nullptr, nullptr),
      BITNET_NO_TOKENIZER);
  size_t count;
  EXPECT_EQ(bitnet_tokenize(&model.model, "a", 1, 0, nullptr, 0, &count),
            BITNET_NO_TOKENIZER);
  EXPECT_EQ(bitnet_detokenize(&model.model, nullptr, 0, 0, nullptr, 0, &count),
            BITNET_NO_TOKENIZER);
}
