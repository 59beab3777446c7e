//===- FlatGraph.h - The nodes of a model, without functions ----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_ONNX_FLATGRAPH_H
#define BITNET_LIB_IMPORT_ONNX_FLATGRAPH_H

#include "bitnet/Import/ONNX/ONNXReader.h"

namespace mlir::bitnet {

/// An attribute of a node; one that refers to the caller's has its value.
struct FlatAttribute {
  llvm::StringRef name;
  const ONNXAttribute *value;
};

/// A node that is no call of a function.
struct FlatNode {
  /// Behind the labels of the calls that it was inlined from: `call/node`.
  std::string label;
  llvm::StringRef opType;
  llvm::StringRef domain;
  int64_t version;
  /// Indices of values; -1 where one is left out.
  llvm::SmallVector<int64_t, 4> inputs;
  llvm::SmallVector<int64_t, 2> outputs;
  std::vector<FlatAttribute> attributes;

  /// The operator with its domain, such as `com.microsoft.QuickGelu`.
  std::string getQualifiedType() const;
};

/// A value of the graph and what defines it, one of the four.
struct FlatValue {
  llvm::StringRef name;
  const ONNXTensor *constant = nullptr;
  const ONNXValueInfo *input = nullptr;
  /// The index of a node, or -1.
  int64_t node = -1;
  /// The index of the value that a function returns for a call's result, or -1.
  int64_t alias = -1;
};

/// The graph of a file. No node reads a value that is an alias.
struct FlatGraph {
  std::vector<FlatValue> values;
  /// Those that the outputs need, after the nodes whose results they read.
  std::vector<FlatNode> nodes;
  /// Indices of values.
  std::vector<int64_t> outputs;
};

/// A tensor instead of the input called `name`.
struct InputConstant {
  llvm::StringRef name;
  const ONNXTensor *tensor;
};

/// Resolves the names of values, inlines functions and sorts the nodes.
/// `constants` take the place of inputs of their names. Errors name the node or
/// value at fault.
llvm::Expected<FlatGraph> flatten(const ONNXFile &file,
                                  llvm::ArrayRef<InputConstant> constants);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_ONNX_FLATGRAPH_H
