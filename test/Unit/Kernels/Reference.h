//===- Reference.h - The formulas of the dialect in plain C++ ---*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Float operations in the order that the descriptions of the operations name,
// one by one. Compiled without contraction, the results are exactly those that
// kernels must give.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_KERNELS_REFERENCE_H
#define BITNET_TEST_UNIT_KERNELS_REFERENCE_H

#include "llvm/ADT/ArrayRef.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace mlir::bitnet::test {

/// Σ x² as a lane sum.
inline float sumOfSquares(llvm::ArrayRef<float> x) {
  float lanes[16] = {};
  for (size_t i = 0; i < x.size(); ++i)
    lanes[i % 16] = lanes[i % 16] + x[i] * x[i];
  for (int width = 8; width >= 1; width /= 2)
    for (int lane = 0; lane < width; ++lane)
      lanes[lane] = lanes[lane] + lanes[lane + width];
  return lanes[0];
}

/// A row of bitnet.rms_norm.
inline std::vector<float> normalize(llvm::ArrayRef<float> x,
                                    llvm::ArrayRef<float> weight, float eps) {
  auto reciprocal = static_cast<float>(1.0 / static_cast<double>(x.size()));
  float mean = sumOfSquares(x) * reciprocal;
  float root = 1.0f / std::sqrt(mean + eps);
  std::vector<float> result(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    result[i] = (x[i] * root) * weight[i];
  return result;
}

/// max(absmax(x), floor).
inline float absoluteMaximum(llvm::ArrayRef<float> x, float floor = 1e-5f) {
  float largest = floor;
  for (float value : x)
    largest = std::fabs(value) > largest ? std::fabs(value) : largest;
  return largest;
}

/// A row quantised to [-limit, limit]. nearbyint rounds half to even.
struct QuantizedRow {
  QuantizedRow(llvm::ArrayRef<float> x, float limit, float floor = 1e-5f,
               bool reciprocal = false) {
    float largest = absoluteMaximum(x, floor);
    float multiplier = reciprocal ? limit * (1 / largest) : limit / largest;
    scale = largest / limit;
    for (float value : x) {
      values.push_back(static_cast<int>(std::nearbyint(value * multiplier)));
      sum += values.back();
    }
  }
  std::vector<int> values;
  float scale;
  int sum = 0;
};

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_KERNELS_REFERENCE_H
