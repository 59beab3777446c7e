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
  const int32_t *positions;
  const int32_t *rowSequences;
  int64_t tokenCount;
  const int32_t *outputRows;
  const int32_t *outputLimits;
  int64_t outputCount;
  const struct bitnet_pass_sequence *sequences;
  const struct bitnet_attention_work *work;
  int64_t workCount;
  void *arena;
  float *outputs;
  const void *weights;
} PassCall;

static void runCall(int64_t thread, int64_t threadCount,
                    struct bitnet_member *member, const void *argument) {
  const PassCall *call = argument;
  call->function(thread, threadCount, member, call->tokens, call->positions,
                 call->rowSequences, call->tokenCount, call->outputRows,
                 call->outputLimits, call->outputCount, call->sequences,
                 call->work, call->workCount, /*merges=*/0, /*merge_count=*/0,
                 call->arena, call->outputs, call->weights);
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

/// Items of attention for tokens of one sequence; how many they are.
static size_t makeWork(const struct bitnet_model_descriptor *descriptor,
                       const int32_t *positions, size_t rows,
                       struct bitnet_attention_work *work) {
  size_t count = 0;
  for (size_t row = 0; row < rows;) {
    size_t taken = rows - row;
    if (taken > descriptor->cache.attention_rows)
      taken = descriptor->cache.attention_rows;
    work[count++] = (struct bitnet_attention_work){
        .first_row = (int32_t)row,
        .row_count = (int32_t)taken,
        .first_position = positions[row],
        .partition = -1,
    };
    row += taken;
  }
  return count;
}

void bitnetRunPass(Evaluator *evaluator) {
  Session *session = evaluator->sessions[0];
  const struct bitnet_model_descriptor *descriptor = evaluator->descriptor;
  size_t rows = session->pending.rows;
  size_t outputCount =
      session->pending.outputs ? rows : rows == session->pending.count;
  // [chunk_size] each, as bitnetPassBytes counts them.
  struct bitnet_attention_work *work = evaluator->pass;
  int32_t *positions = (int32_t *)(work + descriptor->chunk_size);
  int32_t *rowSequences = positions + descriptor->chunk_size;
  int32_t *outputRows = rowSequences + descriptor->chunk_size;
  int32_t *outputLimits = outputRows + descriptor->chunk_size;
  for (size_t i = 0; i < rows; ++i) {
    positions[i] = (int32_t)(session->position + i);
    rowSequences[i] = 0;
  }
  for (size_t i = 0; i < outputCount; ++i) {
    outputRows[i] = (int32_t)(rows - outputCount + i);
    outputLimits[i] = 0;
  }
  struct bitnet_pass_sequence sequence = {session->kvCache,
                                          (int64_t)session->capacity};
  PassCall call = {
      .function = evaluator->variant->evaluate,
      .tokens = session->pending.tokens,
      .positions = positions,
      .rowSequences = rowSequences,
      .tokenCount = (int64_t)rows,
      .outputRows = outputRows,
      .outputLimits = outputLimits,
      .outputCount = (int64_t)outputCount,
      .sequences = &sequence,
      .work = work,
      .workCount = (int64_t)makeWork(descriptor, positions, rows, work),
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
