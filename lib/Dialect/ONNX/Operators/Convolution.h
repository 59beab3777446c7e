//===- Convolution.h - Convolutions by windows ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_CONVOLUTION_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_CONVOLUTION_H

#include "Windows.h"

namespace mlir::onnx {

/// A tensor that a convolution reads, with its zero point: null, or a tensor of
/// one value, or for filters one for each.
struct ConvolutionOperand {
  Value value;
  const TensorShape *shape;
  Value zero = {};
  const TensorShape *zeroShape = nullptr;
};

/// Sets result 0 to a convolution of inputs `input` and `filters`, with
/// elements of `elementType`.
LogicalResult inferConvolution(NodeShapes &shapes, unsigned input,
                               unsigned filters, Type elementType);

/// The convolution of `input` [N, C, ...] with `filters` [M, C / groups, ...]
/// in elements of `accumulatorType`; fails with an error at the node.
FailureOr<Value> createConvolution(NodeLowering &l,
                                   const ConvolutionOperand &input,
                                   const ConvolutionOperand &filters,
                                   Type accumulatorType);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_CONVOLUTION_H
