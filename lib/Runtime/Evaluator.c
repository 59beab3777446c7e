//===- Evaluator.c - Making and ending evaluators -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Evaluator.h"
#include "Threads.h"
#include "Variants.h"

_Static_assert(sizeof(struct bitnet_pass_sequence) + sizeof(struct Session *) ==
                   BitNetBytesPerSequence,
               "runtime.h says how much a sequence takes");

enum { DefaultSequences = 8, MostSequences = 1024 };

bitnet_status bitnetLayoutEvaluator(const bitnet_model *model,
                                    const bitnet_evaluator_options *options,
                                    EvaluatorLayout *layout) {
  const struct bitnet_model_descriptor *descriptor = bitnetDescriptor(model);
  if (options->abi_version != BITNET_ABI_VERSION)
    return BITNET_VERSION_MISMATCH;
  if (options->reserved != 0 || options->most_sequences > MostSequences)
    return BITNET_INVALID_ARGUMENT;
  *layout = (EvaluatorLayout){.threads = 0};
  if (!options->shared_threads) {
    layout->threads = bitnetTeamThreads(options->threads);
    if (layout->threads == 0)
      return BITNET_INVALID_ARGUMENT;
  } else if (options->threads != 0) {
    return BITNET_INVALID_ARGUMENT;
  }
  layout->mostSequences =
      options->most_sequences ? options->most_sequences : DefaultSequences;
  layout->outputRows = layout->mostSequences;
  if (descriptor->pooling == BITNET_POOLING_MEAN &&
      layout->outputRows < descriptor->chunk_size)
    layout->outputRows = descriptor->chunk_size;

  Layout *block = &layout->block;
  bitnetAppendPart(block, 1, BitNetEvaluatorHeader);
  if (layout->threads != 0)
    layout->team = bitnetAppendPart(
        block, 1, BitNetThreadsHeader + layout->threads * BitNetBytesPerThread);
  // Both are below 2^32, so this cannot overflow.
  layout->outputs = bitnetAppendPart(
      block, (uint64_t)layout->outputRows * bitnetOutputWidth(descriptor),
      sizeof(float));
  layout->sequences =
      bitnetAppendPart(block, layout->mostSequences, BitNetBytesPerSequence);
  layout->tables = bitnetAppendPart(block, 1, bitnetPassBytes(descriptor));
  layout->arena = bitnetAppendPart(block, 1, descriptor->arena_size);
  return bitnetCheckLayout(block);
}

/// Points made->weights at the model's weights.
static bitnet_status openWeights(const bitnet_evaluator_options *options,
                                 Evaluator *made) {
  const struct bitnet_weights_file *file = made->descriptor->weights_file;
  made->weights = made->descriptor->weights;
  if (!file)
    return BITNET_OK;
  bitnet_status status = file->functions->open(file, options, &made->file);
  made->weights = made->file.contents;
  return status;
}

static void closeWeights(Evaluator *evaluator) {
  const struct bitnet_weights_file *file = evaluator->descriptor->weights_file;
  if (file)
    file->functions->close(&evaluator->file);
}

/// Points at the tables of passes.
static void placeTables(Evaluator *made, char *memory,
                        const EvaluatorLayout *layout) {
  Pass *pass = &made->pass;
  uint64_t rows = made->descriptor->chunk_size;
  uint64_t slots = made->descriptor->cache.most_slots;
  pass->sequences = (struct bitnet_pass_sequence *)(memory + layout->sequences);
  pass->sessions = (struct Session **)(pass->sequences + made->mostSequences);
  pass->work = (struct bitnet_attention_work *)(memory + layout->tables);
  pass->merges = (struct bitnet_attention_merge *)(pass->work + rows + slots);
  pass->tokens = (int32_t *)(pass->merges + slots);
  pass->positions = pass->tokens + rows;
  pass->rowSequences = pass->positions + rows;
  pass->outputRows = pass->rowSequences + rows;
  pass->outputLimits = pass->outputRows + rows;
}

bitnet_status bitnetInitEvaluator(Evaluator *made, const bitnet_model *model,
                                  const bitnet_evaluator_options *options,
                                  const EvaluatorLayout *layout) {
  char *memory = (char *)made;
  *made = (Evaluator){
      .base.model = model,
      .descriptor = bitnetDescriptor(model),
      .sharedThreads = options->shared_threads,
      .outputs = (float *)(memory + layout->outputs),
      .outputRows = layout->outputRows,
      .mostSequences = layout->mostSequences,
      .arena = memory + layout->arena,
      .threadCount = options->shared_threads ? options->shared_threads->count
                                             : layout->threads,
  };
  placeTables(made, memory, layout);
  bitnet_status status = bitnetSelectVariant(&made->descriptor->variants,
                                             options->variant, &made->variant);
  if (status == BITNET_OK)
    status = openWeights(options, made);
  if (status != BITNET_OK)
    return status;
  status = made->sharedThreads ? bitnetThreadsRetain(made->sharedThreads)
                               : bitnetTeamCreate(memory + layout->team,
                                                  layout->threads, &made->team);
  if (status != BITNET_OK)
    closeWeights(made);
  return status;
}

bitnet_status bitnetEndEvaluator(Evaluator *evaluator, uint32_t users) {
  if (!atomic_compare_exchange_strong(&evaluator->sessionCount, &users,
                                      BitNetEvaluatorEnded))
    return BITNET_BUSY;
  if (evaluator->team)
    bitnetTeamDestroy(evaluator->team);
  else
    bitnetThreadsRelease(evaluator->sharedThreads);
  closeWeights(evaluator);
  return BITNET_OK;
}

bitnet_status bitnetEnterEvaluator(Evaluator *evaluator) {
  uint32_t count = atomic_load(&evaluator->sessionCount);
  do {
    // One less than that is more sessions than there is memory for.
    if (count == BitNetEvaluatorEnded)
      return BITNET_BUSY;
  } while (!atomic_compare_exchange_weak(&evaluator->sessionCount, &count,
                                         count + 1));
  return BITNET_OK;
}

void bitnetLeaveEvaluator(Evaluator *evaluator) {
  atomic_fetch_sub(&evaluator->sessionCount, 1);
}

bitnet_status bitnetRunThreads(const Evaluator *evaluator,
                               bitnet_team_function function,
                               const void *argument, const uint32_t *cancel) {
  return evaluator->team
             ? bitnetTeamRun(evaluator->team, function, argument, cancel)
             : bitnetThreadsRun(evaluator->sharedThreads, function, argument,
                                cancel, BITNET_WAIT_FOR_THREADS);
}

static const bitnet_evaluator_options defaults =
    BITNET_EVALUATOR_OPTIONS_DEFAULT;

bitnet_status bitnetEvaluatorMemorySize(const bitnet_model *model,
                                        const bitnet_evaluator_options *options,
                                        uint64_t *size) {
  if (!size)
    return BITNET_INVALID_ARGUMENT;
  EvaluatorLayout layout;
  bitnet_status status =
      bitnetLayoutEvaluator(model, options ? options : &defaults, &layout);
  if (status == BITNET_OK)
    *size = layout.block.size;
  return status;
}

bitnet_status bitnetEvaluatorCreate(const bitnet_model *model,
                                    const bitnet_evaluator_options *options,
                                    bitnet_evaluator **evaluator) {
  if (!evaluator)
    return BITNET_INVALID_ARGUMENT;
  if (!options)
    options = &defaults;
  EvaluatorLayout layout;
  bitnet_status status = bitnetLayoutEvaluator(model, options, &layout);
  if (status != BITNET_OK)
    return status;
  if (options->message && options->message_size != 0)
    options->message[0] = '\0';
  void *memory = options->memory;
  uint32_t ownsMemory;
  status = bitnetPlaceBlock(&layout.block, options->memory_size, &memory,
                            &ownsMemory);
  if (status != BITNET_OK)
    return status;
  Evaluator *made = memory;
  status = bitnetInitEvaluator(made, model, options, &layout);
  if (status != BITNET_OK) {
    if (ownsMemory)
      bitnetSystemFree(memory);
    return status;
  }
  made->ownsMemory = ownsMemory;
  *evaluator = &made->base;
  return BITNET_OK;
}

bitnet_status bitnetEvaluatorDestroy(bitnet_evaluator *evaluator) {
  Evaluator *self = (Evaluator *)evaluator;
  bitnet_status status = bitnetEndEvaluator(self, /*users=*/0);
  if (status == BITNET_OK && self->ownsMemory)
    bitnetSystemFree(self);
  return status;
}
