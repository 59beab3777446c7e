//===- Pipelines.h - The stages from graph to LLVM --------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model goes through these stages in this order. Each reads what the one
// before it prints, and ends in a pass that checks its contract (see
// `bitnet-check-stage`).
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_PIPELINES_PIPELINES_H
#define BITNET_PIPELINES_PIPELINES_H

#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::bitnet {

/// Options of the quantise stage, as of bitnet-quantize-weights and, for the
/// float layers of graphs, of onnx-quantize-linear.
struct QuantizePipelineOptions : PassPipelineOptions<QuantizePipelineOptions> {
  Option<MasterQuantizer> masters{
      *this, "masters",
      llvm::cl::desc("How float weights of linear layers are quantised"),
      llvm::cl::init(MasterQuantizer::AbsMean),
      llvm::cl::values(
          clEnumValN(MasterQuantizer::AbsMean, "absmean",
                     "to trits, as BitNet b1.58"),
          clEnumValN(MasterQuantizer::Sign, "sign", "to signs, as BitNet"))};
  Option<bool> floatLayers{
      *this, "float-layers",
      llvm::cl::desc("Quantise the float linear layers of graphs, too"),
      llvm::cl::init(false)};
  Option<onnx::LinearQuantizer> quantizer{
      *this, "quantizer", llvm::cl::desc("What weights of float layers become"),
      llvm::cl::init(onnx::LinearQuantizer::AbsMean),
      llvm::cl::values(
          clEnumValN(onnx::LinearQuantizer::AbsMean, "absmean",
                     "trits, as BitNet b1.58"),
          clEnumValN(onnx::LinearQuantizer::Sign, "sign", "signs, as BitNet"),
          clEnumValN(onnx::LinearQuantizer::AbsMaxInt8, "absmax-int8",
                     "8 bits, symmetric"),
          clEnumValN(onnx::LinearQuantizer::ZeroPointInt8, "zeropoint-int8",
                     "8 bits with a zero point"),
          clEnumValN(onnx::LinearQuantizer::Int8Outliers, "int8-outliers",
                     "8 bits, as the activations but for outliers"))};
  Option<onnx::QuantizationGranularity> granularity{
      *this, "granularity", llvm::cl::desc("What shares a scale"),
      llvm::cl::init(onnx::QuantizationGranularity::Auto),
      llvm::cl::values(clEnumValN(onnx::QuantizationGranularity::Auto, "auto",
                                  "rows for int8-outliers, else the matrix"),
                       clEnumValN(onnx::QuantizationGranularity::Tensor,
                                  "tensor", "the matrix"),
                       clEnumValN(onnx::QuantizationGranularity::Row, "row",
                                  "each row, which makes one output"))};
  Option<std::string> layers{
      *this, "layers",
      llvm::cl::desc("Regular expression of names of float layers; empty: all"),
      llvm::cl::init("")};
  Option<double> outlierThreshold{
      *this, "outlier-threshold",
      llvm::cl::desc("Magnitude above which activations are outliers"),
      llvm::cl::init(onnx::defaultOutlierThreshold)};
  Option<bool> measure{
      *this, "measure",
      llvm::cl::desc("Compare float layers with what they would become"),
      llvm::cl::init(false)};
};

/// Options of the packing stage; see `bitnet-pack-weights`.
struct PackPipelineOptions : PassPipelineOptions<PackPipelineOptions> {
  Option<std::string> kernel{
      *this, "kernel",
      llvm::cl::desc("Kernel of quantised linear layers; empty: chosen for the "
                     "target"),
      llvm::cl::init("")};
  Option<HeadFormat> head{
      *this, "head",
      llvm::cl::desc("Elements of the output head and embedding"),
      llvm::cl::init(HeadFormat::Auto),
      llvm::cl::values(
          clEnumValN(HeadFormat::Auto, "auto",
                     "the smallest that head-error allows"),
          clEnumValN(HeadFormat::F16, "f16", "IEEE half precision"),
          clEnumValN(HeadFormat::BF16, "bf16", "bfloat16"),
          clEnumValN(HeadFormat::Int8, "int8",
                     "8 bits with a scale for each row"),
          clEnumValN(HeadFormat::Int6, "int6",
                     "6 bits with a scale for each row"),
          clEnumValN(HeadFormat::Planes, "planes",
                     "6 bits in two planes of 3"))};
  Option<double> headError{
      *this, "head-error",
      llvm::cl::desc("Relative error that head=auto may make"),
      llvm::cl::init(defaultHeadError)};
};

/// Float or foreign weights become trits and scales.
void buildQuantizePipeline(OpPassManager &manager,
                           const QuantizePipelineOptions &options);
/// The graph becomes smaller: fused and merged operations.
void buildFoldPipeline(OpPassManager &manager);
/// Kernels are chosen, weights are packed.
void buildPackPipeline(OpPassManager &manager,
                       const PackPipelineOptions &options);
/// Operations become launches of generated kernels.
void buildLowerKernelsPipeline(OpPassManager &manager);
/// Tensors get places in an arena, launches become calls and barriers.
void buildPlanPipeline(OpPassManager &manager);
/// Everything becomes the LLVM dialect.
void buildToLLVMPipeline(OpPassManager &manager);

/// Registers the stages for command lines: --bitnet-quantize, --bitnet-fold,
/// --bitnet-pack, --bitnet-lower-kernels, --bitnet-plan, --bitnet-to-llvm.
void registerPipelines();

} // namespace mlir::bitnet

#endif // BITNET_PIPELINES_PIPELINES_H
