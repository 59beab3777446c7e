//===- misuse.c - Calls that must fail, and how ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `small` has a context of 64 and a tokenizer, `silent` none; `embedder` is an
// embedding model. What a failed call is given to write to must stay as it was.
//
//===----------------------------------------------------------------------===//
#include "embedder.h"
#include "silent.h"
#include "small.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

#define EXPECT(status, call)                                                   \
  do {                                                                         \
    bitnet_status got = (call);                                                \
    if (got != (status)) {                                                     \
      fprintf(stderr, "line %d: %s: expects %s, got %s\n", __LINE__, #call,    \
              bitnet_status_text(status), bitnet_status_text(got));            \
      ++failures;                                                              \
    }                                                                          \
  } while (0)

#define REQUIRE(condition)                                                     \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                  \
      ++failures;                                                              \
    }                                                                          \
  } while (0)

static void *const Untouched = &failures;

static bitnet_session_options sessionOptions(void) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  return options;
}

static void checkModels(void) {
  bitnet_model_info info;
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_get_model_info(NULL, &info));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_get_model_info(&small, NULL));

  bitnet_model_functions functions = *small.functions;
  functions.abi_version = BITNET_ABI_VERSION + 1;
  bitnet_model newer = {&functions, small.descriptor};
  uint64_t size = 7;
  bitnet_session *session = Untouched;
  EXPECT(BITNET_VERSION_MISMATCH, bitnet_get_model_info(&newer, &info));
  EXPECT(BITNET_VERSION_MISMATCH,
         bitnet_session_memory_size(&newer, NULL, &size));
  EXPECT(BITNET_VERSION_MISMATCH,
         bitnet_session_create(&newer, NULL, &session));
  REQUIRE(size == 7 && session == Untouched);
}

static void checkVariants(void) {
  bitnet_model_info model;
  bitnet_variant_info info = {.name = Untouched};
  EXPECT(BITNET_OK, bitnet_get_model_info(&small, &model));
  REQUIRE(model.variant_count == 1);
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_get_variant_info(NULL, 0, &info));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_get_variant_info(&small, 0, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_get_variant_info(&small, 1, &info));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_get_variant_info(&small, UINT32_MAX, &info));
  REQUIRE(info.name == Untouched);
  EXPECT(BITNET_OK, bitnet_get_variant_info(&small, 0, &info));
  REQUIRE(info.is_supported == 1 && strcmp(info.cpu, model.cpu) == 0 &&
          strcmp(info.kernel, model.kernel) == 0);

  // One variant can be asked for by its name, and the environment has no say.
  REQUIRE(setenv("BITNET_VARIANT", "other", 1) == 0);
  bitnet_session_options options = sessionOptions();
  bitnet_session *session = Untouched;
  uint32_t index = 7;
  static const char *const others[] = {"", "other", "avx1024"};
  for (int i = 0; i < 3; ++i) {
    options.variant = others[i];
    EXPECT(BITNET_UNKNOWN_VARIANT,
           bitnet_session_create(&small, &options, &session));
  }
  REQUIRE(session == Untouched);
  options.variant = info.name;
  EXPECT(BITNET_OK, bitnet_session_create(&small, &options, &session));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_variant(NULL, &index));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_variant(session, NULL));
  REQUIRE(index == 7);
  EXPECT(BITNET_OK, bitnet_session_variant(session, &index));
  REQUIRE(index == 0);
  bitnet_session_destroy(session);
}

/// Options that both functions reject, and with which status.
static void rejectOptions(bitnet_status status,
                          const bitnet_session_options *options) {
  uint64_t size = 7;
  bitnet_session *session = Untouched;
  EXPECT(status, bitnet_session_memory_size(&small, options, &size));
  EXPECT(status, bitnet_session_create(&small, options, &session));
  REQUIRE(size == 7 && session == Untouched);
}

static void checkSessionOptions(void) {
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_create(&small, NULL, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_memory_size(&small, NULL, NULL));
  bitnet_session *session = Untouched;
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_create(NULL, NULL, &session));
  REQUIRE(session == Untouched);

  bitnet_session_options options = sessionOptions();
  options.abi_version = 0;
  rejectOptions(BITNET_VERSION_MISMATCH, &options);
  options = sessionOptions();
  options.context_size = 65;
  rejectOptions(BITNET_INVALID_ARGUMENT, &options);
  options.context_size = UINT32_MAX;
  rejectOptions(BITNET_INVALID_ARGUMENT, &options);
  options = sessionOptions();
  options.threads = 257;
  rejectOptions(BITNET_INVALID_ARGUMENT, &options);
  options.threads = UINT32_MAX;
  rejectOptions(BITNET_INVALID_ARGUMENT, &options);
  // A size without memory.
  options = sessionOptions();
  options.memory_size = 1 << 20;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_create(&small, &options, &session));
  REQUIRE(session == Untouched);
}

static void checkMemory(void) {
  bitnet_session_options options = sessionOptions();
  options.threads = 2;
  uint64_t size, smaller, larger;
  EXPECT(BITNET_OK, bitnet_session_memory_size(&small, &options, &size));
  options.context_size = 1;
  EXPECT(BITNET_OK, bitnet_session_memory_size(&small, &options, &smaller));
  options = sessionOptions();
  options.threads = 200;
  EXPECT(BITNET_OK, bitnet_session_memory_size(&small, &options, &larger));
  REQUIRE(smaller <= size && size <= larger);

  char *memory = aligned_alloc(64, (size + 128) / 64 * 64);
  bitnet_session *session = Untouched;
  options.threads = 2;
  options.memory = memory;
  for (uint64_t given = 0; given < size; given += 1 + given / 3) {
    options.memory_size = given;
    EXPECT(BITNET_OUT_OF_MEMORY,
           bitnet_session_create(&small, &options, &session));
  }
  options.memory_size = size - 1;
  EXPECT(BITNET_OUT_OF_MEMORY,
         bitnet_session_create(&small, &options, &session));
  options.memory_size = size;
  for (int shift = 1; shift < 64; shift += shift) {
    options.memory = memory + shift;
    EXPECT(BITNET_OUT_OF_MEMORY,
           bitnet_session_create(&small, &options, &session));
  }
  REQUIRE(session == Untouched);

  // Just enough, and nothing behind it is written.
  memset(memory, 0x5a, size + 64);
  options.memory = memory;
  EXPECT(BITNET_OK, bitnet_session_create(&small, &options, &session));
  int32_t tokens[64];
  for (int i = 0; i < 64; ++i)
    tokens[i] = i;
  EXPECT(BITNET_OK, bitnet_evaluate(session, tokens, 64));
  bitnet_session_destroy(session);
  for (int i = 0; i < 64; ++i)
    REQUIRE(memory[size + (uint64_t)i] == 0x5a);
  free(memory);
}

static void checkEvaluation(bitnet_session *session, uint32_t vocabulary) {
  int32_t tokens[65] = {0};
  float *logits = malloc(sizeof(float) * 65 * vocabulary);
  float *again = malloc(sizeof(float) * vocabulary);
  const float *last = Untouched;
  uint32_t position = 7;
  int32_t token = 7;
  EXPECT(BITNET_NO_LOGITS, bitnet_logits(session, &last));
  EXPECT(BITNET_NO_LOGITS, bitnet_sample(session, NULL, NULL, &token));
  REQUIRE(last == Untouched && token == 7);

  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluate(NULL, tokens, 1));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluate(session, NULL, 1));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluate(session, tokens, 0));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluate_all(NULL, tokens, 1, logits));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_evaluate_all(session, NULL, 1, logits));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_evaluate_all(session, tokens, 0, logits));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_evaluate_all(session, tokens, 1, NULL));
  EXPECT(BITNET_CONTEXT_FULL, bitnet_evaluate(session, tokens, 65));
  EXPECT(BITNET_CONTEXT_FULL, bitnet_evaluate(session, tokens, SIZE_MAX));
  EXPECT(BITNET_CONTEXT_FULL,
         bitnet_evaluate_all(session, tokens, SIZE_MAX, logits));
  static const int32_t outside[] = {-1, INT32_MIN, INT32_MAX};
  for (int i = 0; i < 4; ++i) {
    tokens[3] = i < 3 ? outside[i] : (int32_t)vocabulary;
    EXPECT(BITNET_INVALID_TOKEN, bitnet_evaluate(session, tokens, 4));
    EXPECT(BITNET_INVALID_TOKEN,
           bitnet_evaluate_all(session, tokens, 4, logits));
  }
  tokens[3] = (int32_t)vocabulary - 1;
  // Nothing was evaluated.
  EXPECT(BITNET_OK, bitnet_session_position(session, &position));
  REQUIRE(position == 0);
  EXPECT(BITNET_NO_LOGITS, bitnet_logits(session, &last));

  EXPECT(BITNET_OK, bitnet_evaluate_all(session, tokens, 64, logits));
  EXPECT(BITNET_OK, bitnet_logits(session, &last));
  REQUIRE(memcmp(last, logits + 63 * vocabulary, vocabulary * 4) == 0);
  EXPECT(BITNET_CONTEXT_FULL, bitnet_evaluate(session, tokens, 1));
  // What was there stays.
  EXPECT(BITNET_OK, bitnet_logits(session, &last));
  REQUIRE(memcmp(last, logits + 63 * vocabulary, vocabulary * 4) == 0);
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_logits(NULL, &last));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_logits(session, NULL));

  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_position(NULL, &position));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_position(session, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_reset(NULL, 0));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_reset(session, 65));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_reset(session, UINT32_MAX));
  EXPECT(BITNET_OK, bitnet_session_position(session, &position));
  REQUIRE(position == 64);

  // Forgotten and evaluated anew, wholly or from the middle on.
  for (uint32_t kept = 0; kept < 64; kept += 31) {
    EXPECT(BITNET_OK, bitnet_session_reset(session, kept));
    EXPECT(BITNET_NO_LOGITS, bitnet_logits(session, &last));
    EXPECT(BITNET_OK, bitnet_evaluate(session, tokens + kept, 64 - kept));
    EXPECT(BITNET_OK, bitnet_logits(session, &last));
    memcpy(again, last, vocabulary * sizeof(*again));
    REQUIRE(memcmp(again, logits + 63 * vocabulary, vocabulary * 4) == 0);
  }
  free(again);
  free(logits);
}

static void checkSampling(bitnet_session *session) {
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 1);
  bitnet_sampler before = sampler;
  int32_t token = 7;
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_sample(NULL, NULL, NULL, &token));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_sample(session, NULL, NULL, NULL));
  // Numbers that options must not have, the first of which is the default.
  const float nan = __builtin_nanf(""), infinity = __builtin_inff();
  const float bad[][6] = {{0.0f, -1.0f, 100.5f, nan, infinity, -infinity},
                          {1.0f, 0.0f, 1.5f, nan, -0.5f, infinity},
                          {0.0f, -0.5f, 1.5f, nan, infinity, -infinity},
                          {1.0f, 0.0f, 1.5f, nan, -0.5f, infinity},
                          {1.0f, 0.0f, 100.5f, nan, -1.0f, infinity},
                          {0.0f, 101.0f, -101.0f, nan, infinity, -infinity},
                          {0.0f, 101.0f, -101.0f, nan, infinity, -infinity}};
  for (int i = 0; i < 7 * 5; ++i) {
    bitnet_generation_options generation = BITNET_GENERATION_OPTIONS_DEFAULT;
    bitnet_sampling_options *wrong = &generation.sampling;
    float *const fields[] = {&wrong->temperature,
                             &wrong->top_p,
                             &wrong->min_p,
                             &wrong->typical_p,
                             &wrong->repetition_penalty,
                             &wrong->presence_penalty,
                             &wrong->frequency_penalty};
    REQUIRE(*fields[i / 5] == bad[i / 5][0]);
    *fields[i / 5] = bad[i / 5][1 + i % 5];
    EXPECT(BITNET_INVALID_ARGUMENT,
           bitnet_sample(session, wrong, &sampler, &token));
    bitnet_generate_result result = {.prompt_tokens = 7};
    EXPECT(BITNET_INVALID_ARGUMENT,
           bitnet_generate(session, "a", 1, &generation, &result));
    REQUIRE(result.prompt_tokens == 7);
  }
  bitnet_sampling_options options = BITNET_SAMPLING_OPTIONS_DEFAULT;
  options.reserved = 1;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_sample(session, &options, &sampler, &token));
  options.reserved = 0;
  options.bias_count = 1;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_sample(session, &options, &sampler, &token));
  bitnet_logit_bias bias = {-1, 0};
  options.biases = &bias;
  EXPECT(BITNET_INVALID_TOKEN,
         bitnet_sample(session, &options, &sampler, &token));
  bias = (bitnet_logit_bias){1, infinity};
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_sample(session, &options, &sampler, &token));
  options.bias_count = 0;
  // Random numbers are wanted, but there is no generator.
  options.temperature = 1.0f;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_sample(session, &options, NULL, &token));
  REQUIRE(token == 7 && memcmp(&sampler, &before, sizeof(sampler)) == 0);
  // More than there are is all of them.
  options.top_k = UINT32_MAX;
  EXPECT(BITNET_OK, bitnet_sample(session, &options, &sampler, &token));
  options.temperature = 0;
  EXPECT(BITNET_OK, bitnet_sample(session, &options, NULL, &token));
}

static void checkText(void) {
  int32_t tokens[16] = {7};
  char text[16] = {7};
  size_t count = 7;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_tokenize(NULL, "a", 1, 0, tokens, 16, &count));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_tokenize(&small, NULL, 1, 0, tokens, 16, &count));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_tokenize(&small, "a", 1, 0, NULL, 16, &count));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_tokenize(&small, "a", 1, 0, tokens, 16, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_detokenize(NULL, tokens, 1, 0, text, 16, &count));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_detokenize(&small, NULL, 1, 0, text, 16, &count));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_detokenize(&small, tokens, 1, 0, NULL, 16, &count));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_detokenize(&small, tokens, 1, 0, text, 16, NULL));
  EXPECT(BITNET_NO_TOKENIZER,
         bitnet_tokenize(&silent, "a", 1, 0, tokens, 16, &count));
  EXPECT(BITNET_NO_TOKENIZER,
         bitnet_detokenize(&silent, tokens, 1, 0, text, 16, &count));
  REQUIRE(count == 7 && tokens[0] == 7 && text[0] == 7);
  tokens[0] = -1;
  EXPECT(BITNET_INVALID_TOKEN,
         bitnet_detokenize(&small, tokens, 1, 0, text, 16, &count));
  tokens[0] = INT32_MAX;
  EXPECT(BITNET_INVALID_TOKEN,
         bitnet_detokenize(&small, tokens, 1, 0, text, 16, &count));
  REQUIRE(count == 7 && text[0] == 7);

  // Flags that nothing is defined for are no flags.
  EXPECT(BITNET_OK, bitnet_tokenize(&small, "", 0, 0, tokens, 16, &count));
  REQUIRE(count == 0);
  EXPECT(BITNET_OK, bitnet_tokenize(&small, "", 0, BITNET_TOKENIZE_ADD_BOS,
                                    tokens, 16, &count));
  REQUIRE(count == 1);
  // The size, then the ids.
  size_t needed;
  EXPECT(BITNET_BUFFER_TOO_SMALL,
         bitnet_tokenize(&small, "ten tokens", 10, BITNET_TOKENIZE_ADD_BOS,
                         NULL, 0, &needed));
  REQUIRE(needed > 1 && needed <= 11);
  tokens[needed - 1] = -7;
  EXPECT(BITNET_BUFFER_TOO_SMALL,
         bitnet_tokenize(&small, "ten tokens", 10, BITNET_TOKENIZE_ADD_BOS,
                         tokens, needed - 1, &count));
  REQUIRE(count == needed && tokens[needed - 1] == -7);
  EXPECT(BITNET_OK,
         bitnet_tokenize(&small, "ten tokens", 10, BITNET_TOKENIZE_ADD_BOS,
                         tokens, needed, &count));
  EXPECT(BITNET_BUFFER_TOO_SMALL,
         bitnet_detokenize(&small, tokens, needed, 0, NULL, 0, &count));
  REQUIRE(count == 10);
  text[9] = 7;
  EXPECT(BITNET_BUFFER_TOO_SMALL,
         bitnet_detokenize(&small, tokens, needed, 0, text, 9, &count));
  REQUIRE(count == 10 && text[9] == 7);
  EXPECT(BITNET_OK,
         bitnet_detokenize(&small, tokens, needed, 0, text, 10, &count));
  REQUIRE(memcmp(text, "ten tokens", 10) == 0);
}

static int stopAtOnce(void *user, const char *text, size_t length) {
  (void)text;
  *(size_t *)user += length;
  return 1;
}

static void checkGeneration(bitnet_session *session) {
  bitnet_generate_result result = {.prompt_tokens = 7};
  uint32_t position;
  EXPECT(BITNET_OK, bitnet_session_reset(session, 0));
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_generate(NULL, "a", 1, NULL, &result));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_generate(session, NULL, 1, NULL, &result));
  // A prompt of more tokens than the context has positions.
  static char lengthy[4096];
  memset(lengthy, 'z', sizeof(lengthy));
  EXPECT(BITNET_CONTEXT_FULL,
         bitnet_generate(session, lengthy, sizeof(lengthy), NULL, &result));
  EXPECT(BITNET_OK, bitnet_session_position(session, &position));
  REQUIRE(result.prompt_tokens == 7 && position == 0);

  options.max_tokens = 0;
  EXPECT(BITNET_OK, bitnet_generate(session, "a", 1, &options, NULL));
  size_t length = 0;
  options.max_tokens = UINT32_MAX;
  options.callback = stopAtOnce;
  options.user = &length;
  bitnet_status status = bitnet_generate(session, " b", 2, &options, &result);
  // Random weights may as well end the text, or write half characters.
  REQUIRE(status == BITNET_STOPPED ? length > 0 : length == 0);
  EXPECT(BITNET_OK, bitnet_session_reset(session, 0));
  status = bitnet_generate(session, "a", 1, NULL, &result);
  EXPECT(BITNET_OK, bitnet_session_position(session, &position));
  REQUIRE(result.prompt_tokens == 2);
  REQUIRE(position == result.prompt_tokens + result.generated_tokens);
  REQUIRE(status == BITNET_CONTEXT_FULL ? position == 64
                                        : result.finish == BITNET_FINISH_EOS);
  bitnet_session *mute;
  EXPECT(BITNET_OK, bitnet_session_create(&silent, NULL, &mute));
  EXPECT(BITNET_NO_TOKENIZER, bitnet_generate(mute, "a", 1, NULL, &result));
  bitnet_session_destroy(mute);
}

/// Generations token by token, and scores.
static void checkSteps(bitnet_session *session) {
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  bitnet_generation *generation = NULL;
  uint64_t size = 7;
  int32_t token = 7;
  bitnet_finish finish = BITNET_FINISH_STOP;
  EXPECT(BITNET_OK, bitnet_session_reset(session, 0));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_generation_memory_size(NULL, NULL, &size));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_generation_memory_size(session, NULL, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_generation_create(NULL, NULL, &generation));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_generation_create(session, NULL, NULL));
  options.flags = 8;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_generation_create(session, &options, &generation));
  options.flags = 0;
  options.memory = &size;
  options.memory_size = sizeof(size);
  EXPECT(BITNET_OUT_OF_MEMORY,
         bitnet_generation_create(session, &options, &generation));
  REQUIRE(!generation && size == 7);
  EXPECT(BITNET_OK, bitnet_generation_create(session, NULL, &generation));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_generation_next(NULL, &token, &finish));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_generation_next(generation, NULL, &finish));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_generation_next(generation, &token, NULL));
  EXPECT(BITNET_NO_LOGITS, bitnet_generation_next(generation, &token, &finish));
  REQUIRE(token == 7 && finish == BITNET_FINISH_STOP);
  bitnet_generation_destroy(generation);
  bitnet_generation_destroy(NULL);

  int32_t tokens[3] = {1, 2, -1};
  float scores[3] = {7, 7, 7};
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_score(NULL, tokens, 2, scores));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_score(session, NULL, 2, scores));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_score(session, tokens, 2, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_score(session, tokens, 0, scores));
  EXPECT(BITNET_INVALID_TOKEN, bitnet_score(session, tokens, 3, scores));
  EXPECT(BITNET_CONTEXT_FULL, bitnet_score(session, tokens, SIZE_MAX, scores));
  REQUIRE(scores[0] == 7 && scores[1] == 7);
  EXPECT(BITNET_OK, bitnet_score(session, tokens, 2, scores));
  REQUIRE(scores[0] != scores[0] && scores[1] < 0);
}

static void checkEmbedding(void) {
  bitnet_model_info info;
  EXPECT(BITNET_OK, bitnet_get_model_info(&small, &info));
  REQUIRE(info.pooling == BITNET_POOLING_NONE);
  EXPECT(BITNET_OK, bitnet_get_model_info(&embedder, &info));
  REQUIRE(info.pooling == BITNET_POOLING_LAST);
  static const int32_t tokens[] = {1, 2, 3}, wrong[] = {1, -1};
  float *embedding = calloc(info.embedding_length, sizeof(float));
  bitnet_session *session, *writer;
  EXPECT(BITNET_OK, bitnet_session_create(&embedder, NULL, &session));
  EXPECT(BITNET_OK, bitnet_session_create(&small, NULL, &writer));
  EXPECT(BITNET_UNSUPPORTED, bitnet_embed(writer, tokens, 3, 0, embedding));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_embed(NULL, tokens, 3, 0, embedding));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_embed(session, NULL, 3, 0, embedding));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_embed(session, tokens, 0, 0, embedding));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_embed(session, tokens, 3, 2, embedding));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_embed(session, tokens, 3, 0, NULL));
  EXPECT(BITNET_INVALID_TOKEN, bitnet_embed(session, wrong, 2, 0, embedding));
  EXPECT(BITNET_CONTEXT_FULL,
         bitnet_embed(session, tokens, SIZE_MAX, 0, embedding));
  for (uint32_t i = 0; i < info.embedding_length; ++i)
    REQUIRE(embedding[i] == 0);
  const float *logits = Untouched;
  EXPECT(BITNET_UNSUPPORTED, bitnet_evaluate(session, tokens, 3));
  EXPECT(BITNET_UNSUPPORTED,
         bitnet_evaluate_all(session, tokens, 3, embedding));
  EXPECT(BITNET_UNSUPPORTED, bitnet_logits(session, &logits));
  REQUIRE(logits == Untouched);
  EXPECT(BITNET_UNSUPPORTED, bitnet_generate(session, "a", 1, NULL, NULL));
  EXPECT(BITNET_UNSUPPORTED, bitnet_score(session, tokens, 3, embedding));
  bitnet_generation *generation;
  EXPECT(BITNET_UNSUPPORTED,
         bitnet_generation_create(session, NULL, &generation));
  EXPECT(BITNET_OK, bitnet_embed(session, tokens, 3, 0, embedding));
  double squares = 0;
  for (uint32_t i = 0; i < info.embedding_length; ++i)
    squares += (double)embedding[i] * embedding[i];
  REQUIRE(squares > 1 - 1e-5 && squares < 1 + 1e-5);
  bitnet_session_destroy(writer);
  bitnet_session_destroy(session);
  free(embedding);
}

int main(void) {
  checkModels();
  checkSessionOptions();
  checkVariants();
  checkMemory();
  bitnet_model_info info;
  bitnet_session *session;
  EXPECT(BITNET_OK, bitnet_get_model_info(&small, &info));
  REQUIRE(info.context_length == 64);
  EXPECT(BITNET_OK, bitnet_session_create(&small, NULL, &session));
  checkEvaluation(session, info.vocabulary_size);
  checkSampling(session);
  checkText();
  checkGeneration(session);
  checkSteps(session);
  checkEmbedding();
  bitnet_session_destroy(session);
  bitnet_session_destroy(NULL);
  for (int status = -1; status <= BITNET_FILE_FAILURE + 1; ++status)
    REQUIRE(bitnet_status_text((bitnet_status)status)[0] != '\0');
  if (failures == 0)
    puts("every call did what runtime.h says");
  return failures != 0;
}
