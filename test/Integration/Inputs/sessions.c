//===- sessions.c - Two models and many sessions at the same time ---------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "first.h"
#include "second.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TokenCount = 40, UserCount = 6, Rounds = 3 };

#define REQUIRE(condition)                                                     \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                  \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

/// A model and the logits [TokenCount, vocabulary] that it gives when nothing
/// else runs.
typedef struct Case {
  const bitnet_model *model;
  bitnet_model_info info;
  int32_t tokens[TokenCount];
  float *logits;
} Case;

static Case cases[2];

static bitnet_session *makeSession(const bitnet_model *model,
                                   uint32_t threads) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.context_size = TokenCount;
  options.threads = threads;
  bitnet_session *session;
  REQUIRE(bitnet_session_create(model, &options, &session) == BITNET_OK);
  return session;
}

static int hasLogits(const bitnet_session *session, const Case *expected) {
  uint32_t position;
  const float *logits;
  REQUIRE(bitnet_session_position(session, &position) == BITNET_OK);
  REQUIRE(bitnet_logits(session, &logits) == BITNET_OK);
  size_t count = expected->info.vocabulary_size;
  return memcmp(logits, expected->logits + (position - 1) * count,
                count * sizeof(*logits)) == 0;
}

static void prepare(Case *made, const bitnet_model *model) {
  made->model = model;
  REQUIRE(bitnet_get_model_info(model, &made->info) == BITNET_OK);
  for (int i = 0; i < TokenCount; ++i)
    made->tokens[i] = (int32_t)((unsigned)i * 2654435761u >> 8) %
                      (int32_t)made->info.vocabulary_size;
  made->logits =
      malloc(sizeof(float) * TokenCount * made->info.vocabulary_size);
  REQUIRE(made->logits);
  bitnet_session *session = makeSession(model, 1);
  REQUIRE(bitnet_evaluate_all(session, made->tokens, TokenCount,
                              made->logits) == BITNET_OK);
  bitnet_session_destroy(session);
}

/// Two sessions of each model, token by token in turn.
static void takeTurns(void) {
  bitnet_session *sessions[4];
  for (int i = 0; i < 4; ++i)
    sessions[i] = makeSession(cases[i % 2].model, 1 + (uint32_t)i / 2);
  for (int token = 0; token < TokenCount; ++token)
    for (int i = 0; i < 4; ++i) {
      REQUIRE(bitnet_evaluate(sessions[i], &cases[i % 2].tokens[token], 1) ==
              BITNET_OK);
      REQUIRE(hasLogits(sessions[i], &cases[i % 2]));
    }
  for (int i = 0; i < 4; ++i)
    bitnet_session_destroy(sessions[i]);
}

/// A thread of the program with a session of its own.
static void *use(void *argument) {
  const Case *mine = argument;
  for (uint32_t round = 0; round < Rounds; ++round) {
    bitnet_session *session = makeSession(mine->model, 1 + round % 2);
    for (int done = 0, count = 1; done < TokenCount; done += count) {
      count = 1 + (done + (int)round) % 5;
      count = count < TokenCount - done ? count : TokenCount - done;
      REQUIRE(bitnet_evaluate(session, mine->tokens + done, (size_t)count) ==
              BITNET_OK);
      REQUIRE(hasLogits(session, mine));
    }
    bitnet_session_destroy(session);
  }
  return NULL;
}

int main(void) {
  prepare(&cases[0], &first);
  prepare(&cases[1], &second);
  takeTurns();
  pthread_t users[UserCount];
  for (int i = 0; i < UserCount; ++i)
    REQUIRE(pthread_create(&users[i], NULL, use, &cases[i % 2]) == 0);
  for (int i = 0; i < UserCount; ++i)
    REQUIRE(pthread_join(users[i], NULL) == 0);
  for (int i = 0; i < 2; ++i)
    free(cases[i].logits);
  puts("all sessions gave the same logits");
  return 0;
}
