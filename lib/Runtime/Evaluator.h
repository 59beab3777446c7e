//===- Evaluator.h - What evaluations take besides sessions -------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_EVALUATOR_H
#define BITNET_LIB_RUNTIME_EVALUATOR_H

#include "Layout.h"
#include "Lock.h"
#include "ModelDescriptor.h"
#include "Weights.h"

#include <stdatomic.h>

/// Bytes of a block that hold the struct (runtime.h promises these numbers),
/// and the threads.
enum {
  BitNetEvaluatorHeader = 1024,
  BitNetThreadsHeader = 1024,
  BitNetBytesPerThread = 256,
  BitNetBytesPerSequence = 24
};

struct Session;

/// What generated code is told about a pass, as bitnet_evaluate_function
/// describes it, in tables that have room for the largest one.
typedef struct Pass {
  int32_t *tokens;
  int32_t *positions;
  int32_t *rowSequences;
  int32_t *outputRows;
  int32_t *outputLimits;
  struct bitnet_attention_work *work;
  struct bitnet_attention_merge *merges;
  struct bitnet_pass_sequence *sequences;
  /// Whose the sequences are.
  struct Session **sessions;
  int64_t tokenCount;
  int64_t outputCount;
  int64_t workCount;
  int64_t mergeCount;
  int32_t sequenceCount;
} Pass;

/// The inside of a bitnet_evaluator. All of it, and all that it points to
/// except the model, its weights and shared threads, lies in one block of
/// memory, which may be the end of a session's:
///
///   | Evaluator | team | outputs | sequences and sessions | other tables of
///   the pass | arena |
///
/// each part beginning at a multiple of BITNET_ALIGNMENT.
typedef struct Evaluator {
  struct bitnet_evaluator base;
  const struct bitnet_model_descriptor *descriptor;
  const struct bitnet_variant_descriptor *variant;
  /// Its own threads; null: `sharedThreads` run.
  struct bitnet_team *team;
  bitnet_threads *sharedThreads;
  struct bitnet_open_weights file;
  /// The object's, or the contents of `file`.
  const void *weights;
  /// Held during a pass. It guards all that follows except `sessionCount`.
  struct bitnet_lock lock;
  /// Sessions that use it, or BitNetEvaluatorEnded.
  _Atomic uint32_t sessionCount;
  /// The pass is to end: see Cancel.h. Atomic.
  uint32_t isCancelled;
  /// What a pass over several sequences gives: `outputRows` rows of logits or,
  /// of embedding models, hidden states.
  float *outputs;
  uint32_t outputRows;
  uint32_t mostSequences;
  void *arena;
  Pass pass;
  uint32_t threadCount;
  /// The block is ours to free.
  uint32_t ownsMemory;
} Evaluator;

_Static_assert(sizeof(Evaluator) <= BitNetEvaluatorHeader,
               "runtime.h says how large it is");

enum { BitNetEvaluatorEnded = UINT32_MAX };

/// Where the parts of an evaluator lie in its memory, in bytes from its start.
typedef struct EvaluatorLayout {
  Layout block;
  uint64_t team;
  uint64_t outputs;
  uint64_t sequences;
  uint64_t tables;
  uint64_t arena;
  /// 0: the threads are shared.
  uint32_t threads;
  uint32_t outputRows;
  uint32_t mostSequences;
} EvaluatorLayout;

static inline const struct bitnet_model_descriptor *
bitnetDescriptor(const bitnet_model *model) {
  return model->descriptor;
}

static inline int
bitnetIsEmbeddingModel(const struct bitnet_model_descriptor *descriptor) {
  return descriptor->pooling != BITNET_POOLING_NONE;
}

/// Elements of a row that a pass gives.
static inline uint32_t
bitnetOutputWidth(const struct bitnet_model_descriptor *descriptor) {
  return bitnetIsEmbeddingModel(descriptor) ? descriptor->embedding_length
                                            : descriptor->vocabulary_size;
}

/// Bytes of the tables that do not depend on the number of sequences.
static inline uint64_t
bitnetPassBytes(const struct bitnet_model_descriptor *descriptor) {
  uint64_t rows = descriptor->chunk_size;
  uint64_t slots = descriptor->cache.most_slots;
  // Each row is in one item of work, or in as many as it takes slots.
  return (rows + slots) * sizeof(struct bitnet_attention_work) +
         slots * sizeof(struct bitnet_attention_merge) +
         rows * 5 * sizeof(int32_t);
}

/// Checks the options except for memory, variant and weights, and says where
/// all is.
bitnet_status bitnetLayoutEvaluator(const bitnet_model *model,
                                    const bitnet_evaluator_options *options,
                                    EvaluatorLayout *layout);

/// Makes an evaluator in a block of memory that is large enough. `ownsMemory`
/// is left to the caller.
bitnet_status bitnetInitEvaluator(Evaluator *made, const bitnet_model *model,
                                  const bitnet_evaluator_options *options,
                                  const EvaluatorLayout *layout);

/// Ends an evaluator that `users` sessions (0 or 1) are the only ones to use,
/// all but its memory. Returns BITNET_BUSY if there are others.
bitnet_status bitnetEndEvaluator(Evaluator *evaluator, uint32_t users);

/// Counts one more session. Returns BITNET_BUSY if the evaluator has ended.
bitnet_status bitnetEnterEvaluator(Evaluator *evaluator);

/// Counts one less.
void bitnetLeaveEvaluator(Evaluator *evaluator);

/// Runs `function` on all threads, as bitnetTeamRun does. For who holds the
/// lock.
bitnet_status bitnetRunThreads(const Evaluator *evaluator,
                               bitnet_team_function function,
                               const void *argument, const uint32_t *cancel);

// The functions of bitnet_model_functions that concern evaluators.
bitnet_status bitnetEvaluatorMemorySize(const bitnet_model *model,
                                        const bitnet_evaluator_options *options,
                                        uint64_t *size);
bitnet_status bitnetEvaluatorCreate(const bitnet_model *model,
                                    const bitnet_evaluator_options *options,
                                    bitnet_evaluator **evaluator);
bitnet_status bitnetEvaluatorDestroy(bitnet_evaluator *evaluator);

#endif // BITNET_LIB_RUNTIME_EVALUATOR_H
