//===- Lock.h - A fair lock whose waiters sleep -------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For what an application's threads share: the working memory of an evaluator,
// threads. Those that wait get it in the order in which they came: a thread
// that evaluates in a loop would otherwise take the lock again before the one
// that it woke has got to a processor.
//
// Lock.c has it; ThreadsNone.c is that of objects that are used by one thread
// at a time.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_LOCK_H
#define BITNET_LIB_RUNTIME_LOCK_H

#include "bitnet/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A lock; all zeros: free. Atomic.
struct bitnet_lock {
  /// The number that the next thread takes, and the one that has the lock, or
  /// may take it.
  uint32_t next;
  uint32_t serving;
  /// The process whose threads took the numbers; 0: none yet.
  uint32_t process;
};

/// Waits for the lock. Returns BITNET_FORKED if a thread had it, or waited for
/// it, when this process was forked: it will never be free.
bitnet_status bitnetLock(struct bitnet_lock *lock);

/// Returns BITNET_BUSY instead of waiting.
bitnet_status bitnetTryLock(struct bitnet_lock *lock);

/// Gives the lock to the thread that has waited longest.
void bitnetUnlock(struct bitnet_lock *lock);

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_LOCK_H
