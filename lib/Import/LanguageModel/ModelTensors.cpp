//===- ModelTensors.cpp - The tensors of a model, checked -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/LanguageModel/ModelTensors.h"

#include "llvm/ADT/SmallBitVector.h"

#include <fmt/ranges.h>

#include <cmath>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

TensorSource::~TensorSource() = default;

namespace {

/// Looks tensors up and remembers which it has seen.
class TensorCollector {
public:
  TensorCollector(const TensorSource &source,
                  const Hyperparameters &hyperparameters)
      : source(source), hyperparameters(hyperparameters),
        seen(source.getCount()) {}

  Expected<ModelTensors> collect();

private:
  /// `rows` absent: any number up to 2^24.
  Expected<NamedMatrix> getMatrix(StringRef name, std::optional<int64_t> rows,
                                  int64_t columns);
  /// Norms, biases, and other vectors of floats; finite.
  Expected<NamedMatrix> getVector(StringRef name, int64_t size);
  /// The same; nothing if there is no such tensor.
  Expected<std::optional<NamedMatrix>> findVector(StringRef name, int64_t size);
  Expected<std::vector<float>> readVector(StringRef name, int64_t size);
  Expected<LinearTensors> collectLinear(const LayerLinearInfo &info,
                                        StringRef stem);
  Error collectLayer(int64_t index, LayerTensors &layer);
  Error collectFactor(StringRef stem, NamedMatrix &matrix);
  Error collectRotationFactors(ModelTensors &tensors);
  Error checkUnused() const;

  std::optional<size_t> find(StringRef name) {
    std::optional<size_t> tensor = source.find(name);
    if (tensor)
      seen.set(*tensor);
    return tensor;
  }

  const TensorSource &source;
  const Hyperparameters &hyperparameters;
  llvm::SmallBitVector seen;
};

} // namespace

/// Writers may add extents of 1 behind the others.
static llvm::ArrayRef<uint64_t> dropTrailingOnes(llvm::ArrayRef<uint64_t> shape,
                                                 size_t rank) {
  while (shape.size() > rank && shape.back() == 1)
    shape = shape.drop_back();
  return shape;
}

static Error makeShapeError(const TensorSource &source, size_t tensor,
                            const Twine &wanted) {
  return source.makeError(
      tensor, "expects " + wanted +
                  fmt::format(", found {{{}}}",
                              fmt::join(source.getShape(tensor), ", ")));
}

Expected<NamedMatrix> TensorCollector::getMatrix(StringRef name,
                                                 std::optional<int64_t> rows,
                                                 int64_t columns) {
  // The largest matrix of the dialect; everything else is smaller by the ranges
  // of the hyperparameters.
  constexpr uint64_t maximumRows = 1 << 24;
  std::string wanted =
      rows ? fmt::format("shape {{{}, {}}}", columns, *rows)
           : fmt::format("shape {{{}, 1 to {}}}", columns, maximumRows);
  std::optional<size_t> tensor = find(name);
  if (!tensor)
    return source.makeMissingError(name, wanted);
  llvm::ArrayRef<uint64_t> shape =
      dropTrailingOnes(source.getShape(*tensor), 2);
  if (shape.size() != 2 || shape[0] != static_cast<uint64_t>(columns) ||
      (rows ? shape[1] != static_cast<uint64_t>(*rows)
            : shape[1] > maximumRows))
    return makeShapeError(source, *tensor, wanted);
  Expected<StoredMatrix> matrix = source.getMatrix(*tensor);
  if (!matrix)
    return matrix.takeError();
  return NamedMatrix{source.getName(*tensor), *matrix, std::nullopt};
}

Expected<NamedMatrix> TensorCollector::getVector(StringRef name, int64_t size) {
  std::string wanted = fmt::format("shape {{{}}}", size);
  std::optional<size_t> tensor = find(name);
  if (!tensor)
    return source.makeMissingError(name, wanted);
  llvm::ArrayRef<uint64_t> shape =
      dropTrailingOnes(source.getShape(*tensor), 1);
  if (shape.size() != 1 || shape[0] != static_cast<uint64_t>(size))
    return makeShapeError(source, *tensor, wanted);
  Expected<StoredMatrix> matrix = source.getMatrix(*tensor);
  if (!matrix)
    return matrix.takeError();
  switch (matrix->getFormat()) {
  case WeightFormat::F32:
  case WeightFormat::F16:
  case WeightFormat::BF16:
    break;
  default:
    return source.makeError(*tensor,
                            "expects type F32, F16 or BF16, found " +
                                getWeightFormatName(matrix->getFormat()));
  }
  std::vector<float> elements(size);
  matrix->decodeRow(0, elements);
  for (auto [index, element] : llvm::enumerate(elements))
    if (!std::isfinite(element))
      return source.makeContentError(
          *tensor, fmt::format("element {}: expects a finite number, found {}",
                               index, element));
  return NamedMatrix{source.getName(*tensor), *matrix, std::nullopt};
}

Expected<std::optional<NamedMatrix>> TensorCollector::findVector(StringRef name,
                                                                 int64_t size) {
  if (!source.find(name))
    return std::nullopt;
  Expected<NamedMatrix> vector = getVector(name, size);
  if (!vector)
    return vector.takeError();
  return *vector;
}

Expected<std::vector<float>> TensorCollector::readVector(StringRef name,
                                                         int64_t size) {
  Expected<NamedMatrix> vector = getVector(name, size);
  if (!vector)
    return vector.takeError();
  std::vector<float> elements(size);
  vector->matrix.decodeRow(0, elements);
  return elements;
}

/// Linear layers may have a factor that their result is multiplied with.
Error TensorCollector::collectFactor(StringRef stem, NamedMatrix &matrix) {
  std::string name = (stem + ".scale").str();
  if (!source.find(name))
    return Error::success();
  std::vector<float> factor;
  if (Error error = readVector(name, 1).moveInto(factor))
    return error;
  bool isReciprocal = source.hasReciprocalFactors();
  float value = isReciprocal ? 1 / factor.front() : factor.front();
  if (!std::isfinite(value))
    return source.makeContentError(
        *source.find(name),
        fmt::format("expects a number with a finite reciprocal, found {}",
                    factor.front()));
  matrix.factor = value;
  return Error::success();
}

Expected<LinearTensors>
TensorCollector::collectLinear(const LayerLinearInfo &info, StringRef stem) {
  int64_t inputs = hyperparameters.getWidth(info.inputs);
  int64_t outputs = hyperparameters.getWidth(info.outputs);
  Expected<NamedMatrix> weight =
      getMatrix((stem + ".weight").str(), outputs, inputs);
  if (!weight)
    return weight.takeError();
  LinearTensors linear{*weight, std::nullopt, std::nullopt};
  if (Error error = collectFactor(stem, linear.weight))
    return error;
  if (Error error =
          findVector((stem + ".bias").str(), outputs).moveInto(linear.bias))
    return error;
  if (Error error = findVector((stem + "_norm_in.weight").str(), inputs)
                        .moveInto(linear.inputNorm))
    return error;
  return linear;
}

Error TensorCollector::collectLayer(int64_t index, LayerTensors &layer) {
  for (const LayerNormInfo &info : getLayerNorms()) {
    std::string name = fmt::format("blk.{}.{}.weight", index, info.name.str());
    if (!source.find(name) && !hyperparameters.architecture->hasNorm(info.norm))
      continue;
    Expected<NamedMatrix> norm =
        getVector(name, hyperparameters.getWidth(info.width));
    if (!norm)
      return norm.takeError();
    layer.norms[static_cast<size_t>(info.norm)] = *norm;
  }
  for (const LayerLinearInfo &info : getLayerLinears()) {
    std::string stem = fmt::format("blk.{}.{}", index, info.name.str());
    Expected<LinearTensors> linear = collectLinear(info, stem);
    if (!linear)
      return linear.takeError();
    layer.linears[static_cast<size_t>(info.linear)] = *linear;
  }
  return Error::success();
}

Error TensorCollector::collectRotationFactors(ModelTensors &tensors) {
  if (!source.find(rotationFactorsTensorName))
    return Error::success();
  int64_t pairs = hyperparameters.rotation.frequencies.size();
  if (Error error = readVector(rotationFactorsTensorName, pairs)
                        .moveInto(tensors.rotationFactors))
    return error;
  for (auto [index, factor] : llvm::enumerate(tensors.rotationFactors))
    if (factor <= 0)
      return source.makeContentError(
          *source.find(rotationFactorsTensorName),
          fmt::format("element {}: expects a positive number, found {}", index,
                      factor));
  return Error::success();
}

Error TensorCollector::checkUnused() const {
  int first = seen.find_first_unset();
  if (first < 0)
    return Error::success();
  size_t others = seen.size() - seen.count() - 1;
  std::string more =
      others ? fmt::format(", and {} more such tensors", others) : "";
  return source.makeError(first, "expects no such tensor in a model of " +
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
      getVector(outputNormTensorName, embeddingLength);
  if (!outputNorm)
    return outputNorm.takeError();
  ModelTensors tensors{*embedding, *outputNorm, std::nullopt, {}, {}};
  if (source.find(outputTensorName)) {
    Expected<NamedMatrix> output = getMatrix(
        outputTensorName, embedding->matrix.getRows(), embeddingLength);
    if (!output)
      return output.takeError();
    tensors.output = *output;
  }
  for (int64_t index = 0; index < hyperparameters.layers; ++index)
    if (Error error = collectLayer(index, tensors.layers.emplace_back()))
      return error;
  if (Error error = collectRotationFactors(tensors))
    return error;
  if (Error error = checkUnused())
    return error;
  return tensors;
}

Expected<ModelTensors>
mlir::bitnet::collectTensors(const TensorSource &source,
                             const Hyperparameters &hyperparameters) {
  return TensorCollector(source, hyperparameters).collect();
}
