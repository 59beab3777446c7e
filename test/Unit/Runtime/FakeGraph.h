//===- FakeGraph.h - A graph without weights --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// y[batch, length] = x[batch, length] + bias[length], and count[2 * batch] with
// the rows' numbers, by all threads of the team and by way of the arena, with a
// barrier between.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_RUNTIME_FAKEGRAPH_H
#define BITNET_TEST_UNIT_RUNTIME_FAKEGRAPH_H

#include "GraphDescriptor.h"
#include "bitnet/graph.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace mlir::bitnet::test {

class FakeGraph {
public:
  FakeGraph();
  FakeGraph(const FakeGraph &) = delete;

  /// A variant that every processor runs.
  static bitnet_variant_descriptor makeVariant(const char *name);

  /// Replaces the only variant, called "fake".
  void setVariants(std::vector<bitnet_variant_descriptor> made);

  bitnet_graph_descriptor descriptor = {};
  /// What the descriptor points to.
  std::vector<bitnet_variant_descriptor> variants;
  uint32_t chosenVariant = 0;
  bitnet_graph graph;
};

/// Tensors of a FakeGraph, in memory of its own.
class FakeTensors {
public:
  FakeTensors(size_t batch, size_t length);
  FakeTensors(const FakeTensors &) = delete;

  /// Runs with the tensors, by descriptors.
  bitnet_status run(const FakeGraph &graph, bitnet_threads *threads = nullptr);
  /// The same by pointers.
  bitnet_status runPointers(const FakeGraph &graph,
                            bitnet_threads *threads = nullptr);
  /// Expects the outputs to be right, and forgets them.
  void checkOutputs();

  size_t batch, length;
  std::vector<float> x, bias, y;
  std::vector<int64_t> count;
  bitnet_tensor inputs[2], outputs[2];
  void *arena;
  size_t arenaSize;

private:
  /// What `arena` points to, unless a test changes that.
  std::unique_ptr<void, decltype(&std::free)> memory;
};

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_RUNTIME_FAKEGRAPH_H
