/* Two graphs and a language model in one program; threads made by one graph run
   the other. Every mistake that graph.h speaks of gives the documented status.
 */
#include "join.h"
#include "names.h"
#include "small.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      printf("line %d: %s\n", __LINE__, #condition);                           \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

static void runModel(float *logits) {
  bitnet_session *session = NULL;
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  int32_t tokens[] = {1, 2, 3};
  const float *result = NULL;
  options.threads = 2;
  CHECK(bitnet_session_create(&small, &options, &session) == BITNET_OK);
  CHECK(bitnet_evaluate(session, tokens, 3) == BITNET_OK);
  CHECK(bitnet_logits(session, &result) == BITNET_OK);
  *logits = result[0];
  bitnet_session_destroy(session);
}

static void runNames(bitnet_threads *threads) {
  uint8_t flags[16] = {0}, small4 = 0, float8 = 0;
  uint16_t in[2] = {123, 456}, out[2] = {0}, x = 0;
  int8_t small2 = 0, others[16];
  uint64_t word = 0;
  int32_t half = 0;
  double number = 0;
  float last = 0;
  CHECK(names_arena_size(2, 2, 2, 2) == 0);
  CHECK(names_arena_size(2, 0, 2, 2) == SIZE_MAX);
  CHECK(names_run(flags, in, &x, &small4, &small2, &float8, &word, &half,
                  &number, 2, 2, 2, 2, out, others, &last, NULL, 0,
                  threads) == BITNET_OK);
  CHECK(out[0] == 123 && out[1] == 456);
  /* An input without elements needs no memory. */
  CHECK(names_run(flags, in, &x, &small4, &small2, NULL, &word, &half, &number,
                  2, 2, 2, 2, out, others, &last, NULL, 0,
                  threads) == BITNET_OK);
  CHECK(names_run(flags, in, NULL, &small4, &small2, NULL, &word, &half,
                  &number, 2, 2, 2, 2, out, others, &last, NULL, 0,
                  threads) == BITNET_INVALID_ARGUMENT);
}

static void runJoin(bitnet_threads *threads, char *arena) {
  float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {10, 20, 30, 40, 50, 60};
  float y[6] = {0}, total[4] = {0};
  CHECK(join_run(a, b, 2, y, total, arena, 64, threads) == BITNET_OK);
  CHECK(y[0] == 11 && y[5] == 66 && total[0] == 44 + 110 + 264);

  /* By pointers. */
  CHECK(join_run(NULL, b, 2, y, total, arena, 64, threads) ==
        BITNET_INVALID_ARGUMENT);
  CHECK(join_run(a, b, 2, y, NULL, arena, 64, threads) ==
        BITNET_INVALID_ARGUMENT);
  CHECK(join_run(a, b, 0, y, total, arena, 64, threads) ==
        BITNET_INVALID_ARGUMENT);
  CHECK(join_run(a, b, SIZE_MAX, y, total, arena, 64, threads) ==
        BITNET_INVALID_ARGUMENT);
  /* 12 bytes for each would start over at 0. */
  CHECK(join_run(a, b, (size_t)1 << 62, y, total, arena, 64, threads) ==
        BITNET_INVALID_ARGUMENT);
  CHECK(join_arena_size((size_t)1 << 62) == SIZE_MAX);
  CHECK(join_run(a, (float *)((char *)b + 1), 1, y, total, arena, 64,
                 threads) == BITNET_INVALID_ARGUMENT);
  CHECK(join_run(a, b, 2, y, total, NULL, 64, threads) ==
        BITNET_INVALID_ARGUMENT);
  CHECK(join_run(a, b, 2, y, total, arena, 63, threads) ==
        BITNET_OUT_OF_MEMORY);
  CHECK(join_run(a, b, 2, y, total, arena + 4, 64, threads) ==
        BITNET_OUT_OF_MEMORY);

  /* By descriptors. */
  bitnet_tensor in[2] = {{a, sizeof(a), BITNET_FLOAT32, 2, {2, 3}},
                         {b, sizeof(b), BITNET_FLOAT32, 2, {2, 3}}};
  bitnet_tensor out[2] = {{y, sizeof(y), BITNET_FLOAT32, 2, {0}},
                          {total, sizeof(total), BITNET_FLOAT32, 1, {0}}};
#define RUN bitnet_graph_run_tensors(&join, in, 2, out, 2, arena, 64, threads)
  CHECK(RUN == BITNET_OK);
  in[1].type = BITNET_FLOAT64;
  CHECK(RUN == BITNET_TYPE_MISMATCH);
  in[1].type = BITNET_FLOAT32;
  in[1].dims[0] = 1;
  CHECK(RUN == BITNET_SHAPE_MISMATCH);
  in[1].dims[0] = 2;
  in[0].dims[1] = 2;
  CHECK(RUN == BITNET_SHAPE_MISMATCH);
  in[0].dims[1] = 3;
  in[0].rank = 3;
  CHECK(RUN == BITNET_SHAPE_MISMATCH);
  in[0].rank = 2;
  out[1].size = sizeof(total) - 1;
  CHECK(RUN == BITNET_BUFFER_TOO_SMALL);
  CHECK(out[1].dims[0] == 4);
  out[1].size = sizeof(total);
  CHECK(RUN == BITNET_OK);
  CHECK(bitnet_graph_run_tensors(&join, in, 1, out, 2, arena, 64, threads) ==
        BITNET_INVALID_ARGUMENT);
}

/* An object of another compiler. */
static void checkVersion(void) {
  bitnet_graph_functions functions = *join.functions;
  bitnet_graph other = {&functions, join.descriptor};
  size_t size, symbols[] = {1};
  CHECK(bitnet_graph_arena_size(&other, symbols, &size) == BITNET_OK);
  ++functions.abi_version;
  CHECK(bitnet_graph_arena_size(&other, symbols, &size) ==
        BITNET_VERSION_MISMATCH);
  CHECK(bitnet_graph_arena_size(NULL, symbols, &size) ==
        BITNET_INVALID_ARGUMENT);
}

int main(void) {
  bitnet_threads *threads = NULL;
  float before, after;
  char *arena = (char *)aligned_alloc(BITNET_ARENA_ALIGNMENT, 128);
  runModel(&before);
  runNames(NULL);
  runJoin(NULL, arena);
  CHECK(bitnet_threads_create(&names, 3, &threads) == BITNET_OK);
  runNames(threads);
  runJoin(threads, arena);
  CHECK(bitnet_threads_destroy(threads) == BITNET_OK);
  CHECK(bitnet_threads_destroy(NULL) == BITNET_OK);
  checkVersion();
  runModel(&after);
  CHECK(before == after);
  free(arena);
  puts("every call did what graph.h says");
  return 0;
}
