//===- NarrowFloats.h - Floats of at most 8 bits ----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Processors have no instructions for these floats: they are computed with by
// integer arithmetic on their codes.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_NARROWFLOATS_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_NARROWFLOATS_H

#include "Elementwise.h"

namespace mlir::onnx {

/// `value`, a float of at most 8 bits, as f32.
Value decodeNarrow(ElementBuilder &b, Value value);

/// `value`, f32, as a float of at most 8 bits, rounded to the nearest. With
/// `saturate`, what is beyond the largest becomes that, else infinity or NaN.
/// `rounding` is `up`, `down` or `nearest`, for E8M0 only.
Value encodeNarrow(ElementBuilder &b, Value value, FloatType type,
                   bool saturate, StringRef rounding);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_NARROWFLOATS_H
