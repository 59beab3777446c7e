//===- freestanding.c - A model without a C library -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linked with the object and nothing else. Memory is a static array; text goes
// to the kernel of Linux.
//
//===----------------------------------------------------------------------===//
#include "freestanding.h"
#include "story.h"

enum { MemorySize = 48 << 20 };

static char memory[MemorySize] __attribute__((aligned(64)));

#ifdef WEIGHTS
// The file of weights is a part of the program.
__asm__(".section .rodata\n"
        ".balign 64\n"
        "weights: .incbin \"" WEIGHTS "\"\n"
        "weightsEnd:\n"
        ".text\n");
extern const char weights[], weightsEnd[];
#endif

static int write(void *user, const char *text, size_t length) {
  (void)user;
  return !writeOutput(text, length);
}

static int run(void) {
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
#ifdef WEIGHTS
  // There is no other way to them.
  status = bitnet_session_create(&story, &options, &session);
  if (status != BITNET_WEIGHTS_NOT_FOUND)
    return BITNET_INVALID_ARGUMENT;
  options.weights = weights;
  options.weights_size = (uint64_t)(weightsEnd - weights);
#endif
  status = bitnet_session_create(&story, &options, &session);
  if (status != BITNET_OK)
    return status;
  bitnet_generation_options generation = BITNET_GENERATION_OPTIONS_DEFAULT;
  generation.max_tokens = 24;
  generation.callback = write;
  status =
      bitnet_generate(session, prompt, sizeof(prompt) - 1, &generation, NULL);
  bitnet_session_destroy(session);
  for (; end != memory + sizeof(memory); ++end)
    if (*end != (char)0xff)
      return BITNET_INVALID_ARGUMENT; // Written behind its memory.
  write(NULL, "\n", 1);
  return status;
}
