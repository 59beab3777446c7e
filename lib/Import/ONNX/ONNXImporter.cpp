//===- ONNXImporter.cpp - From an ONNX file to the onnx dialect -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Import/ONNX/ONNXImporter.h"
#include "ONNXGraphBuilder.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;

/// Lists all nodes whose operators are not supported.
static Error checkSupported(const ONNXFile &file, const FlatGraph &graph,
                            const ONNXImportOptions &options) {
  llvm::MapVector<StringRef, std::vector<std::string>> nodes;
  std::vector<std::string> types;
  types.reserve(graph.nodes.size());
  for (const FlatNode &node : graph.nodes) {
    if (node.domain.empty() && node.opType == "Constant")
      continue;
    bool hasSubgraph =
        llvm::any_of(node.attributes, [](const FlatAttribute &attribute) {
          return attribute.value->kind == ONNXAttribute::Kind::Other;
        });
    if (!hasSubgraph &&
        (!options.isSupported ||
         options.isSupported(node.domain, node.opType, node.version)))
      continue;
    types.push_back(node.getQualifiedType());
    nodes[types.back()].push_back(quoteONNXName(node.label));
  }
  if (nodes.empty())
    return Error::success();
  std::vector<std::string> descriptions;
  for (auto &[type, names] : nodes)
    descriptions.push_back((type + " (" + llvm::join(names, ", ") + ")").str());
  return file.makeError("expects supported operators, found " +
                        llvm::join(descriptions, ", "));
}

Expected<OwningOpRef<ModuleOp>>
mlir::bitnet::importONNX(MLIRContext &context, ONNXFile &file,
                         const ONNXImportOptions &options) {
  std::vector<ONNXTensor> tensors;
  tensors.reserve(options.constants.size());
  std::vector<InputConstant> constants;
  for (const ONNXImportOptions::Constant &constant : options.constants) {
    Expected<ONNXTensor> tensor = file.readTensor(constant.path);
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
    constants.push_back({constant.name, &tensors.back()});
  }
  Expected<FlatGraph> graph = flatten(file, constants);
  if (!graph)
    return graph.takeError();
  Expected<InputDimensions> dimensions =
      InputDimensions::create(file, constants, options);
  if (!dimensions)
    return dimensions.takeError();
  if (Error error = checkSupported(file, *graph, options))
    return error;

  context.loadDialect<BitNetDialect, func::FuncDialect, onnx::ONNXDialect>();
  auto path = StringAttr::get(&context, file.getPath());
  OwningOpRef<ModuleOp> module = ModuleOp::create(NameLoc::get(path));
  if (Error error =
          ONNXGraphBuilder(*module, file, *graph, *dimensions).build())
    return error;
  return module;
}
