//===- ActivationQuantizer.h - Quantised activations ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_ACTIVATIONQUANTIZER_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_ACTIVATIONQUANTIZER_H

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

namespace mlir::onnx {

/// a = max(max |input| along `axis`, floor), for each position of the other
/// axes.
struct Absmax {
  Value input;
  /// Counted from the back: -1 is the last.
  int64_t axis;
  float floor;

  bool operator==(const Absmax &) const = default;
};

/// constant · a^power: how scales of activations, and products of them with
/// scales of weights, are spelled. Only with `absmax` is `power` not 0.
struct ScaleExpression {
  std::optional<Absmax> absmax;
  int power = 0;
  /// One number, or one for each column.
  std::vector<float> constant = {1};
  /// Whether 1 / a is rounded before it is multiplied with anything.
  bool reciprocal = false;
};

/// What `value` is made of, by Mul, Div and Reciprocal. Nothing if it has other
/// parts.
std::optional<ScaleExpression> matchScaleExpression(Value value);

/// lhs · rhs, or lhs / rhs. Nothing if they are of different activations, or of
/// different columns.
std::optional<ScaleExpression>
combineScales(ScaleExpression lhs, const ScaleExpression &rhs, bool isQuotient);

/// Activations quantised to 8 bits along an axis: round(x · 127 / a), clipped
/// to 8 bits or not, which makes no difference.
struct QuantizedActivations {
  Absmax absmax;
  /// Whether the factor is 127 · (1 / a).
  bool reciprocal;
  /// Whether they have been multiplied by a / 127 again.
  bool isDequantized;
};

/// The quantiser that `value`, which may be its integers as floats or as int8,
/// comes from. Nothing if it comes from elsewhere.
std::optional<QuantizedActivations> matchQuantizedActivations(Value value);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_ACTIVATIONQUANTIZER_H
