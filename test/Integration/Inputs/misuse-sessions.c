//===- misuse-sessions.c - Sessions and evaluators used wrongly -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every function that concerns several sessions or what is in them, with null,
// with wrong sizes, in the wrong order, while the session is in use, and after
// its end. What a failed call is given to write to must stay as it was. `small`
// has a context of 64; the argument is a folder to write to.
//
//===----------------------------------------------------------------------===//
#include "embedder.h"
#include "silent.h"
#include "small.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

#define EXPECT(status, call)                                                   \
  do {                                                                         \
    bitnet_status got = (call);                                                \
    if (got != (status)) {                                                     \
      fprintf(stderr, "line %d: %s: expects %s, got %s\n", __LINE__, #call,    \
              bitnet_status_text(status), bitnet_status_text(got));            \
      ++failures;                                                              \
    }                                                                          \
  } while (0)

#define REQUIRE(condition)                                                     \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                  \
      ++failures;                                                              \
    }                                                                          \
  } while (0)

static void *const Untouched = &failures;
static const int32_t tokens[64] = {1, 2, 3, 4, 5, 6, 7, 8};
static char path[4096], elsewhere[4096];

static bitnet_evaluator *makeEvaluator(const bitnet_model *model) {
  bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.threads = 2;
  bitnet_evaluator *evaluator = NULL;
  EXPECT(BITNET_OK, bitnet_evaluator_create(model, &options, &evaluator));
  return evaluator;
}

static bitnet_session *makeSession(const bitnet_model *model,
                                   bitnet_evaluator *evaluator) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.evaluator = evaluator;
  bitnet_session *session = NULL;
  EXPECT(BITNET_OK, bitnet_session_create(model, &options, &session));
  return session;
}

static void checkNull(bitnet_session *session) {
  bitnet_evaluator *evaluator = Untouched;
  bitnet_session *clone = Untouched;
  const int32_t *ids = Untouched;
  uint64_t size = 7;
  size_t bytes = 7;
  uint32_t count = 7;
  char buffer[16] = {0};
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_evaluator_memory_size(NULL, NULL, &size));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_evaluator_memory_size(&small, NULL, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_evaluator_create(NULL, NULL, &evaluator));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluator_create(&small, NULL, NULL));
  EXPECT(BITNET_OK, bitnet_evaluator_destroy(NULL));
  EXPECT(BITNET_OK, bitnet_session_destroy(NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluate_batch(NULL, 1));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_clone(NULL, NULL, &clone));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_clone(session, NULL, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_copy(NULL, session, 0));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_copy(session, NULL, 0));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_tokens(NULL, &ids, &count));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_tokens(session, NULL, &count));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_tokens(session, &ids, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_match(NULL, tokens, 1, &count));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_match(session, NULL, 1, &count));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_match(session, tokens, 1, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_truncate(NULL, 0));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_remove(NULL, 0, 0));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_save(NULL, buffer, 1, &bytes));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_save(session, NULL, 1, &bytes));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_save(session, buffer, 1, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_restore(NULL, buffer, 1));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_restore(session, NULL, 1));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_save_file(NULL, path));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_save_file(session, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_restore_file(NULL, path));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_restore_file(session, NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_cancel(NULL));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_limit_logits(NULL, 1));
  REQUIRE(evaluator == Untouched && clone == Untouched && ids == Untouched);
  REQUIRE(size == 7 && bytes == 7 && count == 7);
}

static void checkOptions(void) {
  bitnet_evaluator *evaluator = Untouched;
  bitnet_session *session = Untouched;
  uint64_t size = 7;
  struct {
    bitnet_evaluator_options options;
    bitnet_status status;
  } cases[5];
  for (int i = 0; i < 5; ++i) {
    bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
    cases[i].options = options;
    cases[i].status = BITNET_INVALID_ARGUMENT;
  }
  cases[0].options.abi_version = BITNET_ABI_VERSION - 1;
  cases[0].status = BITNET_VERSION_MISMATCH;
  cases[1].options.threads = 257;
  cases[2].options.most_sequences = 1025;
  cases[3].options.most_sequences = UINT32_MAX;
  cases[4].options.reserved = 1;
  for (int i = 0; i < 5; ++i) {
    EXPECT(cases[i].status,
           bitnet_evaluator_memory_size(&small, &cases[i].options, &size));
    EXPECT(cases[i].status,
           bitnet_evaluator_create(&small, &cases[i].options, &evaluator));
  }
  bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.memory_size = 64;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_evaluator_create(&small, &options, &evaluator));
  options = cases[1].options;
  options.threads = 1;
  options.variant = "none such";
  EXPECT(BITNET_UNKNOWN_VARIANT,
         bitnet_evaluator_create(&small, &options, &evaluator));
  bitnet_model_functions functions = *small.functions;
  functions.abi_version = BITNET_ABI_VERSION + 1;
  bitnet_model newer = {&functions, small.descriptor};
  EXPECT(BITNET_VERSION_MISMATCH,
         bitnet_evaluator_create(&newer, NULL, &evaluator));
  EXPECT(BITNET_VERSION_MISMATCH,
         bitnet_evaluator_memory_size(&newer, NULL, &size));
  REQUIRE(evaluator == Untouched && size == 7);

  // An evaluator of another model, and what belongs to evaluators.
  bitnet_evaluator *other = makeEvaluator(&silent);
  bitnet_session_options mine = BITNET_SESSION_OPTIONS_DEFAULT;
  mine.evaluator = other;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_create(&small, &mine, &session));
  mine.threads = 1;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_create(&silent, &mine, &session));
  REQUIRE(session == Untouched);
  EXPECT(BITNET_OK, bitnet_evaluator_destroy(other));
}

static void checkBatches(bitnet_session *first, bitnet_session *second,
                         bitnet_session *alone, bitnet_session *alien) {
  bitnet_batch_item good = {first, tokens, 1, NULL, BITNET_STOPPED, 0};
  const bitnet_batch_item bad[] = {
      {first, tokens, 1, NULL, BITNET_STOPPED, 0},
      {NULL, tokens, 1, NULL, BITNET_STOPPED, 0},
      {alone, tokens, 1, NULL, BITNET_STOPPED, 0},
      {alien, tokens, 1, NULL, BITNET_STOPPED, 0},
      {second, tokens, 1, NULL, BITNET_STOPPED, 7}};
  for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
    bitnet_batch_item items[] = {good, bad[i]};
    EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluate_batch(items, 2));
    REQUIRE(items[0].status == BITNET_STOPPED);
    REQUIRE(items[1].status == BITNET_STOPPED);
  }
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluate_batch(&good, 0));
  // Items are refused one by one, and the others are evaluated.
  int32_t wrong = -1;
  uint32_t before, after;
  EXPECT(BITNET_OK, bitnet_session_position(first, &before));
  bitnet_batch_item items[] = {{second, &wrong, 1, NULL, BITNET_OK, 0},
                               {first, tokens, 1, NULL, BITNET_STOPPED, 0}};
  EXPECT(BITNET_INVALID_TOKEN, bitnet_evaluate_batch(items, 2));
  REQUIRE(items[0].status == BITNET_INVALID_TOKEN);
  REQUIRE(items[1].status == BITNET_OK);
  items[0].tokens = NULL;
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluate_batch(items, 2));
  items[0].tokens = tokens;
  items[0].count = SIZE_MAX;
  EXPECT(BITNET_CONTEXT_FULL, bitnet_evaluate_batch(items, 2));
  items[0].count = 0;
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_evaluate_batch(items, 2));
  EXPECT(BITNET_OK, bitnet_session_position(first, &after));
  REQUIRE(after == before + 4);
}

/// Calls in an order, or with numbers, that make no sense.
static void checkOrder(bitnet_evaluator *evaluator, bitnet_session *session,
                       bitnet_session *alien) {
  uint32_t position = 7, count = 7;
  const int32_t *ids = Untouched;
  const float *logits = Untouched;
  EXPECT(BITNET_BUSY, bitnet_evaluator_destroy(evaluator));
  EXPECT(BITNET_OK, bitnet_session_truncate(session, 0));
  EXPECT(BITNET_OK, bitnet_session_tokens(session, &ids, &count));
  REQUIRE(count == 0);
  EXPECT(BITNET_OK, bitnet_session_match(session, NULL, 0, &count));
  EXPECT(BITNET_OK, bitnet_session_match(session, tokens, SIZE_MAX, &count));
  REQUIRE(count == 0);
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_truncate(session, 1));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_remove(session, 0, 1));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_remove(session, 1, 0));
  EXPECT(BITNET_OK, bitnet_session_remove(session, 0, 0));
  EXPECT(BITNET_OK, bitnet_evaluate(session, tokens, 8));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_remove(session, 3, 9));
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_remove(session, UINT32_MAX, UINT32_MAX));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_copy(session, session, 1));
  EXPECT(BITNET_INVALID_ARGUMENT, bitnet_session_copy(session, alien, 0));
  EXPECT(BITNET_OK, bitnet_session_position(session, &position));
  REQUIRE(position == 8);
  EXPECT(BITNET_OK, bitnet_logits(session, &logits));

  bitnet_session *clone = Untouched;
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.abi_version = BITNET_ABI_VERSION + 1;
  EXPECT(BITNET_VERSION_MISMATCH,
         bitnet_session_clone(session, &options, &clone));
  options.abi_version = BITNET_ABI_VERSION;
  options.context_size = 7;
  EXPECT(BITNET_CONTEXT_FULL, bitnet_session_clone(session, &options, &clone));
  options.context_size = 65;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_clone(session, &options, &clone));
  options.context_size = 0;
  options.threads = 1;
  EXPECT(BITNET_INVALID_ARGUMENT,
         bitnet_session_clone(session, &options, &clone));
  REQUIRE(clone == Untouched);

  // States.
  size_t size = 7;
  EXPECT(BITNET_BUFFER_TOO_SMALL, bitnet_session_save(session, NULL, 0, &size));
  char *state = malloc(size);
  EXPECT(BITNET_BUFFER_TOO_SMALL,
         bitnet_session_save(session, state, size - 1, &size));
  EXPECT(BITNET_OK, bitnet_session_save(session, state, size, &size));
  EXPECT(BITNET_STATE_MISMATCH, bitnet_session_restore(alien, state, size));
  EXPECT(BITNET_STATE_DAMAGED,
         bitnet_session_restore(session, state, size - 1));
  EXPECT(BITNET_STATE_MISMATCH, bitnet_session_restore(session, state, 0));
  state[size / 2] ^= 1;
  EXPECT(BITNET_STATE_DAMAGED, bitnet_session_restore(session, state, size));
  free(state);
  EXPECT(BITNET_FILE_FAILURE, bitnet_session_restore_file(session, path));
  EXPECT(BITNET_FILE_FAILURE, bitnet_session_save_file(session, elsewhere));
  EXPECT(BITNET_FILE_FAILURE, bitnet_session_save_file(session, ""));
  EXPECT(BITNET_OK, bitnet_session_save_file(session, path));
  EXPECT(BITNET_STATE_MISMATCH, bitnet_session_restore_file(alien, path));
  EXPECT(BITNET_OK, bitnet_session_restore_file(session, path));
  EXPECT(BITNET_OK, bitnet_session_position(session, &position));
  REQUIRE(position == 8);

  // A cancellation that nothing answers yet, one that is answered, and one
  // that is withdrawn.
  EXPECT(BITNET_OK, bitnet_session_cancel(session));
  EXPECT(BITNET_OK, bitnet_session_cancel(session));
  EXPECT(BITNET_CANCELLED, bitnet_evaluate(session, tokens, 1));
  EXPECT(BITNET_NO_LOGITS, bitnet_logits(session, &logits));
  EXPECT(BITNET_OK, bitnet_evaluate(session, tokens, 1));
  EXPECT(BITNET_OK, bitnet_session_cancel(session));
  EXPECT(BITNET_OK, bitnet_session_truncate(session, 8));
  EXPECT(BITNET_OK, bitnet_session_limit_logits(session, UINT32_MAX));
  EXPECT(BITNET_OK, bitnet_evaluate(session, tokens, 1));
  EXPECT(BITNET_OK, bitnet_session_limit_logits(session, 0));
}

/// Everything that a session answers while something else has it.
static void expectBusy(bitnet_session *session, bitnet_session *other) {
  bitnet_session *clone = Untouched;
  const int32_t *ids = Untouched;
  const float *logits = Untouched;
  float numbers[1] = {7};
  uint32_t number = 7;
  int32_t token = 7;
  size_t size = 7;
  char buffer[1] = {7};
  EXPECT(BITNET_BUSY, bitnet_session_destroy(session));
  EXPECT(BITNET_BUSY, bitnet_session_variant(session, &number));
  EXPECT(BITNET_BUSY, bitnet_verify_weights(session));
  EXPECT(BITNET_BUSY, bitnet_session_truncate(session, 0));
  EXPECT(BITNET_BUSY, bitnet_session_reset(session, 0));
  EXPECT(BITNET_BUSY, bitnet_session_remove(session, 0, 1));
  EXPECT(BITNET_BUSY, bitnet_session_position(session, &number));
  EXPECT(BITNET_BUSY, bitnet_session_tokens(session, &ids, &number));
  EXPECT(BITNET_BUSY, bitnet_session_match(session, tokens, 1, &number));
  EXPECT(BITNET_BUSY, bitnet_session_copy(session, other, 0));
  EXPECT(BITNET_BUSY, bitnet_session_copy(other, session, 0));
  EXPECT(BITNET_BUSY, bitnet_session_clone(session, NULL, &clone));
  EXPECT(BITNET_BUSY, bitnet_session_save(session, buffer, 1, &size));
  EXPECT(BITNET_BUSY, bitnet_session_restore(session, buffer, 1));
  EXPECT(BITNET_BUSY, bitnet_session_save_file(session, elsewhere));
  EXPECT(BITNET_BUSY, bitnet_session_restore_file(session, elsewhere));
  EXPECT(BITNET_BUSY, bitnet_session_limit_logits(session, 1));
  EXPECT(BITNET_BUSY, bitnet_evaluate(session, tokens, 1));
  EXPECT(BITNET_BUSY, bitnet_evaluate_all(session, tokens, 1, numbers));
  EXPECT(BITNET_BUSY, bitnet_logits(session, &logits));
  EXPECT(BITNET_BUSY, bitnet_sample(session, NULL, NULL, &token));
  EXPECT(BITNET_BUSY, bitnet_score(session, tokens, 1, numbers));
  EXPECT(BITNET_BUSY, bitnet_generate(session, "a", 1, NULL, NULL));
  bitnet_batch_item item = {session, tokens, 1, NULL, BITNET_OK, 0};
  EXPECT(BITNET_BUSY, bitnet_evaluate_batch(&item, 1));
  REQUIRE(item.status == BITNET_BUSY);
  // Others of the evaluator go on.
  bitnet_batch_item items[] = {item, {other, tokens, 1, NULL, BITNET_BUSY, 0}};
  EXPECT(BITNET_BUSY, bitnet_evaluate_batch(items, 2));
  REQUIRE(items[1].status == BITNET_OK);
  REQUIRE(clone == Untouched && ids == Untouched && logits == Untouched);
  REQUIRE(number == 7 && token == 7 && size == 7 && buffer[0] == 7 &&
          numbers[0] == 7);
}

static sem_t isInside, mayLeave;

static int waitInside(void *user, const int32_t *ids, size_t count,
                      float *logits, size_t vocabulary) {
  (void)user, (void)ids, (void)count, (void)logits, (void)vocabulary;
  sem_post(&isInside);
  sem_wait(&mayLeave);
  return 0;
}

static void *sampleSlowly(void *session) {
  bitnet_sampling_options options = BITNET_SAMPLING_OPTIONS_DEFAULT;
  options.mask = waitInside;
  int32_t token;
  EXPECT(BITNET_OK, bitnet_sample(session, &options, NULL, &token));
  return NULL;
}

/// Another thread is in a function of the session.
static void checkInUse(bitnet_evaluator *evaluator, bitnet_session *session,
                       bitnet_session *other) {
  pthread_t thread;
  uint32_t before, after;
  EXPECT(BITNET_OK, bitnet_session_truncate(other, 0));
  EXPECT(BITNET_OK, bitnet_session_position(session, &before));
  REQUIRE(sem_init(&isInside, 0, 0) == 0 && sem_init(&mayLeave, 0, 0) == 0);
  REQUIRE(pthread_create(&thread, NULL, sampleSlowly, session) == 0);
  sem_wait(&isInside);
  expectBusy(session, other);
  EXPECT(BITNET_BUSY, bitnet_evaluator_destroy(evaluator));
  // The only function that does not wait its turn.
  EXPECT(BITNET_OK, bitnet_session_cancel(session));
  sem_post(&mayLeave);
  pthread_join(thread, NULL);
  EXPECT(BITNET_OK, bitnet_session_position(session, &after));
  REQUIRE(before == after);
  EXPECT(BITNET_CANCELLED, bitnet_evaluate(session, tokens, 1));
}

/// In memory of the caller, what has ended can still be asked.
static void checkEnded(void) {
  bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.threads = 1;
  EXPECT(BITNET_OK,
         bitnet_evaluator_memory_size(&small, &options, &options.memory_size));
  options.memory = aligned_alloc(64, options.memory_size);
  bitnet_evaluator *evaluator;
  EXPECT(BITNET_OK, bitnet_evaluator_create(&small, &options, &evaluator));
  bitnet_session_options mine = BITNET_SESSION_OPTIONS_DEFAULT;
  mine.evaluator = evaluator;
  EXPECT(BITNET_OK,
         bitnet_session_memory_size(&small, &mine, &mine.memory_size));
  mine.memory = aligned_alloc(64, mine.memory_size);
  bitnet_session *ended, *other;
  EXPECT(BITNET_OK, bitnet_session_create(&small, &mine, &ended));
  other = makeSession(&small, evaluator);
  EXPECT(BITNET_OK, bitnet_evaluate(ended, tokens, 8));
  EXPECT(BITNET_OK, bitnet_session_destroy(ended));
  expectBusy(ended, other);
  EXPECT(BITNET_OK, bitnet_session_cancel(ended));
  EXPECT(BITNET_OK, bitnet_session_destroy(other));
  EXPECT(BITNET_OK, bitnet_evaluator_destroy(evaluator));
  EXPECT(BITNET_BUSY, bitnet_evaluator_destroy(evaluator));
  ended = Untouched;
  EXPECT(BITNET_BUSY, bitnet_session_create(&small, &mine, &ended));
  REQUIRE(ended == Untouched);
  free(mine.memory);
  free(options.memory);
}

static uint64_t up(uint64_t size) { return (size + 63) / 64 * 64; }

/// The sizes that runtime.h gives formulas for.
static void checkSizes(const bitnet_model *model) {
  bitnet_model_info info;
  EXPECT(BITNET_OK, bitnet_get_model_info(model, &info));
  int embeds = info.pooling != BITNET_POOLING_NONE;
  uint64_t width = embeds ? info.embedding_length : info.vocabulary_size;
  bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.threads = 3;
  options.most_sequences = 5;
  uint64_t rows = 5, size = 0;
  if (info.pooling == BITNET_POOLING_MEAN && rows < info.chunk_size)
    rows = info.chunk_size;
  EXPECT(BITNET_OK, bitnet_evaluator_memory_size(model, &options, &size));
  REQUIRE(size == 1024 + up(4 * rows * width) + up(24 * 5) +
                      up(info.pass_bytes) + up(info.arena_bytes) + 1024 +
                      256 * 3);
  bitnet_evaluator *evaluator = makeEvaluator(model);
  bitnet_session_options mine = BITNET_SESSION_OPTIONS_DEFAULT;
  mine.evaluator = evaluator;
  for (uint64_t context = 1; context <= info.context_length; context += 21) {
    mine.context_size = (uint32_t)context;
    EXPECT(BITNET_OK, bitnet_session_memory_size(model, &mine, &size));
    uint64_t scratch = 8 * width > 4 * context ? 8 * width : 4 * context;
    REQUIRE(size == 512 + up(4 * width) + up(scratch) + up(4 * context) +
                        up(up(context) * info.kv_bytes_per_position));
  }
  EXPECT(BITNET_OK, bitnet_evaluator_destroy(evaluator));
}

static void checkEmbedder(void) {
  bitnet_evaluator *evaluator = makeEvaluator(&embedder);
  bitnet_session *session = makeSession(&embedder, evaluator);
  bitnet_batch_item item = {session, tokens, 1, NULL, BITNET_STOPPED, 0};
  EXPECT(BITNET_UNSUPPORTED, bitnet_evaluate_batch(&item, 1));
  REQUIRE(item.status == BITNET_STOPPED);
  EXPECT(BITNET_UNSUPPORTED, bitnet_session_limit_logits(session, 1));
  EXPECT(BITNET_OK, bitnet_session_destroy(session));
  EXPECT(BITNET_OK, bitnet_evaluator_destroy(evaluator));
}

int main(int argc, char **argv) {
  REQUIRE(argc == 2);
  snprintf(path, sizeof(path), "%s/session.state", argv[1]);
  snprintf(elsewhere, sizeof(elsewhere), "%s/none/session.state", argv[1]);
  bitnet_evaluator *evaluator = makeEvaluator(&small);
  bitnet_session *first = makeSession(&small, evaluator);
  bitnet_session *second = makeSession(&small, evaluator);
  bitnet_session *alone = makeSession(&small, NULL);
  bitnet_session *alien = makeSession(&silent, NULL);
  checkNull(first);
  checkOptions();
  checkBatches(first, second, alone, alien);
  checkOrder(evaluator, first, alien);
  checkInUse(evaluator, first, second);
  checkEnded();
  checkEmbedder();
  checkSizes(&small);
  checkSizes(&embedder);
  EXPECT(BITNET_OK, bitnet_session_destroy(first));
  EXPECT(BITNET_OK, bitnet_session_destroy(second));
  EXPECT(BITNET_OK, bitnet_evaluator_destroy(evaluator));
  // A clone uses the evaluator of its source.
  EXPECT(BITNET_OK, bitnet_session_clone(alone, NULL, &first));
  EXPECT(BITNET_BUSY, bitnet_session_destroy(alone));
  EXPECT(BITNET_OK, bitnet_session_destroy(first));
  EXPECT(BITNET_OK, bitnet_session_destroy(alone));
  EXPECT(BITNET_OK, bitnet_session_destroy(alien));
  if (failures == 0)
    puts("every call did what runtime.h says");
  return failures != 0;
}
