//===- Evaluate.c - Running tokens through a model ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Session.h"
#include "Threads.h"

/// The arguments of one pass, as bitnet_evaluate_function describes them.
typedef struct EvaluateCall {
  bitnet_evaluate_function function;
  const int32_t *tokens;
  int64_t tokenCount;
  int64_t position;
  int64_t outputCount;
  void *kvCache;
  int64_t capacity;
  void *arena;
  float *outputs;
  const void *weights;
} EvaluateCall;

static void runEvaluate(int64_t thread, int64_t threadCount,
                        struct bitnet_member *member, const void *argument) {
  const EvaluateCall *call = argument;
  call->function(thread, threadCount, member, call->tokens, call->tokenCount,
                 call->position, call->outputCount, call->kvCache,
                 call->capacity, call->arena, call->outputs, call->weights);
}

bitnet_status bitnetCheckTokens(const Session *session, uint32_t position,
                                const int32_t *tokens, size_t count) {
  if (!tokens || count == 0)
    return BITNET_INVALID_ARGUMENT;
  if (count > session->contextSize - position)
    return BITNET_CONTEXT_FULL;
  for (size_t i = 0; i < count; ++i)
    if (tokens[i] < 0 ||
        (uint32_t)tokens[i] >= session->descriptor->vocabulary_size)
      return BITNET_INVALID_TOKEN;
  return BITNET_OK;
}

bitnet_status bitnetEvaluateChunk(Session *session, const int32_t *tokens,
                                  size_t count, size_t outputCount,
                                  float *outputs) {
  EvaluateCall call = {
      .function = session->variant->evaluate,
      .tokens = tokens,
      .tokenCount = (int64_t)count,
      .position = session->position,
      .outputCount = (int64_t)outputCount,
      .kvCache = session->kvCache,
      .capacity = (int64_t)session->capacity,
      .arena = session->arena,
      .outputs = outputs,
      .weights = session->weights,
  };
  bitnet_status status = bitnetTeamRun(session->team, runEvaluate, &call,
                                       /*cancel=*/(void *)0);
  if (status == BITNET_OK)
    session->position += (uint32_t)count;
  return status;
}

static size_t minimum(size_t a, size_t b) { return a < b ? a : b; }

bitnet_status bitnetEvaluate(bitnet_session *session, const int32_t *tokens,
                             size_t count) {
  Session *self = (Session *)session;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  bitnet_status status = bitnetCheckTokens(self, self->position, tokens, count);
  if (status != BITNET_OK)
    return status;
  while (count != 0) {
    size_t chunk = minimum(count, self->descriptor->chunk_size);
    status = bitnetEvaluateChunk(self, tokens, chunk,
                                 /*outputCount=*/chunk == count, self->outputs);
    if (status != BITNET_OK)
      return status;
    tokens += chunk;
    count -= chunk;
  }
  self->hasLogits = 1;
  return BITNET_OK;
}

bitnet_status bitnetEvaluateAll(bitnet_session *session, const int32_t *tokens,
                                size_t count, float *logits) {
  Session *self = (Session *)session;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!logits)
    return BITNET_INVALID_ARGUMENT;
  bitnet_status status = bitnetCheckTokens(self, self->position, tokens, count);
  if (status != BITNET_OK)
    return status;
  size_t vocabulary = self->descriptor->vocabulary_size;
  while (count != 0) {
    size_t chunk = minimum(count, self->descriptor->chunk_size);
    status =
        bitnetEvaluateChunk(self, tokens, chunk, /*outputCount=*/chunk, logits);
    if (status != BITNET_OK)
      return status;
    logits += chunk * vocabulary;
    tokens += chunk;
    count -= chunk;
  }
  __builtin_memcpy(self->outputs, logits - vocabulary,
                   vocabulary * sizeof(float));
  self->hasLogits = 1;
  return BITNET_OK;
}
