//===- Hyperparameters.cpp - The numbers that shape a model ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Hyperparameters.h"

#include "GGUFParser.h"

#include <fmt/format.h>

#include <cmath>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

int64_t Hyperparameters::getWidth(Width width) const {
  switch (width) {
  case Width::Embedding:
    return embeddingLength;
  case Width::Query:
    return heads * headSize;
  case Width::KeyValue:
    return keyValueHeads * headSize;
  case Width::FeedForward:
    return feedForwardLength;
  }
  llvm_unreachable("unknown width");
}

Error mlir::bitnet::makeKeyError(const GGUFFile &file, StringRef key,
                                 const Twine &message) {
  return file.makeError(file.find(key)->getFileOffset(),
                        "key " + quoteGGUFName(key) + ": " + message);
}

namespace {

/// A key that other architectures use to compute something else. Models of ours
/// have it with its neutral value or not at all.
struct NeutralSetting {
  llvm::StringLiteral key;
  /// What other values would ask for.
  llvm::StringLiteral feature;
  double neutral;
};

/// Reads the parameters one group after the other into `result`.
class HyperparameterReader {
public:
  explicit HyperparameterReader(const GGUFFile &file) : file(file) {}

  Expected<Hyperparameters> read();

private:
  Error readArchitecture();
  Error readSizes();
  Error readHeads();
  Error readRotation();
  Error readActivation();
  Error checkNeutral(const NeutralSetting &setting) const;
  Error checkNeutralSettings() const;

  /// A key of the architecture.
  std::string getKey(StringRef name) const {
    return (result.architecture->name + "." + name).str();
  }
  /// The integer of a key in [1, maximum]. An absent key is an error unless
  /// there is a default.
  Error readSize(StringRef name, int64_t maximum, int64_t &size,
                 std::optional<int64_t> absent = std::nullopt) const;
  Error readPositive(StringRef name, double &number,
                     std::optional<double> absent = std::nullopt) const;

  const GGUFFile &file;
  Hyperparameters result = {};
};

} // namespace

Error HyperparameterReader::readSize(StringRef name, int64_t maximum,
                                     int64_t &size,
                                     std::optional<int64_t> absent) const {
  std::string key = getKey(name);
  if (absent && !file.find(key)) {
    size = *absent;
    return Error::success();
  }
  return file.getUnsigned(key, 1, maximum).moveInto(size);
}

Error HyperparameterReader::readPositive(StringRef name, double &number,
                                         std::optional<double> absent) const {
  std::string key = getKey(name);
  if (absent && !file.find(key)) {
    number = *absent;
    return Error::success();
  }
  if (Error error = file.getFloat(key).moveInto(number))
    return error;
  // The number is used as a float, too.
  if (static_cast<float>(number) > 0 &&
      std::isfinite(static_cast<float>(number)))
    return Error::success();
  return makeKeyError(
      file, key, fmt::format("expects a positive number, found {}", number));
}

Error HyperparameterReader::readArchitecture() {
  constexpr StringRef key = "general.architecture";
  StringRef name;
  if (Error error = file.getString(key).moveInto(name))
    return error;
  result.architecture = findArchitecture(name);
  if (!result.architecture)
    return makeKeyError(file, key,
                        "expects one of " + listArchitectures() + ", found " +
                            quoteGGUFName(name));
  return Error::success();
}

Error HyperparameterReader::readSizes() {
  if (Error error = readSize("block_count", 1 << 12, result.layers))
    return error;
  if (Error error =
          readSize("embedding_length", 1 << 20, result.embeddingLength))
    return error;
  if (Error error =
          readSize("feed_forward_length", 1 << 24, result.feedForwardLength))
    return error;
  return readSize("context_length", 1 << 24, result.contextLength);
}

Error HyperparameterReader::readHeads() {
  constexpr int64_t maximum = 1 << 12;
  if (Error error = readSize("attention.head_count", maximum, result.heads))
    return error;
  if (Error error = readSize("attention.head_count_kv", maximum,
                             result.keyValueHeads, result.heads))
    return error;
  if (result.heads % result.keyValueHeads != 0)
    return makeKeyError(
        file, getKey("attention.head_count_kv"),
        fmt::format("expects a divisor of the {} heads, found {}", result.heads,
                    result.keyValueHeads));

  std::string keyLength = getKey("attention.key_length");
  int64_t share = result.embeddingLength / result.heads;
  if (!file.find(keyLength) &&
      (result.embeddingLength % result.heads != 0 || share > maximum))
    return makeKeyError(
        file, getKey("attention.head_count"),
        fmt::format("expects to divide the embedding length {} into heads of "
                    "at most {} elements, found {}",
                    result.embeddingLength, maximum, result.heads));
  if (Error error =
          readSize("attention.key_length", maximum, result.headSize, share))
    return error;
  int64_t valueLength;
  if (Error error =
          readSize("attention.value_length", maximum, valueLength, share))
    return error;
  if (valueLength == result.headSize)
    return Error::success();
  return makeKeyError(
      file, file.find(keyLength) ? keyLength : getKey("attention.value_length"),
      fmt::format("expects keys and values of one length, found {} and {}",
                  result.headSize, valueLength));
}

Error HyperparameterReader::readRotation() {
  if (Error error = readPositive("rope.freq_base", result.rotationBase, 1e4))
    return error;
  if (Error error = readSize("rope.dimension_count", result.headSize,
                             result.rotatedElements, result.headSize))
    return error;
  if (result.rotatedElements % 2 != 0) {
    std::string message = fmt::format(
        "expects an even number of rotated elements in a head, found {}",
        result.rotatedElements);
    std::string key = getKey("rope.dimension_count");
    return makeKeyError(
        file, file.find(key) ? key : getKey("attention.head_count"), message);
  }

  std::string typeKey = getKey("rope.scaling.type");
  std::optional<StringRef> type;
  if (Error error = file.findString(typeKey).moveInto(type))
    return error;
  if (type == "none")
    return Error::success();
  if (type && type != "linear")
    return makeKeyError(file, typeKey,
                        "expects none, or linear with factor 1 (scaled "
                        "rotations are not supported yet), found " +
                            quoteGGUFName(*type));
  return checkNeutral({"rope.scaling.factor", "scaled rotations", 1});
}

Error HyperparameterReader::readActivation() {
  result.activation = result.architecture->activation;
  std::string key = getKey("hidden_activation");
  std::optional<StringRef> name;
  if (Error error = file.findString(key).moveInto(name))
    return error;
  if (!name)
    return Error::success();
  if (std::optional<Activation> activation = findActivation(*name)) {
    result.activation = *activation;
    return Error::success();
  }
  return makeKeyError(file, key,
                      "expects relu2 or silu, found " + quoteGGUFName(*name));
}

/// The value of a number or a bool.
static std::optional<double> getNumber(const GGUFValue &value) {
  if (std::optional<int64_t> integer = value.asSigned())
    return static_cast<double>(*integer);
  if (std::optional<bool> boolean = value.asBool())
    return *boolean ? 1 : 0;
  return value.asFloat();
}

Error HyperparameterReader::checkNeutral(const NeutralSetting &setting) const {
  std::string key = getKey(setting.key);
  const GGUFValue *value = file.find(key);
  if (!value)
    return Error::success();
  std::optional<double> number = getNumber(*value);
  // Files hold floats.
  if (number &&
      static_cast<float>(*number) == static_cast<float>(setting.neutral))
    return Error::success();
  std::string found =
      number ? fmt::format("{}", *number) : value->getTypeName();
  return makeKeyError(file, key,
                      fmt::format("expects {} ({} are not supported yet), "
                                  "found {}",
                                  setting.neutral, setting.feature.str(),
                                  found));
}

Error HyperparameterReader::checkNeutralSettings() const {
  const NeutralSetting settings[] = {
      {"expert_count", "mixtures of experts", 0},
      {"pooling_type", "embedding models", 0},
      {"attention.causal", "bidirectional models", 1},
      {"attention.sliding_window", "sliding windows", 0},
      {"attention.clamp_kqv", "clamped projections", 0},
      {"attention.max_alibi_bias", "attention biases", 0},
      {"attention.scale", "other scales of attention",
       1 / std::sqrt(static_cast<double>(result.headSize))},
      {"attn_logit_softcapping", "capped attention scores", 0},
      {"final_logit_softcapping", "capped logits", 0},
      {"logit_scale", "scaled logits", 1},
      {"embedding_scale", "scaled embeddings", 1},
      {"residual_scale", "scaled residuals", 1},
      {"use_parallel_residual", "parallel residuals", 0},
      {"rope.scale_linear", "scaled rotations", 1},
      {"rope.scaling.attn_factor", "scaled rotations", 1},
  };
  for (const NeutralSetting &setting : settings)
    if (Error error = checkNeutral(setting))
      return error;
  return Error::success();
}

Expected<Hyperparameters> HyperparameterReader::read() {
  if (Error error = readArchitecture())
    return error;
  if (Error error = readSizes())
    return error;
  if (Error error = readHeads())
    return error;
  if (Error error = readRotation())
    return error;
  double epsilon;
  if (Error error = readPositive("attention.layer_norm_rms_epsilon", epsilon))
    return error;
  result.epsilon = static_cast<float>(epsilon);
  if (Error error = readActivation())
    return error;
  if (Error error = checkNeutralSettings())
    return error;
  return result;
}

Expected<Hyperparameters>
mlir::bitnet::readHyperparameters(const GGUFFile &file) {
  return HyperparameterReader(file).read();
}
