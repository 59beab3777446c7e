//===- freestanding.c - A model without a C library -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linked with the object and nothing else. Memory is a static array; memcpy
// and memset are below; text goes to the kernel of Linux on x86-64.
//
//===----------------------------------------------------------------------===//
#include "story.h"

enum { MemorySize = 48 << 20, SystemWrite = 1, SystemExit = 60 };

static char memory[MemorySize] __attribute__((aligned(64)));

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

static long callSystem(long number, long a, const void *b, size_t c) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
}

static int write(void *user, const char *text, size_t length) {
  (void)user;
  return callSystem(SystemWrite, 1, text, length) != (long)length;
}

static bitnet_status run(void) {
  static const char prompt[] = "Once upon a time, there was a little girl";
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.context_size = 64;
  options.memory = memory;
  // No more than was asked for.
  bitnet_status status =
      bitnet_session_memory_size(&story, &options, &options.memory_size);
  if (status != BITNET_OK || options.memory_size > sizeof(memory))
    return BITNET_OUT_OF_MEMORY;
  char *end = memory + options.memory_size;
  memset(memory, 0xff, sizeof(memory));
  bitnet_session *session;
  status = bitnet_session_create(&story, &options, &session);
  if (status != BITNET_OK)
    return status;
  status = bitnet_generate(session, prompt, sizeof(prompt) - 1, 24, NULL, write,
                           NULL, NULL);
  bitnet_session_destroy(session);
  for (; end != memory + sizeof(memory); ++end)
    if (*end != (char)0xff)
      return BITNET_INVALID_ARGUMENT; // Written behind its memory.
  write(NULL, "\n", 1);
  return status;
}

void start(void) {
  callSystem(SystemExit, run(), NULL, 0);
  __builtin_unreachable();
}

__asm__(".globl _start\n"
        "_start: xor %ebp, %ebp\n"
        "and $-16, %rsp\n"
        "call start\n");
