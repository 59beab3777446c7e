//===- EmulatorHarness.c - Runs a kernel in a process of its own ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linked with a kernel's object and run by an emulator. Each call comes from
// standard input:
//
//   int64_t count                     arguments of the entry
//   count x { int64_t bytes, word }   bytes = 0: the word itself;
//                                     otherwise a buffer of that many bytes
//   the buffers' bytes
//
// and is answered by the buffers' bytes, in the same order, after the call.
// Buffers lie as those of Buffer.h do, between a pattern that is checked and an
// inaccessible page. The end of the input ends the program.
//
//===----------------------------------------------------------------------===//
#include "freestanding.h"

enum {
  MostArguments = 32,
  Page = 65536, // The largest of AArch64.
  LeastPattern = 64,
  Pattern = 0xA5,
  ReadWrite = 3,        // PROT_READ | PROT_WRITE
  PrivateAnonymous = 34 // MAP_PRIVATE | MAP_ANONYMOUS
};

/// Exit statuses.
enum { Done = 0, Malformed = 2, NoMemory = 3, WroteBeforeBuffer = 4 };

void entry(const uint64_t *words);

void *memmove(void *to, const void *from, size_t size) {
  char *target = to;
  const char *source = from;
  if (target < source)
    for (size_t i = 0; i < size; ++i)
      target[i] = source[i];
  else
    for (size_t i = size; i-- > 0;)
      target[i] = source[i];
  return to;
}

static struct Buffer {
  size_t bytes;
  unsigned char *mapping, *elements;
} buffers[MostArguments];

/// Bytes before the inaccessible page.
static size_t getAccessible(size_t bytes) {
  return (bytes + LeastPattern + Page - 1) / Page * Page;
}

static void unmap(struct Buffer *buffer) {
  if (buffer->bytes)
    callSystem(SystemUnmap, (long)buffer->mapping,
               (long)getAccessible(buffer->bytes) + Page, 0, 0, 0, 0);
  buffer->bytes = 0;
}

/// Whether there is memory.
static int map(struct Buffer *buffer, size_t bytes) {
  size_t accessible = getAccessible(bytes);
  long address = callSystem(SystemMap, 0, (long)accessible + Page, ReadWrite,
                            PrivateAnonymous, -1, 0);
  if (address < 0 && address > -4096)
    return 0;
  buffer->bytes = bytes;
  buffer->mapping = (unsigned char *)address;
  buffer->elements = buffer->mapping + accessible - bytes;
  memset(buffer->mapping, Pattern, accessible - bytes);
  return callSystem(SystemProtect, address + (long)accessible, Page, 0, 0, 0,
                    0) == 0;
}

static int isUntouched(const struct Buffer *buffer) {
  for (const unsigned char *p = buffer->mapping; p != buffer->elements; ++p)
    if (*p != Pattern)
      return 0;
  return 1;
}

static int run(void) {
  int64_t count;
  while (readInput(&count, sizeof(count)) == sizeof(count)) {
    int64_t arguments[MostArguments][2];
    if (count < 0 || count > MostArguments)
      return Malformed;
    size_t size = (size_t)count * sizeof(arguments[0]);
    if (readInput(arguments, size) != size)
      return Malformed;
    uint64_t words[MostArguments];
    for (int64_t i = 0; i < count; ++i) {
      size_t bytes = (size_t)arguments[i][0];
      words[i] = (uint64_t)arguments[i][1];
      if (buffers[i].bytes != bytes) {
        unmap(&buffers[i]);
        if (bytes && !map(&buffers[i], bytes))
          return NoMemory;
      }
      if (bytes) {
        words[i] = (uintptr_t)buffers[i].elements;
        if (readInput(buffers[i].elements, bytes) != bytes)
          return Malformed;
      }
    }
    entry(words);
    for (int64_t i = 0; i < count; ++i) {
      if (buffers[i].bytes == 0)
        continue;
      if (!isUntouched(&buffers[i]))
        return WroteBeforeBuffer;
      if (!writeOutput(buffers[i].elements, buffers[i].bytes))
        return Malformed;
    }
  }
  return Done;
}
