//===- ModelDescriptor.h - What generated code gives the runtime --*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The contract between the code that the compiler generates for a model and
// the runtime linked into the same object. A change here and the change of
// the code that emits it (lib/Codegen) land together.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_MODELDESCRIPTOR_H
#define BITNET_LIB_RUNTIME_MODELDESCRIPTOR_H

#include <stddef.h>
#include <stdint.h>

/// The place of a thread among those that evaluate one session together
/// (Threads.h). Generated code only passes it on to bitnet_runtime_barrier.
struct bitnet_member;

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
typedef void (*bitnet_evaluate_function)(int64_t thread, int64_t thread_count,
                                         struct bitnet_member *member,
                                         const int32_t *tokens,
                                         int64_t token_count, int64_t position,
                                         int64_t output_count, void *kv_cache,
                                         int64_t capacity, void *arena,
                                         float *logits);

/// The code of a model for one level of instruction sets.
struct bitnet_variant_descriptor {
  /// The level, the LLVM name of the CPU and the kernels of the linear layers.
  const char *name;
  const char *cpu;
  const char *kernel;
  bitnet_evaluate_function evaluate;
  /// Bits that must be set to run the code. x86-64, CPUID: leaf 1 ECX, leaf 7
  /// EBX, ECX and EDX, leaf 7 subleaf 1 EAX, leaf 0x80000001 ECX. AArch64, what
  /// Linux gives programs: AT_HWCAP, AT_HWCAP2 and its upper half. The rest 0.
  uint32_t required_cpu[6];
};

/// Constants of a model. Emitted by the compiler as read-only data.
struct bitnet_model_descriptor {
  const char *name;
  /// [variant_count], at least one. A session uses the first that the processor
  /// can run, unless its options or `forced_variant` name one.
  const struct bitnet_variant_descriptor *variants;
  /// The name of the variant that the program's user wants, or null: any. Null:
  /// users have no say (one variant, or --threads=none).
  const char *(*forced_variant)(void);
  uint32_t variant_count;
  uint32_t vocabulary_size;
  uint32_t context_length;
  uint32_t embedding_length;
  uint32_t layer_count;
  uint32_t chunk_size;
  /// The capacity of a KV cache is a multiple of this.
  uint32_t kv_granule;
  uint64_t kv_bytes_per_position;
  uint64_t arena_size;
  uint64_t weight_bytes;
  /// Tables of the tokenizer (TokenizerFormat.h), 64-byte aligned; null: none.
  const void *tokenizer;
  uint64_t tokenizer_size;
};

#ifdef __cplusplus
static_assert(sizeof(bitnet_variant_descriptor) == 56,
              "laid out by lib/Codegen");
static_assert(sizeof(bitnet_model_descriptor) == 96, "laid out by lib/Codegen");
#else
_Static_assert(sizeof(struct bitnet_variant_descriptor) == 56,
               "laid out by lib/Codegen");
_Static_assert(sizeof(struct bitnet_model_descriptor) == 96,
               "laid out by lib/Codegen");
#endif

#endif // BITNET_LIB_RUNTIME_MODELDESCRIPTOR_H
