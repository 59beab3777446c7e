//===- LayerQuantizer.cpp - Quantises linear layers -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "LayerQuantizer.h"
#include "LinearEmitter.h"
#include "OutlierProduct.h"
#include "RecognitionReport.h"
#include "bitnet/Weights/Binarize.h"
#include "bitnet/Weights/Ternarize.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;
using namespace mlir::onnx;
using bitnet::Int8Matrix;
using bitnet::ScaleGroups;
using bitnet::StoredMatrix;
using llvm::Expected;

ScaleGroups LayerQuantizer::getGroups(int64_t rows) const {
  bool isOfRows = options.granularity == QuantizationGranularity::Row ||
                  (options.granularity == QuantizationGranularity::Auto &&
                   options.quantizer == LinearQuantizer::Int8Outliers);
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
    return trits->getTrit(row, k) * trits->getScale(row, k);
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

Expected<Value> LayerQuantizer::quantizeToTritsOrBits(const LinearLayer &layer,
                                                      const FloatMatrix &matrix,
                                                      QuantizedLayer &entry) {
  Expected<QuantizedWeight> weight =
      (options.quantizer == LinearQuantizer::Sign ? quantizeToBits
                                                  : quantizeToTrits)(
          matrix, getGroups(matrix.rows), context, entry.error);
  if (!weight)
    return weight.takeError();
  const QuantizedWeight::Part &part = weight->parts.front();
  entry.scaleCount = part.scales.size();
  entry.bytes = part.bytes.size() + entry.scaleCount * sizeof(float);
  weight->scaleRows(layer.alpha);

  NodeOp node = layer.node;
  LinearEmitter emitter(node);
  auto type = cast<RankedTensorType>(node.getOutputs()[0].getType());
  Location name = getWeightName(layer.weight);
  ActivationMode mode{activationFloor};
  Value result =
      layer.isWeightOnLeft
          ? emitter.emitLinearOfColumns(layer.input, *weight, name, mode, type)
          : emitter.emitLinear(layer.input, *weight, name, mode, type);
  if (layer.bias)
    result = emitter.emitBias(result, layer.bias, layer.beta);
  return result;
}

//===----------------------------------------------------------------------===//
// 8 bits
//===----------------------------------------------------------------------===//

Expected<const LayerQuantizer::WrittenWeight *>
LayerQuantizer::writeInt8(const LinearLayer &layer, const FloatMatrix &matrix,
                          ArrayRef<int64_t> shape, bool areRowsOuter) {
  WrittenWeight &weight =
      written[{layer.weight.getAsOpaquePointer(), areRowsOuter}];
  if (weight.operand.codes)
    return &weight;
  Expected<Int8Matrix> codes =
      (options.quantizer == LinearQuantizer::ZeroPointInt8
           ? bitnet::quantizeZeroPoint
           : bitnet::quantizeAbsMax)(matrix.getRows(0, matrix.rows),
                                     getGroups(matrix.rows));
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

Value LayerQuantizer::multiplyDequantized(const LinearLayer &layer,
                                          const WrittenWeight &weight) {
  NodeOp node = layer.node;
  NodeEmitter e(node);
  Type type = getElementTypeOrSelf(layer.weight.getType());
  Value operand = e.emitCast(weight.operand.dequantized, type);
  Operation *product = OpBuilder(node).clone(*node);
  product->setOperand(layer.isWeightOnLeft ? 0 : 1, operand);
  return product->getResult(0);
}

Value LayerQuantizer::multiplyButOutliers(const LinearLayer &layer,
                                          const WrittenWeight &weight) {
  NodeOp node = layer.node;
  Type type = getElementTypeOrSelf(node.getOutputs()[0].getType());
  NodeEmitter e(node);
  Value result = emitOutlierProduct(e, layer, weight.operand, weight.scales,
                                    options.outlierThreshold);
  auto resultType = cast<RankedTensorType>(result.getType());
  if (layer.alpha != 1)
    result = e.emit(
        "Mul", resultType,
        {result, e.emitScalar(e.getBuilder().getF32Type(), layer.alpha)});
  result = e.emitCast(result, type);
  if (layer.bias)
    result = LinearEmitter(node).emitBias(result, layer.bias, layer.beta);
  return result;
}

//===----------------------------------------------------------------------===//
// All quantisers
//===----------------------------------------------------------------------===//

Expected<Value> LayerQuantizer::quantize(const LinearLayer &layer,
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
  if (options.quantizer == LinearQuantizer::AbsMean ||
      options.quantizer == LinearQuantizer::Sign)
    return quantizeToTritsOrBits(layer, matrix, entry);

  bool hasOutliers = options.quantizer == LinearQuantizer::Int8Outliers;
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
  return hasOutliers ? multiplyButOutliers(layer, **weight)
                     : multiplyDequantized(layer, **weight);
}
