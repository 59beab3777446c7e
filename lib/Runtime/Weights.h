//===- Weights.h - Weights in a file of their own -----------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_WEIGHTS_H
#define BITNET_LIB_RUNTIME_WEIGHTS_H

#include "ModelDescriptor.h"
#include "bitnet/runtime.h"

/// A file of weights in memory, until it is closed.
struct bitnet_open_weights {
  /// The whole file.
  const void *file;
  uint64_t file_size;
  /// Past its header.
  const void *contents;
  /// The file is mapped: it is not memory of the caller.
  uint32_t is_mapped;
};

/// What the model's descriptor refers to if its weights are in a file.
struct bitnet_weights_functions {
  /// Maps the file, or takes the caller's memory, and compares its header and
  /// size with `file`. Returns BITNET_WEIGHTS_NOT_FOUND,
  /// BITNET_WEIGHTS_MISMATCH, with a text in options->message, or BITNET_OK.
  bitnet_status (*open)(const struct bitnet_weights_file *file,
                        const bitnet_evaluator_options *options,
                        struct bitnet_open_weights *opened);
  void (*close)(struct bitnet_open_weights *opened);
  /// Compares the hash of the contents with that of `file`. Returns
  /// BITNET_WEIGHTS_DAMAGED or BITNET_OK.
  bitnet_status (*verify)(const struct bitnet_weights_file *file,
                          const struct bitnet_open_weights *opened);
};

extern const struct bitnet_weights_functions bitnet_runtime_weights_functions;

/// Where messages go: `buffer` of `size` bytes, of which `length` are used
/// before the NUL. Null: nowhere.
typedef struct WeightsMessage {
  char *buffer;
  size_t size;
  size_t length;
} WeightsMessage;

/// Appends as much of `text` as there is room for.
void bitnetAppendText(WeightsMessage *message, const char *text);

/// Maps the file where `options` and the surroundings say that it is, and
/// writes its path to `path`, of BITNET_LONGEST_PATH bytes. Returns
/// BITNET_WEIGHTS_NOT_FOUND, with a message, if it cannot be mapped.
/// WeightsSearch.c has it; WeightsSearchNone.c is for objects without files.
bitnet_status bitnetMapWeights(const struct bitnet_weights_file *file,
                               const bitnet_evaluator_options *options,
                               struct bitnet_open_weights *opened, char *path,
                               WeightsMessage *message);

/// The NUL included.
#define BITNET_LONGEST_PATH 4096

#endif // BITNET_LIB_RUNTIME_WEIGHTS_H
