//===- Elementwise.h - What operators on each element share -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_ELEMENTWISE_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_ELEMENTWISE_H

#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"

namespace mlir::onnx {

using ElementBuilder = ImplicitLocOpBuilder;

/// Whether operators compute with floats of this type; those of at most 8 bits
/// are stored and cast only.
inline bool isFloat(Type elementType) {
  auto type = dyn_cast<FloatType>(elementType);
  return type && type.getWidth() >= 16;
}
/// The same for all types but BOOL.
inline bool isNumber(Type elementType) {
  return isFloat(elementType) ||
         (isa<IntegerType>(elementType) && !elementType.isInteger(1));
}

/// Fails unless all inputs that are there have the element type of the first
/// and `isExpected` holds for it; `what` says what that is.
LogicalResult checkElements(NodeShapes &shapes, bool (*isExpected)(Type),
                            StringRef what);

/// The dimensions of all inputs, broadcast.
FailureOr<SmallVector<AffineExpr>> broadcastInputs(NodeShapes &shapes);

/// The elements of the result where those of all inputs are known: `fold` of
/// one element of each, which may be null if it is not known. Nothing if the
/// inputs neither are of one shape nor have one element.
std::optional<SmallVector<AffineExpr>>
foldContents(NodeShapes &shapes,
             llvm::function_ref<AffineExpr(ArrayRef<AffineExpr>)> fold);

/// The result has the first input's shape and type, numbers.
LogicalResult inferNumbers(NodeShapes &shapes);
/// The result has the first input's shape and type, floats.
LogicalResult inferFloats(NodeShapes &shapes);
/// Numbers of one type, broadcast; arithmetic on sizes is folded.
LogicalResult inferArithmetic(NodeShapes &shapes);

/// A constant of the type of `like`, a float or an integer.
Value constantLike(ElementBuilder &b, Value like, double value);
/// -infinity or infinity, or the smallest or largest integer.
Value getSmallest(ElementBuilder &b, Type elementType);
Value getLargest(ElementBuilder &b, Type elementType);

/// One of three operations by what elements are.
template <typename Float, typename Signed, typename Unsigned>
Value createByType(ElementBuilder &b, Type elementType, Value lhs, Value rhs) {
  if (isa<FloatType>(elementType))
    return Float::create(b, lhs, rhs);
  if (isUnsigned(elementType))
    return Unsigned::create(b, lhs, rhs);
  return Signed::create(b, lhs, rhs);
}

/// The smaller and the larger of two numbers; NaN if one is.
Value createMinimum(ElementBuilder &b, Type elementType, Value lhs, Value rhs);
Value createMaximum(ElementBuilder &b, Type elementType, Value lhs, Value rhs);

/// Makes an element of the result of an element of each input; floats narrower
/// than f32 come and go as f32.
using ElementBody = llvm::function_ref<Value(ElementBuilder &, ValueRange)>;

/// `value` as f32 if it is a narrower float.
Value widen(ElementBuilder &b, Value value);
/// `value` as `elementType` if both are floats.
Value narrow(ElementBuilder &b, Value value, Type elementType);

/// Sets the first result to `body` of the inputs that are there, broadcast.
LogicalResult lowerElements(NodeLowering &lowering, ElementBody body);

/// The same as a row of the table.
template <Value (*compute)(NodeLowering &, ElementBuilder &, ValueRange)>
LogicalResult lowerElementwise(NodeLowering &lowering) {
  return lowerElements(lowering, [&](ElementBuilder &b, ValueRange in) {
    return compute(lowering, b, in);
  });
}

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_ELEMENTWISE_H
