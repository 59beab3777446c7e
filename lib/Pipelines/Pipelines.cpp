//===- Pipelines.cpp - The stages from graph to LLVM ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/Pipelines.h"
#include "bitnet/Conversion/Passes.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "bitnet/Graph/Passes.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::bitnet;

static void addCheck(OpPassManager &manager, Stage stage) {
  manager.addPass(createCheckStagePass(CheckStagePassOptions{stage}));
}

void mlir::bitnet::buildQuantizePipeline(
    OpPassManager &manager, const QuantizePipelineOptions &options) {
  manager.addPass(onnx::createRecognizeBitLinearPass());
  manager.addPass(onnx::createFoldConstantsPass());
  if (options.floatLayers) {
    onnx::QuantizeLinearPassOptions floatOptions;
    floatOptions.quantizer = options.quantizer;
    floatOptions.granularity = options.granularity;
    floatOptions.layers = options.layers;
    floatOptions.outlierThreshold = options.outlierThreshold;
    floatOptions.measure = options.measure;
    manager.addPass(onnx::createQuantizeLinearPass(floatOptions));
  }
  QuantizeWeightsPassOptions passOptions;
  passOptions.masters = options.masters;
  manager.addPass(createQuantizeWeightsPass(passOptions));
  addCheck(manager, Stage::Quantized);
}

void mlir::bitnet::buildFoldPipeline(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createDecomposeBitLinearPass());
  // Layers that read the same activations come to share their quantisation.
  manager.addPass(createCSEPass());
  manager.addNestedPass<func::FuncOp>(createFuseQuantizationPass());
  manager.addPass(createMergeLinearPass());
  manager.addNestedPass<func::FuncOp>(createFuseEpiloguesPass());
  addCheck(manager, Stage::Folded);
}

void mlir::bitnet::buildPackPipeline(OpPassManager &manager,
                                     const PackPipelineOptions &options) {
  PackWeightsPassOptions passOptions;
  passOptions.kernel = options.kernel;
  passOptions.head = options.head;
  passOptions.headError = options.headError;
  manager.addPass(createPackWeightsPass(passOptions));
  addCheck(manager, Stage::Packed);
}

void mlir::bitnet::buildLowerKernelsPipeline(OpPassManager &manager) {
  manager.addPass(createConvertONNXToLinalgPass());
  manager.addPass(createConvertBitNetToKernelsPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  addCheck(manager, Stage::Kernels);
}

/// The planning stage of a language model.
static void buildModelPlanPipeline(OpPassManager &manager) {
  manager.addPass(bitnet_runtime::createPlanMemoryPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

/// The planning stage of a graph.
static void buildGraphPlanPipeline(OpPassManager &manager) {
  manager.addPass(createDescribeGraphPass());
  manager.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
  manager.addNestedPass<func::FuncOp>(createLinalgGeneralizeNamedOpsPass());
  manager.addPass(createFuseElementwisePass());
  // 16-bit floats are only stored.
  arith::ArithEmulateUnsupportedFloatsOptions emulation;
  emulation.sourceTypeStrs = {"f16", "bf16"};
  emulation.targetTypeStr = "f32";
  manager.addNestedPass<func::FuncOp>(
      arith::createArithEmulateUnsupportedFloats(emulation));
  math::MathExtendToSupportedTypesOptions extension;
  extension.targetTypeStr = "f32";
  manager.addNestedPass<func::FuncOp>(
      math::createMathExtendToSupportedTypes(extension));
  manager.addPass(createWidenElementsPass());
  manager.addPass(createPlaceConstantsPass());
  manager.addPass(createBufferizeGraphPass());
  manager.addPass(createPlaceBuffersPass());
  manager.addPass(createShareWorkPass());
  manager.addPass(createLowerLoopsPass());
  manager.addPass(createExpandMathPass());
  manager.addPass(createLowerReshapesPass());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

namespace {
class PlanStagePass
    : public PassWrapper<PlanStagePass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PlanStagePass)

  PlanStagePass()
      : model(ModuleOp::getOperationName()),
        graph(ModuleOp::getOperationName()) {
    buildModelPlanPipeline(model);
    buildGraphPlanPipeline(graph);
  }

private:
  StringRef getArgument() const override { return "bitnet-plan-module"; }
  StringRef getDescription() const override {
    return "Plans a module as what it is, a language model or a graph";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    model.getDependentDialects(registry);
    graph.getDependentDialects(registry);
  }
  void runOnOperation() override {
    bool isModel = getOperation()->hasAttr(modelAttrName);
    if (failed(runPipeline(isModel ? model : graph, getOperation())))
      signalPassFailure();
  }

  OpPassManager model, graph;
};
} // namespace

void mlir::bitnet::buildPlanPipeline(OpPassManager &manager) {
  manager.addPass(std::make_unique<PlanStagePass>());
  addCheck(manager, Stage::Planned);
}

void mlir::bitnet::buildToLLVMPipeline(OpPassManager &manager) {
  manager.addPass(createConvertBitNetToLLVMPass());
  addCheck(manager, Stage::LLVM);
}

void mlir::bitnet::registerPipelines() {
  PassRegistration<PlanStagePass>();
  PassPipelineRegistration<>("bitnet-plan-model",
                             "What bitnet-plan does to a language model",
                             buildModelPlanPipeline);
  PassPipelineRegistration<>("bitnet-plan-graph",
                             "What bitnet-plan does to a graph",
                             buildGraphPlanPipeline);
  PassPipelineRegistration<QuantizePipelineOptions>(
      "bitnet-quantize", "Float or foreign weights to trits or bits and scales",
      buildQuantizePipeline);
  PassPipelineRegistration<>("bitnet-fold", "Fuses and merges operations",
                             buildFoldPipeline);
  PassPipelineRegistration<PackPipelineOptions>(
      "bitnet-pack", "Chooses kernels and packs weights", buildPackPipeline);
  PassPipelineRegistration<>("bitnet-lower-kernels",
                             "Operations to launches of generated kernels",
                             buildLowerKernelsPipeline);
  PassPipelineRegistration<>("bitnet-plan",
                             "Tensors to an arena, launches to calls",
                             buildPlanPipeline);
  PassPipelineRegistration<>("bitnet-to-llvm", "Everything to the LLVM dialect",
                             buildToLLVMPipeline);
}
