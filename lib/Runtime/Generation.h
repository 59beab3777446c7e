//===- Generation.h - The state of a generation -------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_GENERATION_H
#define BITNET_LIB_RUNTIME_GENERATION_H

#include "Session.h"
#include "TextStream.h"
#include "Tokenizer.h"

/// The inside of a bitnet_generation, in one block of memory:
///
///   | Generation | text stream | logits of drafts |
///
/// the last beginning at a multiple of BITNET_ALIGNMENT.
typedef struct Generation {
  struct bitnet_generation base;
  Session *session;
  bitnet_generation_options options;
  /// Its header is null if the model has none.
  Tokenizer tokenizer;
  bitnet_sampler sampler;
  TextStream text;
  /// The limits of the session's logits that the generation needs, and that
  /// there was before.
  uint32_t neededLogits;
  uint32_t limitBefore;
  /// The logits that the session began with are enough.
  uint32_t hasBegun;
  /// [draft_tokens + 1, vocabulary_size]
  float *draftLogits;
  /// Most tokens to guess next; at most draft_tokens.
  uint32_t draftLength;
  uint32_t draftedTokens;
  uint32_t acceptedTokens;
  uint32_t generatedTokens;
  bitnet_finish finish;
  /// The block is ours to free.
  uint32_t ownsMemory;
} Generation;

/// Checks `options` and writes the bytes that a generation takes to *size.
bitnet_status
bitnetGenerationMemorySize(const bitnet_session *session,
                           const bitnet_generation_options *options,
                           uint64_t *size);

/// Makes a generation with checked options in memory of the right size, aligned
/// to BITNET_ALIGNMENT.
Generation *bitnetOpenGeneration(Session *session,
                                 const bitnet_generation_options *options,
                                 void *memory);

/// Makes sure that the session has the logits that a generation begins with,
/// and limits those that follow to what it needs. Does nothing from the second
/// time on.
bitnet_status bitnetBeginGeneration(Generation *generation);

/// What bitnet_generation_next does, with the logits after the first `count`
/// tokens of the session; all of them if `count` is the context size. The
/// session's logits are no longer limited when the text has ended.
bitnet_status bitnetGenerationStep(Generation *generation, const float *logits,
                                   uint32_t count, int32_t *token,
                                   bitnet_finish *finish);

/// Evaluates *token and goes on: the next token that is not evaluated yet, and
/// what was said of it, replace *token and *finish. With drafts, there may be
/// several in between (Speculation.c). On errors *token does not count as
/// generated if it was not evaluated.
bitnet_status bitnetAdvance(Generation *generation, int32_t *token,
                            bitnet_finish *finish);

/// The functions of bitnet_generation_functions, as generation.h documents
/// them.
bitnet_status bitnetGenerate(bitnet_session *session, const char *prompt,
                             size_t promptLength,
                             const bitnet_generation_options *options,
                             bitnet_generate_result *result);

extern const bitnet_generation_functions bitnetGenerationFunctions;

#endif // BITNET_LIB_RUNTIME_GENERATION_H
