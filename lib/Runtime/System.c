//===- System.c - The runtime on Linux with a C library -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The prototypes are written out here, not taken from the C library's headers:
// the bitcode is built once per architecture, without a sysroot, and has to
// work with glibc and musl alike. Only types that both agree on appear.
//
//===----------------------------------------------------------------------===//
#include "System.h"

#if !defined(__linux__) || !defined(__LP64__)
#error "written for 64-bit Linux"
#endif

// pthread_t is `unsigned long` in glibc and a pointer in musl: both are passed
// as one 64-bit word.
int pthread_create(uint64_t *, const void *, void *(*)(void *), void *);
int pthread_join(uint64_t, void **);
void *aligned_alloc(size_t, size_t);
void free(void *);
long syscall(long, ...);
char *getenv(const char *);

struct Timespec {
  int64_t seconds;
  int64_t nanoseconds;
};
int clock_gettime(int, struct Timespec *);

#if defined(__x86_64__)
enum {
  SysRtSigprocmask = 14,
  SysGetpid = 39,
  SysFutex = 202,
  SysSchedSetaffinity = 203,
  SysSchedGetaffinity = 204
};
#elif defined(__aarch64__) || defined(__riscv)
enum {
  SysRtSigprocmask = 135,
  SysGetpid = 172,
  SysFutex = 98,
  SysSchedSetaffinity = 122,
  SysSchedGetaffinity = 123
};
#else
#error "system call numbers of this architecture are not known"
#endif

// <linux/futex.h>: FUTEX_WAIT and FUTEX_WAKE, without and with bits, with
// FUTEX_PRIVATE_FLAG.
enum {
  FutexWaitPrivate = 0 | 128,
  FutexWakePrivate = 1 | 128,
  FutexWaitBitsPrivate = 9 | 128,
  FutexWakeBitsPrivate = 10 | 128
};
// <linux/time.h>
enum { ClockMonotonic = 1 };
// <linux/signal.h>
enum { SignalSetMask = 2 };

/// The largest number of processors that the kernel can be configured for. It
/// refuses to write to a mask that is shorter than its own.
enum { MostProcessors = 8192 };

void *bitnetSystemAllocate(uint64_t size) {
  return aligned_alloc(BITNET_ALIGNMENT, size);
}

void bitnetSystemFree(void *memory) { free(memory); }

double bitnetSystemSeconds(void) {
  struct Timespec time;
  if (clock_gettime(ClockMonotonic, &time) != 0)
    return 0;
  return (double)time.seconds + (double)time.nanoseconds * 1e-9;
}

uint32_t bitnetSystemProcessors(void) {
  uint64_t mask[MostProcessors / 64];
  long size = syscall(SysSchedGetaffinity, 0L, (long)sizeof(mask), mask);
  if (size <= 0)
    return 1;
  uint32_t count = 0;
  for (long i = 0; i < size / (long)sizeof(mask[0]); ++i)
    count += (uint32_t)__builtin_popcountll(mask[i]);
  return count ? count : 1;
}

int bitnetSystemPin(uint32_t processor) {
  if (processor >= MostProcessors)
    return 0;
  uint64_t mask[MostProcessors / 64] = {0};
  mask[processor / 64] = UINT64_C(1) << processor % 64;
  return syscall(SysSchedSetaffinity, 0L, (long)sizeof(mask), mask) == 0;
}

uint32_t bitnetSystemProcess(void) { return (uint32_t)syscall(SysGetpid); }

void bitnetSystemWait(const void *word, uint32_t expected) {
  syscall(SysFutex, word, (long)FutexWaitPrivate, (long)expected, (void *)0,
          (void *)0, 0L);
}

void bitnetSystemWaitFor(const void *word, uint32_t expected, double seconds) {
  struct Timespec time = {.seconds = (int64_t)seconds};
  time.nanoseconds = (int64_t)((seconds - (double)time.seconds) * 1e9);
  syscall(SysFutex, word, (long)FutexWaitPrivate, (long)expected, &time,
          (void *)0, 0L);
}

void bitnetSystemWaitAs(const void *word, uint32_t expected, uint32_t bits) {
  syscall(SysFutex, word, (long)FutexWaitBitsPrivate, (long)expected, (void *)0,
          (void *)0, (long)bits);
}

void bitnetSystemWake(const void *word) {
  syscall(SysFutex, word, (long)FutexWakePrivate, (long)INT32_MAX, (void *)0,
          (void *)0, 0L);
}

void bitnetSystemWakeAs(const void *word, uint32_t bits) {
  syscall(SysFutex, word, (long)FutexWakeBitsPrivate, (long)INT32_MAX,
          (void *)0, (void *)0, (long)bits);
}

/// The signals that a thread starts with: those that other processes send, or
/// timers, go to threads of the application, whose handlers may not expect any
/// other. Those that a thread causes itself (SIGILL, SIGTRAP, SIGABRT, SIGBUS,
/// SIGFPE, SIGSEGV, SIGSYS), that profilers send to each thread (SIGPROF), and
/// the C library's own (32 to 34) are let through.
static uint64_t getBlockedSignals(void) {
  static const uint8_t passed[] = {4, 5, 6, 7, 8, 11, 27, 31, 32, 33, 34};
  uint64_t blocked = ~UINT64_C(0);
  for (size_t i = 0; i < sizeof(passed); ++i)
    blocked &= ~(UINT64_C(1) << (passed[i] - 1));
  return blocked;
}

int bitnetSystemStartThread(uint64_t *handle, void *(*function)(void *),
                            void *argument) {
  // A thread inherits the mask of the one that makes it.
  uint64_t blocked = getBlockedSignals(), before;
  long size = sizeof(before);
  int isMasked = syscall(SysRtSigprocmask, (long)SignalSetMask, &blocked,
                         &before, size) == 0;
  int isStarted = pthread_create(handle, (void *)0, function, argument) == 0;
  if (isMasked)
    syscall(SysRtSigprocmask, (long)SignalSetMask, &before, (void *)0, size);
  return isStarted;
}

void bitnetSystemJoinThread(uint64_t handle) {
  pthread_join(handle, (void **)0);
}

const char *bitnetSystemVariable(const char *name) {
  const char *value = getenv(name);
  return value && value[0] != '\0' ? value : (void *)0;
}

const char *bitnet_runtime_forced_variant(void) {
  return bitnetSystemVariable("BITNET_VARIANT");
}
