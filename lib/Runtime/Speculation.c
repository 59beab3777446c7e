//===- Speculation.c - Guessing tokens ------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Text repeats itself: names, quotations, code. Where the last tokens occur
// earlier in the session, those that followed there are guessed to follow
// again. A pass over several tokens reads the weights once, so it costs little
// more than one over a single token, and gives the logits after each of them,
// which are bit for bit those of single passes. Then tokens are chosen in
// order, as without guesses, by the same generator, as long as each is the one
// that was guessed; what was evaluated behind it is taken back.
//
//===----------------------------------------------------------------------===//
#include "Generation.h"

/// The least and most tokens in common with what came earlier. One is no
/// evidence; more than the most say no more.
enum { LeastMatch = 2, MostMatch = 16 };

/// Guesses up to `most` tokens that follow tokens[0, count), `count` >= 1.
/// Returns their number.
static uint32_t guessTokens(const int32_t *tokens, uint32_t count,
                            uint32_t most, int32_t *guesses) {
  uint32_t bestLength = LeastMatch - 1;
  uint32_t bestEnd = 0;
  // The latest among the longest.
  for (uint32_t end = count - 1; end >= LeastMatch && bestLength < MostMatch;
       --end) {
    uint32_t length = 0;
    while (length < end && length < MostMatch &&
           tokens[end - 1 - length] == tokens[count - 1 - length])
      ++length;
    if (bestLength < length) {
      bestLength = length;
      bestEnd = end;
    }
  }
  if (bestEnd == 0)
    return 0;
  // What follows may run into the guesses themselves.
  for (uint32_t i = 0; i < most; ++i) {
    uint32_t source = bestEnd + i;
    guesses[i] = source < count ? tokens[source] : guesses[source - count];
  }
  return most;
}

static uint32_t minimum(uint32_t a, uint32_t b) { return a < b ? a : b; }

/// Guesses what follows *token, as far as there is room and use for it.
static uint32_t guessNext(Generation *generation, int32_t token,
                          int32_t *guesses) {
  Session *session = generation->session;
  uint32_t most = minimum(generation->draftLength,
                          session->contextSize - 1 - session->position);
  most = minimum(most, generation->options.max_tokens - 1 -
                           generation->generatedTokens);
  if (most == 0)
    return 0;
  // There is room, and what lies there is overwritten by the evaluation.
  session->tokens[session->position] = token;
  return guessTokens(session->tokens, session->position + 1, most, guesses);
}

bitnet_status bitnetAdvance(Generation *generation, int32_t *token,
                            bitnet_finish *finish) {
  Session *session = generation->session;
  uint32_t position = session->position;
  int32_t pass[1 + BITNET_MOST_DRAFT_TOKENS];
  pass[0] = *token;
  uint32_t guessed = guessNext(generation, *token, pass + 1);
  bitnet_status status =
      guessed == 0
          ? bitnetEvaluateTokens(session, pass, 1, /*outputs=*/(void *)0)
          : bitnetEvaluateDraft(session, pass, 1 + guessed,
                                generation->draftLogits);
  if (status != BITNET_OK) {
    --generation->generatedTokens;
    bitnetTruncate(session, position);
    return status;
  }
  if (guessed == 0)
    return bitnetGenerationStep(generation, session->outputs, position + 1,
                                token, finish);

  const uint32_t vocabularySize = session->descriptor->vocabulary_size;
  const float *logits = generation->draftLogits;
  uint32_t right = 0;
  for (;; ++right, logits += vocabularySize) {
    status = bitnetGenerationStep(generation, logits, position + 1 + right,
                                  token, finish);
    // One that ends the text is evaluated by itself.
    if (status != BITNET_OK || *finish != BITNET_FINISH_NONE ||
        right == guessed || *token != pass[1 + right])
      break;
  }
  generation->draftedTokens += guessed;
  generation->acceptedTokens += right;
  // Guesses that go wrong are fewer next time.
  generation->draftLength = right < guessed
                                ? right + 1
                                : minimum(2 * generation->draftLength,
                                          generation->options.draft_tokens);
  if (right < guessed) {
    bitnetTruncate(session, position + 1 + right);
    __builtin_memcpy(session->outputs, logits, vocabularySize * sizeof(float));
    session->hasLogits = 1;
  }
  return status;
}
