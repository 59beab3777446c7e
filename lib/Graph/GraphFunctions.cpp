//===- GraphFunctions.cpp - The functions of a graph's module -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"

using namespace mlir;
using namespace mlir::bitnet;

SmallVector<func::FuncOp> mlir::bitnet::getTargetFunctions(ModuleOp module,
                                                           StringRef name) {
  SmallVector<TargetAttr> targets = getTargets(module);
  SmallVector<func::FuncOp> functions;
  auto add = [&](StringRef symbol) {
    if (auto function = module.lookupSymbol<func::FuncOp>(symbol))
      functions.push_back(function);
  };
  for (TargetAttr target : targets)
    add(getTargetSymbol(name, target, targets.size()));
  if (targets.empty())
    add(name);
  return functions;
}

RunArguments::RunArguments(func::FuncOp run, GraphAttr graph) {
  auto arguments = run.getArguments();
  thread = arguments[0];
  threads = arguments[1];
  team = arguments[2];
  arguments = arguments.drop_front(3);
  auto take = [&](size_t count) {
    auto taken = arguments.take_front(count);
    arguments = arguments.drop_front(count);
    return taken;
  };
  symbols = take(graph.getSymbols().size());
  inputs = take(graph.getInputs().size());
  outputs = take(graph.getOutputs().size());
  arena = arguments[0];
}
