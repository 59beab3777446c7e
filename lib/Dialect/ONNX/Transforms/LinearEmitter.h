//===- LinearEmitter.h - Writes layers on rows ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_LINEAREMITTER_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_LINEAREMITTER_H

#include "WeightMatrix.h"
#include "mlir/IR/Builders.h"

namespace mlir::onnx {

/// How the activations of a layer are quantised, as `bitnet.bit_linear` says.
struct ActivationMode {
  float floor;
  bool isReciprocal = false;
  bool isFloat = false;
};

/// Writes the operations of layers before `anchor`, with its location.
class LinearEmitter {
public:
  explicit LinearEmitter(Operation *anchor)
      : b(anchor), location(anchor->getLoc()) {}

  /// `input` · weightᵀ for the rows of `input`, of rank 2 or more, as a tensor
  /// of `type`. The weight is called `name`.
  Value emitLinear(Value input, const QuantizedWeight &weight, Location name,
                   const ActivationMode &mode, RankedTensorType type);
  /// The same for the columns of a tensor, the results being columns as well.
  Value emitLinearOfColumns(Value input, const QuantizedWeight &weight,
                            Location name, const ActivationMode &mode,
                            RankedTensorType type);
  /// value + factor · bias, of `value`'s type.
  Value emitBias(Value value, Value bias, float factor);

private:
  Value emitNode(StringRef operatorType, int64_t version, ValueRange inputs,
                 RankedTensorType type, ArrayRef<NamedAttribute> attributes);
  /// Swaps the last two dimensions.
  Value emitTranspose(Value value);
  /// A tensor of the same shape with elements of `type`.
  Value emitCast(Value value, Type type);
  /// A tensor with the shape of `type`, which says less or more of it.
  Value emitShapeCast(Value value, RankedTensorType type);

  OpBuilder b;
  Location location;
};

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_LINEAREMITTER_H
