//===- Rotation.h - Frequencies of rotary position embeddings ---*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_LANGUAGEMODEL_ROTATION_H
#define BITNET_IMPORT_LANGUAGEMODEL_ROTATION_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace mlir::bitnet {

/// How positions beyond those of the training become angles.
struct RotationScaling {
  enum class Kind {
    None,
    /// Angles are divided by `factor`.
    Linear,
    /// Slow rotations are divided by `factor`, fast ones are left, those
    /// between are mixed (Peng et al., arXiv:2309.00071).
    YaRN,
    /// The same with another mixture, as Llama 3.1 does.
    Llama3,
  };

  Kind kind = Kind::None;
  double factor = 1;
  /// Positions of the training before scaling; YaRN and Llama 3.
  double originalContext = 0;
  /// YaRN: rotations in the original context from which on a frequency is fast,
  /// and up to which it is slow.
  double fastRotations = 32, slowRotations = 1;
  /// Llama 3: frequencies of a wavelength of more than originalContext / low
  /// are slow, those of less than originalContext / high are fast.
  double lowFactor = 1, highFactor = 4;
  /// On cosines and sines. YaRN's own, 1 + ln(factor) / 10, is part of it.
  double amplitude = 1;
};

/// What `bitnet.rotation_table` computes.
struct Rotation {
  /// Of each pair, in radians for each position.
  std::vector<double> frequencies;
  double amplitude = 1;
};

/// The rotation of `elements` (even) of a head: base^(-2 i / elements) for pair
/// i, scaled.
Rotation makeRotation(double base, int64_t elements,
                      const RotationScaling &scaling);

/// YaRN's factor on cosines and sines.
double getYaRNAmplitude(double factor);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_LANGUAGEMODEL_ROTATION_H
