//===- SessionRemove.c - Taking positions out of a session ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Rotate.h"
#include "Session.h"
#include "Threads.h"

/// Thread `thread` of `threadCount` moves its share of heads.
static void runMove(int64_t thread, int64_t threadCount,
                    struct bitnet_member *member, const void *argument) {
  const CacheMove *move = argument;
  const struct bitnet_cache_descriptor *cache = move->cache.descriptor;
  int64_t heads = cache->heads;
  for (int64_t i = thread; i < cache->layers * heads; i += threadCount)
    bitnetMoveHead(move, (uint32_t)(i / heads), (uint32_t)(i % heads));
  bitnet_runtime_barrier(member);
}

/// Moves what is behind [begin, end) down.
static bitnet_status moveDown(Session *session, uint32_t begin, uint32_t end) {
  Evaluator *evaluator = session->evaluator;
  uint32_t distance = end - begin;
  CacheMove move = {
      .cache = {&session->descriptor->cache, session->kvCache,
                session->capacity},
      .begin = begin,
      .end = session->position - distance,
      .distance = distance,
  };
  bitnet_status status = bitnetLock(&evaluator->lock);
  if (status != BITNET_OK)
    return status;
  status = bitnetRunThreads(evaluator, runMove, &move, /*cancel=*/(void *)0);
  bitnetUnlock(&evaluator->lock);
  if (status == BITNET_OK)
    for (uint32_t i = end; i < session->position; ++i)
      session->tokens[i - distance] = session->tokens[i];
  return status;
}

bitnet_status bitnetRemovePositions(Session *session, uint32_t begin,
                                    uint32_t end) {
  if (begin > end || end > session->position)
    return BITNET_INVALID_ARGUMENT;
  if (begin == end)
    return BITNET_OK;
  if (end < session->position) {
    if (!session->descriptor->cache.rotations)
      return BITNET_UNSUPPORTED;
    bitnet_status status = moveDown(session, begin, end);
    if (status != BITNET_OK) {
      // Some threads of an executor may have moved their heads.
      if (status == BITNET_THREAD_FAILURE) {
        session->position = begin;
        session->hasLogits = 0;
      }
      return status;
    }
  } else {
    session->hasLogits = 0;
  }
  session->position -= end - begin;
  return BITNET_OK;
}

bitnet_status bitnetSessionRemove(bitnet_session *session, uint32_t begin,
                                  uint32_t end) {
  Session *self = (Session *)session;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status = bitnetRemovePositions(self, begin, end);
  bitnetLeave(self);
  return status;
}
