//===- Pass.h - One pass over the weights -------------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pass evaluates the next tokens that are pending in one or several sessions
// of an evaluator. All functions are for who has entered the sessions; those
// about one pass for who also holds the evaluator's lock.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_PASS_H
#define BITNET_LIB_RUNTIME_PASS_H

#include "Session.h"

/// Checks tokens to append and makes them pending. `outputs` is as in
/// bitnetEvaluateTokens.
bitnet_status bitnetSetPending(Session *session, const int32_t *tokens,
                               size_t count, float *outputs);

/// Runs passes until no session has pending tokens or each has a pending.status
/// that is an error. Items with a status that is an error are left alone.
/// Between passes other sessions of the evaluator get their turn.
void bitnetRunPending(const bitnet_batch_item *items, size_t count);

/// Begins a pass without tokens.
void bitnetBeginPass(Evaluator *evaluator);

/// Adds as many of the session's pending tokens as there is room for. Returns 0
/// if there is none.
int bitnetAddToPass(Evaluator *evaluator, Session *session);

/// Runs the pass. What has been evaluated is no longer pending but in the
/// sessions. Sessions that are cancelled get that as their pending.status, and
/// then nothing has been evaluated; all get the status of an error.
void bitnetRunPass(Evaluator *evaluator);

#endif // BITNET_LIB_RUNTIME_PASS_H
