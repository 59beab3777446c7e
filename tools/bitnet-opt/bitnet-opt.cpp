//===- bitnet-opt.cpp - Runs passes and stages on textual IR --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Conversion/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "bitnet/Graph/Passes.h"
#include "bitnet/Pipelines/Pipelines.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

using namespace mlir;

int main(int argc, char **argv) {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registry.insert<bitnet::BitNetDialect, bitnet_isa::BitNetISADialect,
                  bitnet_runtime::BitNetRuntimeDialect, onnx::ONNXDialect>();
  registerAllPasses();
  bitnet::registerBitNetTransformsPasses();
  bitnet::registerBitNetConversionPasses();
  bitnet::registerBitNetGraphPasses();
  bitnet_runtime::registerBitNetRuntimeTransformsPasses();
  bitnet::registerPipelines();
  onnx::registerBitNetONNXTransformsPasses();
  return asMainReturnCode(
      MlirOptMain(argc, argv, "BitNet compiler passes and stages\n", registry));
}
