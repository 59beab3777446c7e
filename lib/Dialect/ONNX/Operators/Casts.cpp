//===- Casts.cpp - Operators that change the type of elements -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "NarrowFloats.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Elements that are known after a cast to `type`. Floats that hold sizes are
/// whole.
static std::optional<SmallVector<AffineExpr>>
castContents(const TensorShape &input, Type type) {
  if (!input.contents)
    return std::nullopt;
  if (isa<FloatType>(type) || type.isSignlessInteger(64) ||
      type.isSignlessInteger(32))
    return input.contents;
  if (!type.isInteger(1))
    return std::nullopt;
  SmallVector<AffineExpr> contents;
  for (AffineExpr element : *input.contents) {
    std::optional<int64_t> value = getConstantSize(element);
    if (!value)
      return std::nullopt;
    contents.push_back(
        getAffineConstantExpr(*value != 0, element.getContext()));
  }
  return contents;
}

static LogicalResult inferCastTo(NodeShapes &shapes, Type type) {
  TensorShape result = *shapes.getInput(0);
  result.contents = castContents(result, type);
  if (result.elementType != type)
    result.constant = {};
  result.elementType = type;
  shapes.setResult(0, result);
  return success();
}

static FailureOr<Type> getTargetType(NodeShapes &shapes) {
  int64_t to = shapes.getNode().getInt("to", 0);
  if (Type type = getElementType(to, shapes.getContext()))
    return type;
  return shapes.fail("expects an element type that is supported, found " +
                     Twine(to));
}

static LogicalResult inferCast(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<Type> type = getTargetType(shapes);
  if (failed(input) || failed(type))
    return failure();
  return inferCastTo(shapes, *type);
}

static LogicalResult inferCastLike(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<const TensorShape *> like = shapes.requireInput(1);
  if (failed(input) || failed(like))
    return failure();
  return inferCastTo(shapes, (*like)->elementType);
}

/// BOOL is a byte.
static unsigned getStoredWidth(Type elementType) {
  return elementType.isInteger(1) ? 8 : elementType.getIntOrFloatBitWidth();
}

static LogicalResult inferBitCast(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<Type> type = getTargetType(shapes);
  if (failed(input) || failed(type))
    return failure();
  if (getStoredWidth((*input)->elementType) != getStoredWidth(*type))
    return shapes.fail("expects types of one width, found " +
                       Twine(getStoredWidth((*input)->elementType)) + " and " +
                       Twine(getStoredWidth(*type)) + " bits");
  shapes.setResult(0, *type, (*input)->dims);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// f32 or f64 to an integer of at most 64 bits, rounded towards zero. What is
/// outside of a signed integer of 32 or 64 bits, NaN too, becomes its smallest
/// number, and narrower integers are the low bits of that, as with x86's
/// instructions: it must be some number, since indices are made of it.
static Value truncateToInteger(ElementBuilder &b, Value value, Type to) {
  unsigned width = to.getIntOrFloatBitWidth();
  bool isLong = width > 32 || (width == 32 && isUnsigned(to));
  auto integer = b.getIntegerType(isLong ? 64 : 32);
  auto convert = [&](Value number) -> Value {
    Value bound = constantLike(b, number, std::ldexp(1.0, isLong ? 63 : 31));
    Value magnitude = math::AbsFOp::create(b, number);
    Value isInside =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, magnitude, bound);
    Value safe = arith::SelectOp::create(b, isInside, number,
                                         constantLike(b, number, 0));
    Value result = arith::FPToSIOp::create(b, integer, safe);
    // Low bits of the smallest number are 0, as is the converted number then.
    if (width < integer.getWidth())
      return result;
    return arith::SelectOp::create(
        b, isInside, result,
        arith::ConstantOp::create(
            b, b.getIntegerAttr(integer,
                                APInt::getSignedMinValue(integer.getWidth()))));
  };
  Value result = convert(value);
  if (width == 64 && isUnsigned(to)) {
    Value half = constantLike(b, value, std::ldexp(1.0, 63));
    Value isUpper =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, value, half);
    Value upper = arith::AddIOp::create(
        b, convert(arith::SubFOp::create(b, value, half)),
        arith::ConstantOp::create(
            b, b.getIntegerAttr(integer, APInt::getSignedMinValue(64))));
    result = arith::SelectOp::create(b, isUpper, upper, result);
  }
  return width < integer.getWidth()
             ? arith::TruncIOp::create(b, getSignlessType(to), result)
                   .getResult()
             : result;
}

/// f32 or f64 to any float.
static Value castFloat(ElementBuilder &b, Value value, FloatType to,
                       bool saturate, StringRef rounding) {
  if (to == value.getType())
    return value;
  if (to.isF64())
    return arith::ExtFOp::create(b, to, value);
  if (value.getType().isF64())
    value = arith::TruncFOp::create(b, b.getF32Type(), value);
  if (to.isF32())
    return value;
  if (to.getWidth() == 16)
    return arith::TruncFOp::create(b, to, value);
  return encodeNarrow(b, value, to, saturate, rounding);
}

Value NodeLowering::castScalar(ImplicitLocOpBuilder &b, Value value, Type from,
                               Type to, bool saturate, StringRef rounding) {
  if (from == to)
    return value;
  if (auto type = dyn_cast<FloatType>(from)) {
    value = type.getWidth() <= 8 ? decodeNarrow(b, value) : widen(b, value);
    if (auto target = dyn_cast<FloatType>(to))
      return castFloat(b, value, target, saturate, rounding);
    if (to.isInteger(1))
      return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value,
                                   constantLike(b, value, 0));
    return truncateToInteger(b, value, to);
  }
  if (auto target = dyn_cast<FloatType>(to)) {
    Type wide = target.isF64() ? to : b.getF32Type();
    value = isUnsigned(from)
                ? arith::UIToFPOp::create(b, wide, value).getResult()
                : arith::SIToFPOp::create(b, wide, value).getResult();
    return castFloat(b, value, target, saturate, rounding);
  }
  if (to.isInteger(1))
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value,
                                 constantLike(b, value, 0));
  Type target = getSignlessType(to);
  unsigned fromWidth = from.getIntOrFloatBitWidth();
  unsigned toWidth = to.getIntOrFloatBitWidth();
  if (fromWidth > toWidth)
    return arith::TruncIOp::create(b, target, value);
  if (fromWidth == toWidth)
    return value;
  return isUnsigned(from)
             ? arith::ExtUIOp::create(b, target, value).getResult()
             : arith::ExtSIOp::create(b, target, value).getResult();
}

/// Applies `convert` to the elements of the first input.
static void setConverted(NodeLowering &l, NodeLowering::Body convert) {
  const TensorShape &from = l.getInputShape(0), &to = l.getResultShape(0);
  l.setResult(0, l.createElementwise(to.dims, to.elementType,
                                     {{l.getInput(0), &from}}, convert));
}

static LogicalResult lowerCast(NodeLowering &l) {
  Type from = l.getInputShape(0).elementType;
  Type to = l.getResultShape(0).elementType;
  if (from == to) {
    l.setResult(0, l.getInput(0));
    return success();
  }
  bool saturate = l.getNode().getInt("saturate", 1);
  StringRef rounding = l.getNode().getString("round_mode", "up");
  setConverted(l, [&](ElementBuilder &b, ValueRange in) {
    return l.castScalar(b, in[0], from, to, saturate, rounding);
  });
  return success();
}

static LogicalResult lowerBitCast(NodeLowering &l) {
  Type from = l.getInputShape(0).elementType;
  Type to = l.getResultShape(0).elementType;
  Type target = getSignlessType(to);
  if (target == getSignlessType(from)) {
    l.setResult(0, l.getInput(0));
    return success();
  }
  setConverted(l, [&](ElementBuilder &b, ValueRange in) -> Value {
    Type byte = b.getI8Type();
    Value value = in[0];
    if (from.isInteger(1))
      value = arith::ExtUIOp::create(b, byte, value);
    if (!to.isInteger(1))
      return value.getType() == target
                 ? value
                 : arith::BitcastOp::create(b, target, value).getResult();
    if (value.getType() != byte)
      value = arith::BitcastOp::create(b, byte, value);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value,
                                 constantLike(b, value, 0));
  });
  return success();
}

void mlir::onnx::addCastOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "BitCast", 26, inferBitCast, lowerBitCast},
      {"", "Cast", 6, inferCast, lowerCast},
      {"", "CastLike", 15, inferCastLike, lowerCast},
  });
}
