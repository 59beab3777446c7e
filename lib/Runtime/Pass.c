//===- Pass.c - One pass over the weights ---------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Pass.h"
#include "Cancel.h"
#include "Threads.h"

/// The arguments of one pass, as bitnet_evaluate_function describes them.
typedef struct PassCall {
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
} PassCall;

static void runCall(int64_t thread, int64_t threadCount,
                    struct bitnet_member *member, const void *argument) {
  const PassCall *call = argument;
  call->function(thread, threadCount, member, call->tokens, call->tokenCount,
                 call->position, call->outputCount, call->kvCache,
                 call->capacity, call->arena, call->outputs, call->weights);
}

static bitnet_status run(Evaluator *evaluator, const PassCall *call) {
  const uint32_t *cancel = &evaluator->isCancelled;
  return evaluator->team
             ? bitnetTeamRun(evaluator->team, runCall, call, cancel)
             : bitnetThreadsRun(evaluator->sharedThreads, runCall, call, cancel,
                                BITNET_WAIT_FOR_THREADS);
}

void bitnetBeginPass(Evaluator *evaluator) { evaluator->passSessions = 0; }

int bitnetAddToPass(Evaluator *evaluator, Session *session) {
  // One sequence is as much as generated code can take.
  if (evaluator->passSessions != 0)
    return 0;
  evaluator->sessions[evaluator->passSessions++] = session;
  size_t rows = session->pending.count;
  if (rows > session->descriptor->chunk_size)
    rows = session->descriptor->chunk_size;
  session->pending.rows = (uint32_t)rows;
  return 1;
}

/// Makes what has been evaluated a part of the session.
static void advance(Session *session) {
  size_t rows = session->pending.rows;
  __builtin_memcpy(session->tokens + session->position, session->pending.tokens,
                   rows * sizeof(int32_t));
  session->position += (uint32_t)rows;
  session->pending.tokens += rows;
  session->pending.count -= rows;
  uint32_t width = bitnetOutputWidth(session->descriptor);
  if (session->pending.outputs) {
    session->pending.outputs += rows * width;
    if (session->pending.count == 0)
      __builtin_memcpy(session->outputs, session->pending.outputs - width,
                       width * sizeof(float));
  }
  session->hasLogits = session->pending.count == 0;
}

void bitnetRunPass(Evaluator *evaluator) {
  Session *session = evaluator->sessions[0];
  size_t rows = session->pending.rows;
  PassCall call = {
      .function = evaluator->variant->evaluate,
      .tokens = session->pending.tokens,
      .tokenCount = (int64_t)rows,
      .position = session->position,
      .outputCount = session->pending.outputs ? (int64_t)rows
                                              : rows == session->pending.count,
      .kvCache = session->kvCache,
      .capacity = (int64_t)session->capacity,
      .arena = evaluator->arena,
      .outputs = session->pending.outputs ? session->pending.outputs
                                          : session->outputs,
      .weights = evaluator->weights,
  };
  session->hasLogits = 0;
  bitnet_status status = BITNET_CANCELLED;
  bitnetBeginCancellable(evaluator);
  if (bitnetEnterPass(session))
    status = run(evaluator, &call);
  bitnetLeavePass(session);
  if (status == BITNET_OK)
    advance(session);
  else if (status != BITNET_CANCELLED || bitnetTakeCancellation(session))
    session->pending.status = status;
}
