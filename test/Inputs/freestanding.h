//===- freestanding.h - A program without a C library -------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a program of one file needs to run on Linux linked with nothing else:
// memcpy and memset, system calls, and the entry point, which calls run().
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_INPUTS_FREESTANDING_H
#define BITNET_TEST_INPUTS_FREESTANDING_H

#include <stddef.h>
#include <stdint.h>

/// The program; its result is the exit status.
static int run(void);

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  char *target = to;
  const char *source = from;
  for (size_t i = 0; i < size; ++i)
    target[i] = source[i];
  return to;
}

void *memset(void *to, int value, size_t size) {
  char *target = to;
  for (size_t i = 0; i < size; ++i)
    target[i] = (char)value;
  return to;
}

#if defined(__x86_64__)

enum {
  SystemRead = 0,
  SystemWrite = 1,
  SystemMap = 9,
  SystemProtect = 10,
  SystemUnmap = 11,
  SystemExit = 60
};

static inline long callSystem(long number, long a, long b, long c, long d,
                              long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                     "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

__asm__(".globl _start\n"
        "_start: xor %ebp, %ebp\n"
        "and $-16, %rsp\n"
        "call start\n");

#elif defined(__aarch64__)

enum {
  SystemRead = 63,
  SystemWrite = 64,
  SystemExit = 93,
  SystemUnmap = 215,
  SystemMap = 222,
  SystemProtect = 226
};

static inline long callSystem(long number, long a, long b, long c, long d,
                              long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}

__asm__(".globl _start\n"
        "_start: mov x29, #0\n"
        "mov x30, #0\n"
        "b start\n");

#endif

/// Reads up to `size` bytes of standard input, fewer only at its end.
static inline size_t readInput(void *to, size_t size) {
  size_t total = 0;
  while (total < size) {
    long count = callSystem(SystemRead, 0, (long)to + (long)total,
                            (long)(size - total), 0, 0, 0);
    if (count <= 0)
      break;
    total += (size_t)count;
  }
  return total;
}

/// Writes to standard output; whether all was written.
static inline int writeOutput(const void *from, size_t size) {
  size_t total = 0;
  while (total < size) {
    long count = callSystem(SystemWrite, 1, (long)from + (long)total,
                            (long)(size - total), 0, 0, 0);
    if (count <= 0)
      return 0;
    total += (size_t)count;
  }
  return 1;
}

__attribute__((noreturn, used)) void start(void) {
  callSystem(SystemExit, run(), 0, 0, 0, 0, 0);
  __builtin_unreachable();
}

#endif // BITNET_TEST_INPUTS_FREESTANDING_H
