//===- GraphFunctions.h - The functions of a graph's module -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_GRAPH_GRAPHFUNCTIONS_H
#define BITNET_LIB_GRAPH_GRAPHFUNCTIONS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Graph/Passes.h"

namespace mlir::bitnet {

/// Bytes of the buffers that `@run` takes, as their type has it: a number that
/// no buffer reaches, so that sizes need not be known.
inline constexpr int64_t flatBufferSize = int64_t(1) << 40;

/// The arguments of a `@run`.
struct RunArguments {
  RunArguments(func::FuncOp run, GraphAttr graph);

  Value thread, threads, team;
  Block::BlockArgListType symbols, inputs, outputs;
  Value arena;
};

/// The graph that a module describes, or null.
inline GraphAttr getGraph(ModuleOp module) {
  return module->getAttrOfType<GraphAttr>(graphAttrName);
}

} // namespace mlir::bitnet

#endif // BITNET_LIB_GRAPH_GRAPHFUNCTIONS_H
