//===- LanguageModel.h - Language models as modules -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_LANGUAGEMODEL_LANGUAGEMODEL_H
#define BITNET_IMPORT_LANGUAGEMODEL_LANGUAGEMODEL_H

#include "bitnet/Import/LanguageModel/ModelTensors.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::bitnet {

/// What may be said for or against a file of a language model.
struct LanguageModelOptions {
  /// The most tokens of one pass, in [1, 4096].
  int64_t chunkSize = 64;
  /// Instead of the activation of the file or of its architecture.
  std::optional<Activation> activation;
  /// Instead of the context length of the file, in [1, 2^24].
  std::optional<int64_t> contextLength;
  /// Instead of what the file says of its training.
  ActivationNumerics activations = ActivationNumerics::Auto;
  /// Nothing: f16, or f32 for models that pool states to embeddings, whose
  /// caches live for one text.
  std::optional<CacheElement> cacheElement;
  /// Float weights are masters even if those of the architecture are not.
  bool hasMasterWeights = false;
  /// Empty: the name in the file, or else the file's name without extension.
  std::string modelName;
};

/// An error if an option is out of its range.
llvm::Error checkLanguageModelOptions(const LanguageModelOptions &options);

/// A model that an importer has read and checked.
struct LanguageModel {
  std::string name;
  /// Where it came from, for locations.
  llvm::StringRef path;
  Hyperparameters hyperparameters;
  ModelTensors tensors;
  /// What `bitnet.tokenizer` holds; nothing: there is none.
  std::optional<std::vector<char>> tokenizer;
  /// What `bitnet.chat_template` holds; nothing: there is none.
  std::optional<std::vector<char>> chatTemplate = std::nullopt;
};

/// Makes a module with
///
/// - the attribute `bitnet.model`,
/// - one `bitnet.tokenizer`, if the model has a tokenizer,
/// - one `bitnet.chat_template`, if it has a chat template,
/// - the function
///
///     func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
///         %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
///         %cache: !bitnet.kv_cache<...>) -> tensor<?xVxf32>
///
///   which evaluates `tokens` at `positions` of the sequences of the cache and
///   gives the logits of the tokens whose numbers are `outputs`, or their final
///   states if the model pools them to embeddings. Of each, only so many of the
///   largest logits matter as `limits` says, or with a limit of 0 all.
///
/// Weights, and norms that lie at a multiple of four bytes, are views of the
/// model's tensors, which must outlive the module. Every operation has the
/// location NameLoc(name, NameLoc(path)), with the tensor's name for constants.
/// Reads the weights of one layer if it has to find out how the model was
/// trained.
OwningOpRef<ModuleOp> buildLanguageModel(MLIRContext &context,
                                         LanguageModel &&model,
                                         const LanguageModelOptions &options);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_LANGUAGEMODEL_LANGUAGEMODEL_H
