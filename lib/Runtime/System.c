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
enum { SysFutex = 202, SysSchedGetaffinity = 204 };
#elif defined(__aarch64__) || defined(__riscv)
enum { SysFutex = 98, SysSchedGetaffinity = 123 };
#else
#error "system call numbers of this architecture are not known"
#endif

// <linux/futex.h>: FUTEX_WAIT and FUTEX_WAKE with FUTEX_PRIVATE_FLAG.
enum { FutexWaitPrivate = 0 | 128, FutexWakePrivate = 1 | 128 };
// <linux/time.h>
enum { ClockMonotonic = 1 };

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
  // The kernel refuses a mask that is shorter than its own; 8192 is the largest
  // number of processors that it can be configured for.
  uint64_t mask[8192 / 64];
  long size = syscall(SysSchedGetaffinity, 0L, (long)sizeof(mask), mask);
  if (size <= 0)
    return 1;
  uint32_t count = 0;
  for (long i = 0; i < size / (long)sizeof(mask[0]); ++i)
    count += (uint32_t)__builtin_popcountll(mask[i]);
  return count ? count : 1;
}

void bitnetSystemWait(const void *word, uint32_t expected) {
  syscall(SysFutex, word, (long)FutexWaitPrivate, (long)expected, (void *)0,
          (void *)0, 0L);
}

void bitnetSystemWake(const void *word) {
  syscall(SysFutex, word, (long)FutexWakePrivate, (long)INT32_MAX, (void *)0,
          (void *)0, 0L);
}

int bitnetSystemStartThread(uint64_t *handle, void *(*function)(void *),
                            void *argument) {
  return pthread_create(handle, (void *)0, function, argument) == 0;
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
