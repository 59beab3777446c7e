//===- Passes.h - Passes on the onnx dialect --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_H
#define BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::onnx {

/// Prints what `bitnet-recognize` noted on a module: a line for each layer,
/// nothing if it did not run.
void printRecognition(ModuleOp module, llvm::raw_ostream &stream);

#define GEN_PASS_DECL
#include "bitnet/Dialect/ONNX/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "bitnet/Dialect/ONNX/Transforms/Passes.h.inc"

} // namespace mlir::onnx

#endif // BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_H
