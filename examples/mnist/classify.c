/*===- classify.c - Reads handwritten digits with a compiled network ------===*\
|*                                                                            *|
|* Part of the BitNet compiler, under the Apache License v2.0 with LLVM       *|
|* Exceptions. See LICENSE for license information.                           *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Usage: classify image.pgm...            what each image shows
          classify --idx images labels     the accuracy on a test set

   Shows the typed entry point of a graph: mnist_run of the header that the
   compiler writes. The caller brings all memory. */

#include "../images/images.h"
#include "mnist.h"

enum { DIGITS = 10, BATCH = 64 };
static const float mean = 0.13066047f, deviation = 0.30810782f;

struct memory {
  void *arena;
  size_t size;
};

static void classify(const uint8_t *pixels, size_t batch, int *digits,
                     void *context) {
  static float images[BATCH * IMAGE_PIXELS], logits[BATCH * DIGITS];
  const struct memory *memory = context;
  normalise(pixels, batch * IMAGE_PIXELS, mean, deviation, images);
  bitnet_status status =
      mnist_run(images, batch, logits, memory->arena, memory->size, NULL);
  if (status != BITNET_OK)
    fail("mnist_run", bitnet_status_text(status));
  for (size_t i = 0; i < batch; ++i)
    digits[i] = find_largest(logits + i * DIGITS, DIGITS);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s image.pgm... | --idx images labels\n", argv[0]);
    return 1;
  }
  struct memory memory = {NULL, mnist_arena_size(BATCH)};
  memory.arena = aligned_alloc(BITNET_ARENA_ALIGNMENT, memory.size);
  if (!memory.arena)
    fail("arena", "out of memory");
  if (argc == 4 && strcmp(argv[1], "--idx") == 0) {
    print_accuracy(argv[2], argv[3], BATCH, classify, &memory);
  } else {
    for (int i = 1; i < argc; ++i) {
      uint8_t pixels[IMAGE_PIXELS];
      int digit;
      read_pgm(argv[i], pixels);
      classify(pixels, 1, &digit, &memory);
      printf("%s: %d\n", argv[i], digit);
    }
  }
  free(memory.arena);
  return 0;
}
