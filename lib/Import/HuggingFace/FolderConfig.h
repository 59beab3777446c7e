//===- FolderConfig.h - What config.json says of a model --------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_HUGGINGFACE_FOLDERCONFIG_H
#define BITNET_LIB_IMPORT_HUGGINGFACE_FOLDERCONFIG_H

#include "ConfigReader.h"
#include "bitnet/Import/HuggingFace/ModelFolder.h"
#include "bitnet/Import/LanguageModel/Hyperparameters.h"

namespace mlir::bitnet {

/// What the weights of linear layers are.
enum class LinearStorage {
  /// Floats, as most models have them.
  Plain,
  /// Floats that become trits by absmean: models that were saved for training.
  Masters,
  /// Trits, mostly packed, with a tensor `weight_scale` that multiplies them:
  /// the class AutoBitLinear of transformers.
  Factors,
  /// The same, but `weight_scale` divides them: the class BitLinear.
  Divisors,
};

/// A checked config.json and what it says of tensors.
struct FolderConfig {
  Hyperparameters hyperparameters;
  int64_t vocabularySize = 0;
  LinearStorage storage = LinearStorage::Plain;
  /// Every linear layer normalises its inputs.
  bool hasInputNorms = false;
  /// Linear layers of attention or of the feed-forward part have biases.
  bool hasAttentionBiases = false, hasFeedForwardBiases = false;
  /// The embedding is the output head, too.
  bool isTied = false;
  /// Norms, but for those of linear layers, are stored as differences from 1.
  bool addsOneToNorms = false;
};

/// Reads config.json of a folder and, if there is one, the configuration of
/// pooling that sentence-transformers keeps beside it. Keys that the class of
/// the model does not use are ignored; a value that asks for something that is
/// not supported is an error.
llvm::Expected<FolderConfig> readFolderConfig(const ModelFolder &folder);

/// The rotation that `scaling` asks for: an object with the keys of
/// `rope_scaling` or `rope_parameters`, or nothing.
llvm::Expected<Rotation>
readRotation(const std::optional<ConfigReader> &scaling, double base,
             int64_t elements, int64_t contextLength);

/// What a folder of sentence-transformers does with final states; nothing if
/// the folder is none.
llvm::Expected<std::optional<Pooling>> readPooling(const ModelFolder &folder);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_HUGGINGFACE_FOLDERCONFIG_H
