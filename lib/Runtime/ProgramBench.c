//===- ProgramBench.c - Measuring the speed of a compiled model -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Program.h"

#include <stdio.h>
#include <stdlib.h>

/// Tokens per second of the repetitions.
typedef struct Measurement {
  const char *name;
  uint32_t tokens;
  double *speeds;
} Measurement;

static int compareSpeeds(const void *a, const void *b) {
  double left = *(const double *)a;
  double right = *(const double *)b;
  return (left > right) - (left < right);
}

static void printMeasurement(const ProgramOptions *options,
                             const Measurement *measurement, bool isFirst) {
  uint32_t count = options->benchRepeats;
  double *speeds = measurement->speeds;
  qsort(speeds, count, sizeof(*speeds), compareSpeeds);
  double median = (speeds[(count - 1) / 2] + speeds[count / 2]) / 2;
  if (options->json)
    printf("%s\n    {\"test\": \"%s\", \"tokens\": %u, \"median\": %.3f, "
           "\"min\": %.3f, \"max\": %.3f}",
           isFirst ? "" : ",", measurement->name, measurement->tokens, median,
           speeds[0], speeds[count - 1]);
  else
    printf("%-8s  %6u  %10.2f  %10.2f  %10.2f\n", measurement->name,
           measurement->tokens, median, speeds[0], speeds[count - 1]);
}

/// Writes `text` as a JSON string.
static void printJsonString(const char *text) {
  putchar('"');
  for (; *text; ++text) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      printf("\\%c", c);
    else if (c < 0x20)
      printf("\\u%04x", c);
    else
      putchar(c);
  }
  putchar('"');
}

static void printMeasurements(const ProgramOptions *options,
                              const bitnet_model_info *info,
                              const bitnet_variant_info *variant,
                              const Measurement *prefill,
                              const Measurement *decode) {
  if (options->json) {
    printf("{\n  \"model\": ");
    printJsonString(info->name);
    printf(",\n  \"variant\": ");
    printJsonString(variant->name);
    printf(",\n  \"cpu\": ");
    printJsonString(variant->cpu);
    printf(",\n  \"kernel\": ");
    printJsonString(variant->kernel);
    printf(",\n  \"threads\": %u,\n  \"repeat\": %u,\n"
           "  \"tokens_per_second\": [",
           options->threads, options->benchRepeats);
  } else {
    printf("%s, %s (%s), %s, ", info->name, variant->name, variant->cpu,
           variant->kernel);
    if (options->threads)
      printf("%u threads", options->threads);
    else
      printf("a thread for each processor");
    printf(", %u repetitions\n\n", options->benchRepeats);
    printf("test      tokens    median t/s     min t/s     max t/s\n");
  }
  if (prefill->tokens)
    printMeasurement(options, prefill, true);
  if (decode->tokens)
    printMeasurement(options, decode, prefill->tokens == 0);
  if (options->json)
    printf("\n  ]\n}\n");
}

static bool evaluate(bitnet_session *session, const int32_t *tokens,
                     size_t count) {
  bitnet_status status = bitnet_evaluate(session, tokens, count);
  if (status != BITNET_OK)
    return reportError("%s", bitnet_status_text(status));
  return true;
}

/// One repetition; the speeds go to *prefill and *decode.
static bool measure(const ProgramOptions *options, bitnet_session *session,
                    const int32_t *tokens, double *prefill, double *decode) {
  bitnet_session_reset(session, 0);
  double start = readClock();
  if (options->benchPrompt && !evaluate(session, tokens, options->benchPrompt))
    return false;
  double middle = readClock();
  for (uint32_t i = 0; i < options->benchTokens; ++i) {
    if (wasInterrupted())
      return reportError("interrupted");
    if (!evaluate(session, tokens + options->benchPrompt + i, 1))
      return false;
  }
  double end = readClock();
  *prefill = options->benchPrompt / (middle - start);
  *decode = options->benchTokens / (end - middle);
  return !wasInterrupted() || reportError("interrupted");
}

static bool measureAll(const ProgramOptions *options,
                       const bitnet_model_info *info, bitnet_session *session,
                       int32_t *tokens, double *speeds) {
  uint64_t count = (uint64_t)options->benchPrompt + options->benchTokens;
  // What the tokens are does not matter, but they are not all the same.
  bitnet_sampler random;
  bitnet_sampler_seed(&random, 1);
  for (uint64_t i = 0; i < count; ++i) {
    tokens[i] = (int32_t)(random.state[0] % info->vocabulary_size);
    bitnet_sampler_seed(&random, random.state[1]);
  }
  Measurement prefill = {"prefill", options->benchPrompt, speeds};
  Measurement decode = {"decode", options->benchTokens,
                        speeds + options->benchRepeats};
  // The first repetition reads the weights from disk and is not counted.
  for (uint32_t i = 0; i <= options->benchRepeats; ++i) {
    uint32_t slot = i == 0 ? 0 : i - 1;
    if (!measure(options, session, tokens, &prefill.speeds[slot],
                 &decode.speeds[slot]))
      return false;
  }
  uint32_t index;
  bitnet_variant_info variant;
  bitnet_session_variant(session, &index);
  bitnet_get_variant_info(&bitnet_program_model, index, &variant);
  printMeasurements(options, info, &variant, &prefill, &decode);
  return true;
}

bool runBench(const ProgramOptions *options) {
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  uint64_t count = (uint64_t)options->benchPrompt + options->benchTokens;
  uint32_t context =
      options->contextSize ? options->contextSize : info.context_length;
  if (count > context)
    return reportError("--bench-prompt and --bench-tokens are %llu tokens "
                       "together, the context has %u",
                       (unsigned long long)count, context);
  bitnet_session *session;
  if (!createSession(options, &session))
    return false;
  int32_t *tokens = malloc(count * sizeof(*tokens));
  double *speeds = malloc(2 * options->benchRepeats * sizeof(*speeds));
  bool done = tokens && speeds
                  ? measureAll(options, &info, session, tokens, speeds)
                  : reportError("out of memory");
  free(speeds);
  free(tokens);
  bitnet_session_destroy(session);
  return done;
}
