//===- SessionCopy.c - Copying and cloning sessions -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Cache.h"
#include "Session.h"

/// From one cache to another.
typedef struct CacheCopy {
  Cache from;
  Cache to;
} CacheCopy;

static void copyRun(void *user, uint64_t strip, uint64_t offset,
                    uint64_t size) {
  const CacheCopy *copy = user;
  __builtin_memcpy(bitnetStrip(&copy->to, strip) + offset,
                   bitnetStrip(&copy->from, strip) + offset, size);
}

/// Both sessions have been entered, and are of one model.
static bitnet_status copySession(Session *to, const Session *from,
                                 uint32_t count) {
  if (count > from->position)
    return BITNET_INVALID_ARGUMENT;
  if (count > to->contextSize)
    return BITNET_CONTEXT_FULL;
  const struct bitnet_model_descriptor *descriptor = from->descriptor;
  const struct bitnet_cache_descriptor *cache = &descriptor->cache;
  CacheCopy copy = {{cache, from->kvCache, from->capacity},
                    {cache, to->kvCache, to->capacity}};
  bitnetVisitCache(cache, count, copyRun, &copy);
  if (count != 0)
    __builtin_memcpy(to->tokens, from->tokens, count * sizeof(int32_t));
  to->position = count;
  to->hasLogits = from->hasLogits && count == from->position;
  if (to->hasLogits)
    __builtin_memcpy(to->outputs, from->outputs,
                     bitnetOutputWidth(descriptor) * sizeof(float));
  return BITNET_OK;
}

bitnet_status bitnetSessionCopy(bitnet_session *to, const bitnet_session *from,
                                uint32_t count) {
  Session *target = (Session *)to;
  const Session *source = (const Session *)from;
  if (to == from || to->model != from->model)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(source))
    return BITNET_BUSY;
  bitnet_status status = BITNET_BUSY;
  if (bitnetEnter(target)) {
    status = copySession(target, source, count);
    bitnetLeave(target);
  }
  bitnetLeave(source);
  return status;
}

/// Makes a session like `source`, which has been entered.
static bitnet_status cloneSession(const Session *source,
                                  const bitnet_session_options *options,
                                  bitnet_session **clone) {
  bitnet_session_options made = *options;
  if (made.context_size == 0)
    made.context_size = source->contextSize;
  if (made.top_logits == 0)
    made.top_logits = source->topLogits;
  if (!made.evaluator)
    made.evaluator = &source->evaluator->base;
  if (made.context_size < source->position)
    return BITNET_CONTEXT_FULL;
  bitnet_session *session;
  bitnet_status status =
      bitnetSessionCreate(source->base.model, &made, &session);
  if (status != BITNET_OK)
    return status;
  // It has the room, and nobody else knows it.
  copySession((Session *)session, source, source->position);
  *clone = session;
  return BITNET_OK;
}

bitnet_status bitnetSessionClone(const bitnet_session *session,
                                 const bitnet_session_options *options,
                                 bitnet_session **clone) {
  static const bitnet_session_options defaults = BITNET_SESSION_OPTIONS_DEFAULT;
  const Session *self = (const Session *)session;
  if (!clone)
    return BITNET_INVALID_ARGUMENT;
  if (options && options->abi_version != BITNET_ABI_VERSION)
    return BITNET_VERSION_MISMATCH;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status =
      cloneSession(self, options ? options : &defaults, clone);
  bitnetLeave(self);
  return status;
}
