//===- Penalties.c - Changing logits before a token is chosen -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Steps 1 to 3 of sampling.h. The logits that change are a copy:
//
//   scratch   | counts, 4 bytes for each token | logits, 4 bytes each |
//
// The counts, of tokens before, are written and read for those tokens only. The
// steps that follow write candidates of 8 bytes from the beginning of scratch:
// the one of the i-th logit, or of an earlier one, ends not after that logit,
// which has been read.
//
//===----------------------------------------------------------------------===//
#include "Sampler.h"

static int hasPenalties(const bitnet_sampling_options *options) {
  return options->repetition_penalty != 1.0f ||
         options->presence_penalty != 0.0f ||
         options->frequency_penalty != 0.0f;
}

/// Applies the penalties for tokens[0, count). `counts` is overwritten where
/// they are.
static void applyPenalties(const bitnet_sampling_options *options,
                           const int32_t *tokens, uint32_t count,
                           uint32_t *counts, float *logits) {
  for (uint32_t i = 0; i < count; ++i)
    counts[tokens[i]] = 0;
  for (uint32_t i = 0; i < count; ++i)
    ++counts[tokens[i]];
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t *found = &counts[tokens[i]];
    float *logit = &logits[tokens[i]];
    if (*found == 0)
      continue;
    if (*logit > 0.0f)
      *logit /= options->repetition_penalty;
    else
      *logit *= options->repetition_penalty;
    *logit -=
        options->presence_penalty + options->frequency_penalty * (float)*found;
    // Once for each token.
    *found = 0;
  }
}

bitnet_status bitnetAdjustLogits(const SamplerInput *input,
                                 const bitnet_sampling_options *options,
                                 uint64_t *scratch, const float **logits) {
  uint32_t window = options->penalty_window;
  if (window > input->tokenCount)
    window = input->tokenCount;
  if (!hasPenalties(options))
    window = 0;
  if (!options->mask && options->bias_count == 0 && input->bannedCount == 0 &&
      window == 0) {
    *logits = input->logits;
    return BITNET_OK;
  }
  uint32_t *counts = (uint32_t *)scratch;
  float *changed = (float *)scratch + input->vocabularySize;
  __builtin_memcpy(changed, input->logits,
                   input->vocabularySize * sizeof(*changed));
  if (options->mask &&
      options->mask(options->mask_user, input->tokens, input->tokenCount,
                    changed, input->vocabularySize))
    return BITNET_STOPPED;
  for (size_t i = 0; i < options->bias_count; ++i)
    changed[options->biases[i].token] += options->biases[i].bias;
  for (uint32_t i = 0; i < input->bannedCount; ++i)
    if (input->banned[i] < input->vocabularySize)
      changed[input->banned[i]] = -__builtin_inff();
  applyPenalties(options, input->tokens + (input->tokenCount - window), window,
                 counts, changed);
  *logits = changed;
  return BITNET_OK;
}

uint32_t bitnetLogitsNeeded(const bitnet_sampling_options *options,
                            uint32_t vocabularySize, uint32_t contextSize,
                            uint32_t bannedCount) {
  if (options->mask || (options->temperature != 0.0f && options->top_k == 0))
    return 0;
  // A logit that becomes smaller makes way for one more; one that becomes
  // larger may come from anywhere.
  uint64_t needed = options->temperature != 0.0f ? options->top_k : 1;
  needed += bannedCount;
  for (size_t i = 0; i < options->bias_count; ++i) {
    if (options->biases[i].bias > 0.0f)
      return 0;
    ++needed;
  }
  if (hasPenalties(options)) {
    if (options->repetition_penalty < 1.0f ||
        options->presence_penalty < 0.0f || options->frequency_penalty < 0.0f)
      return 0;
    needed += options->penalty_window < contextSize ? options->penalty_window
                                                    : contextSize;
  }
  return needed < vocabularySize ? (uint32_t)needed : 0;
}
