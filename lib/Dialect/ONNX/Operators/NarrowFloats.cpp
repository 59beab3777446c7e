//===- NarrowFloats.cpp - Floats of at most 8 bits ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NarrowFloats.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;
using namespace mlir::onnx;

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

Value mlir::onnx::decodeNarrow(ElementBuilder &b, Value value) {
  auto type = cast<FloatType>(value.getType());
  Value code = arith::ExtUIOp::create(
      b, b.getI32Type(),
      arith::BitcastOp::create(b, b.getIntegerType(type.getWidth()), value));
  if (isa<Float8E8M0FNUType>(type))
    return decodeExponent(b, code);
  return NarrowFloat(b, type).decode(code);
}

Value mlir::onnx::encodeNarrow(ElementBuilder &b, Value value, FloatType type,
                               bool saturate, StringRef rounding) {
  Value code = isa<Float8E8M0FNUType>(type)
                   ? encodeExponent(b, value, saturate, rounding)
                   : NarrowFloat(b, type).encode(value, saturate);
  Type bits = b.getIntegerType(type.getWidth());
  return arith::BitcastOp::create(b, type,
                                  arith::TruncIOp::create(b, bits, code));
}
