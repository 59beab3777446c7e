//===- NodeEmitter.h - Writes nodes of a graph ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_NODEEMITTER_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_NODEEMITTER_H

#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "mlir/IR/Builders.h"

namespace mlir::onnx {

/// Writes nodes of the standard operators, as version 21 defines them, before
/// `anchor` and with its location.
class NodeEmitter {
public:
  explicit NodeEmitter(Operation *anchor)
      : b(anchor), location(anchor->getLoc()) {}

  Builder &getBuilder() { return b; }

  /// A node with one result, of `type`.
  Value emit(StringRef operatorType, RankedTensorType type, ValueRange inputs,
             ArrayRef<NamedAttribute> attributes = {});
  /// `value` with elements of `type`, which ONNX's Cast makes of them.
  Value emitCast(Value value, Type type);

  Value emitConstant(ElementsAttr value) {
    return emitConstant(value, location);
  }
  Value emitConstant(ElementsAttr value, Location name) {
    return ConstantOp::create(b, name, value.getType(), value);
  }
  /// A tensor without dimensions; the number is rounded to `type`.
  Value emitScalar(FloatType type, double value);
  Value emitIntegers(ArrayRef<int64_t> values);

  NamedAttribute attr(StringRef name, int64_t value) {
    return b.getNamedAttr(name, b.getI64IntegerAttr(value));
  }
  NamedAttribute attr(StringRef name, ArrayRef<int64_t> values) {
    return b.getNamedAttr(name, b.getDenseI64ArrayAttr(values));
  }

private:
  OpBuilder b;
  Location location;
};

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_NODEEMITTER_H
