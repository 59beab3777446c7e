//===- Session.c - Making and ending sessions -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Session.h"

/// Where the parts of a session lie in its memory, in bytes from its start.
typedef struct SessionLayout {
  Layout block;
  uint64_t outputs;
  uint64_t scratch;
  uint64_t tokens;
  uint64_t kvCache;
  /// Of its own evaluator, if it has one.
  uint64_t evaluator;
  EvaluatorLayout evaluatorLayout;
  uint64_t capacity;
  uint32_t contextSize;
} SessionLayout;

static const bitnet_session_options defaults = BITNET_SESSION_OPTIONS_DEFAULT;

/// The options of a session's own evaluator.
static bitnet_evaluator_options
getEvaluatorOptions(const bitnet_session_options *options) {
  return (bitnet_evaluator_options){
      .abi_version = options->abi_version,
      .threads = options->threads,
      .most_sequences = 1,
      .variant = options->variant,
      .weights_path = options->weights_path,
      .weights = options->weights,
      .weights_size = options->weights_size,
      .message = options->message,
      .message_size = options->message_size,
  };
}

/// Appends the evaluator's part, or checks that what is only for that is not
/// given.
static bitnet_status layoutEvaluator(const bitnet_model *model,
                                     const bitnet_session_options *options,
                                     SessionLayout *layout) {
  if (options->evaluator) {
    if (options->threads || options->variant || options->weights_path ||
        options->weights || options->weights_size)
      return BITNET_INVALID_ARGUMENT;
    return options->evaluator->model == model ? BITNET_OK
                                              : BITNET_INVALID_ARGUMENT;
  }
  bitnet_evaluator_options own = getEvaluatorOptions(options);
  bitnet_status status =
      bitnetLayoutEvaluator(model, &own, &layout->evaluatorLayout);
  layout->evaluator =
      bitnetAppendPart(&layout->block, 1, layout->evaluatorLayout.block.size);
  return status;
}

static bitnet_status computeLayout(const bitnet_model *model,
                                   const bitnet_session_options *options,
                                   SessionLayout *layout) {
  const struct bitnet_model_descriptor *descriptor = bitnetDescriptor(model);
  if (options->abi_version != BITNET_ABI_VERSION)
    return BITNET_VERSION_MISMATCH;
  if (options->context_size > descriptor->context_length)
    return BITNET_INVALID_ARGUMENT;
  *layout = (SessionLayout){.contextSize = options->context_size
                                               ? options->context_size
                                               : descriptor->context_length};
  // Both are below 2^32, so this cannot overflow.
  uint64_t granule = descriptor->kv_granule;
  layout->capacity = (layout->contextSize + granule - 1) / granule * granule;

  uint64_t width = bitnetOutputWidth(descriptor);
  Layout *block = &layout->block;
  bitnetAppendPart(block, 1, BitNetSessionHeader);
  layout->outputs = bitnetAppendPart(block, width, sizeof(float));
  uint64_t scratch = width * sizeof(uint64_t);
  uint64_t tokens = layout->contextSize * (uint64_t)sizeof(int32_t);
  layout->scratch =
      bitnetAppendPart(block, 1, scratch < tokens ? tokens : scratch);
  layout->tokens = bitnetAppendPart(block, 1, tokens);
  layout->kvCache = bitnetAppendPart(block, layout->capacity,
                                     descriptor->kv_bytes_per_position);
  bitnet_status status = layoutEvaluator(model, options, layout);
  return status == BITNET_OK ? bitnetCheckLayout(block) : status;
}

bitnet_status bitnetSessionMemorySize(const bitnet_model *model,
                                      const bitnet_session_options *options,
                                      uint64_t *size) {
  if (!size)
    return BITNET_INVALID_ARGUMENT;
  SessionLayout layout;
  bitnet_status status =
      computeLayout(model, options ? options : &defaults, &layout);
  if (status == BITNET_OK)
    *size = layout.block.size;
  return status;
}

/// Makes the session's evaluator, or joins the one that it is given.
static bitnet_status joinEvaluator(const bitnet_session_options *options,
                                   const SessionLayout *layout, Session *made) {
  if (options->evaluator) {
    made->evaluator = (Evaluator *)options->evaluator;
    return bitnetEnterEvaluator(made->evaluator);
  }
  bitnet_evaluator_options own = getEvaluatorOptions(options);
  made->ownsEvaluator = 1;
  made->evaluator = (Evaluator *)((char *)made + layout->evaluator);
  bitnet_status status = bitnetInitEvaluator(made->evaluator, made->base.model,
                                             &own, &layout->evaluatorLayout);
  return status == BITNET_OK ? bitnetEnterEvaluator(made->evaluator) : status;
}

bitnet_status bitnetSessionCreate(const bitnet_model *model,
                                  const bitnet_session_options *options,
                                  bitnet_session **session) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  if (!options)
    options = &defaults;
  SessionLayout layout;
  bitnet_status status = computeLayout(model, options, &layout);
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
  char *block = memory;
  Session *made = memory;
  *made = (Session){
      .base.model = model,
      .descriptor = bitnetDescriptor(model),
      .outputs = (float *)(block + layout.outputs),
      .scratch = block + layout.scratch,
      .tokens = (int32_t *)(block + layout.tokens),
      .kvCache = block + layout.kvCache,
      .capacity = layout.capacity,
      .contextSize = layout.contextSize,
      .topLogits = options->top_logits,
      .ownsMemory = ownsMemory,
  };
  status = joinEvaluator(options, &layout, made);
  if (status != BITNET_OK) {
    if (ownsMemory)
      bitnetSystemFree(memory);
    return status;
  }
  *session = &made->base;
  return BITNET_OK;
}

bitnet_status bitnetSessionDestroy(bitnet_session *session) {
  Session *self = (Session *)session;
  // It stays taken: in memory of the caller, other calls still find it so.
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  if (!self->ownsEvaluator) {
    bitnetLeaveEvaluator(self->evaluator);
  } else if (bitnetEndEvaluator(self->evaluator, /*users=*/1) != BITNET_OK) {
    bitnetLeave(self);
    return BITNET_BUSY;
  }
  if (self->ownsMemory)
    bitnetSystemFree(self);
  return BITNET_OK;
}

bitnet_status bitnetSessionVariant(const bitnet_session *session,
                                   uint32_t *index) {
  const Session *self = (const Session *)session;
  if (!index)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  *index = (uint32_t)(self->evaluator->variant -
                      self->descriptor->variants.variants);
  bitnetLeave(self);
  return BITNET_OK;
}

bitnet_status bitnetVerifyWeights(const bitnet_session *session) {
  const Session *self = (const Session *)session;
  const struct bitnet_weights_file *file = self->descriptor->weights_file;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status =
      file ? file->functions->verify(file, &self->evaluator->file) : BITNET_OK;
  bitnetLeave(self);
  return status;
}
