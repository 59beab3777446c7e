//===- Session.c - Making, ending and resetting sessions ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Session.h"
#include "System.h"
#include "Threads.h"
#include "Variants.h"

/// Where the parts of a session lie in its memory, in bytes from its start.
typedef struct Layout {
  uint64_t team;
  uint64_t outputs;
  uint64_t scratch;
  uint64_t arena;
  uint64_t kvCache;
  uint64_t size;
  uint64_t capacity;
  uint32_t contextSize;
  uint32_t threads;
} Layout;

/// Appends a part of `count` * `elementSize` bytes to a layout of `*size`
/// bytes. Returns 0 if the sum does not fit into 64 bits.
static int appendPart(uint64_t *size, uint64_t *offset, uint64_t count,
                      uint64_t elementSize) {
  uint64_t bytes;
  if (__builtin_mul_overflow(count, elementSize, &bytes) ||
      __builtin_add_overflow(bytes, (uint64_t)(BITNET_ALIGNMENT - 1), &bytes))
    return 0;
  bytes -= bytes % BITNET_ALIGNMENT;
  *offset = *size;
  return !__builtin_add_overflow(*size, bytes, size);
}

static bitnet_status computeLayout(const bitnet_model *model,
                                   const bitnet_session_options *options,
                                   Layout *layout) {
  const struct bitnet_model_descriptor *descriptor = bitnetDescriptor(model);
  if (options->abi_version != BITNET_ABI_VERSION)
    return BITNET_VERSION_MISMATCH;
  if (options->reserved != 0 ||
      options->context_size > descriptor->context_length)
    return BITNET_INVALID_ARGUMENT;
  layout->threads = bitnetTeamThreads(options->threads);
  if (layout->threads == 0)
    return BITNET_INVALID_ARGUMENT;
  layout->contextSize = options->context_size ? options->context_size
                                              : descriptor->context_length;
  // Both are below 2^32, so this cannot overflow.
  uint64_t granule = descriptor->kv_granule;
  layout->capacity =
      ((uint64_t)layout->contextSize + granule - 1) / granule * granule;

  uint64_t outputs = descriptor->vocabulary_size;
  uint64_t scratch = outputs * sizeof(uint64_t);
  if (bitnetIsEmbeddingModel(descriptor)) {
    outputs = descriptor->embedding_length;
    scratch = outputs * sizeof(double);
    if (descriptor->pooling == BITNET_POOLING_MEAN)
      outputs *= descriptor->chunk_size;
  }
  uint64_t tokens = (uint64_t)layout->contextSize * sizeof(int32_t);
  if (scratch < tokens)
    scratch = tokens;

  uint64_t session;
  layout->size = 0;
  int fits =
      appendPart(&layout->size, &session, 1, sizeof(Session)) &&
      appendPart(&layout->size, &layout->team, 1,
                 bitnetTeamSize(layout->threads)) &&
      appendPart(&layout->size, &layout->outputs, outputs, sizeof(float)) &&
      appendPart(&layout->size, &layout->scratch, 1, scratch) &&
      appendPart(&layout->size, &layout->arena, 1, descriptor->arena_size) &&
      appendPart(&layout->size, &layout->kvCache, layout->capacity,
                 descriptor->kv_bytes_per_position);
  // What does not fit into the address space cannot be allocated.
  return fits && layout->size <= (uint64_t)PTRDIFF_MAX ? BITNET_OK
                                                       : BITNET_OUT_OF_MEMORY;
}

bitnet_status bitnetSessionMemorySize(const bitnet_model *model,
                                      const bitnet_session_options *options,
                                      uint64_t *size) {
  static const bitnet_session_options defaults = BITNET_SESSION_OPTIONS_DEFAULT;
  if (!size)
    return BITNET_INVALID_ARGUMENT;
  Layout layout;
  bitnet_status status =
      computeLayout(model, options ? options : &defaults, &layout);
  if (status == BITNET_OK)
    *size = layout.size;
  return status;
}

/// Points made->weights at the model's weights.
static bitnet_status openWeights(const bitnet_session_options *options,
                                 Session *made) {
  const struct bitnet_weights_file *file = made->descriptor->weights_file;
  made->weights = made->descriptor->weights;
  if (!file)
    return BITNET_OK;
  bitnet_status status = file->functions->open(file, options, &made->file);
  made->weights = made->file.contents;
  return status;
}

static void closeWeights(Session *session) {
  const struct bitnet_weights_file *file = session->descriptor->weights_file;
  if (file)
    file->functions->close(&session->file);
}

bitnet_status bitnetSessionCreate(const bitnet_model *model,
                                  const bitnet_session_options *options,
                                  bitnet_session **session) {
  static const bitnet_session_options defaults = BITNET_SESSION_OPTIONS_DEFAULT;
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  if (!options)
    options = &defaults;
  Layout layout;
  bitnet_status status = computeLayout(model, options, &layout);
  if (status != BITNET_OK)
    return status;
  if (options->message && options->message_size != 0)
    options->message[0] = '\0';
  const struct bitnet_variant_descriptor *variant;
  status = bitnetSelectVariant(&bitnetDescriptor(model)->variants,
                               options->variant, &variant);
  if (status != BITNET_OK)
    return status;

  char *memory = options->memory;
  if (memory) {
    if ((uintptr_t)memory % BITNET_ALIGNMENT != 0 ||
        options->memory_size < layout.size)
      return BITNET_OUT_OF_MEMORY;
  } else {
    if (options->memory_size != 0)
      return BITNET_INVALID_ARGUMENT;
    memory = bitnetSystemAllocate(layout.size);
    if (!memory)
      return BITNET_OUT_OF_MEMORY;
  }

  Session *made = (Session *)memory;
  made->base.model = model;
  made->descriptor = bitnetDescriptor(model);
  made->variant = variant;
  made->outputs = (float *)(memory + layout.outputs);
  made->scratch = memory + layout.scratch;
  made->arena = memory + layout.arena;
  made->kvCache = memory + layout.kvCache;
  made->capacity = layout.capacity;
  made->contextSize = layout.contextSize;
  made->position = 0;
  made->hasLogits = 0;
  made->ownsMemory = memory != options->memory;
  status = openWeights(options, made);
  if (status == BITNET_OK) {
    status =
        bitnetTeamCreate(memory + layout.team, layout.threads, &made->team);
    if (status != BITNET_OK)
      closeWeights(made);
  }
  if (status != BITNET_OK) {
    if (made->ownsMemory)
      bitnetSystemFree(memory);
    return status;
  }
  *session = &made->base;
  return BITNET_OK;
}

void bitnetSessionDestroy(bitnet_session *session) {
  Session *self = (Session *)session;
  bitnetTeamDestroy(self->team);
  closeWeights(self);
  if (self->ownsMemory)
    bitnetSystemFree(self);
}

bitnet_status bitnetSessionVariant(const bitnet_session *session,
                                   uint32_t *index) {
  const Session *self = (const Session *)session;
  if (!index)
    return BITNET_INVALID_ARGUMENT;
  *index = (uint32_t)(self->variant - self->descriptor->variants.variants);
  return BITNET_OK;
}

bitnet_status bitnetVerifyWeights(const bitnet_session *session) {
  const Session *self = (const Session *)session;
  const struct bitnet_weights_file *file = self->descriptor->weights_file;
  return file ? file->functions->verify(file, &self->file) : BITNET_OK;
}

bitnet_status bitnetSessionReset(bitnet_session *session, uint32_t position) {
  Session *self = (Session *)session;
  if (position > self->position)
    return BITNET_INVALID_ARGUMENT;
  self->position = position;
  self->hasLogits = 0;
  return BITNET_OK;
}

bitnet_status bitnetSessionPosition(const bitnet_session *session,
                                    uint32_t *position) {
  const Session *self = (const Session *)session;
  if (!position)
    return BITNET_INVALID_ARGUMENT;
  *position = self->position;
  return BITNET_OK;
}

bitnet_status bitnetLogits(const bitnet_session *session,
                           const float **logits) {
  const Session *self = (const Session *)session;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!logits)
    return BITNET_INVALID_ARGUMENT;
  if (!self->hasLogits)
    return BITNET_NO_LOGITS;
  *logits = self->outputs;
  return BITNET_OK;
}
