//===- GraphBuilder.h - Writes a model as a bitnet graph --------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_GGUF_GRAPHBUILDER_H
#define BITNET_LIB_IMPORT_GGUF_GRAPHBUILDER_H

#include "ModelTensors.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

namespace mlir::bitnet {

/// Appends the operations of a checked model to a module. Cannot fail.
class GraphBuilder {
public:
  /// `path` is where the model came from, for locations.
  GraphBuilder(ModuleOp module, llvm::StringRef path,
               const Hyperparameters &hyperparameters);

  /// Adds `bitnet.tokenizer`.
  void addTokenizer(std::vector<char> &&tables);
  /// Adds the function `evaluate`.
  void addEvaluate(const ModelTensors &tensors);

private:
  Value addAttention(const ModelTensors::Layer &tensors, Value input,
                     Value rotations, Value cache, Value position);
  Value addFeedForward(const ModelTensors::Layer &tensors, Value input);
  Value addLinear(Value input, const NamedMatrix &weight);
  Value addNorm(Value input, const NamedMatrix &weight);
  Value addWeight(const NamedMatrix &weight);
  Value addNormWeight(const NamedMatrix &weight);

  /// NameLoc(name, NameLoc(path)).
  Location getLocation(const Twine &name);
  /// The same for an operation of the current layer.
  Location getLayerLocation(const Twine &name);
  RankedTensorType getRowsType(int64_t columns);

  OpBuilder b;
  Location origin;
  const Hyperparameters &hyperparameters;
  /// The number of the layer that is being built.
  int64_t layer = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_GGUF_GRAPHBUILDER_H
