//===- Hyperparameters.h - The numbers that shape a model -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_GGUF_HYPERPARAMETERS_H
#define BITNET_LIB_IMPORT_GGUF_HYPERPARAMETERS_H

#include "Architecture.h"
#include "bitnet/Import/GGUF/GGUFReader.h"

namespace mlir::bitnet {

/// Checked: all sizes are positive, in the ranges that the types of the dialect
/// allow, and fit together.
struct Hyperparameters {
  const Architecture *architecture;
  int64_t layers;
  int64_t embeddingLength;
  int64_t feedForwardLength;
  int64_t heads;
  /// Divides `heads`.
  int64_t keyValueHeads;
  /// Elements of a query, key or value head.
  int64_t headSize;
  /// Elements of a head that are rotated; even.
  int64_t rotatedElements;
  double rotationBase;
  float epsilon;
  int64_t contextLength;
  Activation activation;

  int64_t getWidth(Width width) const;
};

/// Reads the keys that begin with the name of the architecture, with the
/// defaults of the format. Keys that no model of these architectures needs are
/// ignored unless they are known to change what a model computes.
llvm::Expected<Hyperparameters> readHyperparameters(const GGUFFile &file);

/// An error about the value of `key`, which `file` has.
llvm::Error makeKeyError(const GGUFFile &file, llvm::StringRef key,
                         const llvm::Twine &message);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_GGUF_HYPERPARAMETERS_H
