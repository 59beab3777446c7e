//===- Sine.h - Sine and cosine without a mathematics library -----*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The same bits on every platform, as in Exponential.h.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_SINE_H
#define BITNET_LIB_RUNTIME_SINE_H

#include <stdint.h>

/// Writes sin(x) and cos(x) for |x| < 2^20, with absolute errors below 2^-50.
static inline void bitnetSineCosine(double x, double *sine, double *cosine) {
  // x = k pi/2 + r with |r| <= pi/4. The high part of pi/2 has 33 bits, so that
  // its product with k is exact.
  double scaled = x * 0.63661977236758134;
  int64_t k = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  double r = x - (double)k * 1.57079632673412561417e+00;
  r = r - (double)k * 6.07710050650619224932e-11;
  // The Taylor series: the first terms left out are below 2^-58.
  double square = r * r;
  double s = -1.0 / 1307674368000.0;
  s = s * square + 1.0 / 6227020800.0;
  s = s * square - 1.0 / 39916800.0;
  s = s * square + 1.0 / 362880.0;
  s = s * square - 1.0 / 5040.0;
  s = s * square + 1.0 / 120.0;
  s = s * square - 1.0 / 6.0;
  s = s * square * r + r;
  double c = 1.0 / 20922789888000.0;
  c = c * square - 1.0 / 87178291200.0;
  c = c * square + 1.0 / 479001600.0;
  c = c * square - 1.0 / 3628800.0;
  c = c * square + 1.0 / 40320.0;
  c = c * square - 1.0 / 720.0;
  c = c * square + 1.0 / 24.0;
  c = c * square - 0.5;
  c = c * square + 1.0;
  *sine = k & 1 ? c : s;
  *cosine = k & 1 ? s : c;
  if (k & 2)
    *sine = -*sine;
  if ((k + 1) & 2)
    *cosine = -*cosine;
}

#endif // BITNET_LIB_RUNTIME_SINE_H
