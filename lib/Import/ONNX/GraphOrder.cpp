//===- GraphOrder.cpp - Sorting nodes by what they need -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphOrder.h"
#include "llvm/ADT/STLExtras.h"

#include <queue>

using namespace mlir::bitnet;
using llvm::Error;

/// The indices of the nodes that `node` reads from.
static auto getProducers(const FlatGraph &graph, const FlatNode &node) {
  auto toNode = [&graph](int64_t value) {
    return value < 0 ? int64_t(-1) : graph.values[value].node;
  };
  auto isNode = [](int64_t index) { return index >= 0; };
  return llvm::make_filter_range(llvm::map_range(node.inputs, toNode), isNode);
}

/// Names the nodes of a cycle among those that are not `done`, each of which
/// reads from another one of them.
static Error makeCycleError(const ONNXFile &file, const FlatGraph &graph,
                            const std::vector<bool> &done) {
  auto getPending = [&](int64_t node) {
    for (int64_t producer : getProducers(graph, graph.nodes[node]))
      if (!done[producer])
        return producer;
    llvm_unreachable("a node without pending producers is not pending");
  };
  int64_t node = std::distance(done.begin(), llvm::find(done, false));
  std::vector<bool> seen(graph.nodes.size());
  for (; !seen[node]; node = getPending(node))
    seen[node] = true;
  constexpr int maximumShown = 10;
  int shown = 1;
  std::string path = quoteONNXName(graph.nodes[node].label);
  for (int64_t next = getPending(node);; next = getPending(next)) {
    if (++shown > maximumShown) {
      path += " reads from ...";
      break;
    }
    path += " reads from " + quoteONNXName(graph.nodes[next].label);
    if (next == node)
      break;
  }
  return file.makeError("expects a graph without cycles, found that " + path);
}

Error mlir::bitnet::sortNodes(const ONNXFile &file, FlatGraph &graph) {
  size_t count = graph.nodes.size();
  std::vector<int64_t> pending(count);
  std::vector<std::vector<int64_t>> readers(count);
  std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> ready;
  for (size_t index = 0; index < count; ++index) {
    for (int64_t producer : getProducers(graph, graph.nodes[index])) {
      readers[producer].push_back(index);
      ++pending[index];
    }
    if (pending[index] == 0)
      ready.push(index);
  }
  std::vector<int64_t> order;
  std::vector<bool> done(count);
  while (!ready.empty()) {
    int64_t index = ready.top();
    ready.pop();
    order.push_back(index);
    done[index] = true;
    for (int64_t reader : readers[index])
      if (--pending[reader] == 0)
        ready.push(reader);
  }
  if (order.size() != count)
    return makeCycleError(file, graph, done);

  std::vector<bool> isNeeded(count);
  for (int64_t output : graph.outputs)
    if (int64_t node = graph.values[output].node; node >= 0)
      isNeeded[node] = true;
  for (int64_t index : llvm::reverse(order))
    if (isNeeded[index])
      for (int64_t producer : getProducers(graph, graph.nodes[index]))
        isNeeded[producer] = true;
  std::vector<FlatNode> nodes;
  for (int64_t index : order) {
    if (!isNeeded[index])
      continue;
    for (int64_t output : graph.nodes[index].outputs)
      if (output >= 0)
        graph.values[output].node = nodes.size();
    nodes.push_back(std::move(graph.nodes[index]));
  }
  graph.nodes = std::move(nodes);
  return Error::success();
}
