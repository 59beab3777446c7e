//===- NodeEmitter.cpp - Writes nodes of a graph --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "NodeEmitter.h"

using namespace mlir;
using namespace mlir::onnx;

/// TensorProto.DataType of the types that passes cast to.
static int64_t getDataType(Type type) {
  if (type.isF32())
    return 1;
  if (type.isInteger(8))
    return 3;
  if (type.isF16())
    return 10;
  assert(type.isBF16() && "unknown element type");
  return 16;
}

Value NodeEmitter::emit(StringRef operatorType, RankedTensorType type,
                        ValueRange inputs,
                        ArrayRef<NamedAttribute> attributes) {
  auto node = NodeOp::create(b, location, TypeRange(type), inputs, operatorType,
                             /*domain=*/"", /*version=*/21);
  for (NamedAttribute attribute : attributes)
    node->setDiscardableAttr(attribute.getName(), attribute.getValue());
  return node.getOutputs()[0];
}

Value NodeEmitter::emitCast(Value value, Type type) {
  auto from = cast<RankedTensorType>(value.getType());
  if (from.getElementType() == type)
    return value;
  return emit("Cast", from.clone(type), value, attr("to", getDataType(type)));
}

Value NodeEmitter::emitScalar(FloatType type, double value) {
  auto element = b.getFloatAttr(type, value);
  return emitConstant(
      DenseElementsAttr::get(RankedTensorType::get({}, type), element));
}

Value NodeEmitter::emitIntegers(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({int64_t(values.size())}, b.getI64Type());
  return emitConstant(DenseElementsAttr::get(type, values));
}
