//===- Cancel.h - Ending evaluations early ------------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   who cancels                        who runs a pass
//   session->isCancelled = 1 (1)       evaluator->isCancelled = 0
//   if session->isInPass     (2)       session->isInPass = 1           (3)
//     evaluator->isCancelled = 1       if session->isCancelled         (4)
//                                        leave the session out
//
// All are sequentially consistent: if (2) comes before (3), then (1) comes
// before (4). So either the session is left out, or its pass is told to end,
// which barriers look for. If the pass has ended in the meantime, the next one
// may be told so instead: it has no session that is cancelled, and runs again.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CANCEL_H
#define BITNET_LIB_RUNTIME_CANCEL_H

#include "Session.h"

/// Begins a pass that nobody cancels yet.
static inline void bitnetBeginCancellable(Evaluator *evaluator) {
  __atomic_store_n(&evaluator->isCancelled, 0, __ATOMIC_SEQ_CST);
}

/// Takes the session into a pass; returns 0 if it is cancelled instead.
static inline int bitnetEnterPass(Session *session) {
  atomic_store(&session->isInPass, 1);
  return !atomic_load(&session->isCancelled);
}

/// Takes it out again.
static inline void bitnetLeavePass(Session *session) {
  atomic_store(&session->isInPass, 0);
}

/// Whether the session is cancelled; from now on it is not.
static inline int bitnetTakeCancellation(Session *session) {
  return atomic_exchange(&session->isCancelled, 0) != 0;
}

#endif // BITNET_LIB_RUNTIME_CANCEL_H
