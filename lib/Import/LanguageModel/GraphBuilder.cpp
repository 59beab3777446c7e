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

GraphBuilder::GraphBuilder(ModuleOp module, StringRef path,
                           const Hyperparameters &hyperparameters,
                           bool hasFloatActivations, CacheElement cacheElement)
    : b(module.getBodyRegion()), origin(NameLoc::get(b.getStringAttr(path))),
      hyperparameters(hyperparameters),
      hasFloatActivations(hasFloatActivations), cacheElement(cacheElement) {
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
  ElementsAttr factor;
  if (weight.factor)
    factor = DenseElementsAttr::get(RankedTensorType::get({1}, b.getF32Type()),
                                    ArrayRef(*weight.factor));
  return WeightOp::create(
      b, getLocation(weight.name), type,
      makeMappedConstant(dataType, weight.name, matrix.getBytes()), factor);
}

Value GraphBuilder::addVector(const NamedMatrix &vector) {
  const StoredMatrix &matrix = vector.matrix;
  auto type = RankedTensorType::get({matrix.getColumns()}, b.getF32Type());
  ElementsAttr data;
  if (matrix.getFormat() == WeightFormat::F32 &&
      llvm::isAddrAligned(llvm::Align::Of<float>(), matrix.getBytes().data())) {
    data = makeMappedConstant(type, vector.name, matrix.getBytes());
  } else {
    std::vector<float> elements(matrix.getColumns());
    matrix.decodeRow(0, elements);
    data = DenseElementsAttr::get(type, ArrayRef(elements));
  }
  return arith::ConstantOp::create(b, getLocation(vector.name), type, data);
}

void GraphBuilder::addTokenizer(std::vector<char> &&tables) {
  auto type = RankedTensorType::get({static_cast<int64_t>(tables.size())},
                                    b.getI8Type());
  TokenizerOp::create(b, getLocation("tokenizer"),
                      makeConstant(type, "tokenizer", std::move(tables)));
}

void GraphBuilder::addChatTemplate(std::vector<char> &&program) {
  auto type = RankedTensorType::get({static_cast<int64_t>(program.size())},
                                    b.getI8Type());
  ChatTemplateOp::create(
      b, getLocation("chat_template"),
      makeConstant(type, "chat_template", std::move(program)));
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// "blk.3.attn_q" for "blk.3.attn_q.weight".
static StringRef getStem(StringRef name) {
  name.consume_back(".weight");
  name.consume_back(".bias");
  return name;
}

Value GraphBuilder::addNorm(Value input, const NamedMatrix &weight,
                            float epsilon, std::optional<int64_t> headSize) {
  Value norm = addVector(weight);
  IntegerAttr size = headSize ? b.getI64IntegerAttr(*headSize) : IntegerAttr();
  return RMSNormOp::create(b, getLocation(getStem(weight.name)),
                           input.getType(), input, norm,
                           b.getF32FloatAttr(epsilon), size);
}

Value GraphBuilder::addOptionalNorm(Value input,
                                    const std::optional<NamedMatrix> &weight,
                                    std::optional<int64_t> headSize) {
  return weight ? addNorm(input, *weight, hyperparameters.epsilon, headSize)
                : input;
}

Value GraphBuilder::addLinear(Value input, const LinearTensors &tensors) {
  const NamedMatrix &weight = tensors.weight;
  if (tensors.inputNorm)
    input = addNorm(
        input, *tensors.inputNorm,
        hyperparameters.inputNormEpsilon.value_or(hyperparameters.epsilon));
  Value matrix = addWeight(weight);
  auto getFlag = [&](bool isSet) {
    return isSet ? b.getUnitAttr() : UnitAttr();
  };
  // What float activations leave over is not zero: see `bitnet.bit_linear`.
  float floor = hasFloatActivations ? smallestFloor : 1e-5f;
  Value result = BitLinearOp::create(
      b, getLocation(getStem(weight.name)),
      getRowsType(weight.matrix.getRows()), input, matrix,
      b.getF32FloatAttr(floor),
      /*reciprocal=*/UnitAttr(), getFlag(hasFloatActivations),
      getFlag(!hyperparameters.hasMasterWeights));
  if (!tensors.bias)
    return result;
  Value bias = addVector(*tensors.bias);
  return AddBiasOp::create(b, getLocation(tensors.bias->name), result.getType(),
                           result, bias);
}

Value GraphBuilder::addAttention(const LayerTensors &tensors, const Pass &pass,
                                 Value input) {
  int64_t headSize = hyperparameters.headSize;
  Value normed = addOptionalNorm(input, tensors.get(LayerNorm::Attention));
  Value query = addLinear(normed, tensors.get(LayerLinear::Query));
  Value key = addLinear(normed, tensors.get(LayerLinear::Key));
  Value value = addLinear(normed, tensors.get(LayerLinear::Value));
  query = addOptionalNorm(query, tensors.get(LayerNorm::Query), headSize);
  key = addOptionalNorm(key, tensors.get(LayerNorm::Key), headSize);

  bool isWindowed = hyperparameters.isWindowed(layer);
  FloatAttr scale;
  if (hyperparameters.attentionScale)
    scale = b.getF32FloatAttr(*hyperparameters.attentionScale);
  Value rotations = isWindowed ? pass.windowRotations : pass.rotations;
  bool isInterleaved = hyperparameters.interleavesRotation;
  auto addRope = [&](Value heads, const Twine &name) -> Value {
    return RopeOp::create(b, getLayerLocation(name), heads.getType(), heads,
                          rotations, b.getI64IntegerAttr(headSize),
                          isInterleaved ? b.getUnitAttr() : UnitAttr());
  };
  query = addRope(query, "attn_q_rope");
  key = addRope(key, "attn_k_rope");
  auto attention = AttentionOp::create(
      b, getLayerLocation("attn"), query.getType(), query, key, value,
      /*table=*/Value(), pass.cache, pass.positions, b.getI64IntegerAttr(layer),
      /*interleaved=*/UnitAttr(),
      isWindowed ? b.getI64IntegerAttr(hyperparameters.window) : IntegerAttr(),
      scale);
  Value mixed =
      addOptionalNorm(attention, tensors.get(LayerNorm::AttentionSub));
  Value output = addLinear(mixed, tensors.get(LayerLinear::AttentionOutput));
  output = addOptionalNorm(output, tensors.get(LayerNorm::PostAttention));
  return AddOp::create(b, getLayerLocation("attn_residual"), input, output);
}

Value GraphBuilder::addFeedForward(const LayerTensors &tensors, Value input) {
  Value normed = addOptionalNorm(input, tensors.get(LayerNorm::FeedForward));
  Value gate = addLinear(normed, tensors.get(LayerLinear::Gate));
  Value up = addLinear(normed, tensors.get(LayerLinear::Up));
  Value hidden = GateOp::create(b, getLayerLocation("ffn_act"), up.getType(),
                                gate, up, hyperparameters.activation);
  hidden = addOptionalNorm(hidden, tensors.get(LayerNorm::FeedForwardSub));
  Value output = addLinear(hidden, tensors.get(LayerLinear::Down));
  output = addOptionalNorm(output, tensors.get(LayerNorm::PostFeedForward));
  return AddOp::create(b, getLayerLocation("ffn_residual"), input, output);
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

Value GraphBuilder::addRotations(const Pass &pass, const Rotation &rotation,
                                 const Twine &name) {
  auto pairs = static_cast<int64_t>(rotation.frequencies.size());
  auto type =
      RankedTensorType::get({ShapedType::kDynamic, pairs, 2}, b.getF32Type());
  return RotationTableOp::create(b, getLocation(name), type, pass.positions,
                                 b.getDenseF64ArrayAttr(rotation.frequencies),
                                 b.getF64FloatAttr(rotation.amplitude));
}

static Rotation divide(Rotation rotation, ArrayRef<float> factors) {
  for (auto [frequency, factor] : llvm::zip(rotation.frequencies, factors))
    frequency /= factor;
  return rotation;
}

void GraphBuilder::addEvaluate(const ModelTensors &tensors) {
  auto integersType =
      RankedTensorType::get({ShapedType::kDynamic}, b.getI32Type());
  auto cacheType = KVCacheType::get(
      b.getContext(), hyperparameters.layers, hyperparameters.keyValueHeads,
      hyperparameters.headSize, hyperparameters.contextLength, cacheElement);
  RankedTensorType rowsType = getRowsType(hyperparameters.embeddingLength);
  bool hasLogits = hyperparameters.pooling == Pooling::None;
  RankedTensorType resultType =
      hasLogits ? getRowsType(tensors.embedding.matrix.getRows()) : rowsType;
  Location location = getLocation("evaluate");
  auto function = func::FuncOp::create(
      b, location, "evaluate",
      b.getFunctionType(
          {integersType, integersType, integersType, integersType, cacheType},
          {resultType}));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(function.addEntryBlock());
  const StringRef names[] = {"tokens", "positions", "outputs", "limits",
                             "cache"};
  for (auto [argument, name] : llvm::zip(function.getArguments(), names))
    argument.setLoc(getLocation(name));
  Pass pass = {function.getArgument(0),
               function.getArgument(1),
               function.getArgument(2),
               function.getArgument(4),
               Value(),
               Value()};

  pass.rotations = pass.windowRotations = addRotations(
      pass, divide(hyperparameters.rotation, tensors.rotationFactors), "rope");
  if (hyperparameters.windowRotation)
    pass.windowRotations =
        addRotations(pass, *hyperparameters.windowRotation, "rope_window");
  Value embedding = addWeight(tensors.embedding);
  FloatAttr scale;
  if (hyperparameters.embeddingScale)
    scale = b.getF32FloatAttr(*hyperparameters.embeddingScale);
  Value state = EmbeddingOp::create(b, getLocation("token_embd"), rowsType,
                                    pass.tokens, embedding, scale);
  for (const LayerTensors &layerTensors : tensors.layers) {
    state = addAttention(layerTensors, pass, state);
    state = addFeedForward(layerTensors, state);
    ++layer;
  }
  state = SelectRowsOp::create(b, getLocation("select_rows"), rowsType, state,
                               pass.outputs);
  Value result = addNorm(state, tensors.outputNorm, hyperparameters.epsilon);
  if (hasLogits) {
    Value head = tensors.output ? addWeight(*tensors.output) : embedding;
    result = OutputHeadOp::create(b, getLocation("output"), resultType, result,
                                  head, /*limits=*/function.getArgument(3));
  }
  func::ReturnOp::create(b, location, result);
}
