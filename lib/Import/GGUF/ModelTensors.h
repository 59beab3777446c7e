//===- ModelTensors.h - The tensors of a model, checked ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_GGUF_MODELTENSORS_H
#define BITNET_LIB_IMPORT_GGUF_MODELTENSORS_H

#include "Hyperparameters.h"
#include "bitnet/Import/GGUF/GGUFWeights.h"

#include <array>
#include <vector>

namespace mlir::bitnet {

/// A tensor of the right shape in a format that can be read. Norms are matrices
/// of one row, of F32, F16 or BF16, and finite.
struct NamedMatrix {
  llvm::StringRef name;
  StoredMatrix matrix;
};

/// Views of the file.
struct ModelTensors {
  using Layer = std::array<std::optional<NamedMatrix>, layerTensorCount>;

  NamedMatrix embedding;
  NamedMatrix outputNorm;
  /// Nothing if the embedding is the output head, too.
  std::optional<NamedMatrix> output;
  /// Only sub-norms may be absent.
  std::vector<Layer> layers;
};

/// Finds and checks all tensors. Tensors that a model of the architecture does
/// not have are errors: leaving them out could change the results.
llvm::Expected<ModelTensors>
collectTensors(const GGUFFile &file, const Hyperparameters &hyperparameters,
               I2SLayout layout);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_GGUF_MODELTENSORS_H
