//===- Lock.c - A fair lock whose waiters sleep ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Threads take numbers (`next`) and sleep until theirs is served (`serving`).
// The thread that unlocks writes `serving`, then reads `next`; one that comes
// writes `next`, then reads `serving`. All are sequentially consistent: one of
// the two sees the other, and the kernel compares `serving` again before a
// thread falls asleep, so no wake-up is lost.
//
// Nobody spins: what is locked takes from tens of microseconds to seconds.
//
//===----------------------------------------------------------------------===//
#include "Lock.h"
#include "System.h"

/// Makes the lock one of this process if the process was forked while it was
/// free.
static bitnet_status enterProcess(struct bitnet_lock *lock) {
  uint32_t current = bitnetSystemProcess();
  uint32_t process = __atomic_load_n(&lock->process, __ATOMIC_SEQ_CST);
  if (process == current)
    return BITNET_OK;
  uint32_t next = __atomic_load_n(&lock->next, __ATOMIC_SEQ_CST);
  if (next != __atomic_load_n(&lock->serving, __ATOMIC_SEQ_CST))
    // Another thread of this process may have entered and taken a number since.
    return __atomic_load_n(&lock->process, __ATOMIC_SEQ_CST) == current
               ? BITNET_OK
               : BITNET_FORKED;
  __atomic_store_n(&lock->process, current, __ATOMIC_SEQ_CST);
  return BITNET_OK;
}

/// Those that sleep are told apart by the last bits of their numbers, so that
/// only the one whose turn it is wakes up.
static uint32_t getSleeper(uint32_t number) {
  return UINT32_C(1) << number % 32;
}

bitnet_status bitnetLock(struct bitnet_lock *lock) {
  bitnet_status status = enterProcess(lock);
  if (status != BITNET_OK)
    return status;
  uint32_t number = __atomic_fetch_add(&lock->next, 1, __ATOMIC_SEQ_CST);
  for (;;) {
    uint32_t serving = __atomic_load_n(&lock->serving, __ATOMIC_SEQ_CST);
    if (serving == number)
      return BITNET_OK;
    bitnetSystemWaitAs(&lock->serving, serving, getSleeper(number));
  }
}

bitnet_status bitnetTryLock(struct bitnet_lock *lock) {
  bitnet_status status = enterProcess(lock);
  if (status != BITNET_OK)
    return status;
  uint32_t number = __atomic_load_n(&lock->serving, __ATOMIC_SEQ_CST);
  return __atomic_compare_exchange_n(&lock->next, &number, number + 1,
                                     /*weak=*/0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_RELAXED)
             ? BITNET_OK
             : BITNET_BUSY;
}

void bitnetUnlock(struct bitnet_lock *lock) {
  // Only the owner writes it.
  uint32_t number = __atomic_load_n(&lock->serving, __ATOMIC_RELAXED) + 1;
  __atomic_store_n(&lock->serving, number, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&lock->next, __ATOMIC_SEQ_CST) != number)
    bitnetSystemWakeAs(&lock->serving, getSleeper(number));
}
