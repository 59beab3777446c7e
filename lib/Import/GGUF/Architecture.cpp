//===- Architecture.cpp - What is known about model families --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Architecture.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir::bitnet;
using llvm::StringRef;

/// Every published file of these architectures has its sub-norms, and without
/// them activations would be quantised on another scale than in training.
static constexpr Architecture architectures[] = {
    // 1bitLLM/bitnet_b1_58-large, -xl and -3B.
    {"bitnet", Activation::SiLU, /*requiresSubNorms=*/true},
    // microsoft/bitnet-b1.58-2B-4T in early and in current files. It was
    // trained with squared ReLU, and the published files do not say so.
    {"bitnet-25", Activation::SquaredReLU, /*requiresSubNorms=*/true},
    {"bitnet-b1.58", Activation::SquaredReLU, /*requiresSubNorms=*/true},
};

static constexpr LayerTensorInfo layerTensors[] = {
    {LayerTensor::AttentionNorm, "attn_norm", Width::Embedding, std::nullopt},
    {LayerTensor::Query, "attn_q", Width::Embedding, Width::Query},
    {LayerTensor::Key, "attn_k", Width::Embedding, Width::KeyValue},
    {LayerTensor::Value, "attn_v", Width::Embedding, Width::KeyValue},
    {LayerTensor::AttentionSubNorm, "attn_sub_norm", Width::Query, std::nullopt,
     /*isSubNorm=*/true},
    {LayerTensor::AttentionOutput, "attn_output", Width::Query,
     Width::Embedding},
    {LayerTensor::FeedForwardNorm, "ffn_norm", Width::Embedding, std::nullopt},
    {LayerTensor::Gate, "ffn_gate", Width::Embedding, Width::FeedForward},
    {LayerTensor::Up, "ffn_up", Width::Embedding, Width::FeedForward},
    {LayerTensor::FeedForwardSubNorm, "ffn_sub_norm", Width::FeedForward,
     std::nullopt, /*isSubNorm=*/true},
    {LayerTensor::Down, "ffn_down", Width::FeedForward, Width::Embedding},
};
static_assert(std::size(layerTensors) == layerTensorCount);

const Architecture *mlir::bitnet::findArchitecture(StringRef name) {
  const auto *found =
      llvm::find_if(architectures, [&](const Architecture &architecture) {
        return architecture.name == name;
      });
  return found == std::end(architectures) ? nullptr : found;
}

std::string mlir::bitnet::listArchitectures() {
  return llvm::join(llvm::map_range(architectures,
                                    [](const Architecture &architecture) {
                                      return architecture.name;
                                    }),
                    ", ");
}

std::optional<Activation> mlir::bitnet::findActivation(StringRef name) {
  return llvm::StringSwitch<std::optional<Activation>>(name)
      .Cases({"relu2", "relu_squared", "squared_relu"}, Activation::SquaredReLU)
      .Cases({"silu", "swish"}, Activation::SiLU)
      .Default(std::nullopt);
}

llvm::ArrayRef<LayerTensorInfo> mlir::bitnet::getLayerTensors() {
  return layerTensors;
}
