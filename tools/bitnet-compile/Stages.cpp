//===- Stages.cpp - The stages of a compilation ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Stages.h"
#include "Options.h"
#include "bitnet/Dialect/BitNet/Transforms/WeightAction.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "bitnet/Pipelines/Pipelines.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;

void bitnet::setQuantizeOptions(QuantizePipelineOptions &pipeline) {
  pipeline.masters = quantizer == onnx::LinearQuantizer::Sign
                         ? MasterQuantizer::Sign
                         : MasterQuantizer::AbsMean;
  pipeline.floatLayers = quantizer.getNumOccurrences() > 0;
  pipeline.quantizer = quantizer;
  pipeline.granularity = quantizeGranularity;
  pipeline.layers = quantizeLayers;
  pipeline.outlierThreshold = outlierThreshold;
}

/// Runs the stages up to --until.
LogicalResult
bitnet::runStages(ModuleOp module, Progress &progress, TimingScope &timing,
                  function_ref<LogicalResult(LastStage)> afterStage) {
  struct Stage {
    LastStage stage;
    StringRef what;
    std::function<void(OpPassManager &)> build;
  };
  QuantizePipelineOptions quantizeOptions;
  setQuantizeOptions(quantizeOptions);
  PackPipelineOptions packOptions;
  packOptions.kernel = kernelName;
  packOptions.head = headFormat;
  packOptions.headError = headError;
  const Stage stages[] = {
      {LastStage::Quantize, "quantizing weights",
       [&](OpPassManager &manager) {
         buildQuantizePipeline(manager, quantizeOptions);
       }},
      {LastStage::Fold, "folding", buildFoldPipeline},
      {LastStage::Pack, "packing weights",
       [&](OpPassManager &manager) {
         buildPackPipeline(manager, packOptions);
       }},
      {LastStage::LowerKernels, "generating kernels",
       buildLowerKernelsPipeline},
      {LastStage::Plan, "planning", buildPlanPipeline},
      {LastStage::ToLLVM, "lowering to LLVM", buildToLLVMPipeline}};
  // What stages leave re-enters where it was left.
  bool isPlanned = module->hasAttr(bitnet_runtime::weightsSizeAttrName);
  bool isLLVM = isPlanned && module.getOps<func::FuncOp>().empty();
  StringRef current;
  module.getContext()->registerActionHandler(
      [&](function_ref<void()> run, const tracing::Action &action) {
        if (auto *weight = dyn_cast<WeightAction>(&action))
          progress.showCount(current, weight->getIndex(), weight->getCount());
        run();
      });
  llvm::scope_exit ignoreActions(
      [&] { module.getContext()->registerActionHandler(nullptr); });
  for (const Stage &stage : stages) {
    if (stage.stage > lastStage)
      break;
    if (isLLVM || (isPlanned && stage.stage <= LastStage::Plan))
      continue;
    current = stage.what;
    progress.step(current);
    PassManager manager(module->getName());
    if (failed(applyPassManagerCLOptions(manager)))
      return failure();
    manager.enableTiming(timing);
    stage.build(manager);
    if (failed(manager.run(module)))
      return failure();
    if (failed(afterStage(stage.stage)))
      return failure();
  }
  progress.clear();
  return success();
}
