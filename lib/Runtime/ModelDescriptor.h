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
};

#ifdef __cplusplus
static_assert(sizeof(bitnet_model_descriptor) == 128,
              "laid out by lib/Codegen");
#else
_Static_assert(sizeof(struct bitnet_model_descriptor) == 128,
               "laid out by lib/Codegen");
_Static_assert(sizeof(struct bitnet_weights_file) == 32,
               "laid out by lib/Codegen");
#endif

#endif // BITNET_LIB_RUNTIME_MODELDESCRIPTOR_H
