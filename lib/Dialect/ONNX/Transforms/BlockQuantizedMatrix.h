//===- BlockQuantizedMatrix.h - Weights of MatMulNBits ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_BLOCKQUANTIZEDMATRIX_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_BLOCKQUANTIZEDMATRIX_H

#include "ConstantTensor.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

namespace mlir::onnx {

/// The matrix of a MatMulNBits of the domain com.microsoft, [N][K]. Nothing if
/// it is not constant or not as the operator wants it.
std::optional<ConstantTensor> dequantizeBlocks(NodeOp node);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_BLOCKQUANTIZEDMATRIX_H
