//===- Batch.c - Evaluating several sessions together ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Pass.h"

/// Whether the items can be a batch.
static bitnet_status checkItems(const bitnet_batch_item *items, size_t count) {
  const Session *first = (const Session *)items[0].session;
  for (size_t i = 0; i < count; ++i) {
    const Session *session = (const Session *)items[i].session;
    // Sessions of other objects may have another layout.
    if (!session || session->base.model != first->base.model ||
        session->evaluator != first->evaluator || items[i].reserved != 0)
      return BITNET_INVALID_ARGUMENT;
    for (size_t other = 0; other < i; ++other)
      if (items[other].session == items[i].session)
        return BITNET_INVALID_ARGUMENT;
  }
  return bitnetIsEmbeddingModel(first->descriptor) ? BITNET_UNSUPPORTED
                                                   : BITNET_OK;
}

bitnet_status bitnetEvaluateBatch(bitnet_batch_item *items, size_t count) {
  bitnet_status result = checkItems(items, count);
  if (result != BITNET_OK)
    return result;
  for (size_t i = 0; i < count; ++i) {
    bitnet_batch_item *item = &items[i];
    Session *session = (Session *)item->session;
    item->status = BITNET_BUSY;
    if (bitnetEnter(session))
      item->status =
          bitnetSetPending(session, item->tokens, item->count, item->logits);
  }
  bitnetRunPending(items, count);
  for (size_t i = 0; i < count; ++i) {
    bitnet_batch_item *item = &items[i];
    Session *session = (Session *)item->session;
    if (item->status == BITNET_OK)
      item->status = session->pending.status;
    // Another thread's session is left alone.
    if (item->status != BITNET_BUSY)
      bitnetLeave(session);
    if (result == BITNET_OK)
      result = item->status;
  }
  return result;
}
