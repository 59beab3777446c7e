//===- Interpolation.h - Weights that resize an axis ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_INTERPOLATION_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_INTERPOLATION_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace mlir::onnx {

/// How one axis is resized: attributes of Resize, with its spelling.
struct AxisResize {
  llvm::StringRef mode, coordinates, nearest;
  bool antialias, excludeOutside;
  double cubicCoefficient;
  int64_t from, to;
  /// `to` / `from` before rounding.
  double scale;
  /// The part of the axis, relative to its size, that tf_crop_and_resize takes.
  double begin, end;
};

/// Elements of the resized axis as weighted sums of `count` elements of the
/// axis. Row `i` of the tables, `count` wide, is for element `i`.
struct AxisTaps {
  int64_t count = 1;
  llvm::SmallVector<int64_t> positions;
  llvm::SmallVector<double> weights;
  /// Elements that lie outside of the axis, where that matters.
  llvm::SmallVector<bool> isOutside;
};

/// More taps than this are refused.
inline constexpr int64_t maximumTaps = 64;

/// How many taps an axis needs.
int64_t countTaps(const AxisResize &resize);

/// Sizes are at least 1.
AxisTaps computeTaps(const AxisResize &resize);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_INTERPOLATION_H
