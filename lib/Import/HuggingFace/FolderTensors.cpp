//===- FolderTensors.cpp - Tensors of a folder by our names ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FolderTensors.h"

#include "llvm/ADT/STLExtras.h"

#include <fmt/format.h>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

/// A linear layer's weight by the end of our name: norms are vectors.
static bool isLinearWeight(StringRef name) {
  if (!name.consume_front("blk.") || !name.consume_back(".weight"))
    return false;
  StringRef module = name.split('.').second;
  return llvm::any_of(getLayerLinears(), [&](const LayerLinearInfo &info) {
    return info.name == module;
  });
}

/// A norm that is no linear layer's own.
static bool isModelNorm(StringRef name) {
  if (name == outputNormTensorName)
    return true;
  if (!name.consume_front("blk.") || !name.consume_back(".weight"))
    return false;
  StringRef module = name.split('.').second;
  return llvm::any_of(getLayerNorms(), [&](const LayerNormInfo &info) {
    return info.name == module;
  });
}

Expected<FolderTensorSource>
FolderTensorSource::create(ModelFolder &folder, const FolderConfig &config) {
  // Classes without a head save their tensors without a prefix.
  StringRef prefix =
      folder.findTensor("model.embed_tokens.weight") ? "model." : "";
  const Architecture *architecture = config.hyperparameters.architecture;
  FolderTensorSource source(
      folder, config,
      FolderNames(prefix, architecture->hasNorm(LayerNorm::PostAttention)));
  if (Error error = source.collect())
    return error;
  if (Error error = source.checkHead())
    return error;
  for (int64_t layer = 0; layer < config.hyperparameters.layers; ++layer)
    for (const LayerLinearInfo &info : getLayerLinears())
      if (Error error = source.checkLinear(
              info, fmt::format("blk.{}.{}", layer, info.name.str())))
        return error;
  return source;
}

Error FolderTensorSource::collect() {
  for (const FolderTensor &tensor : folder.getTensors()) {
    StringRef name = tensor.tensor->name;
    // Frequencies that old versions of transformers saved follow from
    // config.json.
    if (name.ends_with(".rotary_emb.inv_freq"))
      continue;
    std::string ours = names.toModel(name).value_or(name.str());
    llvm::SmallVector<uint64_t, 4> shape(llvm::reverse(tensor.tensor->shape));
    if (shape.empty())
      shape.push_back(1);
    bool isPacked =
        tensor.tensor->type == SafetensorsType::U8 && isLinearWeight(ours);
    if (isPacked && shape.size() == 2)
      shape.back() *= 4;
    entries.push_back({std::move(ours), &tensor, std::move(shape), isPacked});
  }
  llvm::sort(entries, [](const Entry &left, const Entry &right) {
    return left.name < right.name;
  });
  for (size_t index = 1; index < entries.size(); ++index)
    if (entries[index].name == entries[index - 1].name)
      return makeError(index, "expects one tensor of its kind, found " +
                                  quoteName(getName(index - 1)) + ", too");
  return Error::success();
}

/// A tied head may be saved, too, and embedding models need none.
Error FolderTensorSource::checkHead() {
  std::optional<size_t> head = find(outputTensorName);
  bool isPooled = config.hyperparameters.pooling != Pooling::None;
  if (!head)
    return config.isTied || isPooled
               ? Error::success()
               : makeMissingError(outputTensorName,
                                  "a head, since tie_word_embeddings is false");
  if (!config.isTied && !isPooled)
    return Error::success();
  std::optional<size_t> embedding = find(embeddingTensorName);
  if (config.isTied && embedding) {
    const SafetensorsTensor &left = *entries[*head].tensor->tensor;
    const SafetensorsTensor &right = *entries[*embedding].tensor->tensor;
    if (left.type != right.type || left.data != right.data)
      return makeError(*head, "expects the same as the embedding, since "
                              "tie_word_embeddings is true, found another "
                              "matrix");
  }
  entries.erase(entries.begin() + *head);
  return Error::success();
}

/// What a weight is must be certain: a factor and its reciprocal look alike.
Error FolderTensorSource::checkWeight(StringRef stem) {
  std::optional<size_t> weight = find((stem + ".weight").str());
  if (!weight)
    return Error::success();
  bool isPacked = entries[*weight].isPacked;
  std::string scaleName = (stem + ".scale").str();
  std::optional<size_t> scale = find(scaleName);
  switch (config.storage) {
  case LinearStorage::Plain:
  case LinearStorage::Masters:
    if (isPacked)
      return makeError(*weight,
                       "expects floats, since config.json has no "
                       "quantization_config of packed weights, found U8");
    if (scale)
      return makeError(*scale, "expects no scale, since config.json has no "
                               "quantization_config that gives it a meaning");
    return Error::success();
  case LinearStorage::Factors:
  case LinearStorage::Divisors:
    // Without a scale, floats of BitLinear layers are masters.
    if (!scale && (isPacked || config.storage == LinearStorage::Factors))
      return makeMissingError(scaleName, "the scale of a weight");
    return Error::success();
  }
  llvm_unreachable("unknown storage");
}

Error FolderTensorSource::checkLinear(const LayerLinearInfo &info,
                                      StringRef stem) {
  if (Error error = checkWeight(stem))
    return error;
  bool isFeedForward = info.linear == LayerLinear::Gate ||
                       info.linear == LayerLinear::Up ||
                       info.linear == LayerLinear::Down;
  struct Companion {
    StringRef suffix, what, key;
    bool isWanted;
  };
  const Companion companions[] = {
      {".bias", "a bias", isFeedForward ? "mlp_bias" : "attention_bias",
       isFeedForward ? config.hasFeedForwardBiases : config.hasAttentionBiases},
      {"_norm_in.weight", "a norm", "quantization_config.use_rms_norm",
       config.hasInputNorms}};
  for (const Companion &companion : companions) {
    std::string name = (stem + companion.suffix).str();
    std::optional<size_t> tensor = find(name);
    if (companion.isWanted && !tensor)
      return makeMissingError(name, companion.what + ", since " +
                                        companion.key +
                                        " of config.json is true");
    if (!companion.isWanted && tensor)
      return makeError(*tensor, "expects no such tensor, since " +
                                    companion.key +
                                    " of config.json is not true");
  }
  return Error::success();
}

std::optional<size_t> FolderTensorSource::find(StringRef name) const {
  auto found =
      llvm::lower_bound(entries, name, [](const Entry &entry, StringRef name) {
        return entry.name < name;
      });
  if (found == entries.end() || found->name != name)
    return std::nullopt;
  return found - entries.begin();
}

static std::optional<WeightFormat> getFormat(SafetensorsType type) {
  switch (type) {
  case SafetensorsType::F32:
    return WeightFormat::F32;
  case SafetensorsType::F16:
    return WeightFormat::F16;
  case SafetensorsType::BF16:
    return WeightFormat::BF16;
  default:
    return std::nullopt;
  }
}

Expected<StoredMatrix> FolderTensorSource::getMatrix(size_t tensor) const {
  const Entry &entry = entries[tensor];
  const SafetensorsTensor &stored = *entry.tensor->tensor;
  std::optional<WeightFormat> format =
      entry.isPacked ? WeightFormat::PackedRows : getFormat(stored.type);
  if (!format)
    return makeError(tensor,
                     "expects type F32, F16 or BF16" +
                         Twine(isLinearWeight(entry.name) ? ", or U8" : "") +
                         ", found " + getSafetensorsTypeName(stored.type));
  auto columns = static_cast<int64_t>(entry.shape.front());
  int64_t rows = 1;
  for (uint64_t extent : llvm::ArrayRef(entry.shape).drop_front())
    rows *= static_cast<int64_t>(extent);
  Expected<StoredMatrix> matrix =
      StoredMatrix::get(*format, rows, columns, stored.data);
  if (!matrix)
    return makeError(tensor, llvm::toString(matrix.takeError()));
  if (!config.addsOneToNorms || !isModelNorm(entry.name) || rows != 1)
    return matrix;
  std::vector<float> norm(columns);
  matrix->decodeRow(0, norm);
  for (float &weight : norm)
    weight += 1;
  return StoredMatrix::get(WeightFormat::F32, 1, columns,
                           folder.keep(std::move(norm)));
}

Error FolderTensorSource::makeError(size_t tensor, const Twine &message) const {
  const FolderTensor &entry = *entries[tensor].tensor;
  return entry.file->makeError(*entry.tensor, message);
}

Error FolderTensorSource::makeMissingError(StringRef name,
                                           const Twine &wanted) const {
  return makeFileError(folder.getPath(),
                       "tensor " + quoteName(names.toFolder(name)) +
                           ": expects " + wanted + ", found no such tensor");
}
