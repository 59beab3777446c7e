//===- GGUFImporter.h - From a GGUF file to the bitnet dialect --*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_GGUF_GGUFIMPORTER_H
#define BITNET_IMPORT_GGUF_GGUFIMPORTER_H

#include "bitnet/Import/GGUF/GGUFReader.h"
#include "bitnet/Import/GGUF/GGUFWeights.h"
#include "bitnet/Import/LanguageModel/LanguageModel.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>

namespace mlir::bitnet {

/// What a file does not say, and what may be said against it.
struct GGUFImportOptions : LanguageModelOptions {
  /// What I2_S means in this file.
  I2SLayout i2sLayout = I2SLayout::Groups128;
};

/// Imports a language model of one of the architectures in
/// lib/Import/LanguageModel/Architecture.cpp as buildLanguageModel describes.
///
/// `file` must outlive the module: weights and norms are views of its map. Only
/// norms and the tokenizer are read; what linear layers and tables hold is
/// checked by the passes that convert it.
///
/// Everything that would make the results differ from those of the described
/// model is an error: a tensor, a key or a value that is not understood.
llvm::Expected<OwningOpRef<ModuleOp>>
importGGUF(MLIRContext &context, const GGUFFile &file,
           const GGUFImportOptions &options = {});

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_GGUF_GGUFIMPORTER_H
