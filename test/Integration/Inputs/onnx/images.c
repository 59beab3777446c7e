//===- images.c - Logits of images, without a C library -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads float images of 28 x 28 pixels from standard input and writes their
// float logits, bytes as they are in memory: of all images in one call, and
// once more with a call for each. The exit status is that of the first call
// that fails.
//
//===----------------------------------------------------------------------===//
#include "freestanding.h"
#include "net.h"

enum { Pixels = 28 * 28, Classes = 10, MostImages = 16, ArenaSize = 16 << 20 };

static char arena[ArenaSize] __attribute__((aligned(BITNET_ARENA_ALIGNMENT)));
static float images[MostImages * Pixels];
static float logits[MostImages * Classes];

static bitnet_status classify(const float *first, size_t count) {
  bitnet_status status =
      net_run(first, count, logits, arena, sizeof(arena), NULL);
  if (status == BITNET_OK &&
      !writeOutput(logits, count * Classes * sizeof(float)))
    status = BITNET_STOPPED;
  return status;
}

static int run(void) {
  size_t count = readInput(images, sizeof(images)) / (Pixels * sizeof(float));
  bitnet_status status = classify(images, count);
  for (size_t i = 0; status == BITNET_OK && i < count; ++i)
    status = classify(images + i * Pixels, 1);
  return status;
}
