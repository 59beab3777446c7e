//===- Score.c - How probable given tokens are ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Logits of all tokens would take gigabytes. They are made for a few tokens at
// a time, and each row becomes one number at once.
//
//===----------------------------------------------------------------------===//
#include "Exponential.h"
#include "Sampler.h"
#include "Session.h"
#include "System.h"

/// Most bytes of logits.
static const uint64_t mostBytes = UINT64_C(16) << 20;

static uint64_t alignUp(uint64_t size) {
  return (size + BITNET_ALIGNMENT - 1) / BITNET_ALIGNMENT * BITNET_ALIGNMENT;
}

/// Logarithm of the probability of `token`.
static float logProbability(const float *logits, uint32_t count,
                            int32_t token) {
  float best = -__builtin_inff();
  for (uint32_t i = 0; i < count; ++i)
    if (logits[i] > best)
      best = logits[i];
  // The best one adds 1 even if it is infinite; what is not a number adds 0.
  double sum = 0.0;
  for (uint32_t i = 0; i < count; ++i)
    sum +=
        logits[i] == best ? 1.0 : bitnetExp((double)logits[i] - (double)best);
  float logit = logits[token];
  if (!(logit > -__builtin_inff()))
    return -__builtin_inff();
  double difference = logit == best ? 0.0 : (double)logit - (double)best;
  return (float)(difference - bitnetLog(sum));
}

bitnet_status bitnetEnsureLogits(Session *session, uint32_t needed) {
  if (session->hasLogits) {
    const uint32_t count = session->descriptor->vocabulary_size;
    const uint32_t wanted = needed ? needed : count;
    uint32_t present = 0;
    for (uint32_t i = 0; i < count && present < wanted; ++i)
      present += session->outputs[i] != -__builtin_inff();
    if (present == wanted)
      return BITNET_OK;
  }
  const uint32_t position = session->position;
  const uint32_t limit = session->topLogits;
  int32_t last = session->tokens[position - 1];
  bitnetTruncate(session, position - 1);
  session->topLogits = needed;
  bitnet_status status =
      bitnetEvaluateTokens(session, &last, 1, /*outputs=*/(void *)0);
  session->topLogits = limit;
  // What an evaluation that did not end wrote is what was there.
  session->position = position;
  return status;
}

static bitnet_status score(Session *session, const int32_t *tokens,
                           size_t count, float *logProbabilities) {
  const uint32_t vocabularySize = session->descriptor->vocabulary_size;
  bitnet_status status =
      bitnetCheckTokens(session, session->position, tokens, count);
  if (status != BITNET_OK)
    return status;

  // The scratch memory has room for two rows.
  uint64_t rowBytes = (uint64_t)vocabularySize * sizeof(float);
  size_t most = 2;
  float *rows = session->scratch;
  float *allocated = (void *)0;
  if (count > most && mostBytes / rowBytes > most) {
    size_t wanted = mostBytes / rowBytes;
    if (wanted > session->descriptor->chunk_size)
      wanted = session->descriptor->chunk_size;
    allocated = bitnetSystemAllocate(alignUp(wanted * rowBytes));
    if (allocated) {
      rows = allocated;
      most = wanted;
    }
  }

  if (session->position == 0)
    logProbabilities[0] = __builtin_nanf("");
  else
    status = bitnetEnsureLogits(session, /*needed=*/0);
  if (status == BITNET_OK && session->position != 0)
    logProbabilities[0] =
        logProbability(session->outputs, vocabularySize, tokens[0]);
  for (size_t done = 0; status == BITNET_OK && done < count;) {
    size_t chunk = count - done < most ? count - done : most;
    status = bitnetEvaluateTokens(session, tokens + done, chunk, rows);
    for (size_t i = 0; status == BITNET_OK && i < chunk; ++i)
      if (done + i + 1 < count)
        logProbabilities[done + i + 1] = logProbability(
            rows + i * vocabularySize, vocabularySize, tokens[done + i + 1]);
    done += chunk;
  }
  bitnetSystemFree(allocated);
  return status;
}

bitnet_status bitnetScore(bitnet_session *session, const int32_t *tokens,
                          size_t count, float *logProbabilities) {
  Session *self = (Session *)session;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!logProbabilities)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status = score(self, tokens, count, logProbabilities);
  bitnetLeave(self);
  return status;
}
