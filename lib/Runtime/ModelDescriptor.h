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

#include "VariantDescriptor.h"

#include <stddef.h>
#include <stdint.h>

struct bitnet_weights_functions;

/// A file of weights (WeightsFormat.h), and the functions that read it.
struct bitnet_weights_file {
  /// Without a folder.
  const char *name;
  uint64_t contents_size;
  uint64_t hash;
  /// Objects with their weights inside do not refer to these, and so do not
  /// have them.
  const struct bitnet_weights_functions *functions;
};

/// How a layer rotates keys: pair i at position p by the angle p *
/// frequencies[i] (`bitnet.rope`).
struct bitnet_layer_rotation {
  /// [pairs]
  const double *frequencies;
  /// 0: the layer does not rotate.
  uint32_t pairs;
  /// Elements 2 i and 2 i + 1 form a pair; otherwise i and i + pairs.
  uint32_t interleaved;
};

/// What bitnet_cache_descriptor::element says.
enum bitnet_cache_element {
  BITNET_CACHE_F32,
  BITNET_CACHE_F16,
  BITNET_CACHE_BF16,
  BITNET_CACHE_INT8
};

/// The KV cache, laid out as `!bitnet.kv_cache` says, and how passes attend to
/// it.
struct bitnet_cache_descriptor {
  uint32_t layers;
  uint32_t heads;
  uint32_t head_size;
  /// A bitnet_cache_element.
  uint32_t element;
  /// Most rows of an item of work, at least 1.
  uint32_t attention_rows;
  /// Slots for partial results of attention.
  uint32_t most_slots;
  /// [layers]; null: nobody knows, so that keys cannot move to other positions.
  const struct bitnet_layer_rotation *rotations;
};

/// Constants of a model. Emitted by the compiler as read-only data.
struct bitnet_model_descriptor {
  const char *name;
  /// A session uses the first that the processor can run, unless its options or
  /// the program's user name one.
  struct bitnet_variant_set variants;
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
  /// The weights, 64-byte aligned; null: they are in a file.
  const void *weights;
  /// Null: they are in the object.
  const struct bitnet_weights_file *weights_file;
  /// A bitnet_pooling.
  uint32_t pooling;
  uint32_t reserved;
  /// The chat template (ChatTemplateFormat.h), 4-byte aligned; null: none.
  const void *chat_template;
  struct bitnet_cache_descriptor cache;
  /// A hash of the weights and of what else is in their section: other models
  /// have another.
  uint64_t identity;
};

#ifdef __cplusplus
static_assert(sizeof(bitnet_model_descriptor) == 168 &&
                  sizeof(bitnet_layer_rotation) == 16,
              "laid out by lib/Codegen");
#else
_Static_assert(sizeof(struct bitnet_model_descriptor) == 168 &&
                   sizeof(struct bitnet_layer_rotation) == 16,
               "laid out by lib/Codegen");
_Static_assert(sizeof(struct bitnet_weights_file) == 32,
               "laid out by lib/Codegen");
#endif

#endif // BITNET_LIB_RUNTIME_MODELDESCRIPTOR_H
