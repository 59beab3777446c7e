//===- ConstantEvaluator.h - What constants amount to -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_CONSTANTEVALUATOR_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_CONSTANTEVALUATOR_H

#include "ConstantTensor.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

namespace mlir::onnx {

/// The value that `value` stands for: what Identity copies, and q of the
/// straight-through x + (q - x), which is q but for roundings.
Value skipStraightThrough(Value value);

/// Whether `value` is computed from constants alone, by operators and in a
/// number that the compiler knows and is willing to compute.
bool isConstant(Value value);

/// The elements of a value of which isConstant holds, computed as ONNX defines
/// it, each node rounded to its type. Holds two or three tensors at a time.
/// Nothing if that cannot be done, and for other values.
std::optional<ConstantTensor> evaluateConstant(Value value);

/// The only element of a constant, whatever its rank.
std::optional<float> evaluateScalar(Value value);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_CONSTANTEVALUATOR_H
