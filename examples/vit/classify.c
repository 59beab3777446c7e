/*===- classify.c - Names pieces of clothing with a vision transformer ----===*\
|*                                                                            *|
|* Part of the BitNet compiler, under the Apache License v2.0 with LLVM       *|
|* Exceptions. See LICENSE for license information.                           *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
/* Usage: classify image.pgm...            what each image shows
          classify --idx images labels     the accuracy on a test set

   Shows the generic entry point: tensors that say what they are, for programs
   that are not made for one network; and threads. */

#include "../images/images.h"
#include "vit.h"

enum { CLASSES = 10, BATCH = 64 };
static const float mean = 0.2860406f, deviation = 0.35302427f;
static const char *const names[CLASSES] = {
    "T-shirt", "trousers", "pullover", "dress", "coat",
    "sandal",  "shirt",    "sneaker",  "bag",   "ankle boot"};

static void check(bitnet_status status, const char *what) {
  if (status != BITNET_OK)
    fail(what, bitnet_status_text(status));
}

static void classify(const uint8_t *pixels, size_t batch, int *classes,
                     void *context) {
  static float images[BATCH * IMAGE_PIXELS], logits[BATCH * CLASSES];
  normalise(pixels, batch * IMAGE_PIXELS, mean, deviation, images);
  bitnet_tensor input = {.data = images,
                         .size = sizeof images,
                         .type = BITNET_FLOAT32,
                         .rank = 4,
                         .dims = {batch, 1, IMAGE_SIDE, IMAGE_SIDE}};
  bitnet_tensor output = {
      .data = logits, .size = sizeof logits, .type = BITNET_FLOAT32, .rank = 2};
  size_t arena_size;
  check(bitnet_graph_arena_size(&vit, &batch, &arena_size), "arena size");
  void *arena = aligned_alloc(BITNET_ARENA_ALIGNMENT, arena_size);
  if (!arena)
    fail("arena", "out of memory");
  check(bitnet_graph_run_tensors(&vit, &input, 1, &output, 1, arena, arena_size,
                                 context),
        "run");
  free(arena);
  for (size_t i = 0; i < batch; ++i)
    classes[i] = find_largest(logits + i * CLASSES, CLASSES);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s image.pgm... | --idx images labels\n", argv[0]);
    return 1;
  }
  bitnet_threads *threads;
  check(bitnet_threads_create(&vit, 0, &threads), "threads");
  if (argc == 4 && strcmp(argv[1], "--idx") == 0) {
    print_accuracy(argv[2], argv[3], BATCH, classify, threads);
  } else {
    for (int i = 1; i < argc; ++i) {
      uint8_t pixels[IMAGE_PIXELS];
      int class;
      read_pgm(argv[i], pixels);
      classify(pixels, 1, &class, threads);
      printf("%s: %s\n", argv[i], names[class]);
    }
  }
  check(bitnet_threads_destroy(threads), "threads");
  return 0;
}
