//===- ProgramPerplexity.c - Measuring how well a model predicts a text ---===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Exponential.h"
#include "Program.h"

#include <stdio.h>
#include <stdlib.h>

/// What the sum of a text's surprises is made of.
typedef struct Score {
  double surprise; ///< -log p, added up.
  uint64_t tokens;
  uint64_t windows;
} Score;

/// Scores tokens[1, count) after tokens[0], in an empty session, in pieces, so
/// that Ctrl-C works. `logProbabilities` has room for a piece.
static bool scoreWindow(bitnet_session *session, size_t piece,
                        const int32_t *tokens, size_t count,
                        float *logProbabilities, Score *score) {
  bitnet_session_reset(session, 0);
  for (size_t done = 0; done < count;) {
    if (wasInterrupted())
      return reportError("interrupted");
    size_t size = count - done < piece ? count - done : piece;
    bitnet_status status =
        bitnet_score(session, tokens + done, size, logProbabilities);
    if (status != BITNET_OK)
      return reportError("%s", bitnet_status_text(status));
    for (size_t i = done == 0; i < size; ++i)
      score->surprise -= logProbabilities[i];
    done += size;
  }
  score->tokens += count - 1;
  ++score->windows;
  return true;
}

/// Scores a text window by window: BOS and window - 1 tokens of the text, or
/// `window` tokens without BOS, of which the first is not scored. A rest that
/// does not fill a window counts only if it is all there is.
static bool scoreText(bitnet_session *session, const bitnet_model_info *info,
                      const TokenList *list, uint32_t window, Score *score) {
  size_t piece = info->chunk_size;
  float *logProbabilities = malloc(piece * sizeof(*logProbabilities));
  int32_t *tokens = malloc((size_t)window * sizeof(*tokens));
  bool done = logProbabilities && tokens;
  if (!done)
    reportError("out of memory");
  uint32_t first = info->bos_token >= 0;
  if (done && first)
    tokens[0] = info->bos_token;
  for (size_t begin = 0; done && begin < list->count;) {
    size_t count = list->count - begin;
    if (count > window - first)
      count = window - first;
    if (count < window - first && score->windows != 0)
      break;
    for (size_t i = 0; i < count; ++i)
      tokens[first + i] = list->tokens[begin + i];
    done = scoreWindow(session, piece, tokens, first + count, logProbabilities,
                       score);
    begin += count;
  }
  free(tokens);
  free(logProbabilities);
  return done;
}

bool runPerplexity(const ProgramOptions *options) {
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  uint32_t context =
      options->contextSize ? options->contextSize : info.context_length;
  uint32_t window = options->window ? options->window : 512;
  if (window > context) {
    if (options->window)
      return reportError("--window is %u, the context has %u positions", window,
                         context);
    window = context;
  }
  TokenList list;
  if (!readTokens(options, 0, &list))
    return false;
  bitnet_session *session;
  if (!createSession(options, &session)) {
    free(list.tokens);
    return false;
  }
  Score score = {0};
  double start = readClock();
  bool done = scoreText(session, &info, &list, window, &score);
  double seconds = readClock() - start;
  bitnet_session_destroy(session);
  free(list.tokens);
  if (!done)
    return false;
  if (score.tokens == 0)
    return reportError("the text has too few tokens");
  double mean = score.surprise / (double)score.tokens;
  // e^x for x >= 0.
  double perplexity = 1.0 / bitnetExp(-mean);
  if (options->json)
    printf("{\"perplexity\": %.9g, \"tokens\": %llu, \"windows\": %llu, "
           "\"window\": %u}\n",
           perplexity, (unsigned long long)score.tokens,
           (unsigned long long)score.windows, window);
  else
    printf("perplexity %.6f (%llu tokens, %llu windows of %u)\n", perplexity,
           (unsigned long long)score.tokens, (unsigned long long)score.windows,
           window);
  fprintf(stderr, "%.1f s, %.1f tokens/s\n", seconds,
          (double)score.tokens / seconds);
  return true;
}
