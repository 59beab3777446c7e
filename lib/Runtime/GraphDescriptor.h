//===- GraphDescriptor.h - What generated code gives the runtime --*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For graphs, what ModelDescriptor.h is for language models.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_GRAPHDESCRIPTOR_H
#define BITNET_LIB_RUNTIME_GRAPHDESCRIPTOR_H

#include "VariantDescriptor.h"
#include "bitnet/graph.h"

/// The arguments of a run, constant while it lasts. Pointers to the data of
/// inputs and outputs lie `stride` bytes apart, so that they may be an array or
/// members of an array of bitnet_tensor.
struct bitnet_graph_call {
  /// [symbol_count]
  const size_t *symbols;
  const void *inputs;
  size_t input_stride;
  const void *outputs;
  size_t output_stride;
  /// 64-byte aligned, contents undefined.
  void *arena;
};

/// An input or output.
struct bitnet_graph_tensor {
  bitnet_tensor_info info;
  /// [info.rank]: the symbol that a dimension is, or -1: it is a constant or an
  /// expression.
  const int32_t *symbols;
};

/// Constants of a graph. Emitted by the compiler as read-only data.
struct bitnet_graph_descriptor {
  const char *name;
  struct bitnet_variant_set variants;
  /// 1 + the index of the variant that runs use; 0: not chosen yet. Atomic.
  uint32_t *chosen_variant;
  /// [symbol_count]
  const char *const *symbols;
  /// [input_count]
  const struct bitnet_graph_tensor *inputs;
  /// [output_count]
  const struct bitnet_graph_tensor *outputs;
  /// Bytes of the arena, a multiple of 64; negative: more than there can be.
  int64_t (*arena_size)(const size_t *symbols);
  /// Writes all dimensions of output `index` to `dims`.
  void (*output_dims)(const size_t *symbols, uint32_t index, size_t *dims);
  uint32_t symbol_count;
  uint32_t input_count;
  uint32_t output_count;
  uint64_t weight_bytes;
};

#ifdef __cplusplus
#define BITNET_STATIC_ASSERT static_assert
#else
#define BITNET_STATIC_ASSERT _Static_assert
#endif
BITNET_STATIC_ASSERT(sizeof(size_t) == 8, "laid out by lib/Codegen");
BITNET_STATIC_ASSERT(sizeof(struct bitnet_graph_call) == 48,
                     "read by lib/Codegen");
BITNET_STATIC_ASSERT(sizeof(struct bitnet_graph_tensor) == 48,
                     "laid out by lib/Codegen");
BITNET_STATIC_ASSERT(sizeof(struct bitnet_graph_descriptor) == 104,
                     "laid out by lib/Codegen");
BITNET_STATIC_ASSERT(offsetof(bitnet_tensor, data) == 0 &&
                         sizeof(bitnet_tensor) == 88,
                     "part of the interface");
#undef BITNET_STATIC_ASSERT

#endif // BITNET_LIB_RUNTIME_GRAPHDESCRIPTOR_H
