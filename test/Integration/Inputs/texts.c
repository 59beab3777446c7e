//===- texts.c - Texts of many options, without a C library ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes what a model says with each step of sampling, one text in a line, and
// the bits of the scores of its first words.
//
//===----------------------------------------------------------------------===//
#include "freestanding.h"
#include "model.h"

enum { Length = 20, DraftTokens = 3, MostScored = 16 };

static char memory[64 << 20] __attribute__((aligned(64)));
static char generationMemory[1 << 20] __attribute__((aligned(64)));
static const char prompt[] = "The king said to the old man: The king said";

/// Writes text with its ends of lines as bars.
static int write(void *user, const char *text, size_t length) {
  (void)user;
  int failed = 0;
  for (size_t i = 0; i < length; ++i)
    failed |= !writeOutput(text[i] == '\n' ? "|" : &text[i], 1);
  return failed;
}

/// Options that take one step each, and one set that takes all.
static void setOptions(bitnet_sampling_options *sampling, int index) {
  sampling->temperature = 1.1f;
  sampling->seed = (uint64_t)index;
  int all = index == 8;
  if (index == 0)
    sampling->temperature = 0.0f;
  if (index == 2 || all)
    sampling->top_k = 50;
  if (index == 3 || all)
    sampling->top_p = 0.9f;
  if (index == 4 || all)
    sampling->min_p = 0.02f;
  if (index == 5 || all)
    sampling->typical_p = 0.7f;
  if (index == 6 || all)
    sampling->repetition_penalty = 1.3f;
  if (index == 7 || all) {
    sampling->presence_penalty = 0.3f;
    sampling->frequency_penalty = 0.2f;
  }
}

static bitnet_status writeText(bitnet_session *session, int index,
                               uint32_t draftTokens) {
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  options.max_tokens = Length;
  options.callback = write;
  options.draft_tokens = draftTokens;
  options.memory = generationMemory;
  options.memory_size = sizeof(generationMemory);
  setOptions(&options.sampling, index);
  bitnet_status status = bitnet_session_reset(session, 0);
  if (status == BITNET_OK)
    status =
        bitnet_generate(session, prompt, sizeof(prompt) - 1, &options, NULL);
  return writeOutput("\n", 1) ? status : BITNET_STOPPED;
}

static bitnet_status writeScores(bitnet_session *session) {
  int32_t tokens[MostScored];
  float scores[MostScored];
  size_t count = 0;
  bitnet_status status =
      bitnet_tokenize(&model, prompt, sizeof(prompt) - 1,
                      BITNET_TOKENIZE_ADD_BOS, tokens, MostScored, &count);
  if (status == BITNET_OK)
    status = bitnet_session_reset(session, 0);
  if (status == BITNET_OK)
    status = bitnet_score(session, tokens, count, scores);
  for (size_t i = 1; status == BITNET_OK && i < count; ++i) {
    uint32_t bits;
    memcpy(&bits, &scores[i], sizeof(bits));
    char text[9];
    for (int digit = 0; digit < 8; ++digit)
      text[digit] = "0123456789abcdef"[bits >> (28 - 4 * digit) & 15];
    text[8] = i + 1 < count ? ' ' : '\n';
    if (!writeOutput(text, sizeof(text)))
      status = BITNET_STOPPED;
  }
  return status;
}

static int run(void) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.context_size = 64;
  options.memory = memory;
  options.memory_size = sizeof(memory);
  bitnet_session *session = NULL;
  bitnet_status status = bitnet_session_create(&model, &options, &session);
  for (int index = 0; status == BITNET_OK && index <= 8; ++index)
    status = writeText(session, index, 0);
  if (status == BITNET_OK)
    status = writeText(session, 0, DraftTokens);
  if (status == BITNET_OK)
    status = writeText(session, 8, DraftTokens);
  if (status == BITNET_OK)
    status = writeScores(session);
  bitnet_session_destroy(session);
  return status;
}
