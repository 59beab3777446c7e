//===- Casts.cpp - Operators that change the type of elements -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
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
// Floats of few bits
//===----------------------------------------------------------------------===//

namespace {
/// A format of at most 8 bits: a sign, an exponent, M bits of mantissa.
///
///   E4M3FN     s eeee mmm   no infinity, NaN is s 1111 111
///   E4M3FNUZ   s eeee mmm   neither infinity nor -0, whose code is NaN
///   E5M2       s eeeee mm   as IEEE floats
///   E5M2FNUZ   s eeeee mm   as E4M3FNUZ
///   E2M1FN     s ee m       neither infinity nor NaN
///
/// Codes are i32 here.
class NarrowFloat {
public:
  NarrowFloat(ElementBuilder &b, FloatType type)
      : b(b), type(type), semantics(type.getFloatSemantics()),
        width(type.getWidth()),
        mantissa(APFloat::semanticsPrecision(semantics) - 1),
        minExponent(APFloat::semanticsMinExponent(semantics)),
        signCode(1 << (width - 1)),
        largest(getCode(APFloat::getLargest(semantics))) {}

  Value decode(Value code);
  Value encode(Value value, bool saturate);

private:
  static int64_t getCode(const APFloat &value) {
    return value.bitcastToAPInt().getZExtValue();
  }
  Value integer(int64_t value) {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
  }
  Value power(int exponent) {
    return arith::ConstantOp::create(
        b, b.getF32FloatAttr(std::ldexp(1.0f, exponent)));
  }
  Value bits(Value value) {
    return arith::BitcastOp::create(b, b.getI32Type(), value);
  }
  Value fromBits(Value value) {
    return arith::BitcastOp::create(b, b.getF32Type(), value);
  }
  Value compare(arith::CmpIPredicate predicate, Value lhs, int64_t rhs) {
    return arith::CmpIOp::create(b, predicate, lhs, integer(rhs));
  }
  Value select(Value condition, Value yes, Value no) {
    return arith::SelectOp::create(b, condition, yes, no);
  }
  bool hasInfinity() const { return APFloat::semanticsHasInf(semantics); }
  bool hasNaN() const { return APFloat::semanticsHasNaN(semantics); }
  /// Whether NaN has the code of -0.
  bool isNaNNegativeZero() const {
    return hasNaN() && getCode(APFloat::getNaN(semantics)) == signCode;
  }

  ElementBuilder &b;
  FloatType type;
  const llvm::fltSemantics &semantics;
  unsigned width, mantissa;
  int minExponent;
  int64_t signCode, largest;
};
} // namespace

/// To f32. The magnitude's bits at the place of f32's are the value but for the
/// bias of the exponent, subnormal ones included.
Value NarrowFloat::decode(Value code) {
  Value magnitude = arith::AndIOp::create(b, code, integer(signCode - 1));
  Value placed = arith::ShLIOp::create(b, magnitude, integer(23 - mantissa));
  Value value =
      arith::MulFOp::create(b, fromBits(placed), power(126 + minExponent));
  constexpr int64_t infinityBits = 0x7F800000, nanBits = 0x7FC00000;
  int64_t lastNumber = largest;
  if (hasInfinity()) {
    lastNumber = getCode(APFloat::getInf(semantics));
    value = select(compare(arith::CmpIPredicate::eq, magnitude, lastNumber),
                   fromBits(integer(infinityBits)), value);
  }
  Value sign = arith::ShLIOp::create(
      b, arith::AndIOp::create(b, code, integer(signCode)),
      integer(32 - width));
  value = fromBits(arith::OrIOp::create(b, bits(value), sign));
  if (!hasNaN())
    return value;
  Value isNaN = isNaNNegativeZero()
                    ? compare(arith::CmpIPredicate::eq, code, signCode)
                    : compare(arith::CmpIPredicate::ugt, magnitude, lastNumber);
  return select(isNaN, fromBits(integer(nanBits)), value);
}

/// From f32, rounded to the nearest, ties to even.
Value NarrowFloat::encode(Value value, bool saturate) {
  Value all = bits(value);
  Value magnitude = arith::AndIOp::create(b, all, integer(0x7FFFFFFF));
  Value absolute = fromBits(magnitude);
  unsigned shift = 23 - mantissa;
  // Normal numbers: half of the last place, less one if that is even.
  Value odd = arith::AndIOp::create(
      b, arith::ShRUIOp::create(b, magnitude, integer(shift)), integer(1));
  Value rounded = arith::AddIOp::create(
      b, arith::AddIOp::create(b, magnitude, integer((1 << (shift - 1)) - 1)),
      odd);
  Value code = arith::SubIOp::create(
      b, arith::ShRUIOp::create(b, rounded, integer(shift)),
      integer((126 + minExponent) << mantissa));
  // Subnormal ones: a float whose last place is the smallest of them.
  Value anchor = power(minExponent - int(mantissa) + 23);
  Value small = arith::SubIOp::create(
      b, bits(arith::AddFOp::create(b, absolute, anchor)), bits(anchor));
  Value isSmall = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, absolute,
                                        power(minExponent));
  code = select(isSmall, small, code);
  int64_t nan = hasNaN() ? getCode(APFloat::getNaN(semantics)) : 0;
  int64_t beyond = saturate || !hasNaN() ? largest
                   : hasInfinity()       ? getCode(APFloat::getInf(semantics))
                                         : nan;
  code = select(compare(arith::CmpIPredicate::sgt, code, largest),
                integer(beyond), code);
  Value sign = arith::ShLIOp::create(
      b, arith::ShRUIOp::create(b, all, integer(31)), integer(width - 1));
  Value isZero = compare(arith::CmpIPredicate::eq, code, 0);
  Value isSigned = arith::OrIOp::create(b, code, sign);
  code = isNaNNegativeZero() ? select(isZero, code, isSigned) : isSigned;
  Value isNaN =
      arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, value, value);
  return select(isNaN, integer(nan), code);
}

/// The exponent of f32 as a code of E8M0, which has neither sign nor mantissa.
static Value encodeExponent(ElementBuilder &b, Value value, bool saturate,
                            StringRef rounding) {
  auto integer = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(number));
  };
  auto compare = [&](arith::CmpIPredicate predicate, Value lhs,
                     int64_t rhs) -> Value {
    return arith::CmpIOp::create(b, predicate, lhs, integer(rhs));
  };
  constexpr int64_t nan = 255, largest = 254, smallestBits = 0x400000;
  Value all = arith::BitcastOp::create(b, b.getI32Type(), value);
  Value magnitude = arith::AndIOp::create(b, all, integer(0x7FFFFFFF));
  Value exponent = arith::ShRUIOp::create(b, magnitude, integer(23));
  Value rest = arith::AndIOp::create(b, magnitude, integer(0x7FFFFF));
  if (rounding != "down") {
    // Code 0 is 2^-127, half of what f32 with this exponent starts from.
    bool isUp = rounding == "up";
    Value limit = arith::SelectOp::create(
        b, compare(arith::CmpIPredicate::eq, exponent, 0),
        integer(isUp ? smallestBits + 1 : 0x600000),
        integer(isUp ? 1 : 0x400000));
    Value isMore =
        arith::CmpIOp::create(b, arith::CmpIPredicate::uge, rest, limit);
    exponent = arith::AddIOp::create(
        b, exponent, arith::ExtUIOp::create(b, b.getI32Type(), isMore));
  }
  Value isBeyond = compare(arith::CmpIPredicate::ugt, exponent, largest);
  Value code = arith::SelectOp::create(
      b, isBeyond, integer(saturate ? largest : nan), exponent);
  if (!saturate)
    code = arith::SelectOp::create(
        b, compare(arith::CmpIPredicate::ult, magnitude, smallestBits),
        integer(nan), code);
  Value isNaN =
      arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, value, value);
  return arith::SelectOp::create(b, isNaN, integer(nan), code);
}

static Value decodeExponent(ElementBuilder &b, Value code) {
  auto integer = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(number));
  };
  Value bits = arith::ShLIOp::create(b, code, integer(23));
  Value isSmallest =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, code, integer(0));
  bits = arith::SelectOp::create(b, isSmallest, integer(0x400000), bits);
  Value isNaN =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, code, integer(255));
  bits = arith::SelectOp::create(b, isNaN, integer(0x7FC00000), bits);
  return arith::BitcastOp::create(b, b.getF32Type(), bits);
}

/// A float of at most 8 bits as f32.
static Value decodeNarrow(ElementBuilder &b, Value value) {
  auto type = cast<FloatType>(value.getType());
  Value code = arith::ExtUIOp::create(
      b, b.getI32Type(),
      arith::BitcastOp::create(b, b.getIntegerType(type.getWidth()), value));
  if (isa<Float8E8M0FNUType>(type))
    return decodeExponent(b, code);
  return NarrowFloat(b, type).decode(code);
}

static Value encodeNarrow(ElementBuilder &b, Value value, FloatType type,
                          bool saturate, StringRef rounding) {
  Value code = isa<Float8E8M0FNUType>(type)
                   ? encodeExponent(b, value, saturate, rounding)
                   : NarrowFloat(b, type).encode(value, saturate);
  Type bits = b.getIntegerType(type.getWidth());
  return arith::BitcastOp::create(b, type,
                                  arith::TruncIOp::create(b, bits, code));
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
