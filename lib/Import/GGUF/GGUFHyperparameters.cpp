//===- GGUFHyperparameters.cpp - The numbers in a GGUF file ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "GGUFHyperparameters.h"

#include "GGUFParser.h"

#include <fmt/format.h>

#include <cmath>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

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
  Error readRotatedElements(int64_t &elements) const;
  Error readRotationScaling(RotationScaling &scaling) const;
  Error readRotation();
  Error readWindow(int64_t rotatedElements);
  Error readActivation();
  Error readScales();
  Error readPooling();
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

Error HyperparameterReader::readRotatedElements(int64_t &elements) const {
  if (Error error = readSize("rope.dimension_count", result.headSize, elements,
                             result.headSize))
    return error;
  if (elements % 2 == 0)
    return Error::success();
  std::string key = getKey("rope.dimension_count");
  return makeKeyError(
      file, file.find(key) ? key : getKey("attention.head_count"),
      fmt::format("expects an even number of rotated elements in a head, found "
                  "{}",
                  elements));
}

Error HyperparameterReader::readRotationScaling(
    RotationScaling &scaling) const {
  std::string typeKey = getKey("rope.scaling.type");
  std::optional<StringRef> type;
  if (Error error = file.findString(typeKey).moveInto(type))
    return error;
  if (type == "none")
    return Error::success();
  bool isYaRN = type == "yarn";
  if (type && type != "linear" && !isYaRN)
    return makeKeyError(file, typeKey,
                        "expects none, linear or yarn, found " +
                            quoteGGUFName(*type));
  // The same under its old name.
  StringRef factorName = file.find(getKey("rope.scaling.factor"))
                             ? "rope.scaling.factor"
                             : "rope.scale_linear";
  if (Error error = readPositive(factorName, scaling.factor, 1))
    return error;
  if (scaling.factor == 1)
    return Error::success();
  scaling.kind =
      isYaRN ? RotationScaling::Kind::YaRN : RotationScaling::Kind::Linear;
  if (!isYaRN)
    return Error::success();
  int64_t originalContext;
  if (Error error = readSize("rope.scaling.original_context_length", 1 << 24,
                             originalContext, result.contextLength))
    return error;
  scaling.originalContext = static_cast<double>(originalContext);
  if (Error error = readPositive("rope.scaling.yarn_beta_fast",
                                 scaling.fastRotations, 32))
    return error;
  if (Error error =
          readPositive("rope.scaling.yarn_beta_slow", scaling.slowRotations, 1))
    return error;
  if (scaling.fastRotations < scaling.slowRotations) {
    std::string fast = getKey("rope.scaling.yarn_beta_fast");
    return makeKeyError(
        file, file.find(fast) ? fast : getKey("rope.scaling.yarn_beta_slow"),
        fmt::format("expects at least as many fast rotations as slow ones, "
                    "found {} and {}",
                    scaling.fastRotations, scaling.slowRotations));
  }
  double amplitude;
  if (Error error = readPositive("rope.scaling.attn_factor", amplitude, 1))
    return error;
  scaling.amplitude = amplitude * getYaRNAmplitude(scaling.factor);
  return Error::success();
}

Error HyperparameterReader::readRotation() {
  double base;
  if (Error error = readPositive("rope.freq_base", base, 1e4))
    return error;
  int64_t elements;
  if (Error error = readRotatedElements(elements))
    return error;
  RotationScaling scaling;
  if (Error error = readRotationScaling(scaling))
    return error;
  if (scaling.kind == RotationScaling::Kind::YaRN && base <= 1)
    return makeKeyError(
        file, getKey("rope.freq_base"),
        fmt::format("expects more than 1 with yarn, found {}", base));
  result.rotation = makeRotation(base, elements, scaling);
  result.interleavesRotation = result.architecture->interleavesRotation;
  return readWindow(elements);
}

/// Gemma's windowed layers have a rotation of their own.
Error HyperparameterReader::readWindow(int64_t rotatedElements) {
  constexpr llvm::StringLiteral name = "attention.sliding_window";
  if (result.architecture->name != "gemma3")
    return checkNeutral({name, "sliding windows", 0});
  std::optional<uint64_t> window;
  if (Error error =
          file.findUnsigned(getKey(name), 0, 1 << 24).moveInto(window))
    return error;
  if (!window.value_or(0))
    return Error::success();
  result.window = *window;
  if (Error error = readSize("attention.sliding_window_pattern", 1 << 12,
                             result.windowPeriod, 6))
    return error;
  double base;
  if (Error error = readPositive("rope.freq_base_swa", base, 1e4))
    return error;
  result.windowRotation = makeRotation(base, rotatedElements, {});
  return Error::success();
}

/// What architectures multiply by beyond their weights.
Error HyperparameterReader::readScales() {
  if (result.architecture->scalesEmbedding)
    result.embeddingScale =
        std::sqrt(static_cast<float>(result.embeddingLength));
  std::string key = getKey("attention.scale");
  if (!file.find(key))
    return Error::success();
  double scale;
  if (Error error = readPositive("attention.scale", scale))
    return error;
  result.attentionScale = static_cast<float>(scale);
  return Error::success();
}

Error HyperparameterReader::readPooling() {
  std::string key = getKey("pooling_type");
  std::optional<uint64_t> type;
  if (Error error = file.findUnsigned(key).moveInto(type))
    return error;
  switch (type.value_or(0)) {
  case 0:
    result.pooling = Pooling::None;
    return Error::success();
  case 1:
    result.pooling = Pooling::Mean;
    return Error::success();
  case 2:
    result.pooling = Pooling::Cls;
    return Error::success();
  case 3:
    result.pooling = Pooling::Last;
    return Error::success();
  }
  return makeKeyError(file, key,
                      fmt::format("expects 0 (none), 1 (mean), 2 (cls) or 3 "
                                  "(last), found {}",
                                  *type));
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
                      "expects relu2, silu or gelu_pytorch_tanh, found " +
                          quoteGGUFName(*name));
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
      {"attention.causal", "bidirectional models", 1},
      {"attention.clamp_kqv", "clamped projections", 0},
      {"attention.max_alibi_bias", "attention biases", 0},
      {"attn_logit_softcapping", "capped attention scores", 0},
      {"final_logit_softcapping", "capped logits", 0},
      {"logit_scale", "scaled logits", 1},
      {"embedding_scale", "scaled embeddings", 1},
      {"residual_scale", "scaled residuals", 1},
      {"use_parallel_residual", "parallel residuals", 0},
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
  if (Error error = readScales())
    return error;
  if (Error error = readPooling())
    return error;
  if (Error error = checkNeutralSettings())
    return error;
  result.hasMasterWeights = result.architecture->hasMasterWeights;
  return result;
}

Expected<Hyperparameters>
mlir::bitnet::readHyperparameters(const GGUFFile &file) {
  return HyperparameterReader(file).read();
}
