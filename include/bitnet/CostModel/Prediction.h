//===- Prediction.h - Sizes and speed of a model, unread --------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From an imported module, without a look at the data of its tensors: what a
// compiled model will take, and how fast a machine will run it.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_COSTMODEL_PREDICTION_H
#define BITNET_COSTMODEL_PREDICTION_H

#include "bitnet/CostModel/CostModel.h"
#include "bitnet/CostModel/MachineTable.h"

namespace mlir::bitnet {

/// Linear layers of one kind: those of all blocks of a model.
struct LayerKind {
  /// Those that are merged, "attn_q+attn_k+attn_v".
  std::string name;
  int64_t rows = 0, columns = 0;
  int64_t count = 0;
  /// Bits of a weight as stored in the file: 1, 2 (trits) or 8, which stands
  /// for all that is neither binary nor ternary.
  unsigned bits = 2;

  int64_t getWeights() const { return rows * columns * count; }
};

/// The sizes of a language model.
struct ModelSizes {
  std::string name;
  int64_t vocabulary, contextLength, embeddingLength, layerCount, chunkSize;
  std::vector<LayerKind> layers;
  /// Elements of the embedding and of an output head of its own; 0: tied.
  int64_t embedding = 0, head = 0;
  /// Elements of norms and biases.
  int64_t vectors = 0;
  int64_t tokenizerBytes = 0;
  int64_t cacheBytesPerPosition = 0;
  /// What keys and values are kept as.
  llvm::StringRef cacheElement = "f32";
  /// Products of one token with each position before it.
  int64_t attentionProducts = 0;

  int64_t getLinearWeights() const;
  int64_t getParameters() const {
    return getLinearWeights() + embedding + head + vectors;
  }
};

/// The sizes of an imported language model. Errors: it is none, or has passed
/// the first stage.
llvm::Expected<ModelSizes> measureModel(ModuleOp module);

/// What a compiled model takes for one level of instruction sets.
struct CompiledSizes {
  struct Layer {
    const LayerKind *kind;
    const LinearKernel *kernel;
    /// Of one layer.
    int64_t bytes;
    /// Nanoseconds of one layer, as KernelEstimate has them.
    double decode, prefill;
    Bound bound;
  };
  std::vector<Layer> layers;
  /// Bytes of parts; the head's is that of the embedding if they are tied.
  int64_t linear = 0, embedding = 0, head = 0, vectors = 0;
  int64_t tokenizer = 0;
  /// Bytes of a session but for its cache; about.
  int64_t arena = 0;
  /// Most bytes that the compiler needs at a time; about.
  int64_t compilePeak = 0;

  int64_t getWeights() const {
    return linear + embedding + (hasOwnHead ? head : 0) + vectors + tokenizer;
  }
  bool hasOwnHead = false;
};

/// What `model` becomes for `machine`. `tableBits`: of an element of the
/// embedding and the head.
llvm::Expected<CompiledSizes> predictSizes(const ModelSizes &model,
                                           const Machine &machine,
                                           unsigned tableBits);

/// How fast a machine runs a model with `positions` in its context.
struct SpeedPrediction {
  int64_t positions;
  /// The session's memory.
  int64_t cacheBytes;
  /// What a decoded token reads.
  int64_t bytesPerToken;
  /// Tokens a second.
  double decode, prompt;
  /// What decides `decode`.
  Bound bound;
  /// Weights and session; whether the machine has as much.
  int64_t memory;
  std::optional<bool> fits;
};
SpeedPrediction predictSpeed(const ModelSizes &model,
                             const CompiledSizes &sizes, const Machine &machine,
                             int64_t positions);

} // namespace mlir::bitnet

#endif // BITNET_COSTMODEL_PREDICTION_H
