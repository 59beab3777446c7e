//===- Exponential.h - exp and log without a mathematics library --*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Only additions, multiplications, divisions and integer operations in an order
// that is written down, compiled without contraction: the same bits on every
// platform.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_EXPONENTIAL_H
#define BITNET_LIB_RUNTIME_EXPONENTIAL_H

#include <stdint.h>

/// e^x for x <= 0, with a relative error below 2^-51; 0 for x < -708 and for
/// what is not a number.
static inline double bitnetExp(double x) {
  if (!(x >= -708.0))
    return 0.0;
  // x = k log(2) + r with |r| <= log(2) / 2. The high part of log(2) has so few
  // bits that its product with k is exact.
  int64_t k = (int64_t)(x * 1.4426950408889634 - 0.5);
  double r = x - (double)k * 6.93147180369123816490e-01;
  r = r - (double)k * 1.90821492927058770002e-10;
  // The Taylor series: the first term left out is below 2^-57.
  double sum = 1.0 / 6227020800.0;
  sum = sum * r + 1.0 / 479001600.0;
  sum = sum * r + 1.0 / 39916800.0;
  sum = sum * r + 1.0 / 3628800.0;
  sum = sum * r + 1.0 / 362880.0;
  sum = sum * r + 1.0 / 40320.0;
  sum = sum * r + 1.0 / 5040.0;
  sum = sum * r + 1.0 / 720.0;
  sum = sum * r + 1.0 / 120.0;
  sum = sum * r + 1.0 / 24.0;
  sum = sum * r + 1.0 / 6.0;
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  // k is in [-1022, 0], so 2^k is a normal number.
  uint64_t bits = (uint64_t)(1023 + k) << 52;
  double power;
  __builtin_memcpy(&power, &bits, sizeof(power));
  return sum * power;
}

/// The natural logarithm of a normal x > 0, with an absolute error below 2^-50
/// * (1 + |log x|).
static inline double bitnetLog(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
  // x = 2^k m with m in [sqrt(1/2), sqrt(2)).
  int64_t k = (int64_t)(bits >> 52) - 1022;
  bits = (bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3fe0000000000000);
  double m;
  __builtin_memcpy(&m, &bits, sizeof(m));
  if (m < 0.70710678118654752) {
    m = m * 2.0;
    --k;
  }
  // log(m) = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...) with |s| <= 0.1716.
  double s = (m - 1.0) / (m + 1.0);
  double square = s * s;
  double sum = 1.0 / 21.0;
  sum = sum * square + 1.0 / 19.0;
  sum = sum * square + 1.0 / 17.0;
  sum = sum * square + 1.0 / 15.0;
  sum = sum * square + 1.0 / 13.0;
  sum = sum * square + 1.0 / 11.0;
  sum = sum * square + 1.0 / 9.0;
  sum = sum * square + 1.0 / 7.0;
  sum = sum * square + 1.0 / 5.0;
  sum = sum * square + 1.0 / 3.0;
  sum = sum * square + 1.0;
  return (double)k * 0.69314718055994531 + 2.0 * s * sum;
}

#endif // BITNET_LIB_RUNTIME_EXPONENTIAL_H
