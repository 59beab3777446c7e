//===- ModelTensors.cpp - The tensors of a model, checked -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ModelTensors.h"

#include "GGUFParser.h"

#include "llvm/ADT/SmallPtrSet.h"

#include <fmt/ranges.h>

#include <cmath>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace {

/// Looks tensors up and remembers which it has seen.
class TensorCollector {
public:
  TensorCollector(const GGUFFile &file, const Hyperparameters &hyperparameters,
                  I2SLayout layout)
      : file(file), hyperparameters(hyperparameters), layout(layout) {}

  Expected<ModelTensors> collect();

private:
  /// `rows` absent: any number up to 2^24.
  Expected<NamedMatrix> getMatrix(const Twine &name,
                                  std::optional<int64_t> rows, int64_t columns);
  Expected<NamedMatrix> getNorm(const Twine &name, int64_t size);
  Error collectLayer(int64_t index, ModelTensors::Layer &layer);
  Error checkCompanions(const Twine &stem);
  /// A vector of floats, each of which must be 1.
  Error checkOnes(const GGUFTensor &tensor, StringRef feature);
  Error checkUnused() const;

  /// The tensor called `name`, or null; counts it as seen.
  const GGUFTensor *find(const Twine &name) {
    const GGUFTensor *tensor = file.findTensor(name.str());
    if (tensor)
      seen.insert(tensor);
    return tensor;
  }

  const GGUFFile &file;
  const Hyperparameters &hyperparameters;
  I2SLayout layout;
  llvm::SmallPtrSet<const GGUFTensor *, 16> seen;
};

} // namespace

/// Writers may add extents of 1 behind the others.
static llvm::ArrayRef<uint64_t> dropTrailingOnes(const GGUFTensor &tensor,
                                                 size_t rank) {
  llvm::ArrayRef<uint64_t> shape = tensor.shape;
  while (shape.size() > rank && shape.back() == 1)
    shape = shape.drop_back();
  return shape;
}

static Error makeMissingError(const GGUFFile &file, const Twine &name,
                              const Twine &wanted) {
  return llvm::createStringError(file.getPath() + ": tensor " +
                                 quoteGGUFName(name.str()) + ": expects " +
                                 wanted + ", found no such tensor");
}

Expected<NamedMatrix> TensorCollector::getMatrix(const Twine &name,
                                                 std::optional<int64_t> rows,
                                                 int64_t columns) {
  // The largest matrix of the dialect; everything else is smaller by the ranges
  // of the hyperparameters.
  constexpr uint64_t maximumRows = 1 << 24;
  std::string wanted =
      rows ? fmt::format("shape {{{}, {}}}", columns, *rows)
           : fmt::format("shape {{{}, 1 to {}}}", columns, maximumRows);
  const GGUFTensor *tensor = find(name);
  if (!tensor)
    return makeMissingError(file, name, wanted);
  llvm::ArrayRef<uint64_t> shape = dropTrailingOnes(*tensor, 2);
  if (shape.size() != 2 || shape[0] != static_cast<uint64_t>(columns) ||
      (rows ? shape[1] != static_cast<uint64_t>(*rows)
            : shape[1] > maximumRows))
    return file.makeError(
        *tensor,
        "expects " + wanted +
            fmt::format(", found {{{}}}", fmt::join(tensor->shape, ", ")));
  Expected<StoredMatrix> matrix = getStoredMatrix(file, *tensor, layout);
  if (!matrix)
    return matrix.takeError();
  return NamedMatrix{tensor->name, *matrix};
}

Expected<NamedMatrix> TensorCollector::getNorm(const Twine &name,
                                               int64_t size) {
  std::string wanted = fmt::format("shape {{{}}}", size);
  const GGUFTensor *tensor = find(name);
  if (!tensor)
    return makeMissingError(file, name, wanted);
  llvm::ArrayRef<uint64_t> shape = dropTrailingOnes(*tensor, 1);
  if (shape.size() != 1 || shape[0] != static_cast<uint64_t>(size))
    return file.makeError(
        *tensor,
        "expects " + wanted +
            fmt::format(", found {{{}}}", fmt::join(tensor->shape, ", ")));
  switch (tensor->type) {
  case GGUFTensorType::F32:
  case GGUFTensorType::F16:
  case GGUFTensorType::BF16:
    break;
  default:
    return file.makeError(*tensor, "expects type F32, F16 or BF16, found " +
                                       getTensorTypeName(tensor->type));
  }
  Expected<StoredMatrix> matrix = getStoredMatrix(file, *tensor, layout);
  if (!matrix)
    return matrix.takeError();
  std::vector<float> weights(size);
  matrix->decodeRow(0, weights);
  for (auto [index, weight] : llvm::enumerate(weights))
    if (!std::isfinite(weight))
      return file.makeError(
          *tensor,
          llvm::createStringError(fmt::format(
              "element {}: expects a finite weight, found {}", index, weight)));
  return NamedMatrix{tensor->name, *matrix};
}

Error TensorCollector::checkOnes(const GGUFTensor &tensor, StringRef feature) {
  Expected<StoredMatrix> matrix = getStoredMatrix(file, tensor, layout);
  if (!matrix)
    return matrix.takeError();
  std::vector<float> numbers(matrix->getColumns());
  for (int64_t row = 0; row < matrix->getRows(); ++row) {
    matrix->decodeRow(row, numbers);
    for (float number : numbers)
      if (number != 1)
        return file.makeError(tensor,
                              fmt::format("expects 1 ({} are not supported "
                                          "yet), found {}",
                                          feature.str(), number));
  }
  return Error::success();
}

/// Linear layers may have more than a weight: factors that are multiplied to
/// the result, and biases.
Error TensorCollector::checkCompanions(const Twine &stem) {
  if (const GGUFTensor *bias = find(stem + ".bias"))
    return file.makeError(*bias,
                          "biases of linear layers are not supported yet");
  if (const GGUFTensor *scale = find(stem + ".scale"))
    return checkOnes(*scale, "scales of linear layers");
  return Error::success();
}

Error TensorCollector::collectLayer(int64_t index, ModelTensors::Layer &layer) {
  for (const LayerTensorInfo &info : getLayerTensors()) {
    std::string stem = fmt::format("blk.{}.{}", index, info.name.str());
    std::string name = stem + ".weight";
    if (info.isSubNorm && !hyperparameters.architecture->requiresSubNorms &&
        !file.findTensor(name))
      continue;
    int64_t inputs = hyperparameters.getWidth(info.inputs);
    Expected<NamedMatrix> matrix =
        info.isNorm()
            ? getNorm(name, inputs)
            : getMatrix(name, hyperparameters.getWidth(*info.outputs), inputs);
    if (!matrix)
      return matrix.takeError();
    layer[static_cast<size_t>(info.tensor)] = *matrix;
    if (!info.isNorm())
      if (Error error = checkCompanions(stem))
        return error;
  }
  return Error::success();
}

Error TensorCollector::checkUnused() const {
  const GGUFTensor *first = nullptr;
  size_t others = 0;
  for (const GGUFTensor &tensor : file.getTensors()) {
    if (seen.contains(&tensor))
      continue;
    others += first != nullptr;
    first = first ? first : &tensor;
  }
  if (!first)
    return Error::success();
  std::string more =
      others ? fmt::format(", and {} more such tensors", others) : "";
  return file.makeError(*first, "expects no such tensor in a model of " +
                                    Twine(hyperparameters.layers) +
                                    " layers of architecture " +
                                    hyperparameters.architecture->name + more);
}

Expected<ModelTensors> TensorCollector::collect() {
  int64_t embeddingLength = hyperparameters.embeddingLength;
  Expected<NamedMatrix> embedding =
      getMatrix(embeddingTensorName, std::nullopt, embeddingLength);
  if (!embedding)
    return embedding.takeError();
  Expected<NamedMatrix> outputNorm =
      getNorm(outputNormTensorName, embeddingLength);
  if (!outputNorm)
    return outputNorm.takeError();
  ModelTensors tensors{*embedding, *outputNorm, std::nullopt, {}};
  if (file.findTensor(outputTensorName)) {
    Expected<NamedMatrix> output = getMatrix(
        outputTensorName, embedding->matrix.getRows(), embeddingLength);
    if (!output)
      return output.takeError();
    tensors.output = *output;
  }
  for (int64_t index = 0; index < hyperparameters.layers; ++index)
    if (Error error = collectLayer(index, tensors.layers.emplace_back()))
      return error;
  if (const GGUFTensor *factors = find(rotationFactorsTensorName))
    if (Error error = checkOnes(*factors, "scaled rotations"))
      return error;
  if (Error error = checkUnused())
    return error;
  return tensors;
}

Expected<ModelTensors>
mlir::bitnet::collectTensors(const GGUFFile &file,
                             const Hyperparameters &hyperparameters,
                             I2SLayout layout) {
  return TensorCollector(file, hyperparameters, layout).collect();
}
