//===- LanguageModel.cpp - Language models as modules ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/LanguageModel/LanguageModel.h"

#include "GraphBuilder.h"
#include "bitnet/Weights/Ternarize.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;

llvm::Error
mlir::bitnet::checkLanguageModelOptions(const LanguageModelOptions &options) {
  auto check = [](llvm::StringRef what, int64_t value,
                  int64_t maximum) -> llvm::Error {
    if (value >= 1 && value <= maximum)
      return llvm::Error::success();
    return llvm::createStringError(
        fmt::format("{}: expects an integer in [1, {}], found {}", what.str(),
                    maximum, value));
  };
  if (llvm::Error error = check("chunk size", options.chunkSize, 1 << 12))
    return error;
  return check("context length", options.contextLength.value_or(1), 1 << 24);
}

/// Models that are trained with 8-bit activations have weights with one scale
/// for each matrix, models whose weights were quantised later or alone have
/// scales of blocks, or weights that are not ternary at all.
static bool isTrainedWithInt8(const ModelTensors &tensors) {
  bool isTernary = false;
  for (const std::optional<LinearTensors> &linear :
       tensors.layers.front().linears) {
    std::optional<bool> found = hasOneTernaryScale(linear->weight.matrix);
    if (found == false)
      return false;
    isTernary |= found.has_value();
  }
  return isTernary;
}

static bool hasFloatActivations(const LanguageModel &model,
                                const LanguageModelOptions &options) {
  ActivationNumerics numerics = model.hyperparameters.activations;
  if (options.activations != ActivationNumerics::Auto)
    numerics = options.activations;
  switch (numerics) {
  case ActivationNumerics::Int8:
    return false;
  case ActivationNumerics::Float:
    return true;
  case ActivationNumerics::Auto:
    return !model.hyperparameters.hasMasterWeights &&
           !isTrainedWithInt8(model.tensors);
  }
  llvm_unreachable("unknown numerics");
}

OwningOpRef<ModuleOp>
mlir::bitnet::buildLanguageModel(MLIRContext &context, LanguageModel &&model,
                                 const LanguageModelOptions &options) {
  context.loadDialect<BitNetDialect, arith::ArithDialect, func::FuncDialect>();
  Hyperparameters &hyperparameters = model.hyperparameters;
  if (options.activation)
    hyperparameters.activation = *options.activation;
  if (options.hasMasterWeights)
    hyperparameters.hasMasterWeights = true;
  if (options.contextLength)
    hyperparameters.contextLength = *options.contextLength;
  auto path = StringAttr::get(&context, model.path);
  OwningOpRef<ModuleOp> module = ModuleOp::create(NameLoc::get(path));
  (*module)->setAttr(
      modelAttrName,
      ModelAttr::get(
          &context, model.name, model.tensors.embedding.matrix.getRows(),
          hyperparameters.contextLength, hyperparameters.embeddingLength,
          hyperparameters.layers, options.chunkSize, hyperparameters.pooling));
  CacheElement cacheElement = options.cacheElement.value_or(
      hyperparameters.pooling == Pooling::None ? CacheElement::F16
                                               : CacheElement::F32);
  GraphBuilder builder(*module, model.path, hyperparameters,
                       hasFloatActivations(model, options), cacheElement);
  if (model.tokenizer)
    builder.addTokenizer(std::move(*model.tokenizer));
  if (model.chatTemplate)
    builder.addChatTemplate(std::move(*model.chatTemplate));
  builder.addEvaluate(model.tensors);
  return module;
}
