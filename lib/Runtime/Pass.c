//===- Pass.c - One pass over the weights ---------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pass of one session writes its outputs to where they are wanted; one of
// several writes them to the evaluator's, from where they are copied.
//
//===----------------------------------------------------------------------===//
#include "Pass.h"
#include "AttentionPlan.h"
#include "Cancel.h"
#include "Threads.h"

/// The arguments of bitnet_evaluate_function.
typedef struct PassCall {
  const Evaluator *evaluator;
  float *outputs;
} PassCall;

static void runCall(int64_t thread, int64_t threadCount,
                    struct bitnet_member *member, const void *argument) {
  const PassCall *call = argument;
  const Evaluator *evaluator = call->evaluator;
  const Pass *pass = &evaluator->pass;
  evaluator->variant->evaluate(
      thread, threadCount, member, pass->tokens, pass->positions,
      pass->rowSequences, pass->tokenCount, pass->outputRows,
      pass->outputLimits, pass->outputCount, pass->sequences, pass->work,
      pass->workCount, pass->merges, pass->mergeCount, evaluator->arena,
      call->outputs, evaluator->weights);
}

static bitnet_status run(const Evaluator *evaluator, float *outputs) {
  PassCall call = {evaluator, outputs};
  return bitnetRunThreads(evaluator, runCall, &call, &evaluator->isCancelled);
}

void bitnetBeginPass(Evaluator *evaluator) {
  Pass *pass = &evaluator->pass;
  pass->sequenceCount = 0;
  pass->tokenCount = 0;
  pass->outputCount = 0;
}

static uint64_t minimum(uint64_t a, uint64_t b) { return a < b ? a : b; }

/// How many of the session's pending tokens the pass has room for.
static uint32_t countRows(const Evaluator *evaluator, const Session *session) {
  const Pass *pass = &evaluator->pass;
  uint64_t rows =
      minimum(session->pending.count,
              session->descriptor->chunk_size - (uint64_t)pass->tokenCount);
  // Alone in the pass, it does not use the evaluator's outputs.
  if (pass->sequenceCount == 0)
    return (uint32_t)rows;
  if ((uint32_t)pass->sequenceCount == evaluator->mostSequences ||
      pass->outputCount >= evaluator->outputRows)
    return 0;
  uint64_t outputs = evaluator->outputRows - (uint64_t)pass->outputCount;
  return (uint32_t)(session->pending.outputs ? minimum(rows, outputs) : rows);
}

/// How many of the largest logits after a token are needed; 0: all.
static int32_t getLimit(const Session *session) {
  if (session->pending.limit >= bitnetOutputWidth(session->descriptor) ||
      bitnetIsEmbeddingModel(session->descriptor))
    return 0;
  return (int32_t)session->pending.limit;
}

int bitnetAddToPass(Evaluator *evaluator, Session *session) {
  Pass *pass = &evaluator->pass;
  uint32_t rows = countRows(evaluator, session);
  session->pending.rows = rows;
  if (rows == 0)
    return 0;
  int32_t sequence = pass->sequenceCount++;
  pass->sessions[sequence] = session;
  pass->sequences[sequence] = (struct bitnet_pass_sequence){
      session->kvCache, (int64_t)session->capacity};
  uint32_t outputs =
      session->pending.outputs ? rows : rows == session->pending.count;
  session->pending.outputRows = outputs;
  for (uint32_t i = 0; i < rows; ++i) {
    int64_t row = pass->tokenCount++;
    pass->tokens[row] = session->pending.tokens[i];
    pass->positions[row] = (int32_t)(session->position + i);
    pass->rowSequences[row] = sequence;
    if (i < rows - outputs)
      continue;
    pass->outputRows[pass->outputCount] = (int32_t)row;
    pass->outputLimits[pass->outputCount++] = getLimit(session);
  }
  return 1;
}

/// Makes what has been evaluated a part of the session. `outputs`: its rows of
/// the evaluator's; null: they are where they are wanted.
static void advance(Session *session, const float *outputs) {
  uint32_t rows = session->pending.rows;
  __builtin_memcpy(session->tokens + session->position, session->pending.tokens,
                   rows * sizeof(int32_t));
  session->position += rows;
  session->pending.tokens += rows;
  session->pending.count -= rows;
  session->hasLogits = session->pending.count == 0;
  uint64_t width = bitnetOutputWidth(session->descriptor);
  uint64_t bytes = width * sizeof(float);
  if (outputs && session->pending.outputRows != 0)
    __builtin_memcpy(session->pending.outputs ? session->pending.outputs
                                              : session->outputs,
                     outputs, session->pending.outputRows * bytes);
  if (!session->pending.outputs)
    return;
  session->pending.outputs += rows * width;
  if (session->hasLogits)
    __builtin_memcpy(session->outputs, session->pending.outputs - width, bytes);
}

/// Makes what has been evaluated a part of all sessions.
static void advanceAll(Evaluator *evaluator) {
  const Pass *pass = &evaluator->pass;
  if (pass->sequenceCount == 1) {
    advance(pass->sessions[0], (const float *)0);
    return;
  }
  const float *outputs = evaluator->outputs;
  for (int32_t i = 0; i < pass->sequenceCount; ++i) {
    Session *session = pass->sessions[i];
    advance(session, outputs);
    outputs += (uint64_t)session->pending.outputRows *
               bitnetOutputWidth(evaluator->descriptor);
  }
}

void bitnetRunPass(Evaluator *evaluator) {
  const Pass *pass = &evaluator->pass;
  bitnetPlanAttention(evaluator);
  Session *only = pass->sessions[0];
  float *outputs =
      pass->sequenceCount != 1
          ? evaluator->outputs
          : (only->pending.outputs ? only->pending.outputs : only->outputs);
  int isCancelled = 0;
  bitnetBeginCancellable(evaluator);
  for (int32_t i = 0; i < pass->sequenceCount; ++i) {
    pass->sessions[i]->hasLogits = 0;
    isCancelled |= !bitnetEnterPass(pass->sessions[i]);
  }
  bitnet_status status =
      isCancelled ? BITNET_CANCELLED : run(evaluator, outputs);
  for (int32_t i = 0; i < pass->sequenceCount; ++i) {
    Session *session = pass->sessions[i];
    bitnetLeavePass(session);
    // The others that a cancelled pass was for are still pending.
    if (status == BITNET_CANCELLED ? bitnetTakeCancellation(session)
                                   : status != BITNET_OK)
      session->pending.status = status;
  }
  if (status == BITNET_OK)
    advanceAll(evaluator);
}
