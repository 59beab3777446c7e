//===- Embed.c - One vector for a text ------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums are of 64-bit floats in the order of the tokens: an embedding does not
// depend on chunks, and hardly on rounding.
//
//===----------------------------------------------------------------------===//
#include "Pass.h"

/// Adds the hidden states that the pooling of the session's model takes to
/// `sum`, and their number to *taken.
static bitnet_status sumStates(Session *session, const int32_t *tokens,
                               size_t count, double *sum, size_t *taken) {
  const struct bitnet_model_descriptor *descriptor = session->descriptor;
  Evaluator *evaluator = session->evaluator;
  int takesAll = descriptor->pooling == BITNET_POOLING_MEAN;
  // Tokens after the first do not change its state.
  if (descriptor->pooling == BITNET_POOLING_CLS)
    count = 1;
  bitnetSetPending(session, tokens, count, (void *)0);
  while (session->pending.count != 0 && session->pending.status == BITNET_OK) {
    bitnet_status status = bitnetLock(&evaluator->lock);
    if (status != BITNET_OK)
      return status;
    // The evaluator's outputs have room for a chunk, until another session's
    // pass.
    const float *state = takesAll ? evaluator->outputs : session->outputs;
    session->pending.outputs = takesAll ? evaluator->outputs : (void *)0;
    bitnetBeginPass(evaluator);
    bitnetAddToPass(evaluator, session);
    size_t before = session->pending.count;
    bitnetRunPass(evaluator);
    size_t rows = before - session->pending.count;
    if (!takesAll)
      rows = rows != 0 && session->pending.count == 0;
    for (size_t row = 0; row < rows; ++row)
      for (uint32_t i = 0; i < descriptor->embedding_length; ++i)
        sum[i] += *state++;
    *taken += rows;
    bitnetUnlock(&evaluator->lock);
  }
  return session->pending.status;
}

static bitnet_status embed(Session *session, const int32_t *tokens,
                           size_t count, uint32_t flags, float *embedding) {
  bitnet_status status =
      bitnetCheckTokens(session, /*position=*/0, tokens, count);
  if (status != BITNET_OK)
    return status;
  session->position = 0;
  uint32_t length = session->descriptor->embedding_length;
  double *sum = session->scratch;
  for (uint32_t i = 0; i < length; ++i)
    sum[i] = 0;
  size_t taken = 0;
  status = sumStates(session, tokens, count, sum, &taken);
  if (status != BITNET_OK)
    return status;
  double divisor = (double)taken;
  if (!(flags & BITNET_EMBED_RAW)) {
    double squares = 0;
    for (uint32_t i = 0; i < length; ++i)
      squares += sum[i] * sum[i];
    // Zeros have no direction, and stay zeros.
    if (squares > 0)
      divisor = __builtin_sqrt(squares);
  }
  for (uint32_t i = 0; i < length; ++i)
    embedding[i] = (float)(sum[i] / divisor);
  return BITNET_OK;
}

bitnet_status bitnetEmbed(bitnet_session *session, const int32_t *tokens,
                          size_t count, uint32_t flags, float *embedding) {
  Session *self = (Session *)session;
  if (!bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!embedding || (flags & ~(uint32_t)BITNET_EMBED_RAW))
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status = embed(self, tokens, count, flags, embedding);
  bitnetLeave(self);
  return status;
}
