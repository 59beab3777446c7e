//===- VariantDescriptor.h - Code that the compiler generates -----*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What descriptors of language models (ModelDescriptor.h) and of graphs
// (GraphDescriptor.h) have in common.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_VARIANTDESCRIPTOR_H
#define BITNET_LIB_RUNTIME_VARIANTDESCRIPTOR_H

#include "Threads.h"

#include <stdint.h>

/// A sequence of tokens that a pass adds to.
struct bitnet_pass_sequence {
  /// `capacity` * kv_bytes_per_position bytes, 64-byte aligned.
  void *cache;
  /// Positions in the cache, a multiple of kv_granule.
  int64_t capacity;
};

/// An item of a pass's attention: the queries of tokens that follow each other
/// in a sequence, which go through its cache together.
struct bitnet_attention_work {
  int32_t sequence;
  int32_t first_row;
  /// In [1, attention_rows].
  int32_t row_count;
  /// The position of `first_row`; those of the other rows follow.
  int32_t first_position;
  /// -1: all positions, and the result goes to the output; otherwise this
  /// partition of them. Partition i of a token at position p are positions i S,
  /// ..., (i + 1) S - 1 as far as it sees them, with the smallest S = 512 · 2^k
  /// of which 16 hold positions 0 to p. All tokens of an item have the same S.
  int32_t partition;
  /// Where the result of a partition goes for the first row, in [0,
  /// most_slots); row i has slot + 16 i. Not read if partition is -1.
  int32_t slot;
  int32_t reserved[2];
};

/// A token whose result is put together from those of its partitions in slots
/// `first_slot`, `first_slot` + 1, ..., in their order. Partitions of which a
/// window has left nothing may be among them.
struct bitnet_attention_merge {
  int32_t row;
  int32_t first_slot;
  int32_t slot_count;
  int32_t reserved;
};

/// Runs one pass over `token_count` tokens of one or several sequences as
/// thread `thread` of `thread_count`. All threads of the team call it with the
/// same other arguments and meet at barriers inside; it ends with a barrier.
///
/// \param member      passed to bitnet_runtime_barrier
/// \param tokens      [token_count], each in [0, vocabulary_size)
/// \param positions   [token_count], of each token in its sequence, below its
///                    capacity; positions before it have been or are in the
///                    pass
/// \param row_sequences [token_count], numbers of `sequences`
/// \param token_count in [1, chunk_size]
/// \param output_rows [output_count], tokens whose logits are wanted, all
///                    different
/// \param output_limits [output_count], how many of the largest logits matter;
///                    0: all. The others may be -infinity
/// \param output_count in [0, token_count]
/// \param sequences   those that row_sequences and work name
/// \param work        [work_count], together each token once
/// \param merges      [merge_count]
/// \param arena       arena_size bytes, 64-byte aligned, contents undefined
/// \param logits      [output_count, vocabulary_size]
/// \param weights     as the compiler laid them out, 64-byte aligned
typedef void (*bitnet_evaluate_function)(
    int64_t thread, int64_t thread_count, struct bitnet_member *member,
    const int32_t *tokens, const int32_t *positions,
    const int32_t *row_sequences, int64_t token_count,
    const int32_t *output_rows, const int32_t *output_limits,
    int64_t output_count, const struct bitnet_pass_sequence *sequences,
    const struct bitnet_attention_work *work, int64_t work_count,
    const struct bitnet_attention_merge *merges, int64_t merge_count,
    void *arena, float *logits, const void *weights);

/// Runs a graph, as thread `thread` of `thread_count`; otherwise as
/// bitnet_evaluate_function.
///
/// \param call a struct bitnet_graph_call (GraphDescriptor.h)
typedef bitnet_team_function bitnet_graph_function;

/// The code of a model for one level of instruction sets.
struct bitnet_variant_descriptor {
  /// The level, the LLVM name of the CPU and the kernels of the linear layers.
  const char *name;
  const char *cpu;
  const char *kernel;
  union {
    /// Of a language model.
    bitnet_evaluate_function evaluate;
    /// Of a graph.
    bitnet_graph_function run;
  };
  /// Bits that must be set to run the code. x86-64, CPUID: leaf 1 ECX, leaf 7
  /// EBX, ECX and EDX, leaf 7 subleaf 1 EAX, leaf 0x80000001 ECX. AArch64, what
  /// Linux gives programs: AT_HWCAP, AT_HWCAP2 and its upper half. The rest 0.
  uint32_t required_cpu[6];
};

/// The code of a model for all the levels that it was compiled for.
struct bitnet_variant_set {
  /// [count], at least one, the best first.
  const struct bitnet_variant_descriptor *variants;
  /// The name of the variant that the program's user wants, or null: any. Null:
  /// users have no say (one variant, or --threads=none).
  const char *(*forced_variant)(void);
  uint32_t count;
};

#ifdef __cplusplus
static_assert(sizeof(bitnet_variant_descriptor) == 56 &&
                  sizeof(bitnet_variant_set) == 24 &&
                  sizeof(bitnet_pass_sequence) == 16 &&
                  sizeof(bitnet_attention_work) == 32 &&
                  sizeof(bitnet_attention_merge) == 16,
              "laid out by lib/Codegen");
#else
_Static_assert(sizeof(struct bitnet_variant_descriptor) == 56 &&
                   sizeof(struct bitnet_variant_set) == 24 &&
                   sizeof(struct bitnet_pass_sequence) == 16 &&
                   sizeof(struct bitnet_attention_work) == 32 &&
                   sizeof(struct bitnet_attention_merge) == 16,
               "laid out by lib/Codegen");
#endif

#endif // BITNET_LIB_RUNTIME_VARIANTDESCRIPTOR_H
