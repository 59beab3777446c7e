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

/// BITNET_OK if every option is in the range that runtime.h gives.
bitnet_status bitnetCheckSampling(const bitnet_sampling_options *options);

/// Chooses an index into `logits` [count], count >= 1, with checked options.
/// What is not a number counts as minus infinity; if nothing is left the answer
/// is 0. `scratch` [count] is overwritten. `sampler` is only used with a
/// temperature above 0.
uint32_t bitnetChoose(const float *logits, uint32_t count,
                      const bitnet_sampling_options *options,
                      bitnet_sampler *sampler, uint64_t *scratch);

/// bitnet_sample of runtime.h.
bitnet_status bitnetSample(bitnet_session *session,
                           const bitnet_sampling_options *options,
                           bitnet_sampler *sampler, int32_t *token);

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_SAMPLER_H
