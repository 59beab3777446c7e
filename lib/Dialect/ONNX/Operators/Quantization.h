//===- Quantization.h - Rounding to integers --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_QUANTIZATION_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_QUANTIZATION_H

#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"

namespace mlir::onnx {

/// `value`, an f32, in elements of type `to`, an integer of at most 16 bits or
/// a narrow float: the nearest, halves to even, plus `zero`, an f32 or null.
/// What is out of range becomes the nearest bound; floats do so if
/// `isSaturating`.
Value createQuantized(NodeLowering &l, ImplicitLocOpBuilder &b, Value value,
                      Value zero, Type to, bool isSaturating = true);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_QUANTIZATION_H
