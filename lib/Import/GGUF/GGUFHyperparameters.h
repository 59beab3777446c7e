//===- GGUFHyperparameters.h - The numbers in a GGUF file -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_GGUF_GGUFHYPERPARAMETERS_H
#define BITNET_LIB_IMPORT_GGUF_GGUFHYPERPARAMETERS_H

#include "bitnet/Import/GGUF/GGUFReader.h"
#include "bitnet/Import/LanguageModel/Hyperparameters.h"

namespace mlir::bitnet {

/// Reads the keys that begin with the name of the architecture, with the
/// defaults of the format. Keys that no model of these architectures needs are
/// ignored unless they are known to change what a model computes.
llvm::Expected<Hyperparameters> readHyperparameters(const GGUFFile &file);

/// An error about the value of `key`, which `file` has.
llvm::Error makeKeyError(const GGUFFile &file, llvm::StringRef key,
                         const llvm::Twine &message);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_GGUF_GGUFHYPERPARAMETERS_H
