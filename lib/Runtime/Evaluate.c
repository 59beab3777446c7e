//===- Evaluate.c - Running tokens through a model ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Pass.h"

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

/// Whether there is nothing left to evaluate for the item.
static int isDone(const bitnet_batch_item *item) {
  const Session *session = (const Session *)item->session;
  // The session of a refused item may be another thread's.
  return item->status != BITNET_OK || session->pending.status != BITNET_OK ||
         session->pending.count == 0;
}

/// Gives an error to all items that are not done.
static void failAll(const bitnet_batch_item *items, size_t count,
                    bitnet_status status) {
  for (size_t i = 0; i < count; ++i) {
    Session *session = (Session *)items[i].session;
    if (isDone(&items[i]))
      continue;
    session->hasLogits = 0;
    session->pending.status = status;
  }
}

void bitnetRunPending(const bitnet_batch_item *items, size_t count) {
  Evaluator *evaluator = ((Session *)items[0].session)->evaluator;
  for (;;) {
    while (count != 0 && isDone(items)) {
      ++items;
      --count;
    }
    if (count == 0)
      return;
    bitnet_status status = bitnetLock(&evaluator->lock);
    if (status != BITNET_OK) {
      failAll(items, count, status);
      return;
    }
    bitnetBeginPass(evaluator);
    for (size_t i = 0; i < count; ++i)
      if (!isDone(&items[i]) &&
          !bitnetAddToPass(evaluator, (Session *)items[i].session))
        break;
    bitnetRunPass(evaluator);
    bitnetUnlock(&evaluator->lock);
  }
}

bitnet_status bitnetSetPending(Session *session, const int32_t *tokens,
                               size_t count, float *outputs) {
  bitnet_status status =
      bitnetCheckTokens(session, session->position, tokens, count);
  session->pending.tokens = tokens;
  session->pending.count = count;
  session->pending.outputs = outputs;
  session->pending.limit = outputs ? 0 : session->topLogits;
  session->pending.status = BITNET_OK;
  return status;
}

/// Evaluates what is pending for one session.
static bitnet_status runAlone(Session *session) {
  bitnet_batch_item item = {.session = &session->base};
  bitnetRunPending(&item, 1);
  return session->pending.status;
}

bitnet_status bitnetEvaluateTokens(Session *session, const int32_t *tokens,
                                   size_t count, float *outputs) {
  if (bitnetIsEmbeddingModel(session->descriptor))
    return BITNET_UNSUPPORTED;
  bitnet_status status = bitnetSetPending(session, tokens, count, outputs);
  return status == BITNET_OK ? runAlone(session) : status;
}

bitnet_status bitnetEvaluateDraft(Session *session, const int32_t *tokens,
                                  size_t count, float *outputs) {
  bitnet_status status = bitnetSetPending(session, tokens, count, outputs);
  session->pending.limit = session->topLogits;
  return status == BITNET_OK ? runAlone(session) : status;
}

bitnet_status bitnetEvaluate(bitnet_session *session, const int32_t *tokens,
                             size_t count) {
  Session *self = (Session *)session;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status =
      bitnetEvaluateTokens(self, tokens, count, /*outputs=*/(void *)0);
  bitnetLeave(self);
  return status;
}

bitnet_status bitnetEvaluateAll(bitnet_session *session, const int32_t *tokens,
                                size_t count, float *logits) {
  Session *self = (Session *)session;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!logits)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status = bitnetEvaluateTokens(self, tokens, count, logits);
  bitnetLeave(self);
  return status;
}
