/* Runs join.mlir by both entry points, alone and with threads. */
#include "join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      printf("line %d: %s\n", __LINE__, #condition);                           \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

enum { MostRows = 1000 };
static float a[MostRows * 3], b[MostRows * 3], y[MostRows * 3];
static float total[MostRows * 2];

static void clear(void) {
  memset(y, 0xff, sizeof(y));
  memset(total, 0xff, sizeof(total));
}

/* Small whole numbers: sums are exact. */
static void check(size_t batch) {
  size_t i;
  for (i = 0; i < batch * 3; ++i)
    CHECK(y[i] == a[i] + b[i]);
  for (i = 0; i < batch * 2; ++i) {
    const float *row = y + (batch - 1 - i / 2) * 3;
    CHECK(total[i] == row[0] + row[1] * 2 + row[2] * 4);
  }
}

static bitnet_tensor makeTensor(float *data, size_t size, size_t rows,
                                size_t columns) {
  bitnet_tensor tensor = {data, size, BITNET_FLOAT32, 2, {rows, columns}};
  return tensor;
}

static void run(size_t batch, bitnet_threads *threads) {
  size_t size = join_arena_size(batch);
  CHECK(size == (batch * 12 + 63) / 64 * 64);
  void *arena = aligned_alloc(BITNET_ARENA_ALIGNMENT, size);
  clear();
  CHECK(join_run(a, b, batch, y, total, arena, size, threads) == BITNET_OK);
  check(batch);

  clear();
  bitnet_tensor inputs[2], outputs[2];
  inputs[0] = makeTensor(a, sizeof(a), batch, 3);
  inputs[1] = makeTensor(b, sizeof(b), batch, 3);
  outputs[0] = makeTensor(y, sizeof(y), 0, 0);
  outputs[1] = makeTensor(total, batch * 2 * sizeof(float), 0, 0);
  outputs[1].rank = 1;
  CHECK(bitnet_graph_run_tensors(&join, inputs, 2, outputs, 2, arena, size,
                                 threads) == BITNET_OK);
  check(batch);
  CHECK(outputs[0].dims[0] == batch && outputs[0].dims[1] == 3);
  CHECK(outputs[1].dims[0] == batch * 2);
  free(arena);
}

int main(void) {
  size_t i, batch;
  uint32_t count;
  for (i = 0; i < MostRows * 3; ++i) {
    a[i] = (float)(i % 101);
    b[i] = (float)(i % 29);
  }
  for (batch = 1; batch <= 20; ++batch)
    run(batch, NULL);
  run(MostRows, NULL);
#ifndef WITHOUT_THREADS
  for (count = 1; count <= 5; ++count) {
    bitnet_threads *threads = NULL;
    CHECK(bitnet_threads_create(&join, count, &threads) == BITNET_OK);
    CHECK(bitnet_threads_count(threads) == count);
    for (batch = 1; batch <= 20; ++batch)
      run(batch, threads);
    run(MostRows, threads);
    CHECK(bitnet_threads_destroy(threads) == BITNET_OK);
  }
#else
  (void)count;
#endif
  puts("all runs give the sums");
  return 0;
}
