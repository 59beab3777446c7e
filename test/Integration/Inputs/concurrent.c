//===- concurrent.c - Many threads of a program use one model
//--------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With -DTOP_LOGITS=k, logits that are not among the k largest may be missing.
//
// Sessions of one evaluator, batches of sessions, evaluators that share
// threads, and cancellation, all at the same time. What comes out is what a
// session alone computes, bit for bit.
//
//===----------------------------------------------------------------------===//
#include "small.h"

#include <float.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { Tokens = 40, Prompt = 23, Batch = 3, Users = 3, Rounds = 4 };

#define REQUIRE(condition)                                                     \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                  \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

#ifndef TOP_LOGITS
#define TOP_LOGITS 0
#endif

static size_t vocabulary;

/// What a session alone gives: [Tokens, vocabulary] logits after each token.
typedef struct Sequence {
  int32_t tokens[Tokens];
  float *logits;
} Sequence;

static void makeSequence(Sequence *sequence, uint32_t seed) {
  for (uint32_t i = 0; i < Tokens; ++i)
    sequence->tokens[i] =
        (int32_t)((seed * 977 + i * i * 31 + i) % (uint32_t)vocabulary);
  sequence->logits = malloc(Tokens * vocabulary * sizeof(float));
  REQUIRE(sequence->logits);
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.threads = 1;
  bitnet_session *session;
  REQUIRE(bitnet_session_create(&small, &options, &session) == BITNET_OK);
  REQUIRE(bitnet_evaluate_all(session, sequence->tokens, Tokens,
                              sequence->logits) == BITNET_OK);
  REQUIRE(bitnet_session_destroy(session) == BITNET_OK);
}

static bitnet_session *makeSession(bitnet_evaluator *evaluator) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.evaluator = evaluator;
  options.top_logits = TOP_LOGITS;
  bitnet_session *session;
  REQUIRE(bitnet_session_create(&small, &options, &session) == BITNET_OK);
  return session;
}

/// Compares logits with those after token `last` of the sequence.
static void compareLogits(const float *logits, const Sequence *sequence,
                          size_t last) {
  const float *expected = sequence->logits + last * vocabulary;
  size_t missing = 0;
  for (size_t i = 0; i < vocabulary; ++i)
    if (TOP_LOGITS != 0 && logits[i] < -FLT_MAX)
      ++missing;
    else
      REQUIRE(memcmp(&logits[i], &expected[i], sizeof(float)) == 0);
  REQUIRE(missing + TOP_LOGITS <= vocabulary);
}

static void checkLogits(const bitnet_session *session, const Sequence *sequence,
                        size_t last) {
  const float *logits;
  REQUIRE(bitnet_logits(session, &logits) == BITNET_OK);
  compareLogits(logits, sequence, last);
}

/// What a thread of the program works with.
typedef struct User {
  bitnet_evaluator *evaluator;
  Sequence sequences[Batch];
  /// Of the one whose evaluations another thread cancels.
  bitnet_session *session;
  atomic_int isDone;
  uint32_t cancelled;
} User;

/// A prompt, then token after token, again and again.
static void *evaluateAlone(void *argument) {
  User *user = argument;
  const Sequence *sequence = &user->sequences[0];
  bitnet_session *session = makeSession(user->evaluator);
  for (int round = 0; round < Rounds; ++round) {
    REQUIRE(bitnet_evaluate(session, sequence->tokens, Prompt) == BITNET_OK);
    checkLogits(session, sequence, Prompt - 1);
    for (size_t i = Prompt; i < Tokens; ++i) {
      REQUIRE(bitnet_evaluate(session, &sequence->tokens[i], 1) == BITNET_OK);
      checkLogits(session, sequence, i);
    }
    REQUIRE(bitnet_session_reset(session, 0) == BITNET_OK);
  }
  REQUIRE(bitnet_session_destroy(session) == BITNET_OK);
  return NULL;
}

/// Sessions that are at different places of their sequences: prompts and single
/// tokens in one batch.
static void *evaluateBatches(void *argument) {
  User *user = argument;
  bitnet_session *sessions[Batch];
  size_t positions[Batch] = {0};
  for (size_t i = 0; i < Batch; ++i)
    sessions[i] = makeSession(user->evaluator);
  for (int round = 0; round < Rounds * (Tokens - Prompt); ++round) {
    bitnet_batch_item items[Batch];
    memset(items, 0, sizeof(items));
    for (size_t i = 0; i < Batch; ++i) {
      if (positions[i] == Tokens || round == (int)i * 3) {
        REQUIRE(bitnet_session_reset(sessions[i], 0) == BITNET_OK);
        positions[i] = 0;
      }
      items[i].session = sessions[i];
      items[i].tokens = user->sequences[i].tokens + positions[i];
      items[i].count = positions[i] ? 1 : Prompt;
    }
    REQUIRE(bitnet_evaluate_batch(items, Batch) == BITNET_OK);
    for (size_t i = 0; i < Batch; ++i) {
      REQUIRE(items[i].status == BITNET_OK);
      positions[i] += items[i].count;
      checkLogits(sessions[i], &user->sequences[i], positions[i] - 1);
    }
  }
  for (size_t i = 0; i < Batch; ++i)
    REQUIRE(bitnet_session_destroy(sessions[i]) == BITNET_OK);
  return NULL;
}

/// Goes on where a cancelled evaluation stopped, until all is evaluated.
static void *evaluateCancelled(void *argument) {
  User *user = argument;
  const Sequence *sequence = &user->sequences[0];
  for (int round = 0; round < Rounds; ++round) {
    uint32_t position = 0;
    bitnet_status status = BITNET_CANCELLED;
    while (status != BITNET_OK) {
      // Another thread looks at the position, too.
      do
        status = bitnet_evaluate(user->session, sequence->tokens + position,
                                 Tokens - position);
      while (status == BITNET_BUSY);
      REQUIRE(status == BITNET_OK || status == BITNET_CANCELLED);
      user->cancelled += status == BITNET_CANCELLED;
      while (bitnet_session_position(user->session, &position) == BITNET_BUSY)
        ;
      REQUIRE(position <= Tokens &&
              (position == Tokens) == (status == BITNET_OK));
    }
    const float *logits;
    while ((status = bitnet_logits(user->session, &logits)) == BITNET_BUSY)
      ;
    REQUIRE(status == BITNET_OK);
    compareLogits(logits, sequence, Tokens - 1);
    while ((status = bitnet_session_reset(user->session, 0)) == BITNET_BUSY)
      ;
    REQUIRE(status == BITNET_OK);
  }
  atomic_store(&user->isDone, 1);
  return NULL;
}

/// Cancels what evaluateCancelled evaluates, a few hundred times at most, so
/// that it gets on.
static void *cancel(void *argument) {
  User *user = argument;
  uint32_t position;
  for (int i = 0; i < 300 && !atomic_load(&user->isDone); ++i) {
    REQUIRE(bitnet_session_cancel(user->session) == BITNET_OK);
    bitnet_status status = bitnet_session_position(user->session, &position);
    REQUIRE(status == BITNET_OK || status == BITNET_BUSY);
  }
  return NULL;
}

/// All kinds of users on evaluators, of which there are `count`.
static void run(bitnet_evaluator *const *evaluators, size_t count,
                User *users) {
  pthread_t threads[2 * Users + 2];
  size_t started = 0;
  for (size_t i = 0; i < 2 * Users; ++i) {
    users[i].evaluator = evaluators[i % count];
    REQUIRE(pthread_create(&threads[started++], NULL,
                           i % 2 ? evaluateBatches : evaluateAlone,
                           &users[i]) == 0);
  }
  User *last = &users[2 * Users];
  last->session = makeSession(evaluators[0]);
  // At least one evaluation, whatever the threads' speed.
  REQUIRE(bitnet_session_cancel(last->session) == BITNET_OK);
  atomic_store(&last->isDone, 0);
  REQUIRE(pthread_create(&threads[started++], NULL, evaluateCancelled, last) ==
          0);
  REQUIRE(pthread_create(&threads[started++], NULL, cancel, last) == 0);
  for (size_t i = 0; i < started; ++i)
    pthread_join(threads[i], NULL);
  REQUIRE(bitnet_session_destroy(last->session) == BITNET_OK);
}

int main(void) {
  bitnet_model_info info;
  REQUIRE(bitnet_get_model_info(&small, &info) == BITNET_OK);
  vocabulary = info.vocabulary_size;
  static User users[2 * Users + 1];
  for (uint32_t i = 0; i < 2 * Users + 1; ++i)
    for (uint32_t j = 0; j < Batch; ++j)
      makeSequence(&users[i].sequences[j], i * Batch + j);

  for (uint32_t count = 1; count <= 3; ++count) {
    bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
    options.threads = count;
    bitnet_evaluator *evaluator;
    REQUIRE(bitnet_evaluator_create(&small, &options, &evaluator) == BITNET_OK);
    run(&evaluator, 1, users);
    REQUIRE(bitnet_evaluator_destroy(evaluator) == BITNET_OK);
  }

  bitnet_threads_options options = BITNET_THREADS_OPTIONS_DEFAULT;
  options.count = 3;
  bitnet_threads *threads;
  REQUIRE(bitnet_model_threads_create(&small, &options, &threads) == BITNET_OK);
  bitnet_evaluator *evaluators[2];
  for (size_t i = 0; i < 2; ++i) {
    bitnet_evaluator_options shared = BITNET_EVALUATOR_OPTIONS_DEFAULT;
    shared.shared_threads = threads;
    REQUIRE(bitnet_evaluator_create(&small, &shared, &evaluators[i]) ==
            BITNET_OK);
  }
  run(evaluators, 2, users);
  REQUIRE(bitnet_threads_destroy(threads) == BITNET_BUSY);
  for (size_t i = 0; i < 2; ++i)
    REQUIRE(bitnet_evaluator_destroy(evaluators[i]) == BITNET_OK);
  REQUIRE(bitnet_threads_destroy(threads) == BITNET_OK);

  printf("cancelled: %s\n",
         users[2 * Users].cancelled ? "some evaluations" : "none");
  for (size_t i = 0; i < 2 * Users + 1; ++i)
    for (size_t j = 0; j < Batch; ++j)
      free(users[i].sequences[j].logits);
  return 0;
}
