//===- ONNX.h - The onnx dialect --------------------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_ONNX_IR_ONNX_H
#define BITNET_DIALECT_ONNX_IR_ONNX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "bitnet/Dialect/ONNX/IR/ONNXDialect.h.inc"

#define GET_OP_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXOps.h.inc"

namespace mlir::onnx {

/// The function of a module that is a graph.
inline constexpr llvm::StringLiteral graphFunctionName = "main";

/// Argument attributes: the name of a symbolic dimension, of an input or
/// output, and the dimensions of one, each a string or an i64.
inline constexpr llvm::StringLiteral symbolAttrName = "onnx.symbol";
inline constexpr llvm::StringLiteral nameAttrName = "onnx.name";
inline constexpr llvm::StringLiteral dimsAttrName = "onnx.dims";
/// Argument and result attribute that lowering to linalg leaves: the element
/// type with its sign.
inline constexpr llvm::StringLiteral typeAttrName = "onnx.type";

} // namespace mlir::onnx

#endif // BITNET_DIALECT_ONNX_IR_ONNX_H
