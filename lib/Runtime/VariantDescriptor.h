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

/// Runs one pass over `token_count` tokens at positions `position`,
/// `position` + 1, ... as thread `thread` of `thread_count`. All threads of the
/// team call it with the same other arguments and meet at barriers inside; it
/// ends with a barrier.
///
/// \param member      passed to bitnet_runtime_barrier
/// \param tokens      [token_count], each in [0, vocabulary_size)
/// \param token_count in [1, chunk_size]
/// \param position    position of the first token
/// \param output_count logits are wanted for the last `output_count` tokens;
///                    in [0, token_count]
/// \param kv_cache    `capacity` * kv_bytes_per_position bytes, 64-byte aligned
/// \param capacity    positions in the KV cache, a multiple of kv_granule;
///                    position + token_count <= capacity
/// \param arena       arena_size bytes, 64-byte aligned, contents undefined
/// \param logits      [output_count, vocabulary_size]
/// \param weights     as the compiler laid them out, 64-byte aligned
typedef void (*bitnet_evaluate_function)(int64_t thread, int64_t thread_count,
                                         struct bitnet_member *member,
                                         const int32_t *tokens,
                                         int64_t token_count, int64_t position,
                                         int64_t output_count, void *kv_cache,
                                         int64_t capacity, void *arena,
                                         float *logits, const void *weights);

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
                  sizeof(bitnet_variant_set) == 24,
              "laid out by lib/Codegen");
#else
_Static_assert(sizeof(struct bitnet_variant_descriptor) == 56 &&
                   sizeof(struct bitnet_variant_set) == 24,
               "laid out by lib/Codegen");
#endif

#endif // BITNET_LIB_RUNTIME_VARIANTDESCRIPTOR_H
