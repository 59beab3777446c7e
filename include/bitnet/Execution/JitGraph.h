//===- JitGraph.h - Compiles a graph and runs it here -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXECUTION_JITGRAPH_H
#define BITNET_EXECUTION_JITGRAPH_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

struct bitnet_graph;

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace mlir::bitnet {

/// A tensor in memory of this process.
struct HostTensor {
  /// As the graph calls its input or output.
  std::string name;
  /// A bitnet_type.
  uint32_t type;
  llvm::SmallVector<size_t, 4> dims;
  /// Row-major.
  std::vector<char> bytes;
};

/// A graph, compiled for this machine and linked into this process.
class JitGraph {
public:
  /// Compiles what the last stage leaves of a graph (see
  /// buildToLLVMPipeline). Its targets must be of this machine.
  static llvm::Expected<JitGraph> compile(ModuleOp module);
  JitGraph(JitGraph &&);
  ~JitGraph();

  /// Runs the graph on one thread and returns its outputs in their order.
  /// `inputs` come in any order. Errors: an input that is missing, unknown or
  /// there twice, types and shapes that are not the graph's, no memory.
  llvm::Expected<std::vector<HostTensor>>
  run(llvm::ArrayRef<HostTensor> inputs) const;

private:
  JitGraph(std::unique_ptr<llvm::orc::LLJIT> jit, const bitnet_graph *graph);

  std::unique_ptr<llvm::orc::LLJIT> jit;
  const bitnet_graph *graph;
};

} // namespace mlir::bitnet

#endif // BITNET_EXECUTION_JITGRAPH_H
