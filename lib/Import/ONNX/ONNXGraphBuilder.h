//===- ONNXGraphBuilder.h - Writes a graph in the onnx dialect --*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_ONNX_ONNXGRAPHBUILDER_H
#define BITNET_LIB_IMPORT_ONNX_ONNXGRAPHBUILDER_H

#include "FlatGraph.h"
#include "InputDimensions.h"
#include "TensorAttrs.h"
#include "bitnet/Dialect/ONNX/Operators/GraphShapes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::bitnet {

/// Writes `@main` of a module.
class ONNXGraphBuilder {
public:
  ONNXGraphBuilder(ModuleOp module, const ONNXFile &file,
                   const FlatGraph &graph, const InputDimensions &dimensions);

  /// Adds the function, with the types of results that follow from the inputs.
  llvm::Error build();

private:
  llvm::Error addFunction();
  llvm::Error addNode(const FlatNode &node);
  llvm::Error addConstantNode(const FlatNode &node);
  llvm::Error addReturn();
  llvm::Expected<Value> addConstant(StringRef name, ElementsAttr value);
  /// Sets the types of the results.
  llvm::Error infer(Operation *op);
  /// Checks that an output of `type` is what the file declares. Sizes are not
  /// compared: files may have other names for them, or old numbers.
  llvm::Error checkOutput(const ONNXValueInfo &info, Type type);

  Location getLocation(StringRef name);
  /// The value of this index, or `onnx.none` for -1; adds constants.
  llvm::Expected<Value> getValue(int64_t index);
  /// The input's or output's argument attributes.
  DictionaryAttr getArgumentAttrs(StringRef name, ArrayRef<Attribute> dims);

  OpBuilder b;
  const ONNXFile &file;
  const FlatGraph &graph;
  const InputDimensions &dimensions;
  TensorAttrs elements;
  func::FuncOp function;
  std::optional<onnx::GraphShapes> shapes;
  std::vector<Value> values;
  Value none;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_ONNX_ONNXGRAPHBUILDER_H
