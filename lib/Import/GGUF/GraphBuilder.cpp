//===- GraphBuilder.cpp - Writes a model as a bitnet graph ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "GraphBuilder.h"

#include "bitnet/Dialect/BitNet/IR/ConstantData.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/Alignment.h"

using namespace mlir;
using namespace mlir::bitnet;

static const NamedMatrix &getTensor(const ModelTensors::Layer &tensors,
                                    LayerTensor tensor) {
  return *tensors[static_cast<size_t>(tensor)];
}

static const std::optional<NamedMatrix> &
findTensor(const ModelTensors::Layer &tensors, LayerTensor tensor) {
  return tensors[static_cast<size_t>(tensor)];
}

GraphBuilder::GraphBuilder(ModuleOp module, StringRef path,
                           const Hyperparameters &hyperparameters)
    : b(module.getBodyRegion()), origin(NameLoc::get(b.getStringAttr(path))),
      hyperparameters(hyperparameters) {
  b.setInsertionPointToEnd(module.getBody());
}

Location GraphBuilder::getLocation(const Twine &name) {
  return NameLoc::get(b.getStringAttr(name), origin);
}

Location GraphBuilder::getLayerLocation(const Twine &name) {
  return getLocation("blk." + Twine(layer) + "." + name);
}

RankedTensorType GraphBuilder::getRowsType(int64_t columns) {
  return RankedTensorType::get({ShapedType::kDynamic, columns}, b.getF32Type());
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value GraphBuilder::addWeight(const NamedMatrix &weight) {
  const StoredMatrix &matrix = weight.matrix;
  auto encoding =
      StoredAttr::get(b.getContext(), getStorageKind(matrix.getFormat()));
  auto type = MatrixType::get(b.getContext(), matrix.getRows(),
                              matrix.getColumns(), encoding);
  auto dataType = RankedTensorType::get(
      {static_cast<int64_t>(matrix.getBytes().size())}, b.getI8Type());
  return WeightOp::create(
      b, getLocation(weight.name), type,
      makeMappedConstant(dataType, weight.name, matrix.getBytes()),
      /*scales=*/nullptr);
}

Value GraphBuilder::addNormWeight(const NamedMatrix &weight) {
  const StoredMatrix &matrix = weight.matrix;
  auto type = RankedTensorType::get({matrix.getColumns()}, b.getF32Type());
  ElementsAttr data;
  if (matrix.getFormat() == WeightFormat::F32 &&
      llvm::isAddrAligned(llvm::Align::Of<float>(), matrix.getBytes().data())) {
    data = makeMappedConstant(type, weight.name, matrix.getBytes());
  } else {
    std::vector<float> elements(matrix.getColumns());
    matrix.decodeRow(0, elements);
    data = DenseElementsAttr::get(type, ArrayRef(elements));
  }
  return arith::ConstantOp::create(b, getLocation(weight.name), type, data);
}

void GraphBuilder::addTokenizer(std::vector<char> &&tables) {
  auto type = RankedTensorType::get({static_cast<int64_t>(tables.size())},
                                    b.getI8Type());
  TokenizerOp::create(b, getLocation("tokenizer"),
                      makeConstant(type, "tokenizer", std::move(tables)));
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value GraphBuilder::addNorm(Value input, const NamedMatrix &weight) {
  StringRef name = weight.name;
  name.consume_back(".weight");
  Value norm = addNormWeight(weight);
  return RMSNormOp::create(b, getLocation(name), input.getType(), input, norm,
                           b.getF32FloatAttr(hyperparameters.epsilon));
}

Value GraphBuilder::addLinear(Value input, const NamedMatrix &weight) {
  StringRef name = weight.name;
  name.consume_back(".weight");
  Value matrix = addWeight(weight);
  return BitLinearOp::create(b, getLocation(name),
                             getRowsType(weight.matrix.getRows()), input,
                             matrix, b.getF32FloatAttr(1e-5f),
                             /*reciprocal=*/UnitAttr(),
                             /*float_activations=*/UnitAttr());
}

Value GraphBuilder::addAttention(const ModelTensors::Layer &tensors,
                                 Value input, Value rotations, Value cache,
                                 Value position) {
  Value normed = addNorm(input, getTensor(tensors, LayerTensor::AttentionNorm));
  Value query = addLinear(normed, getTensor(tensors, LayerTensor::Query));
  Value key = addLinear(normed, getTensor(tensors, LayerTensor::Key));
  Value value = addLinear(normed, getTensor(tensors, LayerTensor::Value));
  auto addRope = [&](Value heads, const Twine &name) -> Value {
    return RopeOp::create(b, getLayerLocation(name), heads.getType(), heads,
                          rotations,
                          b.getI64IntegerAttr(hyperparameters.headSize));
  };
  query = addRope(query, "attn_q_rope");
  key = addRope(key, "attn_k_rope");
  Value mixed = AttentionOp::create(
      b, getLayerLocation("attn"), query.getType(), query, key, value,
      /*table=*/nullptr, cache, position, b.getI64IntegerAttr(layer));
  if (const auto &norm = findTensor(tensors, LayerTensor::AttentionSubNorm))
    mixed = addNorm(mixed, *norm);
  Value output =
      addLinear(mixed, getTensor(tensors, LayerTensor::AttentionOutput));
  return AddOp::create(b, getLayerLocation("attn_residual"), input, output);
}

Value GraphBuilder::addFeedForward(const ModelTensors::Layer &tensors,
                                   Value input) {
  Value normed =
      addNorm(input, getTensor(tensors, LayerTensor::FeedForwardNorm));
  Value gate = addLinear(normed, getTensor(tensors, LayerTensor::Gate));
  Value up = addLinear(normed, getTensor(tensors, LayerTensor::Up));
  Value hidden = GateOp::create(b, getLayerLocation("ffn_act"), up.getType(),
                                gate, up, hyperparameters.activation);
  if (const auto &norm = findTensor(tensors, LayerTensor::FeedForwardSubNorm))
    hidden = addNorm(hidden, *norm);
  Value output = addLinear(hidden, getTensor(tensors, LayerTensor::Down));
  return AddOp::create(b, getLayerLocation("ffn_residual"), input, output);
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

void GraphBuilder::addEvaluate(const ModelTensors &tensors) {
  auto tokensType =
      RankedTensorType::get({ShapedType::kDynamic}, b.getI32Type());
  auto cacheType = KVCacheType::get(
      b.getContext(), hyperparameters.layers, hyperparameters.keyValueHeads,
      hyperparameters.headSize, hyperparameters.contextLength);
  RankedTensorType logitsType = getRowsType(tensors.embedding.matrix.getRows());
  Location location = getLocation("evaluate");
  auto function =
      func::FuncOp::create(b, location, "evaluate",
                           b.getFunctionType({tokensType, b.getIndexType(),
                                              b.getIndexType(), cacheType},
                                             {logitsType}));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(function.addEntryBlock());
  const StringRef names[] = {"tokens", "position", "outputs", "cache"};
  for (auto [argument, name] : llvm::zip(function.getArguments(), names))
    argument.setLoc(getLocation(name));
  Value tokens = function.getArgument(0), position = function.getArgument(1);
  Value outputs = function.getArgument(2), cache = function.getArgument(3);

  auto rotationsType = RankedTensorType::get(
      {ShapedType::kDynamic, hyperparameters.rotatedElements / 2, 2},
      b.getF32Type());
  Value rotations = RotationTableOp::create(
      b, getLocation("rope"), rotationsType, tokens, position,
      b.getF64FloatAttr(hyperparameters.rotationBase));
  Value embedding = addWeight(tensors.embedding);
  RankedTensorType rowsType = getRowsType(hyperparameters.embeddingLength);
  Value state = EmbeddingOp::create(b, getLocation("token_embd"), rowsType,
                                    tokens, embedding);
  for (const ModelTensors::Layer &layerTensors : tensors.layers) {
    state = addAttention(layerTensors, state, rotations, cache, position);
    state = addFeedForward(layerTensors, state);
    ++layer;
  }
  state =
      LastRowsOp::create(b, getLocation("last_rows"), rowsType, state, outputs);
  state = addNorm(state, tensors.outputNorm);
  Value head = tensors.output ? addWeight(*tensors.output) : embedding;
  Value logits =
      OutputHeadOp::create(b, getLocation("output"), logitsType, state, head);
  func::ReturnOp::create(b, location, logits);
}
