//===- FolderConfig.cpp - What config.json says of a model ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FolderConfig.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

#include <cmath>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

namespace {

/// A class of transformers: what it computes and what absent keys mean to it.
struct ModelClass {
  /// As `architectures` calls it.
  llvm::StringLiteral name;
  /// Our row of the table of architectures.
  llvm::StringLiteral architecture;
  /// As `model_type` calls it.
  llvm::StringLiteral type;
  double rotationBase;
  double epsilon;
  /// 0: heads share the embedding.
  int64_t headSize;
  bool isTied;
  /// Gives final states, not logits.
  bool isHeadless;
};

/// Reads the values one group after the other into `result`.
class FolderConfigReader {
public:
  FolderConfigReader(const ModelFolder &folder)
      : folder(folder),
        config(folder.getPath("config.json"), folder.getConfig()) {}

  Expected<FolderConfig> read();

private:
  Error readClass();
  Error readSizes();
  Error readHeads();
  Error readActivation();
  Error readRotations();
  Error readWindow();
  Error readGemma();
  Error readQuantization();
  Error readLinearClass(const ConfigReader &quantization);
  Error checkConvertedModules(const ConfigReader &quantization) const;
  Error readModelPooling();
  Error checkNull(StringRef key, StringRef feature) const;

  bool isGemma() const { return modelClass->architecture == "gemma3"; }

  const ModelFolder &folder;
  ConfigReader config;
  const ModelClass *modelClass = nullptr;
  FolderConfig result;
  Hyperparameters &numbers = result.hyperparameters;
};

} // namespace

/// The first class of a type is the one of files that name no class.
static constexpr ModelClass modelClasses[] = {
    // microsoft/bitnet-b1.58-2B-4T.
    {"BitNetForCausalLM", "bitnet-b1.58", "bitnet", 5e5, 1e-5, 0, false, false},
    {"BitNetModel", "bitnet-b1.58", "bitnet", 5e5, 1e-5, 0, false, true},
    // Llama3-8B-1.58, Falcon3, Falcon-E.
    {"LlamaForCausalLM", "llama", "llama", 1e4, 1e-6, 0, false, false},
    {"LlamaModel", "llama", "llama", 1e4, 1e-6, 0, false, true},
    // 1bitLLM, whose files call themselves "llama".
    {"BitnetForCausalLM", "bitnet", "llama", 1e4, 1e-6, 0, false, false},
    {"Qwen3ForCausalLM", "qwen3", "qwen3", 1e4, 1e-6, 128, false, false},
    {"Qwen3Model", "qwen3", "qwen3", 1e4, 1e-6, 128, false, true},
    {"Gemma3ForCausalLM", "gemma3", "gemma3_text", 1e6, 1e-6, 256, true, false},
    {"Gemma3TextModel", "gemma3", "gemma3_text", 1e6, 1e-6, 256, true, true},
};

Error FolderConfigReader::readClass() {
  std::optional<std::vector<StringRef>> names;
  if (Error error = config.findStrings("architectures").moveInto(names))
    return error;
  std::optional<StringRef> type;
  if (Error error = config.findString("model_type").moveInto(type))
    return error;
  bool hasName = names && !names->empty();
  if (!hasName && !type)
    return config.makeWrongError("architectures", "the class of a model");
  const auto *found =
      llvm::find_if(modelClasses, [&](const ModelClass &candidate) {
        return hasName ? candidate.name == names->front()
                       : candidate.type == *type;
      });
  if (found == std::end(modelClasses))
    return config.makeError(
        hasName ? "architectures" : "model_type",
        "expects one of " +
            llvm::join(llvm::map_range(modelClasses,
                                       [&](const ModelClass &candidate) {
                                         return hasName ? candidate.name
                                                        : candidate.type;
                                       }),
                       ", ") +
            ", found " + quoteName(hasName ? names->front() : *type));
  modelClass = found;
  numbers.architecture = findArchitecture(modelClass->architecture);
  return Error::success();
}

Error FolderConfigReader::readSizes() {
  auto read = [&](StringRef key, int64_t maximum, int64_t &size) {
    return config.getInteger(key, 1, maximum).moveInto(size);
  };
  if (Error error = read("vocab_size", 1 << 24, result.vocabularySize))
    return error;
  if (Error error = read("num_hidden_layers", 1 << 12, numbers.layers))
    return error;
  if (Error error = read("hidden_size", 1 << 20, numbers.embeddingLength))
    return error;
  if (Error error =
          read("intermediate_size", 1 << 24, numbers.feedForwardLength))
    return error;
  if (Error error =
          read("max_position_embeddings", 1 << 24, numbers.contextLength))
    return error;
  double epsilon;
  if (Error error = config.getPositive("rms_norm_eps", modelClass->epsilon)
                        .moveInto(epsilon))
    return error;
  numbers.epsilon = static_cast<float>(epsilon);
  return Error::success();
}

Error FolderConfigReader::readHeads() {
  constexpr int64_t maximum = 1 << 12;
  if (Error error = config.getInteger("num_attention_heads", 1, maximum)
                        .moveInto(numbers.heads))
    return error;
  if (Error error =
          config.getInteger("num_key_value_heads", 1, maximum, numbers.heads)
              .moveInto(numbers.keyValueHeads))
    return error;
  if (numbers.heads % numbers.keyValueHeads != 0)
    return config.makeWrongError(
        "num_key_value_heads",
        fmt::format("a divisor of the {} heads", numbers.heads));
  bool hasSize = config.has("head_dim");
  int64_t share = numbers.embeddingLength / numbers.heads;
  if (!hasSize && !modelClass->headSize &&
      (numbers.embeddingLength % numbers.heads != 0 || share > maximum))
    return config.makeWrongError(
        "num_attention_heads",
        fmt::format("to divide the hidden size {} into heads of at most {} "
                    "elements",
                    numbers.embeddingLength, maximum));
  if (Error error =
          config
              .getInteger("head_dim", 1, maximum,
                          modelClass->headSize ? modelClass->headSize : share)
              .moveInto(numbers.headSize))
    return error;
  if (numbers.headSize % 2 != 0)
    return config.makeError(hasSize ? "head_dim" : "num_attention_heads",
                            fmt::format("expects heads of an even number of "
                                        "elements, found {}",
                                        numbers.headSize));
  return Error::success();
}

Error FolderConfigReader::readActivation() {
  numbers.activation = numbers.architecture->activation;
  StringRef key = isGemma() ? "hidden_activation" : "hidden_act";
  std::optional<StringRef> name;
  if (Error error = config.findString(key).moveInto(name))
    return error;
  if (!name)
    return Error::success();
  std::optional<Activation> activation = findActivation(*name);
  if (!activation)
    return config.makeWrongError(key, "relu2, silu or gelu_pytorch_tanh");
  numbers.activation = *activation;
  return Error::success();
}

/// `rope_parameters` holds the base, too. Where layers differ, it has an object
/// for each kind of them.
Error FolderConfigReader::readRotations() {
  std::optional<ConfigReader> parameters;
  if (Error error = config.findObject("rope_parameters").moveInto(parameters))
    return error;
  std::optional<ConfigReader> scaling = parameters, windowed;
  if (!parameters) {
    if (Error error = config.findObject("rope_scaling").moveInto(scaling))
      return error;
  } else if (isGemma() && parameters->has("full_attention")) {
    if (Error error =
            parameters->findObject("full_attention").moveInto(scaling))
      return error;
    if (Error error =
            parameters->findObject("sliding_attention").moveInto(windowed))
      return error;
  }
  auto makeRotation = [&](const std::optional<ConfigReader> &scaling,
                          const ConfigReader &baseConfig, StringRef baseKey,
                          double base) -> Expected<Rotation> {
    if (Error error = baseConfig.getPositive(baseKey, base).moveInto(base))
      return error;
    return readRotation(scaling, base, numbers.headSize, numbers.contextLength);
  };
  const ConfigReader &baseConfig = parameters ? *scaling : config;
  if (Error error = makeRotation(scaling, baseConfig, "rope_theta",
                                 modelClass->rotationBase)
                        .moveInto(numbers.rotation))
    return error;
  if (!isGemma() || !numbers.window)
    return Error::success();
  return makeRotation(windowed, windowed ? *windowed : config,
                      windowed ? "rope_theta" : "rope_local_base_freq", 1e4)
      .moveInto(numbers.windowRotation);
}

/// Which layers are windowed is a list of their kinds, or follows from a number
/// that depends on the class.
Error FolderConfigReader::readWindow() {
  bool isQwen = modelClass->architecture == "qwen3";
  if (!isGemma() && !isQwen)
    return Error::success();
  bool isUsed = isGemma();
  if (Error error =
          config.getBool("use_sliding_window", isUsed).moveInto(isUsed))
    return error;
  int64_t window;
  if (Error error = config.getInteger("sliding_window", 1, 1 << 24, 4096)
                        .moveInto(window))
    return error;
  int64_t period, firstWindowed;
  StringRef periodKey = config.has("_sliding_window_pattern")
                            ? "_sliding_window_pattern"
                            : "sliding_window_pattern";
  if (Error error =
          config.getInteger(periodKey, 1, 1 << 12, 6).moveInto(period))
    return error;
  if (Error error = config.getInteger("max_window_layers", 0, 1 << 12, 28)
                        .moveInto(firstWindowed))
    return error;
  std::optional<std::vector<StringRef>> kinds;
  if (Error error = config.findStrings("layer_types").moveInto(kinds))
    return error;
  if (kinds && static_cast<int64_t>(kinds->size()) != numbers.layers)
    return config.makeError("layer_types",
                            fmt::format("expects one for each of the {} "
                                        "layers, found {}",
                                        numbers.layers, kinds->size()));
  llvm::SmallVector<bool> windowed;
  for (int64_t layer = 0; layer < numbers.layers; ++layer) {
    bool isWindowed = isGemma() ? (layer + 1) % period != 0
                                : isUsed && layer >= firstWindowed;
    if (kinds) {
      StringRef kind = (*kinds)[layer];
      if (kind != "full_attention" && kind != "sliding_attention")
        return config.makeError("layer_types",
                                "expects full_attention or sliding_attention, "
                                "found " +
                                    quoteName(kind));
      isWindowed = kind == "sliding_attention";
    }
    windowed.push_back(isWindowed);
  }
  if (!llvm::is_contained(windowed, true) || (isGemma() && !isUsed))
    return Error::success();
  numbers.window = window;
  const bool *full = llvm::find(windowed, false);
  numbers.windowPeriod =
      full == windowed.end() ? 0 : full - windowed.begin() + 1;
  for (int64_t layer = 0; layer < numbers.layers; ++layer)
    if (numbers.isWindowed(layer) != windowed[layer])
      return config.makeError(
          config.has("layer_types") ? "layer_types" : "max_window_layers",
          fmt::format("expects a full layer behind every {} windowed ones, "
                      "found layer {} to be {}",
                      numbers.windowPeriod - 1, layer,
                      windowed[layer] ? "windowed" : "full"));
  return Error::success();
}

Error FolderConfigReader::checkNull(StringRef key, StringRef feature) const {
  if (!config.has(key))
    return Error::success();
  return config.makeWrongError(key, "null (" + feature + " are not supported)");
}

Error FolderConfigReader::readGemma() {
  if (!isGemma())
    return Error::success();
  double scalar;
  if (Error error =
          config.getPositive("query_pre_attn_scalar", 256).moveInto(scalar))
    return error;
  numbers.attentionScale = static_cast<float>(1 / std::sqrt(scalar));
  numbers.embeddingScale =
      std::sqrt(static_cast<float>(numbers.embeddingLength));
  result.addsOneToNorms = true;
  if (Error error =
          checkNull("attn_logit_softcapping", "capped attention scores"))
    return error;
  if (Error error = checkNull("final_logit_softcapping", "capped logits"))
    return error;
  bool isBidirectional;
  if (Error error = config.getBool("use_bidirectional_attention", false)
                        .moveInto(isBidirectional))
    return error;
  if (isBidirectional)
    return config.makeWrongError("use_bidirectional_attention",
                                 "false (such models are not supported)");
  return Error::success();
}

/// Modules that stay float must be those that we keep float: the head.
Error FolderConfigReader::checkConvertedModules(
    const ConfigReader &quantization) const {
  constexpr StringRef key = "modules_to_not_convert";
  std::optional<std::vector<StringRef>> modules;
  if (Error error = quantization.findStrings(key).moveInto(modules))
    return error;
  if (!modules)
    return Error::success();
  for (StringRef module : *modules)
    if (module != "lm_head" && module != "embed_tokens" &&
        module != "model.embed_tokens")
      return quantization.makeError(key, "expects lm_head only, found " +
                                             quoteName(module));
  if (!result.isTied && !llvm::is_contained(*modules, "lm_head"))
    return quantization.makeError(
        key, "expects lm_head (heads of trits are not supported), found none");
  return Error::success();
}

Error FolderConfigReader::readLinearClass(const ConfigReader &quantization) {
  std::optional<StringRef> linearClass, mode;
  if (Error error =
          quantization.findString("linear_class").moveInto(linearClass))
    return error;
  if (Error error = quantization.findString("quantization_mode").moveInto(mode))
    return error;
  if (!llvm::is_contained({"bitlinear", "autobitlinear"},
                          linearClass.value_or("bitlinear")))
    return quantization.makeWrongError("linear_class",
                                       "bitlinear or autobitlinear");
  if (!llvm::is_contained({"offline", "online"}, mode.value_or("offline")))
    return quantization.makeWrongError("quantization_mode",
                                       "offline or online");
  if (linearClass != "autobitlinear")
    result.storage = LinearStorage::Divisors;
  else
    result.storage =
        mode == "online" ? LinearStorage::Masters : LinearStorage::Factors;
  return Error::success();
}

Error FolderConfigReader::readQuantization() {
  bool isBitNet = numbers.architecture->hasMasterWeights;
  result.storage = isBitNet ? LinearStorage::Masters : LinearStorage::Plain;
  // 1bitLLM's own keys.
  for (auto [key, bits] : {std::pair("weight_bits", 1), {"input_bits", 8}})
    if (modelClass->architecture == "bitnet") {
      int64_t found;
      if (Error error =
              config.getInteger(key, bits, bits, bits).moveInto(found))
        return error;
    }

  std::optional<ConfigReader> quantization;
  if (Error error =
          config.findObject("quantization_config").moveInto(quantization))
    return error;
  if (quantization) {
    std::optional<StringRef> method;
    if (Error error = quantization->findString("quant_method").moveInto(method))
      return error;
    if (method != "bitnet")
      return quantization->makeWrongError("quant_method", "bitnet");
    if (Error error = readLinearClass(*quantization))
      return error;
    if (Error error = checkConvertedModules(*quantization))
      return error;
    if (Error error = quantization->getBool("use_rms_norm", false)
                          .moveInto(result.hasInputNorms))
      return error;
    double epsilon;
    if (Error error =
            quantization->getPositive("rms_norm_eps", 1e-6).moveInto(epsilon))
      return error;
    numbers.inputNormEpsilon = static_cast<float>(epsilon);
  }
  numbers.hasMasterWeights = result.storage != LinearStorage::Plain;
  if (numbers.hasMasterWeights)
    numbers.activations = ActivationNumerics::Int8;
  return Error::success();
}

/// A folder of sentence-transformers is an embedding model whatever its class
/// is. Published BitNet models of headless classes take the last token.
Error FolderConfigReader::readModelPooling() {
  std::optional<Pooling> pooling;
  if (Error error = readPooling(folder).moveInto(pooling))
    return error;
  if (!pooling && modelClass->isHeadless)
    pooling = Pooling::Last;
  numbers.pooling = pooling.value_or(Pooling::None);
  return Error::success();
}

Expected<FolderConfig> FolderConfigReader::read() {
  if (Error error = readClass())
    return error;
  if (Error error = readSizes())
    return error;
  if (Error error = readHeads())
    return error;
  if (Error error = readActivation())
    return error;
  if (Error error = readWindow())
    return error;
  if (Error error = readRotations())
    return error;
  if (Error error = readGemma())
    return error;
  if (Error error = config.getBool("tie_word_embeddings", modelClass->isTied)
                        .moveInto(result.isTied))
    return error;
  if (Error error = config.getBool("attention_bias", false)
                        .moveInto(result.hasAttentionBiases))
    return error;
  if (Error error = config.getBool("mlp_bias", false)
                        .moveInto(result.hasFeedForwardBiases))
    return error;
  if (Error error = readQuantization())
    return error;
  if (Error error = readModelPooling())
    return error;
  return result;
}

Expected<FolderConfig>
mlir::bitnet::readFolderConfig(const ModelFolder &folder) {
  return FolderConfigReader(folder).read();
}
