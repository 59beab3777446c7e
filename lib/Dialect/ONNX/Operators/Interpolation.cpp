//===- Interpolation.cpp - Weights that resize an axis --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpolation.h"
#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir::onnx;

/// The coordinate in the axis of element `i` of the resized axis.
static double getCoordinate(const AxisResize &resize, int64_t i) {
  double from = resize.from, to = resize.scale * from;
  if (resize.coordinates == "align_corners")
    return to == 1 ? 0 : i * (from - 1) / (to - 1);
  if (resize.coordinates == "asymmetric")
    return i / resize.scale;
  if (resize.coordinates == "tf_crop_and_resize") {
    double part = (resize.end - resize.begin) * (from - 1);
    return resize.begin * (from - 1) +
           (to == 1 ? part / 2 : i * part / (to - 1));
  }
  double halfPixel = (i + 0.5) / resize.scale - 0.5;
  if (resize.coordinates == "pytorch_half_pixel")
    return to == 1 ? -0.5 : halfPixel;
  if (resize.coordinates == "half_pixel_symmetric")
    return from / 2 * (1 - resize.to / to) + halfPixel;
  return halfPixel;
}

/// How much the filter is stretched.
static double getFilterScale(const AxisResize &resize) {
  return resize.antialias ? std::min(resize.scale, 1.0) : 1.0;
}

/// The first tap relative to the element that is not right of the coordinate.
static int64_t getFirstTap(const AxisResize &resize) {
  double reach = resize.mode == "cubic" ? 2 : 1;
  return int64_t(std::floor(-reach / getFilterScale(resize))) + 1;
}

int64_t mlir::onnx::countTaps(const AxisResize &resize) {
  return resize.mode == "nearest" ? 1 : 2 - 2 * getFirstTap(resize);
}

/// The weight at a distance from the coordinate.
static double getWeight(const AxisResize &resize, double distance) {
  double x = std::abs(distance * getFilterScale(resize));
  if (resize.mode == "linear")
    return std::max(1 - x, 0.0);
  double a = resize.cubicCoefficient;
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static int64_t getNearest(llvm::StringRef mode, double coordinate) {
  double below = std::floor(coordinate);
  double rest = coordinate - below;
  bool isUp = mode == "ceil"                ? rest > 0
              : mode == "floor"             ? false
              : mode == "round_prefer_ceil" ? rest >= 0.5
                                            : rest > 0.5;
  return int64_t(below) + isUp;
}

AxisTaps mlir::onnx::computeTaps(const AxisResize &resize) {
  AxisTaps taps;
  taps.count = countTaps(resize);
  auto clamp = [&](int64_t position) {
    return std::clamp<int64_t>(position, 0, resize.from - 1);
  };
  bool isCropped = resize.coordinates == "tf_crop_and_resize";
  for (int64_t i = 0; i < resize.to; ++i) {
    double coordinate = getCoordinate(resize, i);
    taps.isOutside.push_back(
        isCropped && (coordinate < 0 || coordinate > double(resize.from - 1)));
    // Far outside, all is the edge.
    coordinate = std::clamp(coordinate, -double(2 * maximumTaps),
                            double(resize.from + 2 * maximumTaps));
    if (resize.mode == "nearest") {
      taps.positions.push_back(clamp(getNearest(resize.nearest, coordinate)));
      taps.weights.push_back(1);
      continue;
    }
    // The element left of the coordinate, also where it is whole.
    int64_t left = int64_t(std::ceil(coordinate)) - 1;
    llvm::SmallVector<double> weights;
    for (int64_t tap = 0; tap < taps.count; ++tap) {
      int64_t position = left + getFirstTap(resize) + tap;
      bool isLeftOut = resize.excludeOutside && position != clamp(position);
      weights.push_back(
          isLeftOut ? 0 : getWeight(resize, double(position) - coordinate));
      taps.positions.push_back(clamp(position));
    }
    double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double weight : weights)
      taps.weights.push_back(sum == 0 ? weight : weight / sum);
  }
  return taps;
}
