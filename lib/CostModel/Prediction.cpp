//===- Prediction.cpp - Sizes and speed of a model, unread ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/CostModel/Prediction.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

int64_t ModelSizes::getLinearWeights() const {
  int64_t weights = 0;
  for (const LayerKind &layer : layers)
    weights += layer.getWeights();
  return weights;
}

//===----------------------------------------------------------------------===//
// From a module
//===----------------------------------------------------------------------===//

/// "attn_q" of `blk.3.attn_q.weight`.
static StringRef getLayerName(Value weight) {
  auto location = dyn_cast<NameLoc>(weight.getLoc());
  if (!location)
    return "layer";
  StringRef name = location.getName().strref();
  name.consume_back(".weight");
  return name.rsplit('.').second.empty() ? name : name.rsplit('.').second;
}

/// Bits of a weight of a linear layer once it is quantised.
static unsigned getQuantizedBits(BitLinearOp op) {
  auto stored = cast<StoredAttr>(op.getWeight().getType().getEncoding());
  WeightFormat format = getWeightFormat(stored.getKind());
  if (isBinary(format))
    return 1;
  return isTernary(format) || !op.getKeepWeights() ? 2 : 8;
}

/// Layers that read the same activations become one.
static void addLayers(func::FuncOp function, ModelSizes &sizes) {
  llvm::MapVector<std::pair<Value, unsigned>, LayerKind> merged;
  function.walk([&](BitLinearOp op) {
    unsigned bits = getQuantizedBits(op);
    LayerKind &layer = merged[{op.getInput(), bits}];
    MatrixType type = op.getWeight().getType();
    layer.name +=
        (layer.name.empty() ? "" : "+") + getLayerName(op.getWeight()).str();
    layer.rows += type.getRows();
    layer.columns = type.getColumns();
    layer.bits = bits;
  });
  for (const auto &[key, layer] : merged) {
    auto same = llvm::find_if(sizes.layers, [&, &layer = layer](auto &other) {
      return other.name == layer.name && other.rows == layer.rows &&
             other.columns == layer.columns && other.bits == layer.bits;
    });
    if (same == sizes.layers.end())
      same = sizes.layers.insert(same, layer);
    ++same->count;
  }
}

llvm::Expected<ModelSizes> mlir::bitnet::measureModel(ModuleOp module) {
  auto model = module->getAttrOfType<ModelAttr>(modelAttrName);
  auto function = module.lookupSymbol<func::FuncOp>("evaluate");
  if (!model || !function)
    return llvm::createStringError(
        "expects a language model whose weights are as stored");
  ModelSizes sizes;
  sizes.name = model.getName();
  sizes.vocabulary = model.getVocabularySize();
  sizes.contextLength = model.getContextLength();
  sizes.embeddingLength = model.getEmbeddingLength();
  sizes.layerCount = model.getLayerCount();
  sizes.chunkSize = model.getChunkSize();
  bool isStored = true;
  function.walk([&](WeightOp weight) {
    isStored &= isa<StoredAttr>(weight.getResult().getType().getEncoding());
  });
  if (!isStored)
    return llvm::createStringError(
        "expects a language model whose weights are as stored");
  addLayers(function, sizes);
  if (sizes.layers.empty())
    return llvm::createStringError("expects a model with linear layers");
  auto countElements = [](Value table) {
    auto type = cast<MatrixType>(table.getType());
    return type.getRows() * type.getColumns();
  };
  Value embedded;
  function.walk([&](EmbeddingOp op) {
    embedded = op.getTable();
    sizes.embedding = countElements(embedded);
  });
  function.walk([&](OutputHeadOp op) {
    if (op.getTable() != embedded)
      sizes.head = countElements(op.getTable());
  });
  function.walk([&](arith::ConstantOp op) {
    if (auto type = dyn_cast<RankedTensorType>(op.getType()))
      sizes.vectors += type.getNumElements();
  });
  for (auto tokenizer : module.getOps<TokenizerOp>())
    sizes.tokenizerBytes =
        cast<ShapedType>(tokenizer.getData().getType()).getNumElements();
  for (Type type : function.getArgumentTypes())
    if (auto cache = dyn_cast<KVCacheType>(type)) {
      sizes.cacheBytesPerPosition = cache.getBytesPerPosition();
      sizes.cacheElement = stringifyCacheElement(cache.getElement());
    }
  function.walk([&](AttentionOp op) {
    // Scores and weighted values.
    sizes.attentionProducts +=
        2 * cast<RankedTensorType>(op->getResult(0).getType()).getDimSize(1);
  });
  return sizes;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

static constexpr int64_t alignment = 64;

/// The widest intermediate values of a pass: what enters and leaves the
/// feed-forward part beside what goes around it. Planning finds somewhat less.
static int64_t estimateArena(const ModelSizes &model) {
  int64_t widest = 0;
  for (const LayerKind &layer : model.layers)
    widest = std::max(widest, 4 * layer.rows + layer.columns);
  return model.chunkSize * (widest + 4 * model.embeddingLength) +
         model.vocabulary * 12;
}

llvm::Expected<CompiledSizes>
mlir::bitnet::predictSizes(const ModelSizes &model, const Machine &machine,
                           unsigned tableBits) {
  CompiledSizes sizes;
  auto tableBytes = [&](int64_t elements) {
    // 8 and 6 bits have a scale for each row.
    int64_t scales = tableBits < 16 ? 4 * model.vocabulary : 0;
    return llvm::divideCeil(elements * int64_t(tableBits), 8) + scales;
  };
  sizes.hasOwnHead = model.head != 0;
  sizes.embedding = tableBytes(model.embedding);
  sizes.head = sizes.hasOwnHead ? tableBytes(model.head) : sizes.embedding;
  sizes.vectors = 4 * model.vectors;
  sizes.tokenizer = model.tokenizerBytes;
  sizes.arena = estimateArena(model);

  InstructionSet level = machine.target.getLevel();
  CostModel costs(machine.attribute, level, model.getLinearWeights(),
                  sizes.head, model.chunkSize);
  int64_t largest = 0;
  for (const LayerKind &kind : model.layers) {
    CompiledSizes::Layer layer{&kind, nullptr, 0, 0, 0, Bound::Bandwidth};
    WeightKind weights = kind.bits == 1   ? WeightKind::Binary
                         : kind.bits == 2 ? WeightKind::Ternary
                                          : WeightKind::Int8;
    // Weights of 8 bits have a scale for each 32, others one for each row.
    int64_t scaleColumns = kind.bits == 8 ? 32 : kind.columns;
    CostModel::Layer shape{kind.rows, kind.columns, weights,
                           kind.bits == 8 ? scaleColumns : 0};
    SmallVector<KernelEstimate> ranked = costs.rank(shape);
    if (ranked.empty())
      return llvm::createStringError("expects a CPU with a kernel for '" +
                                     kind.name + "', found " +
                                     machine.target.getCpu());
    const KernelEstimate &best = ranked.front();
    int64_t scales = 4 * kind.rows * (kind.columns / scaleColumns);
    layer.kernel = best.kernel;
    layer.bytes = best.bytes + int64_t(llvm::alignTo(scales, alignment));
    layer.decode = best.decode;
    layer.prefill = best.prefill;
    layer.bound = best.bound;
    sizes.linear += layer.bytes * kind.count;
    largest = std::max(largest, layer.bytes);
    sizes.layers.push_back(layer);
  }
  // The packed weights, the largest of them twice while it is being made, and
  // the compiler itself.
  sizes.compilePeak = sizes.getWeights() + largest + (int64_t(128) << 20);
  return sizes;
}

//===----------------------------------------------------------------------===//
// Speed
//===----------------------------------------------------------------------===//

SpeedPrediction mlir::bitnet::predictSpeed(const ModelSizes &model,
                                           const CompiledSizes &sizes,
                                           const Machine &machine,
                                           int64_t positions) {
  CostModel costs(machine.attribute, machine.target.getLevel(),
                  model.getLinearWeights(), sizes.head, model.chunkSize);
  double weights = double(sizes.linear);
  Residency residency =
      costs.getResidency(weights * 8 / double(model.getLinearWeights()));
  auto read = [&](double bytes, Residency from) {
    return bytes / costs.getBandwidth(from) * 1000;
  };
  double computed = 0, bandwidth = 0, prefill = 0;
  for (const CompiledSizes::Layer &layer : sizes.layers) {
    (layer.bound == Bound::Compute ? computed : bandwidth) +=
        layer.kind->count * layer.decode;
    prefill += layer.kind->count * layer.prefill;
  }
  bandwidth += read(double(sizes.head), residency);
  // Keys and values of the positions are read once; they become floats, of
  // which a vector is multiplied and added in each cycle of each thread.
  SpeedPrediction result;
  result.positions = positions;
  result.cacheBytes = model.cacheBytesPerPosition * positions;
  double cycleProducts = double(getVectorBits(machine.target.getLevel())) / 32 *
                         double(machine.attribute.getThreads());
  double attention = double(model.attentionProducts) * double(positions) /
                     std::max(cycleProducts, 1.0) * 1000 /
                     double(machine.attribute.getClock());
  // They are where the weights are: both are read for every token.
  double cacheRead = read(double(result.cacheBytes), residency);
  (attention > cacheRead ? computed : bandwidth) +=
      std::max(attention, cacheRead);
  // Tokens of a prompt see half of its positions on average, and share what
  // they read.
  prefill += attention / 2;

  result.bytesPerToken =
      sizes.linear + sizes.head + sizes.vectors + result.cacheBytes;
  result.decode = 1e9 / (computed + bandwidth);
  result.prompt = 1e9 / prefill;
  result.bound = computed > bandwidth ? Bound::Compute : Bound::Bandwidth;
  result.memory = sizes.getWeights() + sizes.arena + result.cacheBytes;
  if (machine.memory)
    result.fits = result.memory <= machine.memory;
  return result;
}
