//===- MathFunctions.h - Elementary functions as arithmetic -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_GRAPH_MATHFUNCTIONS_H
#define BITNET_LIB_GRAPH_MATHFUNCTIONS_H

#include "bitnet/Kernels/Emitter.h"

namespace mlir::bitnet {

/// Elementary functions of floats, scalars or vectors, as sequences of
/// additions, multiplications, divisions, square roots and integer operations:
/// the same bits on every machine. Not-a-numbers, infinities and arguments
/// outside of the domain give what C's functions give.
///
/// Functions of f64 are accurate to 1e-12 relative or better, sines and cosines
/// to 1e-12 absolute up to 2^24 in magnitude.
class MathFunctions {
public:
  explicit MathFunctions(Emitter &emitter) : e(emitter) {}

  //===--- f32, accurate to 4 ulp -----------------------------------------===//

  Value exponentialF32(Value x);
  Value hyperbolicTangentF32(Value x);
  Value errorFunctionF32(Value x);

  //===--- f64 ------------------------------------------------------------===//

  Value exponential(Value x);
  Value logarithm(Value x);
  /// log(1 + x), exp(x) - 1.
  Value logarithmOnePlus(Value x);
  Value exponentialMinusOne(Value x);
  Value power(Value base, Value exponent);
  Value sine(Value x) { return e.cosineSine(x).second; }
  Value cosine(Value x) { return e.cosineSine(x).first; }
  Value tangent(Value x);
  Value arcSine(Value x);
  Value arcCosine(Value x);
  Value arcTangent(Value x);
  Value hyperbolicSine(Value x);
  Value hyperbolicCosine(Value x);
  Value hyperbolicTangent(Value x);
  Value inverseHyperbolicSine(Value x);
  Value inverseHyperbolicCosine(Value x);
  Value inverseHyperbolicTangent(Value x);
  Value errorFunction(Value x);

  //===--- f32 and f64, exact ---------------------------------------------===//

  Value roundEven(Value x);
  Value floor(Value x);
  Value ceil(Value x);
  Value truncate(Value x);
  /// Halves away from zero.
  Value round(Value x);
  /// x - truncate(x / y) · y; exact if the quotient is below 2^29 and the
  /// arguments are f32 that were extended to f64.
  Value remainder(Value x, Value y);

private:
  Value number(Value like, double value) {
    return e.constant(like.getType(), value);
  }
  /// A polynomial, the coefficient of the highest power first.
  Value polynomial(Value x, ArrayRef<double> coefficients);
  /// The integers of the same width and shape.
  Type integersLike(Value value);
  Value integer(Value like, int64_t value) {
    return e.constant(integersLike(like), value);
  }
  Value copySign(Value magnitude, Value sign);
  Value isNaN(Value x);
  Value isEqual(Value lhs, Value rhs);
  /// x if it is no number, else `value`.
  Value keepNaN(Value x, Value value) { return e.select(isNaN(x), x, value); }
  /// sinh(x) for |x| < 0.3.
  Value smallHyperbolicSine(Value x);
  /// 1 - exp(-x²) · q, q a polynomial of (x - 2.5) / (x + 2.5); x >= 1.
  Value errorFunctionTail(Value x, Value negativeSquareExponential,
                          ArrayRef<double> coefficients);

  Emitter &e;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_GRAPH_MATHFUNCTIONS_H
