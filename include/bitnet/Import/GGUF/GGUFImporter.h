//===- GGUFImporter.h - From a GGUF file to the bitnet dialect --*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_GGUF_GGUFIMPORTER_H
#define BITNET_IMPORT_GGUF_GGUFIMPORTER_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Import/GGUF/GGUFReader.h"
#include "bitnet/Import/GGUF/GGUFWeights.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>

namespace mlir::bitnet {

/// What a file does not say, and what may be said against it.
struct GGUFImportOptions {
  /// What I2_S means in this file.
  I2SLayout i2sLayout = I2SLayout::Groups128;
  /// The most tokens of one pass, in [1, 4096].
  int64_t chunkSize = 64;
  /// Instead of the activation of the file or of its architecture.
  std::optional<Activation> activation;
  /// Instead of the context length of the file, in [1, 2^24].
  std::optional<int64_t> contextLength;
  /// Empty: the name in the file, or else the file's name without extension.
  std::string modelName;
};

/// Imports a language model of one of the architectures in
/// lib/Import/GGUF/Architecture.cpp as a module with
///
/// - the attribute `bitnet.model`,
/// - one `bitnet.tokenizer`, if the file has a tokenizer,
/// - the function
///
///     func.func @evaluate(%tokens: tensor<?xi32>, %position: index,
///         %outputs: index, %cache: !bitnet.kv_cache<...>) -> tensor<?xVxf32>
///
///   which evaluates `tokens` at positions `position`, `position` + 1, ... and
///   gives the logits of the last `outputs` of them.
///
/// `file` must outlive the module: weights, and norms that lie at a multiple
/// of four bytes, are views of its map. Only norms and the tokenizer are read;
/// what linear layers and tables hold is checked by the passes that convert it.
/// Every operation has the location NameLoc(name, NameLoc(path of the file)),
/// with the tensor's name for constants.
///
/// Everything that would make the results differ from those of the described
/// model is an error: a tensor, a key or a value that is not understood. So
/// far that includes biases and scale tensors of linear layers, scaled
/// rotations, experts, split files, and tokenizers other than byte-level BPE
/// with the pre-tokenizer of Llama 3.
llvm::Expected<OwningOpRef<ModuleOp>>
importGGUF(MLIRContext &context, const GGUFFile &file,
           const GGUFImportOptions &options = {});

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_GGUF_GGUFIMPORTER_H
