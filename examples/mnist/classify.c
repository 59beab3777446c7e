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

static void classify(const uint8_t *pixels, size_t batch, void *arena,
                     size_t arena_size, int *digits) {
  static float images[BATCH * IMAGE_PIXELS], logits[BATCH * DIGITS];
  normalise(pixels, batch * IMAGE_PIXELS, mean, deviation, images);
  bitnet_status status =
      mnist_run(images, batch, logits, arena, arena_size, NULL);
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
  int digits[BATCH];
  size_t arena_size = mnist_arena_size(BATCH);
  void *arena = aligned_alloc(BITNET_ARENA_ALIGNMENT, arena_size);
  if (!arena)
    fail("arena", "out of memory");
  if (argc == 4 && strcmp(argv[1], "--idx") == 0) {
    size_t count, label_count, right = 0;
    uint8_t *images = read_idx(argv[2], 0x803, IMAGE_PIXELS, &count);
    uint8_t *labels = read_idx(argv[3], 0x801, 1, &label_count);
    if (label_count != count)
      fail(argv[3], "expects a label for each image");
    for (size_t i = 0; i < count; i += BATCH) {
      size_t batch = count - i < BATCH ? count - i : BATCH;
      classify(images + i * IMAGE_PIXELS, batch, arena, arena_size, digits);
      for (size_t j = 0; j < batch; ++j)
        right += digits[j] == labels[i + j];
    }
    printf("%zu of %zu right: %.2f %%\n", right, count,
           100.0 * (double)right / (double)count);
    free(images);
    free(labels);
  } else {
    for (int i = 1; i < argc; ++i) {
      uint8_t pixels[IMAGE_PIXELS];
      read_pgm(argv[i], pixels);
      classify(pixels, 1, arena, arena_size, digits);
      printf("%s: %d\n", argv[i], digits[0]);
    }
  }
  free(arena);
  return 0;
}
