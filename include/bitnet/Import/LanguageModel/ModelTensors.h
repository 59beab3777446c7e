//===- ModelTensors.h - The tensors of a model, checked ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_LANGUAGEMODEL_MODELTENSORS_H
#define BITNET_IMPORT_LANGUAGEMODEL_MODELTENSORS_H

#include "bitnet/Import/LanguageModel/Hyperparameters.h"
#include "bitnet/Weights/StoredMatrix.h"

#include <array>
#include <vector>

namespace mlir::bitnet {

/// The tensors of a file or folder, under the names of Architecture.h: what
/// importers of different formats have in common.
class TensorSource {
public:
  virtual ~TensorSource();

  /// Tensors have the numbers 0 to getCount() - 1.
  virtual size_t getCount() const = 0;
  /// The number of the tensor called `name`; nothing if there is none.
  virtual std::optional<size_t> find(llvm::StringRef name) const = 0;
  /// What the file calls a tensor. Lives as long as the source's file.
  virtual llvm::StringRef getName(size_t tensor) const = 0;
  /// Its extents, fastest dimension first: a matrix of M outputs and K inputs
  /// is {K, M}. Their product fits int64_t.
  virtual llvm::ArrayRef<uint64_t> getShape(size_t tensor) const = 0;
  /// Its elements: {K} is one row, {K, M, ...} is M ... rows of K columns. An
  /// error if its type is not supported.
  virtual llvm::Expected<StoredMatrix> getMatrix(size_t tensor) const = 0;
  /// Whether factors (see NamedMatrix) are stored as their reciprocals.
  virtual bool hasReciprocalFactors() const { return false; }

  /// An error about the description of a tensor.
  virtual llvm::Error makeError(size_t tensor,
                                const llvm::Twine &message) const = 0;
  /// The same about its contents.
  virtual llvm::Error makeContentError(size_t tensor,
                                       const llvm::Twine &message) const = 0;
  /// The error that there is no tensor called `name`, which should have been
  /// what `wanted` says.
  virtual llvm::Error makeMissingError(llvm::StringRef name,
                                       const llvm::Twine &wanted) const = 0;
};

/// A tensor of the right shape in a format that can be read. Norms and biases
/// are matrices of one row, of F32, F16 or BF16, and finite.
struct NamedMatrix {
  llvm::StringRef name;
  StoredMatrix matrix;
  /// Multiplies every element; finite.
  std::optional<float> factor;
};

struct LinearTensors {
  NamedMatrix weight;
  std::optional<NamedMatrix> inputNorm;
  std::optional<NamedMatrix> bias;
};

struct LayerTensors {
  /// Norms that the architecture does not ask for may be absent.
  std::array<std::optional<NamedMatrix>, layerNormCount> norms;
  /// All are present.
  std::array<std::optional<LinearTensors>, layerLinearCount> linears;

  const std::optional<NamedMatrix> &get(LayerNorm norm) const {
    return norms[static_cast<size_t>(norm)];
  }
  const LinearTensors &get(LayerLinear linear) const {
    return *linears[static_cast<size_t>(linear)];
  }
};

/// Views of a file.
struct ModelTensors {
  NamedMatrix embedding;
  NamedMatrix outputNorm;
  /// Nothing if the embedding is the output head, too.
  std::optional<NamedMatrix> output;
  /// Divisors of the frequencies of rotations, if there are any.
  std::vector<float> rotationFactors;
  std::vector<LayerTensors> layers;
};

/// Finds and checks all tensors. Tensors that a model of the architecture does
/// not have are errors: leaving them out could change the results.
llvm::Expected<ModelTensors>
collectTensors(const TensorSource &source,
               const Hyperparameters &hyperparameters);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_LANGUAGEMODEL_MODELTENSORS_H
