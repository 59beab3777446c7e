//===- logits.c - Logits of tokens, without a C library -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads int32 tokens from standard input and writes the float logits that
// follow each, bytes as they are in memory: of all tokens in one call, and once
// more with a call for each; then the names of the kernels that made them. The
// exit status is that of the first call that fails.
//
//===----------------------------------------------------------------------===//
#include "freestanding.h"
#include "model.h"

enum { MostTokens = 64, MostLogits = 1 << 20, MemorySize = 64 << 20 };

static char memory[MemorySize] __attribute__((aligned(64)));
static int32_t tokens[MostTokens];
static float logits[MostLogits];

static bitnet_status evaluate(bitnet_session *session, const int32_t *first,
                              size_t count, size_t vocabulary) {
  bitnet_status status = bitnet_evaluate_all(session, first, count, logits);
  if (status == BITNET_OK &&
      !writeOutput(logits, count * vocabulary * sizeof(float)))
    status = BITNET_STOPPED;
  return status;
}

static bitnet_status writeKernels(const bitnet_session *session) {
  uint32_t index;
  bitnet_variant_info variant;
  bitnet_status status = bitnet_session_variant(session, &index);
  if (status == BITNET_OK)
    status = bitnet_get_variant_info(&model, index, &variant);
  size_t length = 0;
  while (status == BITNET_OK && variant.kernel[length])
    ++length;
  if (status == BITNET_OK && !writeOutput(variant.kernel, length))
    status = BITNET_STOPPED;
  return status;
}

static int run(void) {
  size_t count = readInput(tokens, sizeof(tokens)) / sizeof(tokens[0]);
  bitnet_model_info info;
  bitnet_status status = bitnet_get_model_info(&model, &info);
  if (status == BITNET_OK && count * info.vocabulary_size > MostLogits)
    status = BITNET_OUT_OF_MEMORY;
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.context_size = MostTokens;
  options.memory = memory;
  options.memory_size = sizeof(memory);
  bitnet_session *session = NULL;
  if (status == BITNET_OK)
    status = bitnet_session_create(&model, &options, &session);
  if (status == BITNET_OK)
    status = evaluate(session, tokens, count, info.vocabulary_size);
  if (status == BITNET_OK)
    status = bitnet_session_reset(session, 0);
  for (size_t i = 0; status == BITNET_OK && i < count; ++i)
    status = evaluate(session, tokens + i, 1, info.vocabulary_size);
  if (status == BITNET_OK)
    status = writeKernels(session);
  bitnet_session_destroy(session);
  return status;
}
