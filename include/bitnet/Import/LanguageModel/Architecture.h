//===- Architecture.h - What is known about model families ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All supported architectures are one skeleton, pre-norm with grouped-query
// attention and a gated feed-forward layer. With p[q] for a linear layer and
// n[attn] for a norm that only some models have:
//
//   q, k, v = p[q](n[attn](x)), p[k](n[attn](x)), p[v](n[attn](x))
//   a  = attention(rope(n[q](q)), rope(n[k](k)), v)
//   x += n[post_attention](p[output](n[attn_sub](a)))
//   h  = f(p[gate](n[ffn](x))) * p[up](n[ffn](x))
//   x += n[post_ffw](p[down](n[ffn_sub](h)))
//
// n[q] and n[k] normalise each head on its own. A linear layer is
// BitLinear(x) = W quantise(x) + b, with a norm of its own in front of the
// quantiser in some models. The table of architectures says which norms a model
// must have; every norm that a file holds is applied.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_LANGUAGEMODEL_ARCHITECTURE_H
#define BITNET_IMPORT_LANGUAGEMODEL_ARCHITECTURE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mlir::bitnet {

/// The widths of activations in a layer.
enum class Width {
  /// Between layers.
  Embedding,
  /// All query heads.
  Query,
  /// All key or all value heads.
  KeyValue,
  /// One head.
  Head,
  FeedForward,
};

/// The norms of a layer.
enum class LayerNorm {
  Attention,
  Query,
  Key,
  AttentionSub,
  PostAttention,
  FeedForward,
  FeedForwardSub,
  PostFeedForward,
};
inline constexpr size_t layerNormCount =
    static_cast<size_t>(LayerNorm::PostFeedForward) + 1;

/// One row of the table of norms.
struct LayerNormInfo {
  LayerNorm norm;
  /// "attn_norm": the tensor of layer 3 is "blk.3.attn_norm.weight".
  llvm::StringLiteral name;
  /// What it normalises; it has as many weights.
  Width width;
};

/// The linear layers of a layer.
enum class LayerLinear { Query, Key, Value, AttentionOutput, Gate, Up, Down };
inline constexpr size_t layerLinearCount =
    static_cast<size_t>(LayerLinear::Down) + 1;

/// One row of the table of linear layers.
struct LayerLinearInfo {
  LayerLinear linear;
  /// "attn_q": the tensors of layer 3 are "blk.3.attn_q.weight" and, where a
  /// model has them, "blk.3.attn_q.bias", "blk.3.attn_q.scale" and
  /// "blk.3.attn_q_norm_in.weight", the norm in front.
  llvm::StringLiteral name;
  Width inputs;
  Width outputs;
};

/// The row of every norm and linear layer, in the order of the enumerations.
llvm::ArrayRef<LayerNormInfo> getLayerNorms();
llvm::ArrayRef<LayerLinearInfo> getLayerLinears();

/// One family of models: one row of the table.
struct Architecture {
  /// `general.architecture`, also the prefix of the keys of its parameters.
  llvm::StringLiteral name;
  /// What files mean that name no activation.
  Activation activation;
  /// The norms that every layer must have, a bit for each LayerNorm.
  uint32_t requiredNorms;
  /// Float weights are masters: they stand for the trits that absmean makes of
  /// them. Otherwise weights are what they are.
  bool hasMasterWeights;
  /// In GGUF files, rotated elements of a head are neighbours, for which rows
  /// of queries and keys have been permuted. Otherwise elements i and i + P of
  /// a head form a pair.
  bool interleavesRotation;
  /// Embeddings are multiplied by the root of their length.
  bool scalesEmbedding;

  bool hasNorm(LayerNorm norm) const {
    return requiredNorms >> static_cast<unsigned>(norm) & 1;
  }
};

/// The architecture called `name`, or null.
const Architecture *findArchitecture(llvm::StringRef name);

/// The names of all architectures, for messages.
std::string listArchitectures();

/// The activation that files call `name`; nothing if it is not supported.
std::optional<Activation> findActivation(llvm::StringRef name);

/// Tensors outside of layers. A model without `outputTensorName` multiplies
/// with the embedding.
inline constexpr llvm::StringLiteral embeddingTensorName = "token_embd.weight";
inline constexpr llvm::StringLiteral outputNormTensorName =
    "output_norm.weight";
inline constexpr llvm::StringLiteral outputTensorName = "output.weight";
/// Divisors of the frequencies of rotations.
inline constexpr llvm::StringLiteral rotationFactorsTensorName =
    "rope_freqs.weight";

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_LANGUAGEMODEL_ARCHITECTURE_H
