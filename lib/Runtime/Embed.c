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
#include "Session.h"

/// Adds the hidden states that the pooling of the session's model takes to
/// `sum`, and writes their number to *taken.
static bitnet_status sumStates(Session *session, const int32_t *tokens,
                               size_t count, double *sum, size_t *taken) {
  const struct bitnet_model_descriptor *descriptor = session->descriptor;
  // Tokens after the first do not change its state.
  if (descriptor->pooling == BITNET_POOLING_CLS)
    count = 1;
  *taken = 0;
  while (count != 0) {
    size_t chunk =
        count < descriptor->chunk_size ? count : descriptor->chunk_size;
    size_t rows = chunk == count;
    if (descriptor->pooling == BITNET_POOLING_MEAN)
      rows = chunk;
    const float *state = session->outputs;
    bitnet_status status =
        bitnetEvaluateChunk(session, tokens, chunk, rows, session->outputs);
    if (status != BITNET_OK)
      return status;
    for (size_t row = 0; row < rows; ++row)
      for (uint32_t i = 0; i < descriptor->embedding_length; ++i)
        sum[i] += *state++;
    *taken += rows;
    tokens += chunk;
    count -= chunk;
  }
  return BITNET_OK;
}

bitnet_status bitnetEmbed(bitnet_session *session, const int32_t *tokens,
                          size_t count, uint32_t flags, float *embedding) {
  Session *self = (Session *)session;
  if (!bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!embedding || (flags & ~(uint32_t)BITNET_EMBED_RAW))
    return BITNET_INVALID_ARGUMENT;
  bitnet_status status = bitnetCheckTokens(self, /*position=*/0, tokens, count);
  if (status != BITNET_OK)
    return status;
  self->position = 0;
  uint32_t length = self->descriptor->embedding_length;
  double *sum = self->scratch;
  for (uint32_t i = 0; i < length; ++i)
    sum[i] = 0;
  size_t taken;
  status = sumStates(self, tokens, count, sum, &taken);
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
