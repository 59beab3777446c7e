//===- ProgramGenerate.c - Text from a compiled model ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Program.h"

#include <stdio.h>
#include <stdlib.h>

/// Evaluates a prompt in pieces, so that Ctrl-C works.
static bool evaluatePrompt(bitnet_session *session, const TokenList *list) {
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  for (size_t done = 0; done < list->count && !wasInterrupted();) {
    size_t count = list->count - done;
    if (count > info.chunk_size)
      count = info.chunk_size;
    bitnet_status status = bitnet_evaluate(session, list->tokens + done, count);
    if (status != BITNET_OK)
      return reportError("%s", bitnet_status_text(status));
    done += count;
  }
  return true;
}

/// Where generated text goes.
typedef struct Output {
  bool isKept; ///< It is written at the end, as JSON.
  bool failed;
  Text text;
} Output;

static int writeText(void *user, const char *text, size_t length) {
  Output *output = user;
  output->failed = output->isKept ? !appendText(&output->text, text, length)
                                  : fwrite(text, 1, length, stdout) != length ||
                                        fflush(stdout) != 0;
  return output->failed || wasInterrupted();
}

static void printSpeed(const char *what, uint32_t tokens, double seconds) {
  fprintf(stderr, "%s: %u tokens, %.1f tokens/s\n", what, tokens,
          seconds > 0 ? tokens / seconds : 0.0);
}

/// Writes the text of the prompt, which the generated text continues.
static bool echoPrompt(const TokenList *prompt) {
  size_t length = 0;
  bitnet_detokenize(&bitnet_program_model, prompt->tokens, prompt->count, 0,
                    NULL, 0, &length);
  char *text = malloc(length + 1);
  if (!text)
    return reportError("out of memory");
  bitnet_detokenize(&bitnet_program_model, prompt->tokens, prompt->count, 0,
                    text, length, &length);
  bool done = fwrite(text, 1, length, stdout) == length && fflush(stdout) == 0;
  free(text);
  return done || reportError("cannot write to standard output");
}

static void printResult(const bitnet_generate_result *result, const Text *text,
                        uint32_t promptTokens, double promptSeconds) {
  static const char *const reasons[] = {"none",   "eos",     "stop",
                                        "length", "context", "callback"};
  printf("{\"text\": ");
  printJsonString(text->bytes, text->size);
  printf(", \"finish\": \"%s\", \"prompt_tokens\": %u, "
         "\"generated_tokens\": %u, \"drafted_tokens\": %u, "
         "\"accepted_tokens\": %u, \"prompt_seconds\": %.6f, "
         "\"generate_seconds\": %.6f}\n",
         reasons[result->finish], promptTokens, result->generated_tokens,
         result->drafted_tokens, result->accepted_tokens, promptSeconds,
         result->generate_seconds);
}

static void printStatistics(const bitnet_generate_result *result,
                            uint32_t promptTokens, double promptSeconds) {
  putchar('\n');
  fflush(stdout);
  printSpeed("prompt", promptTokens, promptSeconds);
  printSpeed("generated", result->generated_tokens, result->generate_seconds);
  if (result->drafted_tokens != 0)
    fprintf(stderr, "guessed: %u tokens, %u of them right\n",
            result->drafted_tokens, result->accepted_tokens);
  if (result->finish == BITNET_FINISH_CONTEXT)
    fprintf(stderr, "the context is full\n");
}

static bool generate(const ProgramOptions *options, bitnet_session *session,
                     const TokenList *prompt) {
  // An answer stands for itself, and so does JSON.
  if (!options->noEcho && !options->chat && !options->json &&
      !echoPrompt(prompt))
    return false;
  double start = readClock();
  if (!evaluatePrompt(session, prompt))
    return false;
  double promptSeconds = readClock() - start;
  if (wasInterrupted())
    return true;
  Output output = {.isKept = options->json};
  bitnet_generation_options generation = options->generation;
  generation.callback = writeText;
  generation.user = &output;
  bitnet_generate_result result = {0};
  bitnet_status status = bitnet_generate(session, "", 0, &generation, &result);
  bool done = true;
  if (output.failed)
    done = reportError(options->json ? "out of memory"
                                     : "cannot write to standard output");
  else if (status != BITNET_OK && status != BITNET_STOPPED &&
           status != BITNET_CONTEXT_FULL)
    done = reportError("%s", bitnet_status_text(status));
  else if (options->json)
    printResult(&result, &output.text, (uint32_t)prompt->count, promptSeconds);
  else
    printStatistics(&result, (uint32_t)prompt->count, promptSeconds);
  free(output.text.bytes);
  return done;
}

bool runGenerate(const ProgramOptions *options) {
  TokenList prompt;
  if (!readTokens(options, promptFlags(options), &prompt))
    return false;
  bitnet_session *session;
  bool done = false;
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  uint32_t context =
      options->contextSize ? options->contextSize : info.context_length;
  if (prompt.count == 0) {
    reportError(
        "the prompt is empty, and the model has no token to begin with");
  } else if (prompt.count > context) {
    reportError("the prompt has %zu tokens, the context %u positions",
                prompt.count, context);
  } else if (createSession(options, &session)) {
    done = generate(options, session, &prompt);
    bitnet_session_destroy(session);
  }
  free(prompt.tokens);
  return done;
}
