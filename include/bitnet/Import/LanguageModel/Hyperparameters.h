//===- Hyperparameters.h - The numbers that shape a model -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_LANGUAGEMODEL_HYPERPARAMETERS_H
#define BITNET_IMPORT_LANGUAGEMODEL_HYPERPARAMETERS_H

#include "bitnet/Import/LanguageModel/Architecture.h"
#include "bitnet/Import/LanguageModel/Rotation.h"

namespace mlir::bitnet {

/// What the linear layers of a model multiply with.
enum class ActivationNumerics {
  /// 8 bits for each token where the model was trained with that, which the
  /// weights of its first layer tell: they are trits with one scale for each
  /// matrix. Else floats.
  Auto,
  /// 8 bits for each token, as BitNet b1.58 is trained.
  Int8,
  /// As they are, but for a rounding to 24 bits.
  Float,
};

/// Checked: all sizes are positive, in the ranges that the types of the dialect
/// allow, and fit together.
struct Hyperparameters {
  const Architecture *architecture = nullptr;
  int64_t layers = 0;
  int64_t embeddingLength = 0;
  int64_t feedForwardLength = 0;
  int64_t heads = 0;
  /// Divides `heads`.
  int64_t keyValueHeads = 0;
  /// Elements of a query, key or value head.
  int64_t headSize = 0;
  /// Twice the pairs of `rotation` is at most a head.
  Rotation rotation;
  /// Rotated elements are neighbours.
  bool interleavesRotation = false;
  float epsilon = 0;
  /// That of the norms in front of linear layers, if it is another one.
  std::optional<float> inputNormEpsilon;
  int64_t contextLength = 0;
  Activation activation = Activation::SiLU;
  ActivationNumerics activations = ActivationNumerics::Auto;
  /// See Architecture.
  bool hasMasterWeights = false;
  /// Factor on queries in attention; absent: 1 / sqrt(headSize).
  std::optional<float> attentionScale;
  /// Factor on embeddings; absent: 1.
  std::optional<float> embeddingScale;

  /// Positions that windowed layers see, the token's own included; 0: no layer
  /// is windowed.
  int64_t window = 0;
  /// The rotation of windowed layers, if it is another one.
  std::optional<Rotation> windowRotation;
  /// Every layer whose number is windowPeriod - 1 modulo windowPeriod sees
  /// everything; 0: none does.
  int64_t windowPeriod = 0;

  /// With another pooling than none, the model gives an embedding of a text
  /// instead of logits.
  Pooling pooling = Pooling::None;

  int64_t getWidth(Width width) const;
  bool isWindowed(int64_t layer) const {
    return window &&
           (!windowPeriod || layer % windowPeriod != windowPeriod - 1);
  }
};

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_LANGUAGEMODEL_HYPERPARAMETERS_H
