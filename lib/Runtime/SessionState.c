//===- SessionState.c - What sessions tell about themselves ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Cancel.h"

bitnet_status bitnetSessionReset(bitnet_session *session, uint32_t position) {
  Session *self = (Session *)session;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status = BITNET_INVALID_ARGUMENT;
  if (position <= self->position) {
    bitnetTruncate(self, position);
    bitnetTakeCancellation(self);
    status = BITNET_OK;
  }
  bitnetLeave(self);
  return status;
}

bitnet_status bitnetSessionPosition(const bitnet_session *session,
                                    uint32_t *position) {
  const Session *self = (const Session *)session;
  if (!position)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  *position = self->position;
  bitnetLeave(self);
  return BITNET_OK;
}

bitnet_status bitnetSessionTokens(const bitnet_session *session,
                                  const int32_t **tokens, uint32_t *count) {
  const Session *self = (const Session *)session;
  if (!tokens || !count)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  *tokens = self->tokens;
  *count = self->position;
  bitnetLeave(self);
  return BITNET_OK;
}

bitnet_status bitnetSessionMatch(const bitnet_session *session,
                                 const int32_t *tokens, size_t count,
                                 uint32_t *common) {
  const Session *self = (const Session *)session;
  if (!common || (!tokens && count != 0))
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  uint32_t length = 0;
  while (length < count && length < self->position &&
         tokens[length] == self->tokens[length])
    ++length;
  *common = length;
  bitnetLeave(self);
  return BITNET_OK;
}

bitnet_status bitnetSessionLimitLogits(bitnet_session *session, uint32_t k) {
  Session *self = (Session *)session;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  self->topLogits = k;
  bitnetLeave(self);
  return BITNET_OK;
}

bitnet_status bitnetLogits(const bitnet_session *session,
                           const float **logits) {
  const Session *self = (const Session *)session;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!logits)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status = BITNET_NO_LOGITS;
  if (self->hasLogits) {
    *logits = self->outputs;
    status = BITNET_OK;
  }
  bitnetLeave(self);
  return status;
}

bitnet_status bitnetSessionCancel(bitnet_session *session) {
  // Neither waits nor takes the session: Cancel.h.
  Session *self = (Session *)session;
  atomic_store(&self->isCancelled, 1);
  if (atomic_load(&self->isInPass))
    __atomic_store_n(&self->evaluator->isCancelled, 1, __ATOMIC_SEQ_CST);
  return BITNET_OK;
}
