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
#include <string.h>

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

static void printMeasurements(const ProgramOptions *options,
                              const bitnet_model_info *info,
                              const bitnet_variant_info *variant,
                              const Measurement *prefill,
                              const Measurement *decode) {
  if (options->json) {
    printf("{\n  \"model\": ");
    printJsonString(info->name, strlen(info->name));
    printf(",\n  \"variant\": ");
    printJsonString(variant->name, strlen(variant->name));
    printf(",\n  \"cpu\": ");
    printJsonString(variant->cpu, strlen(variant->cpu));
    printf(",\n  \"kernel\": ");
    printJsonString(variant->kernel, strlen(variant->kernel));
    printf(",\n  \"threads\": %u,\n  \"repeat\": %u,\n"
           "  \"batch\": %u,\n  \"context\": %u,\n"
           "  \"tokens_per_second\": [",
           options->threads, options->benchRepeats, options->benchBatch,
           options->benchContext);
  } else {
    printf("%s, %s (%s), %s, ", info->name, variant->name, variant->cpu,
           variant->kernel);
    if (options->threads)
      printf("%u threads", options->threads);
    else
      printf("a thread for each processor");
    printf(", %u repetitions\n", options->benchRepeats);
    if (options->benchBatch != 1)
      printf("%u sequences at once; the speed is that of all together\n",
             options->benchBatch);
    if (options->benchContext != 0)
      printf("after %u tokens\n", options->benchContext);
    putchar('\n');
    printf("test      tokens    median t/s     min t/s     max t/s\n");
  }
  if (prefill->tokens)
    printMeasurement(options, prefill, true);
  if (decode->tokens)
    printMeasurement(options, decode, prefill->tokens == 0);
  if (options->json)
    printf("\n  ]\n}\n");
}

/// The sequences that are measured, which advance together.
typedef struct Sequences {
  bitnet_evaluator *evaluator;
  bitnet_session **sessions;
  bitnet_batch_item *items;
  uint32_t count;
} Sequences;

/// Appends the same `count` tokens to every sequence.
static bool evaluate(const Sequences *sequences, const int32_t *tokens,
                     size_t count) {
  for (uint32_t i = 0; i < sequences->count; ++i)
    sequences->items[i] = (bitnet_batch_item){
        .session = sequences->sessions[i], .tokens = tokens, .count = count};
  bitnet_status status =
      bitnet_evaluate_batch(sequences->items, sequences->count);
  if (status != BITNET_OK)
    return reportError("%s", bitnet_status_text(status));
  return !wasInterrupted() || reportError("interrupted");
}

/// Makes all sequences begin with the tokens that are in the cache before
/// anything is measured.
static bool fillContext(const ProgramOptions *options,
                        const Sequences *sequences, const int32_t *tokens) {
  if (options->benchContext == 0)
    return true;
  bitnet_status status =
      bitnet_evaluate(sequences->sessions[0], tokens, options->benchContext);
  for (uint32_t i = 1; i < sequences->count && status == BITNET_OK; ++i)
    status = bitnet_session_copy(sequences->sessions[i], sequences->sessions[0],
                                 options->benchContext);
  return status == BITNET_OK || reportError("%s", bitnet_status_text(status));
}

/// One repetition; the speeds of all sequences together go to *prefill and
/// *decode.
static bool measure(const ProgramOptions *options, const Sequences *sequences,
                    const int32_t *tokens, double *prefill, double *decode) {
  for (uint32_t i = 0; i < sequences->count; ++i)
    bitnet_session_reset(sequences->sessions[i], options->benchContext);
  tokens += options->benchContext;
  double start = readClock();
  if (options->benchPrompt &&
      !evaluate(sequences, tokens, options->benchPrompt))
    return false;
  double middle = readClock();
  for (uint32_t i = 0; i < options->benchTokens; ++i)
    if (!evaluate(sequences, tokens + options->benchPrompt + i, 1))
      return false;
  double end = readClock();
  *prefill = (double)options->benchPrompt * sequences->count / (middle - start);
  *decode = (double)options->benchTokens * sequences->count / (end - middle);
  return true;
}

static bool measureAll(const ProgramOptions *options,
                       const bitnet_model_info *info,
                       const Sequences *sequences, int32_t *tokens,
                       uint64_t count, double *speeds) {
  // What the tokens are does not matter, but they are not all the same.
  bitnet_sampler random;
  bitnet_sampler_seed(&random, 1);
  for (uint64_t i = 0; i < count; ++i) {
    tokens[i] = (int32_t)(random.state[0] % info->vocabulary_size);
    bitnet_sampler_seed(&random, random.state[1]);
  }
  if (!fillContext(options, sequences, tokens))
    return false;
  Measurement prefill = {"prefill", options->benchPrompt, speeds};
  Measurement decode = {"decode", options->benchTokens,
                        speeds + options->benchRepeats};
  // The first repetition reads the weights from disk and is not counted.
  for (uint32_t i = 0; i <= options->benchRepeats; ++i) {
    uint32_t slot = i == 0 ? 0 : i - 1;
    if (!measure(options, sequences, tokens, &prefill.speeds[slot],
                 &decode.speeds[slot]))
      return false;
  }
  uint32_t index;
  bitnet_variant_info variant;
  bitnet_session_variant(sequences->sessions[0], &index);
  bitnet_get_variant_info(&bitnet_program_model, index, &variant);
  printMeasurements(options, info, &variant, &prefill, &decode);
  return true;
}

bool runBench(const ProgramOptions *options) {
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  uint64_t count = (uint64_t)options->benchContext + options->benchPrompt +
                   options->benchTokens;
  uint32_t context =
      options->contextSize ? options->contextSize : info.context_length;
  if (count > context)
    return reportError("--bench-context, --bench-prompt and --bench-tokens are "
                       "%llu tokens together, the context has %u",
                       (unsigned long long)count, context);
  Sequences sequences = {.count = options->benchBatch};
  sequences.sessions = calloc(sequences.count, sizeof(*sequences.sessions));
  sequences.items = calloc(sequences.count, sizeof(*sequences.items));
  int32_t *tokens = malloc(count * sizeof(*tokens));
  double *speeds = malloc(2 * options->benchRepeats * sizeof(*speeds));
  bool done = (sequences.sessions && sequences.items && tokens && speeds) ||
              reportError("out of memory");
  done = done && createSessions(options, sequences.count, &sequences.evaluator,
                                sequences.sessions);
  done = done && measureAll(options, &info, &sequences, tokens, count, speeds);
  for (uint32_t i = 0; sequences.sessions && i < sequences.count; ++i)
    bitnet_session_destroy(sequences.sessions[i]);
  bitnet_evaluator_destroy(sequences.evaluator);
  free(speeds);
  free(tokens);
  free(sequences.items);
  free(sequences.sessions);
  return done;
}
