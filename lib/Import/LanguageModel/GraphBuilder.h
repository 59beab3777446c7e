//===- GraphBuilder.h - Writes a model as a bitnet graph --------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_LANGUAGEMODEL_GRAPHBUILDER_H
#define BITNET_LIB_IMPORT_LANGUAGEMODEL_GRAPHBUILDER_H

#include "bitnet/Import/LanguageModel/ModelTensors.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

namespace mlir::bitnet {

/// Appends the operations of a checked model to a module. Cannot fail.
class GraphBuilder {
public:
  /// `path` is where the model came from, for locations; linear layers take
  /// their inputs as floats, or quantise them; the KV cache keeps
  /// `cacheElement`s.
  GraphBuilder(ModuleOp module, llvm::StringRef path,
               const Hyperparameters &hyperparameters, bool hasFloatActivations,
               CacheElement cacheElement);

  /// Adds `bitnet.tokenizer`.
  void addTokenizer(std::vector<char> &&tables);
  /// Adds `bitnet.chat_template`.
  void addChatTemplate(std::vector<char> &&program);
  /// Adds the function `evaluate`.
  void addEvaluate(const ModelTensors &tensors);

private:
  /// Arguments of the function and what all layers share.
  struct Pass {
    Value tokens, positions, outputs, cache;
    Value rotations, windowRotations;
  };

  Value addRotations(const Pass &pass, const Rotation &rotation,
                     const Twine &name);
  Value addAttention(const LayerTensors &tensors, const Pass &pass,
                     Value input);
  Value addFeedForward(const LayerTensors &tensors, Value input);
  Value addLinear(Value input, const LinearTensors &tensors);
  Value addNorm(Value input, const NamedMatrix &weight, float epsilon,
                std::optional<int64_t> headSize = std::nullopt);
  /// The norm if the layer has it, or else the input.
  Value addOptionalNorm(Value input, const std::optional<NamedMatrix> &weight,
                        std::optional<int64_t> headSize = std::nullopt);
  Value addWeight(const NamedMatrix &weight);
  /// The vector of a norm or a bias.
  Value addVector(const NamedMatrix &vector);

  /// NameLoc(name, NameLoc(path)).
  Location getLocation(const Twine &name);
  /// The same for an operation of the current layer.
  Location getLayerLocation(const Twine &name);
  RankedTensorType getRowsType(int64_t columns);

  OpBuilder b;
  Location origin;
  const Hyperparameters &hyperparameters;
  bool hasFloatActivations;
  CacheElement cacheElement;
  /// The number of the layer that is being built.
  int64_t layer = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_LANGUAGEMODEL_GRAPHBUILDER_H
