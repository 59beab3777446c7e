//===- MathFunctions.cpp - Elementary functions as arithmetic -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MathFunctions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>

using namespace mlir;
using namespace mlir::bitnet;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
static constexpr double halfPi = 0x1.921fb54442d18p0;
static constexpr double ln2 = 0x1.62e42fefa39efp-1;

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

Value MathFunctions::polynomial(Value x, ArrayRef<double> coefficients) {
  Value p = number(x, coefficients.front());
  for (double coefficient : coefficients.drop_front())
    p = e.add(e.mul(p, x), number(x, coefficient));
  return p;
}

Type MathFunctions::integersLike(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  Type integers = e.builder().getIntegerType(element.getIntOrFloatBitWidth());
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    return vector.clone(integers);
  return integers;
}

Value MathFunctions::copySign(Value magnitude, Value sign) {
  return math::CopySignOp::create(e.builder(), e.location(), magnitude, sign);
}

Value MathFunctions::isNaN(Value x) {
  return arith::CmpFOp::create(e.builder(), e.location(),
                               arith::CmpFPredicate::UNO, x, x);
}

Value MathFunctions::isEqual(Value lhs, Value rhs) {
  return arith::CmpFOp::create(e.builder(), e.location(),
                               arith::CmpFPredicate::OEQ, lhs, rhs);
}

//===----------------------------------------------------------------------===//
// Functions of f32
//===----------------------------------------------------------------------===//

Value MathFunctions::exponentialF32(Value x) {
  // Above 88, exp(x) = 2^64 · exp(x - 64 ln 2), which overflows where it
  // should.
  Value limit = number(x, 88.0);
  Value isLarge = e.lessThan(limit, x);
  Value reduced = e.sub(x, number(x, 64 * ln2));
  Value argument = e.minimum(e.select(isLarge, reduced, x), limit);
  Value scale = e.select(isLarge, number(x, 0x1p64), number(x, 1.0));
  return keepNaN(x, e.mul(e.exponential(argument), scale));
}

Value MathFunctions::hyperbolicTangentF32(Value x) {
  // The Taylor series near 0, else (1 - exp(-2 |x|)) / (1 + exp(-2 |x|)).
  Value magnitude = e.absolute(x);
  Value square = e.mul(x, x);
  Value series = polynomial(
      square, {-1382.0 / 155925, 62.0 / 2835, -17.0 / 315, 2.0 / 15, -1.0 / 3});
  Value small = e.add(x, e.mul(e.mul(x, square), series));
  Value power = e.exponential(e.mul(magnitude, number(x, -2.0)));
  Value one = number(x, 1.0);
  Value large = copySign(e.div(e.sub(one, power), e.add(one, power)), x);
  Value isSmall = e.lessThan(magnitude, number(x, 0.35));
  return keepNaN(x, e.select(isSmall, small, large));
}

Value MathFunctions::errorFunctionTail(Value x, Value negativeSquareExponential,
                                       ArrayRef<double> coefficients) {
  Value u = e.div(e.sub(x, number(x, 2.5)), e.add(x, number(x, 2.5)));
  Value complement =
      e.mul(negativeSquareExponential, polynomial(u, coefficients));
  return e.sub(number(x, 1.0), complement);
}

/// The Taylor coefficients of erf(x) / x in x², the highest first.
static SmallVector<double> getErrorFunctionSeries(int terms) {
  SmallVector<double> coefficients;
  double factor = 0x1.20dd750429b6dp0; // 2 / sqrt(π)
  for (int n = 0; n < terms; ++n) {
    coefficients.insert(coefficients.begin(), factor / (2 * n + 1));
    factor /= -(n + 1);
  }
  return coefficients;
}

Value MathFunctions::errorFunctionF32(Value x) {
  // exp(x²) erfc(x) on [1, 4.2] within 3e-8, a fit at Chebyshev nodes.
  Value magnitude = e.minimum(e.absolute(x), number(x, 4.0));
  Value square = e.mul(magnitude, magnitude);
  Value small = e.mul(x, polynomial(square, getErrorFunctionSeries(11)));
  Value tail = errorFunctionTail(
      magnitude, e.exponential(e.negate(square)),
      {-2.982848234e-03, -3.907750517e-03, 3.996269484e-02, -1.250358508e-01,
       2.517120281e-01, -3.717366976e-01, 2.108063688e-01});
  Value isSmall = e.lessThan(magnitude, number(x, 1.0));
  return keepNaN(x, e.select(isSmall, small, copySign(tail, x)));
}

//===----------------------------------------------------------------------===//
// Exponential and logarithm
//===----------------------------------------------------------------------===//

/// 1.5 · 2^52: adding it leaves a rounded integer in the low bits.
static constexpr double magic = 6755399441055744.0;

Value MathFunctions::exponential(Value x) {
  // As Emitter::exponential, with a Taylor polynomial of degree 13 and the
  // scale 2^n applied in two halves, so that it may leave the exponents' range.
  Value clamped = e.minimum(e.maximum(x, number(x, -746.0)), number(x, 710.0));
  Value shift = number(x, magic);
  Value n = e.sub(e.add(e.mul(clamped, number(x, 0x1.71547652b82fep0)), shift),
                  shift);
  Value r = e.sub(clamped, e.mul(n, number(x, 0x1.62e42feep-1)));
  r = e.sub(r, e.mul(n, number(x, 0x1.a39ef35793c76p-33)));
  Value p = polynomial(r, {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800,
                           1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
                           1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2,
                           1.0, 1.0});
  Value half = e.sub(e.add(e.mul(n, number(x, 0.5)), shift), shift);
  auto powerOfTwo = [&](Value exponent) {
    Value bits = e.bitcast(e.add(exponent, shift), integersLike(x));
    Value scale = e.shiftLeft(e.add(bits, integer(x, 1023)), integer(x, 52));
    return e.bitcast(scale, x.getType());
  };
  Value result = e.mul(e.mul(p, powerOfTwo(half)), powerOfTwo(e.sub(n, half)));
  return keepNaN(x, result);
}

Value MathFunctions::logarithm(Value x) {
  // x = 2^k · m with m in [sqrt(1/2), sqrt(2)), log(m) = 2 artanh(s) with
  // s = (m - 1) / (m + 1). Subnormal numbers are scaled up first.
  Value isTiny = e.lessThan(x, number(x, 0x1p-1022));
  Value scaled = e.select(isTiny, e.mul(x, number(x, 0x1p54)), x);
  Value bits = e.bitcast(scaled, integersLike(x));
  Value offset = e.sub(bits, integer(x, 0x3FE6A09E667F3BCD));
  Value biased = e.shiftRightLogical(
      e.add(offset, integer(x, int64_t(1023) << 52)), integer(x, 52));
  Value exponent = e.sub(biased, integer(x, 1023));
  Value m = e.bitcast(e.sub(bits, e.shiftLeft(exponent, integer(x, 52))),
                      x.getType());
  Value k = e.sub(
      e.bitcast(e.add(exponent, integer(x, 0x4338000000000000)), x.getType()),
      number(x, magic));
  k = e.sub(k, e.select(isTiny, number(x, 54.0), number(x, 0.0)));
  Value one = number(x, 1.0);
  Value s = e.div(e.sub(m, one), e.add(m, one));
  Value square = e.mul(s, s);
  Value series = polynomial(square, {2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17,
                                     2.0 / 15, 2.0 / 13, 2.0 / 11, 2.0 / 9,
                                     2.0 / 7, 2.0 / 5, 2.0 / 3});
  Value low = e.add(e.mul(e.mul(s, square), series),
                    e.mul(k, number(x, 0x1.a39ef35793c76p-33)));
  Value result =
      e.add(e.mul(k, number(x, 0x1.62e42feep-1)), e.add(e.add(s, s), low));
  Value zero = number(x, 0.0);
  result = e.select(isEqual(x, number(x, infinity)), x, result);
  result = e.select(isEqual(x, zero), number(x, -infinity), result);
  result = e.select(e.lessThan(x, zero), number(x, notANumber), result);
  return keepNaN(x, result);
}

Value MathFunctions::logarithmOnePlus(Value x) {
  // What 1 + x rounds away is put back to first order.
  Value one = number(x, 1.0);
  Value u = e.add(one, x);
  Value correction = e.div(e.sub(x, e.sub(u, one)), u);
  Value result = e.add(logarithm(u), correction);
  Value isSpecial = arith::OrIOp::create(e.builder(), e.location(),
                                         isEqual(u, number(x, infinity)),
                                         isEqual(u, number(x, 0.0)));
  return e.select(isSpecial, logarithm(u), result);
}

Value MathFunctions::exponentialMinusOne(Value x) {
  // 2 sinh(x / 2) exp(x / 2).
  Value half = e.mul(x, number(x, 0.5));
  Value small = e.mul(e.mul(number(x, 2.0), smallHyperbolicSine(half)),
                      exponential(half));
  Value large = e.sub(exponential(x), number(x, 1.0));
  return e.select(e.lessThan(e.absolute(half), number(x, 0.3)), small, large);
}

Value MathFunctions::power(Value base, Value exponent) {
  Value zero = number(base, 0.0), one = number(base, 1.0);
  Value magnitude = e.absolute(base);
  Value result = exponential(e.mul(exponent, logarithm(magnitude)));
  Value isWhole = isEqual(truncate(exponent), exponent);
  Value half = e.mul(exponent, number(base, 0.5));
  Value isEven = isEqual(truncate(half), half);
  // Of a negative base, also of -0.
  Value sign = e.select(isEven, one, copySign(one, base));
  Value isNegative = e.lessThan(base, zero);
  Value ofNegative =
      e.select(isWhole, e.mul(result, sign), number(base, notANumber));
  // An infinite base has a root of any kind.
  ofNegative =
      e.select(isEqual(magnitude, number(base, infinity)),
               e.select(isWhole, e.mul(result, sign), result), ofNegative);
  Value ofZero = e.select(isWhole, e.mul(result, sign), result);
  result = e.select(isNegative, ofNegative,
                    e.select(isEqual(base, zero), ofZero, result));
  result = e.select(isEqual(base, one), one, result);
  // (-1)^±infinity is 1.
  Value isUnit = isEqual(magnitude, one);
  Value isInfinite = isEqual(e.absolute(exponent), number(base, infinity));
  result = e.select(
      arith::AndIOp::create(e.builder(), e.location(), isUnit, isInfinite), one,
      result);
  return e.select(isEqual(exponent, zero), one, result);
}

//===----------------------------------------------------------------------===//
// Trigonometric functions
//===----------------------------------------------------------------------===//

Value MathFunctions::tangent(Value x) {
  auto [cosine, sine] = e.cosineSine(x);
  return e.div(sine, cosine);
}

Value MathFunctions::arcTangent(Value x) {
  // 1 / x above 1, the angle halved twice, then the Taylor series.
  Value magnitude = e.absolute(x);
  Value one = number(x, 1.0);
  Value isLarge = e.lessThan(one, magnitude);
  Value t = e.select(isLarge, e.div(one, magnitude), magnitude);
  for (int i = 0; i < 2; ++i)
    t = e.div(t, e.add(one, e.squareRoot(e.add(one, e.mul(t, t)))));
  Value square = e.mul(t, t);
  Value series =
      polynomial(square, {1.0 / 21, -1.0 / 19, 1.0 / 17, -1.0 / 15, 1.0 / 13,
                          -1.0 / 11, 1.0 / 9, -1.0 / 7, 1.0 / 5, -1.0 / 3});
  Value angle =
      e.mul(number(x, 4.0), e.add(t, e.mul(e.mul(t, square), series)));
  Value result = e.select(isLarge, e.sub(number(x, halfPi), angle), angle);
  return copySign(result, x);
}

Value MathFunctions::arcSine(Value x) {
  Value one = number(x, 1.0);
  return arcTangent(
      e.div(x, e.squareRoot(e.mul(e.sub(one, x), e.add(one, x)))));
}

Value MathFunctions::arcCosine(Value x) {
  Value one = number(x, 1.0);
  Value tangent = e.squareRoot(e.div(e.sub(one, x), e.add(one, x)));
  return e.mul(number(x, 2.0), arcTangent(tangent));
}

//===----------------------------------------------------------------------===//
// Hyperbolic functions
//===----------------------------------------------------------------------===//

Value MathFunctions::smallHyperbolicSine(Value x) {
  Value square = e.mul(x, x);
  Value series =
      polynomial(square, {1.0 / 6227020800, 1.0 / 39916800, 1.0 / 362880,
                          1.0 / 5040, 1.0 / 120, 1.0 / 6});
  return e.add(x, e.mul(e.mul(x, square), series));
}

Value MathFunctions::hyperbolicSine(Value x) {
  Value magnitude = e.absolute(x);
  // exp(|x|) may overflow before its half does.
  Value root = exponential(e.mul(magnitude, number(x, 0.5)));
  Value half = e.mul(number(x, 0.5), root);
  Value large =
      e.sub(e.mul(half, root), e.div(number(x, 0.5), e.mul(root, root)));
  Value isSmall = e.lessThan(magnitude, number(x, 0.3));
  return keepNaN(x,
                 e.select(isSmall, smallHyperbolicSine(x), copySign(large, x)));
}

Value MathFunctions::hyperbolicCosine(Value x) {
  Value root = exponential(e.mul(e.absolute(x), number(x, 0.5)));
  Value half = e.mul(number(x, 0.5), root);
  return e.add(e.mul(half, root), e.div(number(x, 0.5), e.mul(root, root)));
}

Value MathFunctions::hyperbolicTangent(Value x) {
  Value one = number(x, 1.0);
  Value magnitude = e.minimum(e.absolute(x), number(x, 20.0));
  Value power = exponential(e.add(magnitude, magnitude));
  Value large = e.sub(one, e.div(number(x, 2.0), e.add(power, one)));
  Value sine = smallHyperbolicSine(x);
  Value small = e.div(sine, e.squareRoot(e.add(one, e.mul(sine, sine))));
  Value isSmall = e.lessThan(magnitude, number(x, 0.3));
  return keepNaN(x, e.select(isSmall, small, copySign(large, x)));
}

Value MathFunctions::inverseHyperbolicSine(Value x) {
  // log(1 + (a + a² / (1 + sqrt(1 + a²)))).
  Value one = number(x, 1.0);
  Value magnitude = e.absolute(x);
  Value square = e.mul(magnitude, magnitude);
  Value root = e.squareRoot(e.add(one, square));
  Value result =
      logarithmOnePlus(e.add(magnitude, e.div(square, e.add(one, root))));
  Value isLarge = e.lessThan(number(x, 0x1p500), magnitude);
  Value large = e.add(logarithm(magnitude), number(x, ln2));
  return copySign(e.select(isLarge, large, result), x);
}

Value MathFunctions::inverseHyperbolicCosine(Value x) {
  Value one = number(x, 1.0);
  Value above = e.sub(x, one);
  Value root = e.squareRoot(e.mul(above, e.add(x, one)));
  Value result = logarithmOnePlus(e.add(above, root));
  return e.select(e.lessThan(x, one), number(x, notANumber), result);
}

Value MathFunctions::inverseHyperbolicTangent(Value x) {
  Value one = number(x, 1.0);
  Value magnitude = e.absolute(x);
  Value ratio = e.div(e.add(magnitude, magnitude), e.sub(one, magnitude));
  return copySign(e.mul(number(x, 0.5), logarithmOnePlus(ratio)), x);
}

Value MathFunctions::errorFunction(Value x) {
  // exp(x²) erfc(x) on [1, 6.2] within 1e-14, a fit at Chebyshev nodes.
  Value magnitude = e.minimum(e.absolute(x), number(x, 6.0));
  Value square = e.mul(magnitude, magnitude);
  Value small = e.mul(x, polynomial(square, getErrorFunctionSeries(20)));
  Value tail =
      errorFunctionTail(magnitude, exponential(e.negate(square)),
                        {-1.76008093021654795e-06, -2.22571012416780487e-06,
                         7.62092057955389386e-06, 1.85940423944337160e-05,
                         -3.42093654309667949e-05, -1.28874636488262852e-04,
                         2.28384637966154745e-04, 8.75915324307237862e-04,
                         -2.64236629045351210e-03, -3.99370116599096631e-03,
                         3.99225390875215178e-02, -1.25033052378685144e-01,
                         2.51713193217271591e-01, -3.71736733948974107e-01,
                         2.10806364061144391e-01});
  Value isSmall = e.lessThan(magnitude, number(x, 1.0));
  return keepNaN(x, e.select(isSmall, small, copySign(tail, x)));
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

Value MathFunctions::roundEven(Value x) {
  // Numbers from 2^23 or 2^52 on are whole; adding that rounds smaller ones.
  bool isDouble = getElementTypeOrSelf(x.getType()).isF64();
  Value limit = number(x, isDouble ? 0x1p52 : 0x1p23);
  Value magnitude = e.absolute(x);
  Value rounded = e.sub(e.add(magnitude, limit), limit);
  return e.select(e.lessThan(magnitude, limit), copySign(rounded, x), x);
}

Value MathFunctions::floor(Value x) {
  Value rounded = roundEven(x);
  Value below = e.sub(rounded, number(x, 1.0));
  return copySign(e.select(e.lessThan(x, rounded), below, rounded), x);
}

Value MathFunctions::ceil(Value x) {
  Value rounded = roundEven(x);
  Value above = e.add(rounded, number(x, 1.0));
  return copySign(e.select(e.lessThan(rounded, x), above, rounded), x);
}

Value MathFunctions::truncate(Value x) {
  return copySign(floor(e.absolute(x)), x);
}

Value MathFunctions::round(Value x) {
  Value magnitude = e.absolute(x);
  Value whole = floor(magnitude);
  Value isDown = e.lessThan(e.sub(magnitude, whole), number(x, 0.5));
  Value up = e.add(whole, number(x, 1.0));
  Value isWhole = isEqual(whole, magnitude);
  Value result = e.select(isWhole, magnitude, e.select(isDown, whole, up));
  return keepNaN(x, copySign(result, x));
}

Value MathFunctions::remainder(Value x, Value y) {
  Value magnitude = e.absolute(y);
  Value quotient = floor(e.div(e.absolute(x), magnitude));
  Value rest = e.sub(e.absolute(x), e.mul(quotient, magnitude));
  // The quotient may have been rounded up to the next integer.
  rest =
      e.select(e.lessThan(rest, number(x, 0.0)), e.add(rest, magnitude), rest);
  Value isInfinite = isEqual(magnitude, number(x, infinity));
  Value isFinite = e.lessThan(e.absolute(x), number(x, infinity));
  Value keeps =
      arith::AndIOp::create(e.builder(), e.location(), isInfinite, isFinite);
  return e.select(keeps, x, copySign(rest, x));
}
