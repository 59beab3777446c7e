//===- allocations.c - What a program's use of a model allocates
//------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Defines the C library's functions that allocate, and counts. Models allocate
// when something is made, as many bytes as they said before, and at no other
// time.
//
//===----------------------------------------------------------------------===//
#include "small.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// glibc's own names of what is defined here.
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

/// Of aligned_alloc, which is what models call.
static _Atomic uint64_t alignedCalls, alignedBytes;
/// Of all others; the C library calls them when a thread is made.
static _Atomic uint64_t otherCalls;
static _Atomic uint64_t freed;

void *malloc(size_t size) {
  ++otherCalls;
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  ++otherCalls;
  return __libc_calloc(count, size);
}
void *realloc(void *memory, size_t size) {
  ++otherCalls;
  return __libc_realloc(memory, size);
}
void *memalign(size_t alignment, size_t size) {
  ++otherCalls;
  return __libc_memalign(alignment, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  ++alignedCalls;
  alignedBytes += size;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void **memory, size_t alignment, size_t size) {
  ++otherCalls;
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : 12;
}
void free(void *memory) {
  freed += memory != NULL;
  __libc_free(memory);
}

#define REQUIRE(condition)                                                     \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                  \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

#define OK(call) REQUIRE((call) == BITNET_OK)

/// The counts at some time.
typedef struct Counts {
  uint64_t alignedCalls, alignedBytes, otherCalls, freed;
} Counts;

static Counts getCounts(void) {
  return (Counts){alignedCalls, alignedBytes, otherCalls, freed};
}

/// Since then there was one allocation, of so many bytes, and what the C
/// library allocates for new threads.
static void expectOne(Counts before, uint64_t bytes, uint32_t newThreads) {
  REQUIRE(alignedCalls == before.alignedCalls + 1);
  REQUIRE(alignedBytes == before.alignedBytes + bytes);
  REQUIRE(newThreads != 0 || otherCalls == before.otherCalls);
  REQUIRE(freed == before.freed);
}

/// Since then nothing was allocated or freed.
static void expectNone(Counts before) {
  REQUIRE(alignedCalls == before.alignedCalls);
  REQUIRE(otherCalls == before.otherCalls);
  REQUIRE(freed == before.freed);
}

enum { Prompt = 20, MostVocabulary = 4096, Sessions = 3 };

static int32_t prompt[Prompt];
static float logits[Prompt * MostVocabulary];

static int countText(void *user, const char *text, size_t length) {
  (void)text;
  *(size_t *)user += length;
  return 0;
}

/// All that a session does, without one allocation.
static void useSession(bitnet_session *session) {
  Counts before = getCounts();
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, 1);
  bitnet_sampling_options options = BITNET_SAMPLING_OPTIONS_DEFAULT;
  OK(bitnet_evaluate(session, prompt, Prompt));
  for (int i = 0; i < 10; ++i) {
    int32_t token;
    options.temperature = i % 2 ? 0.8f : 0;
    options.top_k = i % 3 ? 40 : 0;
    options.top_p = i % 4 ? 0.9f : 1;
    OK(bitnet_sample(session, &options, &sampler, &token));
    OK(bitnet_evaluate(session, &token, 1));
  }
  OK(bitnet_session_reset(session, 3));
  OK(bitnet_evaluate_all(session, prompt, Prompt, logits));
  const int32_t *tokens;
  uint32_t count, common;
  OK(bitnet_session_tokens(session, &tokens, &count));
  REQUIRE(count == Prompt + 3);
  OK(bitnet_session_match(session, prompt, Prompt, &common));
  REQUIRE(common == 3);
  OK(bitnet_session_limit_logits(session, 5));
  OK(bitnet_session_limit_logits(session, 0));
  OK(bitnet_session_cancel(session));
  REQUIRE(bitnet_evaluate(session, prompt, 1) == BITNET_CANCELLED);
  OK(bitnet_session_reset(session, 0));
  expectNone(before);
}

/// Clones take as much as sessions; copies, and states in memory of the caller,
/// nothing.
static void useStates(bitnet_session *session, bitnet_session *other,
                      const bitnet_session_options *options, uint64_t bytes) {
  OK(bitnet_evaluate(session, prompt, Prompt));
  bitnet_session *clone;
  Counts before = getCounts();
  OK(bitnet_session_clone(session, options, &clone));
  expectOne(before, bytes, 0);
  OK(bitnet_session_destroy(clone));
  size_t size;
  REQUIRE(bitnet_session_save(session, NULL, 0, &size) ==
          BITNET_BUFFER_TOO_SMALL);
  void *state = malloc(size);
  before = getCounts();
  OK(bitnet_session_copy(other, session, Prompt - 1));
  OK(bitnet_session_save(session, state, size, &size));
  OK(bitnet_session_restore(other, state, size));
  OK(bitnet_session_remove(session, 2, 9));
  expectNone(before);
  free(state);
  OK(bitnet_session_reset(session, 0));
  OK(bitnet_session_reset(other, 0));
}

/// Batches of prompts and single tokens.
static void useBatches(bitnet_session *const *sessions, size_t count) {
  Counts before = getCounts();
  for (int round = 0; round < 5; ++round) {
    bitnet_batch_item items[Sessions];
    memset(items, 0, sizeof(items));
    for (size_t i = 0; i < count; ++i) {
      items[i].session = sessions[i];
      items[i].tokens = prompt;
      items[i].count = round == (int)i ? Prompt : 1;
    }
    OK(bitnet_evaluate_batch(items, count));
  }
  expectNone(before);
  for (size_t i = 0; i < count; ++i)
    OK(bitnet_session_reset(sessions[i], 0));
}

static void checkSession(uint32_t threads, uint32_t contextSize) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.threads = threads;
  options.context_size = contextSize;
  uint64_t size;
  OK(bitnet_session_memory_size(&small, &options, &size));
  bitnet_session *session;
  Counts before = getCounts();
  OK(bitnet_session_create(&small, &options, &session));
  expectOne(before, size, threads - 1);
  useSession(session);
  before = getCounts();
  OK(bitnet_session_destroy(session));
  REQUIRE(freed >= before.freed + 1 && alignedCalls == before.alignedCalls);

  // In memory of the caller.
  options.memory = aligned_alloc(64, (size + 63) / 64 * 64);
  options.memory_size = size;
  before = getCounts();
  OK(bitnet_session_create(&small, &options, &session));
  REQUIRE(alignedCalls == before.alignedCalls);
  if (threads == 1)
    expectNone(before);
  useSession(session);
  OK(bitnet_session_destroy(session));
  free(options.memory);
}

static void checkEvaluator(uint32_t threads, uint32_t mostSequences) {
  bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  options.threads = threads;
  options.most_sequences = mostSequences;
  uint64_t size;
  OK(bitnet_evaluator_memory_size(&small, &options, &size));
  bitnet_evaluator *evaluator;
  Counts before = getCounts();
  OK(bitnet_evaluator_create(&small, &options, &evaluator));
  expectOne(before, size, threads - 1);

  bitnet_session_options own = BITNET_SESSION_OPTIONS_DEFAULT;
  own.evaluator = evaluator;
  OK(bitnet_session_memory_size(&small, &own, &size));
  bitnet_session *sessions[Sessions];
  for (size_t i = 0; i < Sessions; ++i) {
    before = getCounts();
    OK(bitnet_session_create(&small, &own, &sessions[i]));
    expectOne(before, size, 0);
  }
  useSession(sessions[0]);
  useStates(sessions[0], sessions[1], &own, size);
  useBatches(sessions, Sessions);
  for (size_t i = 0; i < Sessions; ++i)
    OK(bitnet_session_destroy(sessions[i]));
  OK(bitnet_evaluator_destroy(evaluator));
}

/// A generation takes one block when it is made; choosing tokens, text and stop
/// strings takes none.
static void checkGeneration(bitnet_session *session) {
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  static const bitnet_stop_string stops[] = {{"never", 5}, {"a stop", 6}};
  size_t written = 0;
  options.max_tokens = 20;
  options.sampling.temperature = 0.9f;
  options.sampling.top_p = 0.95f;
  options.sampling.min_p = 0.01f;
  options.sampling.typical_p = 0.9f;
  options.sampling.repetition_penalty = 1.1f;
  options.stops = stops;
  options.stop_count = 2;
  options.callback = countText;
  options.user = &written;
  uint64_t size;
  OK(bitnet_generation_memory_size(session, &options, &size));
  OK(bitnet_evaluate(session, prompt, Prompt));
  bitnet_generation *generation;
  Counts before = getCounts();
  OK(bitnet_generation_create(session, &options, &generation));
  expectOne(before, size, 0);
  before = getCounts();
  for (;;) {
    int32_t token;
    bitnet_finish finish;
    OK(bitnet_generation_next(generation, &token, &finish));
    if (finish != BITNET_FINISH_NONE)
      break;
    OK(bitnet_evaluate(session, &token, 1));
  }
  expectNone(before);
  bitnet_generation_destroy(generation);
  REQUIRE(freed == before.freed + 1);
  OK(bitnet_session_reset(session, 0));
}

/// Text in buffers of the caller.
static void checkText(void) {
  bitnet_session *session;
  OK(bitnet_session_create(&small, NULL, &session));
  checkGeneration(session);
  Counts before = getCounts();
  static const char text[] = "Some text, and some more of it.";
  int32_t tokens[64];
  char again[256];
  size_t count, length;
  OK(bitnet_tokenize(&small, text, sizeof(text) - 1, 0, tokens, 64, &count));
  OK(bitnet_detokenize(&small, tokens, count, 0, again, 256, &length));
  size_t written = 0;
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  options.max_tokens = 20;
  options.callback = countText;
  options.user = &written;
  OK(bitnet_generate(session, "a", 1, &options, NULL));
  expectNone(before);
  OK(bitnet_session_destroy(session));
}

int main(void) {
  bitnet_model_info info;
  OK(bitnet_get_model_info(&small, &info));
  REQUIRE(info.vocabulary_size <= MostVocabulary);
  for (uint32_t i = 0; i < Prompt; ++i)
    prompt[i] = (int32_t)(i * 7 % info.vocabulary_size);
  Counts start = getCounts();
  for (uint32_t threads = 1; threads <= 3; ++threads)
    for (uint32_t context = 40; context <= 64; context += 12) {
      checkSession(threads, context);
      checkEvaluator(threads, context - 39);
    }
  checkText();
  // glibc keeps some of what it allocated for threads; models keep nothing.
  REQUIRE(freed - start.freed >= alignedCalls - start.alignedCalls);
  puts("allocates what it says, when it says");
  return 0;
}
