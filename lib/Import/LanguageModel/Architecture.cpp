//===- Architecture.cpp - What is known about model families --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/LanguageModel/Architecture.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir::bitnet;
using llvm::StringRef;

static constexpr LayerNormInfo layerNorms[] = {
    {LayerNorm::Attention, "attn_norm", Width::Embedding},
    {LayerNorm::Query, "attn_q_norm", Width::Head},
    {LayerNorm::Key, "attn_k_norm", Width::Head},
    {LayerNorm::AttentionSub, "attn_sub_norm", Width::Query},
    {LayerNorm::PostAttention, "post_attention_norm", Width::Embedding},
    {LayerNorm::FeedForward, "ffn_norm", Width::Embedding},
    {LayerNorm::FeedForwardSub, "ffn_sub_norm", Width::FeedForward},
    {LayerNorm::PostFeedForward, "post_ffw_norm", Width::Embedding},
};
static_assert(std::size(layerNorms) == layerNormCount);

static constexpr LayerLinearInfo layerLinears[] = {
    {LayerLinear::Query, "attn_q", Width::Embedding, Width::Query},
    {LayerLinear::Key, "attn_k", Width::Embedding, Width::KeyValue},
    {LayerLinear::Value, "attn_v", Width::Embedding, Width::KeyValue},
    {LayerLinear::AttentionOutput, "attn_output", Width::Query,
     Width::Embedding},
    {LayerLinear::Gate, "ffn_gate", Width::Embedding, Width::FeedForward},
    {LayerLinear::Up, "ffn_up", Width::Embedding, Width::FeedForward},
    {LayerLinear::Down, "ffn_down", Width::FeedForward, Width::Embedding},
};
static_assert(std::size(layerLinears) == layerLinearCount);

static constexpr uint32_t makeNormMask(std::initializer_list<LayerNorm> norms) {
  uint32_t mask = 0;
  for (LayerNorm norm : norms)
    mask |= uint32_t(1) << static_cast<unsigned>(norm);
  return mask;
}

static constexpr uint32_t preNorms =
    makeNormMask({LayerNorm::Attention, LayerNorm::FeedForward});
/// Every published file of BitNet's own architectures has its sub-norms, and
/// without them activations would be quantised on another scale than in
/// training.
static constexpr uint32_t subNorms =
    preNorms |
    makeNormMask({LayerNorm::AttentionSub, LayerNorm::FeedForwardSub});
static constexpr uint32_t headNorms =
    preNorms | makeNormMask({LayerNorm::Query, LayerNorm::Key});
static constexpr uint32_t sandwichNorms =
    headNorms |
    makeNormMask({LayerNorm::PostAttention, LayerNorm::PostFeedForward});

static constexpr Architecture architectures[] = {
    // 1bitLLM/bitnet_b1_58-large, -xl and -3B.
    {"bitnet", Activation::SiLU, subNorms, /*hasMasterWeights=*/true,
     /*interleavesRotation=*/false, /*scalesEmbedding=*/false},
    // microsoft/bitnet-b1.58-2B-4T in early and in current files. It was
    // trained with squared ReLU, and the published files do not say so.
    {"bitnet-25", Activation::SquaredReLU, subNorms, /*hasMasterWeights=*/true,
     /*interleavesRotation=*/false, /*scalesEmbedding=*/false},
    {"bitnet-b1.58", Activation::SquaredReLU, subNorms,
     /*hasMasterWeights=*/true, /*interleavesRotation=*/false,
     /*scalesEmbedding=*/false},
    // Llama3-8B-1.58, Falcon3, Falcon-E, TriLM.
    {"llama", Activation::SiLU, preNorms, /*hasMasterWeights=*/false,
     /*interleavesRotation=*/true, /*scalesEmbedding=*/false},
    // Bonsai, BitNet embeddings 0.6B.
    {"qwen3", Activation::SiLU, headNorms, /*hasMasterWeights=*/false,
     /*interleavesRotation=*/false, /*scalesEmbedding=*/false},
    // BitNet embeddings 270M.
    {"gemma3", Activation::GELUTanh, sandwichNorms, /*hasMasterWeights=*/false,
     /*interleavesRotation=*/false, /*scalesEmbedding=*/true},
};

llvm::ArrayRef<LayerNormInfo> mlir::bitnet::getLayerNorms() {
  return layerNorms;
}

llvm::ArrayRef<LayerLinearInfo> mlir::bitnet::getLayerLinears() {
  return layerLinears;
}

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
      .Cases({"gelu_pytorch_tanh", "gelu_new", "gelu_tanh"},
             Activation::GELUTanh)
      .Default(std::nullopt);
}
