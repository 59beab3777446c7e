//===- Rotation.cpp - Frequencies of rotary position embeddings -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/LanguageModel/Rotation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace mlir::bitnet;

/// How much of a pair's frequency stays unscaled, by YaRN: 1 up to the pair
/// that makes `fastRotations` in the original context, falling to 0 at the one
/// that makes `slowRotations`.
static double getYaRNShare(int64_t pair, double base, int64_t elements,
                           const RotationScaling &scaling) {
  auto getPair = [&](double rotations) {
    return static_cast<double>(elements) *
           std::log(scaling.originalContext /
                    (2 * std::numbers::pi * rotations)) /
           (2 * std::log(base));
  };
  double low = std::max(0.0, std::floor(getPair(scaling.fastRotations)));
  double high = std::min(static_cast<double>(elements - 1),
                         std::ceil(getPair(scaling.slowRotations)));
  double position =
      (static_cast<double>(pair) - low) / std::max(0.001, high - low);
  return 1 - std::clamp(position, 0.0, 1.0);
}

static double getLlama3Share(double frequency, const RotationScaling &scaling) {
  double rotations =
      scaling.originalContext * frequency / (2 * std::numbers::pi);
  double share = (rotations - scaling.lowFactor) /
                 (scaling.highFactor - scaling.lowFactor);
  return std::clamp(share, 0.0, 1.0);
}

static double scale(double frequency, int64_t pair, double base,
                    int64_t elements, const RotationScaling &scaling) {
  double share = 0;
  switch (scaling.kind) {
  case RotationScaling::Kind::None:
    return frequency;
  case RotationScaling::Kind::Linear:
    break;
  case RotationScaling::Kind::YaRN:
    share = getYaRNShare(pair, base, elements, scaling);
    break;
  case RotationScaling::Kind::Llama3:
    share = getLlama3Share(frequency, scaling);
    break;
  }
  return frequency / scaling.factor * (1 - share) + frequency * share;
}

Rotation mlir::bitnet::makeRotation(double base, int64_t elements,
                                    const RotationScaling &scaling) {
  Rotation rotation;
  rotation.amplitude = scaling.amplitude;
  for (int64_t pair = 0; pair < elements / 2; ++pair) {
    double frequency = std::pow(base, -2.0 * static_cast<double>(pair) /
                                          static_cast<double>(elements));
    rotation.frequencies.push_back(
        scale(frequency, pair, base, elements, scaling));
  }
  return rotation;
}

double mlir::bitnet::getYaRNAmplitude(double factor) {
  return factor <= 1 ? 1 : 1 + 0.1 * std::log(factor);
}
