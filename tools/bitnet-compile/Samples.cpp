//===- Samples.cpp - Layers compared on sample inputs ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"
#include "Input.h"
#include "Options.h"
#include "Stages.h"
#include "bitnet/Execution/JitGraph.h"
#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Target/TargetResolver.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;

static llvm::Expected<HostTensor> readSample(ONNXFile &file, StringRef text) {
  auto [name, path] = text.split('=');
  if (name.empty() || path.empty())
    return llvm::createStringError("expects --sample=name=file, found '" +
                                   text + "'");
  llvm::Expected<ONNXTensor> tensor = file.readTensor(path);
  if (!tensor)
    return tensor.takeError();
  if (*getStoredBits(tensor->type) < 8)
    return llvm::createStringError("expects elements of bytes in '" + path +
                                   "', found " +
                                   getElementTypeName(tensor->type));
  HostTensor result;
  result.name = name.str();
  result.type = static_cast<uint32_t>(tensor->type);
  result.dims.assign(tensor->shape.begin(), tensor->shape.end());
  result.bytes.assign(tensor->bytes.begin(), tensor->bytes.end());
  return result;
}

/// Takes a graph through all stages to one that compares layers.
static LogicalResult compileMeasures(ModuleOp module) {
  PassManager manager(module->getName());
  QuantizePipelineOptions quantizeOptions;
  setQuantizeOptions(quantizeOptions);
  quantizeOptions.measure = true;
  buildQuantizePipeline(manager, quantizeOptions);
  buildFoldPipeline(manager);
  buildPackPipeline(manager, PackPipelineOptions());
  buildLowerKernelsPipeline(manager);
  buildPlanPipeline(manager);
  buildToLLVMPipeline(manager);
  return manager.run(module);
}

/// The errors of layers in the outputs that onnx-quantize-linear adds.
static SmallVector<onnx::OutputError>
readMeasures(ArrayRef<HostTensor> outputs) {
  struct Measures {
    double difference = 0, result = 0, largest = 0;
  };
  std::map<size_t, Measures> layers;
  for (const HostTensor &output : outputs) {
    StringRef name = output.name;
    size_t layer = 0;
    if (!name.consume_front(onnx::measurePrefix) ||
        name.consumeInteger(10, layer) || output.bytes.size() != sizeof(float))
      continue;
    float value;
    memcpy(&value, output.bytes.data(), sizeof(value));
    Measures &measures = layers[layer];
    if (name == ".difference")
      measures.difference = value;
    else if (name == ".result")
      measures.result = value;
    else if (name == ".largest")
      measures.largest = value;
  }
  SmallVector<onnx::OutputError> errors;
  for (const auto &[layer, measures] : layers) {
    // Where all results are 0 there is nothing to be relative to.
    double norm = measures.result > 0 ? measures.result : 1;
    errors.push_back(
        {layer, std::sqrt(measures.difference / norm), measures.largest});
  }
  return errors;
}

llvm::Error bitnet::measureSamples(ModuleOp module,
                                   const DialectRegistry &registry) {
  // Passes free the weights that they have converted, for all modules of a
  // context.
  MLIRContext context(registry);
  context.loadDialect<BitNetDialect>();
  // Warnings have been printed for the module.
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error &&
        message.empty())
      message = diagnostic.str();
  });
  llvm::SourceMgr sources;
  ModelFile file;
  llvm::Expected<OwningOpRef<ModuleOp>> measured =
      importModel(context, sources, file);
  if (!measured)
    return measured.takeError();
  std::vector<HostTensor> inputs;
  for (StringRef text : samples) {
    llvm::Expected<HostTensor> sample = readSample(*file.onnx, text);
    if (!sample)
      return sample.takeError();
    inputs.push_back(std::move(*sample));
  }
  llvm::Expected<TargetAttr> target = resolveTarget(&context, "", "native");
  if (!target)
    return target.takeError();
  (*measured)->getOperation()->setAttr(targetsAttrName,
                                       ArrayAttr::get(&context, {*target}));
  setMachine(**measured);
  if (failed(compileMeasures(**measured)))
    return llvm::createStringError("--sample: " + message);
  llvm::Expected<JitGraph> graph = JitGraph::compile(**measured);
  if (!graph)
    return graph.takeError();
  llvm::Expected<std::vector<HostTensor>> outputs = graph->run(inputs);
  if (!outputs)
    return llvm::createStringError("--sample: " +
                                   llvm::toString(outputs.takeError()));
  onnx::setOutputErrors(module, readMeasures(*outputs));
  return llvm::Error::success();
}
