//===- JitGraph.cpp - Compiles a graph and runs it here -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/JitGraph.h"
#include "HostJit.h"
#include "bitnet/Codegen/Codegen.h"
#include "bitnet/Execution/AlignedBuffer.h"
#include "bitnet/graph.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr StringLiteral symbolName = "graph";

static llvm::Error check(bitnet_status status, const llvm::Twine &what) {
  if (status == BITNET_OK)
    return llvm::Error::success();
  return llvm::createStringError(what + ": " + bitnet_status_text(status));
}

llvm::Expected<JitGraph> JitGraph::compile(ModuleOp module) {
  CodegenOptions options;
  options.symbol = symbolName;
  // Threads and the clock would have to be linked.
  options.withoutThreads = true;
  llvm::Expected<CompiledModel> model = compileToLLVM(module, options);
  if (!model)
    return model.takeError();
  SmallString<128> path;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("bitnet-graph", "o", path))
    return llvm::createFileError(path, error);
  llvm::FileRemover remover(path);
  if (llvm::Error error = emitObject(*model, path))
    return std::move(error);
  auto object = llvm::MemoryBuffer::getFile(path);
  if (!object)
    return llvm::createFileError(path, object.getError());
  llvm::Expected<LoadedObject> loaded =
      loadObject(std::move(*object), symbolName, "the graph");
  if (!loaded)
    return loaded.takeError();
  return JitGraph(std::move(loaded->jit),
                  loaded->symbol.toPtr<const bitnet_graph *>());
}

JitGraph::JitGraph(std::unique_ptr<llvm::orc::LLJIT> jit,
                   const bitnet_graph *graph)
    : jit(std::move(jit)), graph(graph) {}
JitGraph::JitGraph(JitGraph &&) = default;
JitGraph::~JitGraph() = default;

/// The same tensor as the C interface has it. It is written to only if it is an
/// output.
static bitnet_tensor describe(const HostTensor &tensor) {
  bitnet_tensor result = {};
  result.data = const_cast<char *>(tensor.bytes.data());
  result.size = tensor.bytes.size();
  result.type = tensor.type;
  result.rank = static_cast<uint32_t>(tensor.dims.size());
  llvm::copy(tensor.dims, result.dims);
  return result;
}

/// The tensors of `inputs` in the order of the graph.
static llvm::Expected<std::vector<bitnet_tensor>>
sortInputs(const bitnet_graph *graph, uint32_t count,
           ArrayRef<HostTensor> inputs) {
  std::vector<bitnet_tensor> sorted;
  for (uint32_t index = 0; index < count; ++index) {
    bitnet_tensor_info info;
    if (llvm::Error error = check(bitnet_get_graph_input(graph, index, &info),
                                  "input " + llvm::Twine(index)))
      return std::move(error);
    auto hasName = [&](const HostTensor &tensor) {
      return tensor.name == info.name;
    };
    const HostTensor *input = llvm::find_if(inputs, hasName);
    if (llvm::count_if(inputs, hasName) != 1)
      return llvm::createStringError(
          StringRef("expects one tensor for the input '") + info.name +
          "', found " + (input == inputs.end() ? "none" : "several"));
    if (input->dims.size() > BITNET_MAXIMUM_RANK)
      return llvm::createStringError(StringRef("input '") + info.name +
                                     "': has too many dimensions");
    sorted.push_back(describe(*input));
  }
  if (inputs.size() != sorted.size())
    return llvm::createStringError("expects " + llvm::Twine(sorted.size()) +
                                   " inputs, found " +
                                   llvm::Twine(inputs.size()));
  return sorted;
}

llvm::Expected<std::vector<HostTensor>>
JitGraph::run(ArrayRef<HostTensor> inputs) const {
  bitnet_graph_info info;
  if (llvm::Error error = check(bitnet_get_graph_info(graph, &info), "graph"))
    return std::move(error);
  llvm::Expected<std::vector<bitnet_tensor>> tensors =
      sortInputs(graph, info.input_count, inputs);
  if (!tensors)
    return tensors.takeError();
  SmallVector<size_t> symbols(info.symbol_count);
  if (llvm::Error error =
          check(bitnet_graph_derive_symbols(graph, tensors->data(),
                                            tensors->size(), symbols.data()),
                "inputs"))
    return std::move(error);

  std::vector<HostTensor> outputs;
  std::vector<bitnet_tensor> outputTensors;
  // Their data must stay where it is.
  outputs.reserve(info.output_count);
  for (uint32_t index = 0; index < info.output_count; ++index) {
    bitnet_tensor_info output;
    HostTensor &tensor = outputs.emplace_back();
    size_t dims[BITNET_MAXIMUM_RANK];
    if (llvm::Error error =
            check(bitnet_get_graph_output(graph, index, &output), "output"))
      return std::move(error);
    if (llvm::Error error =
            check(bitnet_graph_output_dims(graph, index, symbols.data(), dims),
                  "output"))
      return std::move(error);
    tensor.name = output.name;
    tensor.type = output.type;
    tensor.dims.assign(dims, dims + output.rank);
    size_t size = output.element_size;
    for (size_t dim : tensor.dims)
      size *= dim;
    if (llvm::Error error = checkAvailableMemory(static_cast<int64_t>(size)))
      return std::move(error);
    tensor.bytes.resize(size);
    outputTensors.push_back(describe(tensor));
  }
  size_t arenaSize = 0;
  if (llvm::Error error = check(
          bitnet_graph_arena_size(graph, symbols.data(), &arenaSize), "arena"))
    return std::move(error);
  llvm::Expected<AlignedBuffer> arena =
      AlignedBuffer::create(static_cast<int64_t>(arenaSize));
  if (!arena)
    return arena.takeError();
  if (llvm::Error error = check(
          bitnet_graph_run_tensors(graph, tensors->data(), tensors->size(),
                                   outputTensors.data(), outputTensors.size(),
                                   arena->data(), arenaSize,
                                   /*threads=*/nullptr),
          "run"))
    return std::move(error);
  return outputs;
}
