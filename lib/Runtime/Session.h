//===- Session.h - What a session consists of ---------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_SESSION_H
#define BITNET_LIB_RUNTIME_SESSION_H

#include "ModelDescriptor.h"
#include "Weights.h"

/// The inside of a bitnet_session. All of it, and all that it points to except
/// the model and its weights, lies in one block of memory:
///
///   | Session | team | outputs | scratch | arena | KV cache |
///
/// each part beginning at a multiple of BITNET_ALIGNMENT.
typedef struct Session {
  struct bitnet_session base;
  const struct bitnet_model_descriptor *descriptor;
  const struct bitnet_variant_descriptor *variant;
  struct bitnet_team *team;
  struct bitnet_open_weights file;
  /// The object's, or the contents of `file`.
  const void *weights;
  /// The logits after the last token, [vocabulary_size], valid if hasLogits. Of
  /// embedding models: the hidden states that a pass gives for pooling, one or,
  /// for their mean, one for each token of a chunk, [embedding_length] each.
  float *outputs;
  /// Working memory of the functions that choose tokens, of generate and of
  /// embed, free between calls: room for vocabulary_size or, of embedding
  /// models, embedding_length words of 64 bits, and for contextSize token ids
  /// (not both at once).
  void *scratch;
  void *arena;
  void *kvCache;
  /// Positions in the KV cache.
  uint64_t capacity;
  /// Positions that may be used; at most `capacity`.
  uint32_t contextSize;
  uint32_t position;
  uint32_t hasLogits;
  /// The block is ours to free.
  uint32_t ownsMemory;
} Session;

static inline const struct bitnet_model_descriptor *
bitnetDescriptor(const bitnet_model *model) {
  return model->descriptor;
}

static inline int
bitnetIsEmbeddingModel(const struct bitnet_model_descriptor *descriptor) {
  return descriptor->pooling != BITNET_POOLING_NONE;
}

/// Checks everything that can be wrong with tokens to evaluate from `position`
/// on.
bitnet_status bitnetCheckTokens(const Session *session, uint32_t position,
                                const int32_t *tokens, size_t count);

/// Appends `count` checked tokens; the logits or hidden states of the last
/// `outputCount` go to `outputs`. `count` is at most the chunk size. On an
/// error of bitnetTeamRun the session stays where it was.
bitnet_status bitnetEvaluateChunk(Session *session, const int32_t *tokens,
                                  size_t count, size_t outputCount,
                                  float *outputs);

// The functions of bitnet_model_functions that concern sessions, as runtime.h
// documents them. Sessions and models are not null: the wrappers checked.
bitnet_status bitnetModelInfo(const bitnet_model *model,
                              bitnet_model_info *info);
bitnet_status bitnetVariantInfo(const bitnet_model *model, uint32_t index,
                                bitnet_variant_info *info);
bitnet_status bitnetSessionMemorySize(const bitnet_model *model,
                                      const bitnet_session_options *options,
                                      uint64_t *size);
bitnet_status bitnetSessionCreate(const bitnet_model *model,
                                  const bitnet_session_options *options,
                                  bitnet_session **session);
void bitnetSessionDestroy(bitnet_session *session);
bitnet_status bitnetSessionVariant(const bitnet_session *session,
                                   uint32_t *index);
bitnet_status bitnetSessionReset(bitnet_session *session, uint32_t position);
bitnet_status bitnetSessionPosition(const bitnet_session *session,
                                    uint32_t *position);
bitnet_status bitnetEvaluate(bitnet_session *session, const int32_t *tokens,
                             size_t count);
bitnet_status bitnetEvaluateAll(bitnet_session *session, const int32_t *tokens,
                                size_t count, float *logits);
bitnet_status bitnetVerifyWeights(const bitnet_session *session);
bitnet_status bitnetLogits(const bitnet_session *session, const float **logits);
bitnet_status bitnetEmbed(bitnet_session *session, const int32_t *tokens,
                          size_t count, uint32_t flags, float *embedding);

#endif // BITNET_LIB_RUNTIME_SESSION_H
