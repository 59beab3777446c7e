//===- FolderRotation.cpp - Scaled rotations of config.json ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FolderConfig.h"

#include <cmath>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using Kind = RotationScaling::Kind;

/// YaRN's factor on cosines and sines: given, or from `factor`; with both
/// `mscale` and `mscale_all_dim` a quotient of two.
static Expected<double> readAmplitude(const ConfigReader &config,
                                      double factor) {
  std::optional<double> amplitude, scale, allScale;
  if (Error error = config.findPositive("attention_factor").moveInto(amplitude))
    return error;
  if (amplitude)
    return *amplitude;
  // 0 means absent.
  auto read = [&](StringRef key, std::optional<double> &number) -> Error {
    const llvm::json::Value *value = config.find(key);
    if (!value || value->getAsNumber() == 0.0)
      return Error::success();
    return config.findPositive(key).moveInto(number);
  };
  if (Error error = read("mscale", scale))
    return error;
  if (Error error = read("mscale_all_dim", allScale))
    return error;
  double ownShare = getYaRNAmplitude(factor) - 1;
  if (scale && allScale)
    return (1 + *scale * ownShare) / (1 + *allScale * ownShare);
  return 1 + ownShare;
}

static Error readYaRN(const ConfigReader &config, int64_t contextLength,
                      RotationScaling &scaling) {
  double context = static_cast<double>(contextLength);
  if (Error error =
          config.getPositive("original_max_position_embeddings", context)
              .moveInto(scaling.originalContext))
    return error;
  if (Error error =
          config.getPositive("factor", context / scaling.originalContext)
              .moveInto(scaling.factor))
    return error;
  if (Error error =
          config.getPositive("beta_fast", 32).moveInto(scaling.fastRotations))
    return error;
  if (Error error =
          config.getPositive("beta_slow", 1).moveInto(scaling.slowRotations))
    return error;
  if (scaling.fastRotations < scaling.slowRotations)
    return config.makeWrongError("beta_fast", "at least beta_slow");
  bool isTruncated;
  if (Error error = config.getBool("truncate", true).moveInto(isTruncated))
    return error;
  if (!isTruncated)
    return config.makeWrongError("truncate",
                                 "true (other ranges are not supported)");
  return readAmplitude(config, scaling.factor).moveInto(scaling.amplitude);
}

static Error readLlama3(const ConfigReader &config, RotationScaling &scaling) {
  for (auto [key, number] :
       {std::pair("factor", &scaling.factor),
        {"low_freq_factor", &scaling.lowFactor},
        {"high_freq_factor", &scaling.highFactor},
        {"original_max_position_embeddings", &scaling.originalContext}})
    if (Error error = config.getPositive(key).moveInto(*number))
      return error;
  if (scaling.highFactor > scaling.lowFactor)
    return Error::success();
  return config.makeWrongError("high_freq_factor", "more than low_freq_factor");
}

static Error readScaling(const ConfigReader &config, int64_t contextLength,
                         RotationScaling &scaling) {
  double share;
  if (Error error =
          config.getPositive("partial_rotary_factor", 1).moveInto(share))
    return error;
  if (share != 1)
    return config.makeWrongError(
        "partial_rotary_factor",
        "1 (heads that are rotated in part are not supported)");
  // Old files say "type".
  StringRef typeKey = config.has("rope_type") ? "rope_type" : "type";
  std::optional<StringRef> type;
  if (Error error = config.findString(typeKey).moveInto(type))
    return error;
  if (!type || type == "default")
    return Error::success();
  if (type == "linear") {
    scaling.kind = Kind::Linear;
    return config.getPositive("factor").moveInto(scaling.factor);
  }
  if (type == "yarn") {
    scaling.kind = Kind::YaRN;
    return readYaRN(config, contextLength, scaling);
  }
  if (type == "llama3") {
    scaling.kind = Kind::Llama3;
    return readLlama3(config, scaling);
  }
  return config.makeWrongError(typeKey, "default, linear, yarn or llama3");
}

Expected<Rotation>
mlir::bitnet::readRotation(const std::optional<ConfigReader> &config,
                           double base, int64_t elements,
                           int64_t contextLength) {
  RotationScaling scaling;
  if (config)
    if (Error error = readScaling(*config, contextLength, scaling))
      return error;
  return makeRotation(base, elements, scaling);
}
