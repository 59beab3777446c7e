//===- Architecture.h - What is known about model families ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All supported architectures are one skeleton, pre-norm with grouped-query
// attention and a gated feed-forward layer:
//
//   x += attn_output(attn_sub_norm(attention(rope(q), rope(k), v)))
//        with q, k, v = attn_{q,k,v}(attn_norm(x))
//   x += ffn_down(ffn_sub_norm(f(gate) * up))
//        with gate, up = ffn_{gate,up}(ffn_norm(x))
//
// Rotations pair elements i and i + P of a head, as GPT-NeoX does and
// `bitnet.rope` computes. Linear layers are BitLinear. The table of
// architectures says where they differ.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_GGUF_ARCHITECTURE_H
#define BITNET_LIB_IMPORT_GGUF_ARCHITECTURE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mlir::bitnet {

/// One family of models: one row of the table.
struct Architecture {
  /// `general.architecture`, also the prefix of the keys of its parameters.
  llvm::StringLiteral name;
  /// What files mean that name no activation.
  Activation activation;
  /// Whether layers must have norms behind attention and gate. If not, norms
  /// that are there are applied all the same.
  bool requiresSubNorms;
};

/// The architecture called `name`, or null.
const Architecture *findArchitecture(llvm::StringRef name);

/// The names of all architectures, for messages.
std::string listArchitectures();

/// The activation that files call `name`; nothing if it is not supported.
std::optional<Activation> findActivation(llvm::StringRef name);

/// The tensors of a layer.
enum class LayerTensor {
  AttentionNorm,
  Query,
  Key,
  Value,
  AttentionSubNorm,
  AttentionOutput,
  FeedForwardNorm,
  Gate,
  Up,
  FeedForwardSubNorm,
  Down,
};
inline constexpr size_t layerTensorCount =
    static_cast<size_t>(LayerTensor::Down) + 1;

/// The widths of activations in a layer.
enum class Width {
  /// Between layers.
  Embedding,
  /// All query heads.
  Query,
  /// All key or all value heads.
  KeyValue,
  FeedForward,
};

/// One row of the table of the tensors of a layer.
struct LayerTensorInfo {
  LayerTensor tensor;
  /// "attn_q": the tensor of layer 3 is "blk.3.attn_q.weight".
  llvm::StringLiteral name;
  Width inputs;
  /// Nothing for a norm, which has one weight per input.
  std::optional<Width> outputs;
  bool isSubNorm = false;

  bool isNorm() const { return !outputs; }
};

/// The row of every tensor, in the order of the enumeration.
llvm::ArrayRef<LayerTensorInfo> getLayerTensors();

/// Tensors outside of layers. A model without `outputTensorName` multiplies
/// with the embedding.
inline constexpr llvm::StringLiteral embeddingTensorName = "token_embd.weight";
inline constexpr llvm::StringLiteral outputNormTensorName =
    "output_norm.weight";
inline constexpr llvm::StringLiteral outputTensorName = "output.weight";
/// Divisors of the rotation angles.
inline constexpr llvm::StringLiteral rotationFactorsTensorName =
    "rope_freqs.weight";

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_GGUF_ARCHITECTURE_H
