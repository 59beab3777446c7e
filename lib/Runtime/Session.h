//===- Session.h - What a session consists of ---------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_SESSION_H
#define BITNET_LIB_RUNTIME_SESSION_H

#include "Evaluator.h"

/// Bytes of a block that hold the struct (runtime.h promises this number).
enum { BitNetSessionHeader = 512 };

/// The inside of a bitnet_session. All of it, and all that it points to except
/// the model and an evaluator that is not its own, lies in one block of memory:
///
///   | Session | outputs | scratch | tokens | KV cache | Evaluator ... |
///
/// each part beginning at a multiple of BITNET_ALIGNMENT.
typedef struct Session {
  struct bitnet_session base;
  const struct bitnet_model_descriptor *descriptor;
  Evaluator *evaluator;
  /// The logits after the last token, [vocabulary_size], valid if hasLogits. Of
  /// embedding models: the hidden states of a token, [embedding_length].
  float *outputs;
  /// Working memory of the functions that choose tokens, of generate and of
  /// embed, free between calls: room for vocabulary_size or, of embedding
  /// models, embedding_length words of 64 bits, and for contextSize token ids
  /// (not both at once).
  void *scratch;
  /// The tokens in the KV cache, [position], with room for contextSize.
  int32_t *tokens;
  void *kvCache;
  /// Positions in the KV cache.
  uint64_t capacity;
  /// Positions that may be used; at most `capacity`.
  uint32_t contextSize;
  uint32_t position;
  uint32_t hasLogits;
  /// The k of bitnet_session_limit_logits.
  uint32_t topLogits;
  /// Of the evaluation that it takes part in: what is left to be done.
  struct {
    const int32_t *tokens;
    size_t count;
    /// Where the outputs of all tokens go; null: only those of the last are
    /// wanted, in `outputs`.
    float *outputs;
    /// How many of the largest logits of each are wanted; 0: all.
    uint32_t limit;
    bitnet_status status;
    /// Tokens that are in the pass, and how many of their outputs.
    uint32_t rows;
    uint32_t outputRows;
  } pending;
  /// Some thread is in a function of the session; for good after its end.
  _Atomic uint32_t isBusy;
  /// bitnet_session_cancel was called; see Cancel.h.
  _Atomic uint32_t isCancelled;
  _Atomic uint32_t isInPass;
  /// The block is ours to free.
  uint32_t ownsMemory;
  /// The evaluator is in the block.
  uint32_t ownsEvaluator;
} Session;

_Static_assert(sizeof(Session) <= BitNetSessionHeader,
               "runtime.h says how large it is");

/// Takes the session for this thread. Returns 0 if another thread has it. Every
/// function of the interface that looks at more than constants of a session is
/// between this and bitnetLeave.
static inline int bitnetEnter(const Session *session) {
  // What is constant to the caller is still the session's.
  Session *self = (Session *)session;
  return !atomic_exchange_explicit(&self->isBusy, 1, memory_order_acquire);
}

static inline void bitnetLeave(const Session *session) {
  Session *self = (Session *)session;
  atomic_store_explicit(&self->isBusy, 0, memory_order_release);
}

/// What is wrong with tokens to evaluate from `position` on.
bitnet_status bitnetCheckTokens(const Session *session, uint32_t position,
                                const int32_t *tokens, size_t count);

/// Appends `count` checked tokens. The logits or hidden states of the last, or
/// if `outputs` is not null, of all of them, go there; otherwise to
/// session->outputs.
bitnet_status bitnetEvaluateTokens(Session *session, const int32_t *tokens,
                                   size_t count, float *outputs);

/// The same, with logits of all tokens that are limited as those of the last
/// are.
bitnet_status bitnetEvaluateDraft(Session *session, const int32_t *tokens,
                                  size_t count, float *outputs);

/// Makes sure that a session that has tokens has at least the `needed` largest
/// logits after the last of them; 0: all. They may have been made with another
/// limit, or not at all: then that token is evaluated again (Score.c).
bitnet_status bitnetEnsureLogits(Session *session, uint32_t needed);

/// Forgets the positions from `position` on, which is at most the current one,
/// and the logits.
static inline void bitnetTruncate(Session *session, uint32_t position) {
  session->position = position;
  session->hasLogits = 0;
}

/// What bitnet_session_remove does (SessionRemove.c).
bitnet_status bitnetRemovePositions(Session *session, uint32_t begin,
                                    uint32_t end);

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
bitnet_status bitnetSessionDestroy(bitnet_session *session);
bitnet_status bitnetSessionVariant(const bitnet_session *session,
                                   uint32_t *index);
bitnet_status bitnetSessionReset(bitnet_session *session, uint32_t position);
bitnet_status bitnetSessionPosition(const bitnet_session *session,
                                    uint32_t *position);
bitnet_status bitnetSessionTokens(const bitnet_session *session,
                                  const int32_t **tokens, uint32_t *count);
bitnet_status bitnetSessionMatch(const bitnet_session *session,
                                 const int32_t *tokens, size_t count,
                                 uint32_t *common);
bitnet_status bitnetSessionLimitLogits(bitnet_session *session, uint32_t k);
bitnet_status bitnetSessionCancel(bitnet_session *session);
bitnet_status bitnetSessionClone(const bitnet_session *session,
                                 const bitnet_session_options *options,
                                 bitnet_session **clone);
bitnet_status bitnetSessionCopy(bitnet_session *to, const bitnet_session *from,
                                uint32_t count);
bitnet_status bitnetSessionRemove(bitnet_session *session, uint32_t begin,
                                  uint32_t end);
bitnet_status bitnetSessionSave(const bitnet_session *session, void *buffer,
                                size_t capacity, size_t *size);
bitnet_status bitnetSessionRestore(bitnet_session *session, const void *state,
                                   size_t size);
bitnet_status bitnetSessionSaveFile(const bitnet_session *session,
                                    const char *path);
bitnet_status bitnetSessionRestoreFile(bitnet_session *session,
                                       const char *path);
bitnet_status bitnetEvaluate(bitnet_session *session, const int32_t *tokens,
                             size_t count);
bitnet_status bitnetEvaluateAll(bitnet_session *session, const int32_t *tokens,
                                size_t count, float *logits);
bitnet_status bitnetEvaluateBatch(bitnet_batch_item *items, size_t count);
bitnet_status bitnetVerifyWeights(const bitnet_session *session);
bitnet_status bitnetLogits(const bitnet_session *session, const float **logits);
bitnet_status bitnetEmbed(bitnet_session *session, const int32_t *tokens,
                          size_t count, uint32_t flags, float *embedding);

#endif // BITNET_LIB_RUNTIME_SESSION_H
