//===- Sampler.h - Choosing a token from logits -------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_SAMPLER_H
#define BITNET_LIB_RUNTIME_SAMPLER_H

#include "bitnet/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What a token is chosen from.
typedef struct SamplerInput {
  const float *logits; ///< [vocabularySize]
  uint32_t vocabularySize;
  /// The tokens before: [tokenCount].
  const int32_t *tokens;
  uint32_t tokenCount;
  /// Ids that are not chosen, whatever the options say: [bannedCount].
  const uint32_t *banned;
  uint32_t bannedCount;
} SamplerInput;

/// BITNET_OK if every option is in the range that sampling.h gives.
bitnet_status bitnetCheckSampling(const bitnet_sampling_options *options,
                                  uint32_t vocabularySize);

/// A number k so that the choice depends on none but the k largest logits; 0 if
/// there is none below the vocabulary's size. At most `contextSize` tokens come
/// before. `options` are checked.
uint32_t bitnetLogitsNeeded(const bitnet_sampling_options *options,
                            uint32_t vocabularySize, uint32_t contextSize,
                            uint32_t bannedCount);

/// Applies mask, bias and penalties (Penalties.c). *logits becomes those of
/// `input` if they are the same, or else lies in the second half of `scratch`
/// [vocabularySize], all of which is overwritten.
bitnet_status bitnetAdjustLogits(const SamplerInput *input,
                                 const bitnet_sampling_options *options,
                                 uint64_t *scratch, const float **logits);

/// Chooses a token as sampling.h says, with checked options. `scratch`
/// [vocabularySize] is overwritten. `sampler` is only used with a temperature
/// above 0.
bitnet_status bitnetChoose(const SamplerInput *input,
                           const bitnet_sampling_options *options,
                           bitnet_sampler *sampler, uint64_t *scratch,
                           int32_t *token);

/// bitnet_score of sampling.h (Score.c).
bitnet_status bitnetScore(bitnet_session *session, const int32_t *tokens,
                          size_t count, float *logProbabilities);

extern const struct bitnet_sampling_functions bitnetSamplingFunctions;

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_SAMPLER_H
