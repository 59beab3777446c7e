//===- QuantizeLinear.cpp - Quantises float linear layers of a graph ------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DeadOperations.h"
#include "FloatLayer.h"
#include "LinearEmitter.h"
#include "OutlierProduct.h"
#include "QuantizationReport.h"
#include "RecognitionReport.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "bitnet/Weights/Binarize.h"
#include "bitnet/Weights/Ternarize.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Regex.h"

#include <cmath>
#include <map>

namespace mlir::onnx {
#define GEN_PASS_DEF_QUANTIZELINEARPASS
#include "bitnet/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace mlir::onnx

using namespace mlir;
using namespace mlir::onnx;
using bitnet::Int8Matrix;
using bitnet::ScaleGroups;
using bitnet::StoredMatrix;
using llvm::Expected;

StringRef onnx::getQuantizerName(LinearQuantizer quantizer) {
  switch (quantizer) {
  case LinearQuantizer::AbsMean:
    return "absmean";
  case LinearQuantizer::Sign:
    return "sign";
  case LinearQuantizer::AbsMaxInt8:
    return "absmax-int8";
  case LinearQuantizer::ZeroPointInt8:
    return "zeropoint-int8";
  case LinearQuantizer::Int8Outliers:
    return "int8-outliers";
  }
  llvm_unreachable("unknown quantiser");
}

namespace {
/// 8-bit weights that have been written, for all layers that have them.
struct WrittenWeight {
  Int8Weight operand;
  std::vector<float> scales;
  WeightError error;
};

class QuantizeLinearPass
    : public onnx::impl::QuantizeLinearPassBase<QuantizeLinearPass> {
public:
  using QuantizeLinearPassBase::QuantizeLinearPassBase;

private:
  void runOnOperation() override;
  /// The float layers that `layers` selects; an error if it is not valid or
  /// selects none.
  FailureOr<SmallVector<LinearLayer>> selectLayers(func::FuncOp graph);
  /// Quantises a layer and fills in what the report says of it. Returns the
  /// operation that may be no longer needed, or an error, which says why the
  /// layer stays.
  Expected<Operation *> quantize(const LinearLayer &layer,
                                 QuantizedLayer &entry);
  Expected<Operation *> quantizeToTritsOrBits(const LinearLayer &layer,
                                              const FloatMatrix &matrix,
                                              QuantizedLayer &entry);
  /// The weight as an operand of `shape`, as emitInt8Weight has it.
  Expected<const WrittenWeight *> writeInt8(const LinearLayer &layer,
                                            const FloatMatrix &matrix,
                                            ArrayRef<int64_t> shape,
                                            bool areRowsOuter);
  Operation *dequantizeWeight(const LinearLayer &layer,
                              const WrittenWeight &weight);
  Operation *separateOutliers(const LinearLayer &layer,
                              const WrittenWeight &weight);
  ScaleGroups getGroups(int64_t rows) const;

  /// By weight and whether rows are its outer dimension.
  std::map<std::pair<void *, bool>, WrittenWeight> written;
};
} // namespace

static StringRef getNodeName(NodeOp node) {
  auto name = dyn_cast<NameLoc>(node.getLoc());
  return name ? name.getName().getValue() : "";
}

FailureOr<SmallVector<LinearLayer>>
QuantizeLinearPass::selectLayers(func::FuncOp graph) {
  llvm::Regex expression(layers.empty() ? ".*" : layers.c_str());
  std::string message;
  if (!expression.isValid(message))
    return graph.emitError("expects layers to be a regular expression, found '")
           << layers << "': " << message;
  SmallVector<LinearLayer> selected;
  SmallVector<StringRef> others;
  for (NodeOp node : graph.getOps<NodeOp>()) {
    std::optional<LinearLayer> layer = matchFloatLayer(node);
    if (!layer)
      continue;
    if (expression.match(getNodeName(node)))
      selected.push_back(*layer);
    else
      others.push_back(getNodeName(node));
  }
  if (!selected.empty())
    return selected;
  if (layers.empty()) {
    graph.emitWarning("has no float linear layer to quantise");
    return selected;
  }
  if (others.empty())
    return graph.emitError("expects layers to select a float linear layer, "
                           "found '")
           << layers << "'; there is none";
  return graph.emitError(
             "expects layers to select a float linear layer, found '")
         << layers << "'; there are " << others.size() << ", such as '"
         << others.front() << "' and '" << others.back() << "'";
}

ScaleGroups QuantizeLinearPass::getGroups(int64_t rows) const {
  bool isOfRows = granularity == QuantizationGranularity::Row ||
                  (granularity == QuantizationGranularity::Auto &&
                   quantizer == LinearQuantizer::Int8Outliers);
  return isOfRows && rows > 1 ? ScaleGroups::Rows : ScaleGroups::Matrix;
}

//===----------------------------------------------------------------------===//
// Trits and bits
//===----------------------------------------------------------------------===//

/// The least absmax of activations, as BitNet b1.58 is trained.
static constexpr float activationFloor = 1e-5f;

/// What `quantize` makes of each group of rows, one below the other.
template <typename Matrix>
static Expected<Matrix>
quantizeGroups(const FloatMatrix &matrix, ScaleGroups groups,
               Expected<Matrix> (*quantize)(const StoredMatrix &),
               std::vector<char> Matrix::*bytes) {
  if (groups == ScaleGroups::Matrix)
    return quantize(matrix.getRows(0, matrix.rows));
  Matrix result(matrix.rows, matrix.columns);
  (result.*bytes).clear();
  for (int64_t row = 0; row < matrix.rows; ++row) {
    Expected<Matrix> part = quantize(matrix.getRows(row, 1));
    if (!part)
      return part.takeError();
    llvm::append_range(result.*bytes, (*part).*bytes);
    result.scales.push_back(part->scales.front());
  }
  return result;
}

static QuantizedWeight makeWeight(const FloatMatrix &matrix, Attribute encoding,
                                  std::vector<char> &&bytes,
                                  std::vector<float> &&scales) {
  auto granularity =
      scales.size() == 1 ? ScaleGranularity::Matrix : ScaleGranularity::Rows;
  QuantizedWeight weight{matrix.rows,
                         matrix.columns,
                         isa<bitnet::BitsAttr>(encoding),
                         granularity,
                         {}};
  weight.parts.push_back({encoding,
                          std::move(bytes),
                          {int64_t(scales.size())},
                          std::move(scales)});
  return weight;
}

static Expected<QuantizedWeight> quantizeToTrits(const FloatMatrix &matrix,
                                                 ScaleGroups groups,
                                                 MLIRContext *context,
                                                 WeightError &error) {
  Expected<bitnet::TernaryMatrix> trits = quantizeGroups(
      matrix, groups, bitnet::quantizeAbsMean, &bitnet::TernaryMatrix::codes);
  if (!trits)
    return trits.takeError();
  error = WeightError::measure(matrix.getView(), [&](int64_t row, int64_t k) {
    return trits->getTrit(row, k) * trits->getScale(row);
  });
  return makeWeight(matrix, bitnet::TritsAttr::get(context),
                    std::move(trits->codes), std::move(trits->scales));
}

static Expected<QuantizedWeight> quantizeToBits(const FloatMatrix &matrix,
                                                ScaleGroups groups,
                                                MLIRContext *context,
                                                WeightError &error) {
  Expected<bitnet::BinaryMatrix> bits = quantizeGroups(
      matrix, groups, bitnet::quantizeSign, &bitnet::BinaryMatrix::bytes);
  if (!bits)
    return bits.takeError();
  error = WeightError::measure(matrix.getView(), [&](int64_t row, int64_t k) {
    return bits->getSign(row, k) *
           bits->scales[bits->scales.size() == 1 ? 0 : row];
  });
  return makeWeight(matrix, bitnet::BitsAttr::get(context),
                    std::move(bits->bytes), std::move(bits->scales));
}

Expected<Operation *>
QuantizeLinearPass::quantizeToTritsOrBits(const LinearLayer &layer,
                                          const FloatMatrix &matrix,
                                          QuantizedLayer &entry) {
  Expected<QuantizedWeight> weight =
      (quantizer == LinearQuantizer::Sign ? quantizeToBits : quantizeToTrits)(
          matrix, getGroups(matrix.rows), &getContext(), entry.error);
  if (!weight)
    return weight.takeError();
  const QuantizedWeight::Part &part = weight->parts.front();
  entry.scaleCount = part.scales.size();
  entry.bytes = part.bytes.size() + entry.scaleCount * sizeof(float);
  weight->scaleRows(layer.alpha);

  NodeOp node = layer.node;
  LinearEmitter emitter(node);
  Value product = node.getOutputs()[0];
  auto type = cast<RankedTensorType>(product.getType());
  Location name = getWeightName(layer.weight);
  ActivationMode mode{activationFloor};
  Value result =
      layer.isWeightOnLeft
          ? emitter.emitLinearOfColumns(layer.input, *weight, name, mode, type)
          : emitter.emitLinear(layer.input, *weight, name, mode, type);
  if (layer.bias)
    result = emitter.emitBias(result, layer.bias, layer.beta);
  product.replaceAllUsesWith(result);
  return node;
}

//===----------------------------------------------------------------------===//
// 8 bits
//===----------------------------------------------------------------------===//

Expected<const WrittenWeight *>
QuantizeLinearPass::writeInt8(const LinearLayer &layer,
                              const FloatMatrix &matrix,
                              ArrayRef<int64_t> shape, bool areRowsOuter) {
  WrittenWeight &weight =
      written[{layer.weight.getAsOpaquePointer(), areRowsOuter}];
  if (weight.operand.codes)
    return &weight;
  Expected<Int8Matrix> codes =
      (quantizer == LinearQuantizer::ZeroPointInt8 ? bitnet::quantizeZeroPoint
                                                   : bitnet::quantizeAbsMax)(
          matrix.getRows(0, matrix.rows), getGroups(matrix.rows));
  if (!codes)
    return codes.takeError();
  NodeEmitter e(layer.node);
  weight.operand = emitInt8Weight(e, *codes, shape, areRowsOuter,
                                  getWeightName(layer.weight));
  weight.error =
      WeightError::measure(matrix.getView(), [&](int64_t row, int64_t column) {
        return codes->getWeight(row, column);
      });
  weight.scales = std::move(codes->scales);
  return &weight;
}

Operation *QuantizeLinearPass::dequantizeWeight(const LinearLayer &layer,
                                                const WrittenWeight &weight) {
  NodeOp node = layer.node;
  NodeEmitter e(node);
  Type type = cast<RankedTensorType>(layer.weight.getType()).getElementType();
  node->setOperand(layer.isWeightOnLeft ? 0 : 1,
                   e.emitCast(weight.operand.dequantized, type));
  return layer.weight.getDefiningOp();
}

Operation *QuantizeLinearPass::separateOutliers(const LinearLayer &layer,
                                                const WrittenWeight &weight) {
  NodeOp node = layer.node;
  Value product = node.getOutputs()[0];
  Type type = cast<RankedTensorType>(product.getType()).getElementType();
  NodeEmitter e(node);
  Value result = emitOutlierProduct(e, layer, weight.operand, weight.scales,
                                    outlierThreshold);
  auto resultType = cast<RankedTensorType>(result.getType());
  if (layer.alpha != 1)
    result = e.emit(
        "Mul", resultType,
        {result, e.emitScalar(e.getBuilder().getF32Type(), layer.alpha)});
  result = e.emitCast(result, type);
  if (layer.bias)
    result = LinearEmitter(node).emitBias(result, layer.bias, layer.beta);
  product.replaceAllUsesWith(result);
  return node;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

Expected<Operation *> QuantizeLinearPass::quantize(const LinearLayer &layer,
                                                   QuantizedLayer &entry) {
  std::optional<ConstantTensor> constant = layer.evaluateWeight();
  if (!constant)
    return llvm::createStringError(
        "the weights are not ones that the compiler can compute");
  MatrixView view = layer.getView(*constant);
  bool areRowsOuter = view.columnStride == 1;
  SmallVector<int64_t> shape(constant->getShape());
  FloatMatrix matrix(view);
  constant.reset();
  if (!matrix.isFinite())
    return llvm::createStringError("the weights are not all finite");
  if (quantizer == LinearQuantizer::AbsMean ||
      quantizer == LinearQuantizer::Sign)
    return quantizeToTritsOrBits(layer, matrix, entry);

  bool hasOutliers = quantizer == LinearQuantizer::Int8Outliers;
  if (hasOutliers) {
    if (layer.columns > mostInt8Columns)
      return llvm::createStringError("sums of so many products of 8 bits may "
                                     "overflow 32 bits");
    if (llvm::any_of(matrix.values, [](float value) {
          return std::fabs(value) >= halfOverflow;
        }))
      return llvm::createStringError(
          "the weights are too large for half precision");
    areRowsOuter = layer.isWeightOnLeft;
    shape = {layer.columns, layer.rows};
    if (areRowsOuter)
      std::swap(shape[0], shape[1]);
  }
  Expected<const WrittenWeight *> weight =
      writeInt8(layer, matrix, shape, areRowsOuter);
  if (!weight)
    return weight.takeError();
  entry.error = (*weight)->error;
  entry.bytes = (*weight)->operand.bytes;
  entry.scaleCount = (*weight)->scales.size();
  return hasOutliers ? separateOutliers(layer, **weight)
                     : dequantizeWeight(layer, **weight);
}

void QuantizeLinearPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto graph = module.lookupSymbol<func::FuncOp>(graphFunctionName);
  if (!graph)
    return;
  SmallVector<NodeOp> nodes(graph.getOps<NodeOp>());
  llvm::for_each(nodes, transposeInput);
  FailureOr<SmallVector<LinearLayer>> selected = selectLayers(graph);
  if (failed(selected))
    return signalPassFailure();

  DeadOperations dead(graph);
  SmallVector<QuantizedLayer> entries;
  SmallVector<SmallVector<Operation *>> constants;
  for (const LinearLayer &layer : *selected) {
    auto type = cast<RankedTensorType>(layer.weight.getType());
    QuantizedLayer entry;
    entry.name = getNodeName(layer.node).str();
    entry.rows = layer.rows;
    entry.columns = layer.columns;
    entry.floatBytes =
        layer.rows * layer.columns * type.getElementTypeBitWidth() / 8;
    constants.push_back(findConstants(layer));
    Expected<Operation *> replaced = quantize(layer, entry);
    if (replaced) {
      ++numQuantized;
      dead.erase(*replaced);
    } else {
      entry.reason = toString(replaced.takeError());
      NodeOp node = layer.node;
      node.emitWarning("stays in float: ") << entry.reason;
    }
    entries.push_back(std::move(entry));
  }
  // Layers may share weights.
  for (auto [entry, ofLayer] : llvm::zip(entries, constants))
    entry.keepsFloat =
        entry.reason.empty() && llvm::any_of(ofLayer, [&](Operation *constant) {
          return !dead.contains(constant);
        });
  setQuantizedLayers(module, getQuantizerName(quantizer), entries);
}
