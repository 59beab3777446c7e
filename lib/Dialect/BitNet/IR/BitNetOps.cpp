//===- BitNetOps.cpp - Verifiers and folders of the bitnet dialect --------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each check carries the label of the constraint in BitNetOps.td that it
// enforces.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;

#define GET_OP_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Shared checks
//===----------------------------------------------------------------------===//

/// Columns of a tensor of rows.
static int64_t getColumns(Value value) {
  return cast<RankedTensorType>(value.getType()).getDimSize(1);
}

static LogicalResult expectColumns(Operation *op, StringRef what, Value value,
                                   int64_t expected) {
  if (getColumns(value) != expected)
    return op->emitOpError("expects ") << what << " to have " << expected
                                       << " columns, found " << value.getType();
  return success();
}

static LogicalResult expectPositive(Operation *op, StringRef what,
                                    double value) {
  if (!(value > 0) || !std::isfinite(value))
    return op->emitOpError("expects ")
           << what << " to be positive and finite, found " << value;
  return success();
}

/// A bound below which 127 / a would not be finite is none.
static LogicalResult expectFloor(Operation *op, const APFloat &floor) {
  double value = floor.convertToDouble();
  if (!(value >= double(smallestFloor)) || !std::isfinite(value))
    return op->emitOpError("expects floor to be finite and at least 1e-30, "
                           "found ")
           << value;
  return success();
}

static LogicalResult expectBytes(Operation *op, ElementsAttr data) {
  auto type = dyn_cast<RankedTensorType>(data.getType());
  if (!type || type.getRank() != 1 || !type.getElementType().isInteger(8))
    return op->emitOpError("expects data to be a rank-1 i8 tensor, found ")
           << data.getType();
  return success();
}

static LogicalResult expectElements(Operation *op, StringRef what, Value value,
                                    int64_t expected) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getDimSize(0) != expected)
    return op->emitOpError("expects ")
           << what << " to have " << expected << " elements, found " << type;
  return success();
}

//===----------------------------------------------------------------------===//
// Constants and data
//===----------------------------------------------------------------------===//

void WeightOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "weight");
}

LogicalResult WeightOp::verify() {
  MatrixType type = getResult().getType();
  // weight_c1
  if (failed(expectBytes(*this, getData())))
    return failure();
  if (getData().getNumElements() != type.getByteSize())
    return emitOpError("expects ")
           << type.getByteSize() << " bytes of data for " << type << ", found "
           << getData().getNumElements();
  // weight_c3
  if (isa<StoredAttr>(type.getEncoding()) && getScales() &&
      getScales()->getNumElements() != 1)
    return emitOpError("expects at most one scale beside ")
           << type.getEncoding() << ", which has its own, found "
           << getScales()->getType();
  bool isInt8 = isa<Int8Attr>(type.getEncoding());
  if ((type.isTernary() || type.isBinary() || isInt8) && !getScales())
    return emitOpError("expects scales with ternary, binary or int8 data");
  // weight_c5
  std::optional<ElementsAttr> scales = getScales();
  bool hasBlocks = scales && cast<ShapedType>(scales->getType()).getRank() > 1;
  if (getOffsets() &&
      (type.getWeightKind() != WeightKind::Int8 || !hasBlocks ||
       getOffsets()->getShapedType() != scales->getShapedType()))
    return emitOpError("expects offsets only beside int8 data with scales of "
                       "blocks, and of their type, found ")
           << getOffsets()->getShapedType();
  // weight_c2
  if (!scales)
    return success();
  auto shaped = cast<ShapedType>(scales->getType());
  int64_t rows = type.getRows(), count = scales->getNumElements();
  if (scales->getElementType().isF32() && shaped.getRank() == 1 &&
      (count == 1 || count == rows))
    return success();
  std::optional<WeightKind> kind = type.getWeightKind();
  if (!kind)
    return emitOpError("expects scales to be 1 or ")
           << rows << " f32 values, found " << scales->getType();
  // weight_c4
  auto layout = dyn_cast<LayoutAttr>(type.getEncoding());
  int64_t granule = kind == WeightKind::Int8 ? 16 : 32;
  SmallVector<int64_t> shape = {rows, 0};
  if (layout)
    shape = {layout.getTileCount(rows), 0, layout.getTileRows()};
  bool isOfBlocks = (scales->getElementType().isF32() ||
                     (layout && scales->getElementType().isF16())) &&
                    shaped.getRank() == static_cast<int64_t>(shape.size()) &&
                    shaped.getDimSize(1) > 0 &&
                    type.getColumns() % (granule * shaped.getDimSize(1)) == 0;
  if (isOfBlocks) {
    shape[1] = shaped.getDimSize(1);
    if (shaped.getShape() == ArrayRef(shape))
      return success();
  }
  InFlightDiagnostic diagnostic = emitOpError("expects scales to be 1, ");
  diagnostic << rows << " or " << shape[0] << "xB";
  if (layout)
    diagnostic << "x" << shape[2];
  return diagnostic << " f32 values, B blocks of a multiple of " << granule
                    << " columns each, found " << scales->getType();
}

int64_t WeightOp::getBlockColumns() {
  if (!getScales())
    return 0;
  auto type = cast<ShapedType>(getScales()->getType());
  return type.getRank() > 1
             ? getResult().getType().getColumns() / type.getDimSize(1)
             : 0;
}

// tokenizer_c1
LogicalResult TokenizerOp::verify() { return expectBytes(*this, getData()); }

// chat_template_c1
LogicalResult ChatTemplateOp::verify() { return expectBytes(*this, getData()); }

//===----------------------------------------------------------------------===//
// Embedding and output head
//===----------------------------------------------------------------------===//

LogicalResult EmbeddingOp::verify() {
  MatrixType table = getTable().getType();
  // embedding_c1
  if (failed(
          expectColumns(*this, "the result", getResult(), table.getColumns())))
    return failure();
  if (getResult().getType().getDimSize(0) !=
      getTokens().getType().getDimSize(0))
    return emitOpError("expects as many rows as tokens, found ")
           << getResult().getType() << " for " << getTokens().getType();
  // embedding_c3
  if (getScale() &&
      failed(expectPositive(*this, "scale", getScale()->convertToDouble())))
    return failure();
  // embedding_c2
  if (isa<Int8Attr>(table.getEncoding()))
    return emitOpError("expects a table with rows to look up, found ") << table;
  return success();
}

LogicalResult OutputHeadOp::verify() {
  MatrixType table = getTable().getType();
  // output_head_c1
  if (failed(
          expectColumns(*this, "the input", getInput(), table.getColumns())) ||
      failed(expectColumns(*this, "the result", getResult(), table.getRows())))
    return failure();
  // output_head_c2
  if (table.isTernary() || table.isBinary() ||
      isa<Int8Attr>(table.getEncoding()))
    return emitOpError("expects a table of numbers, found ") << table;
  return success();
}

LogicalResult SelectRowsOp::verify() {
  // select_rows_c1
  return expectColumns(*this, "the result", getResult(),
                       getColumns(getInput()));
}

//===----------------------------------------------------------------------===//
// Normalisation and quantisation
//===----------------------------------------------------------------------===//

/// Checks that heads of `headSize` fill the columns of `input`.
static LogicalResult expectHeads(Operation *op, Value input, int64_t headSize) {
  if (headSize < 1 || getColumns(input) % headSize != 0)
    return op->emitOpError("expects head_size to divide the columns of ")
           << input.getType() << ", found " << headSize;
  return success();
}

LogicalResult RMSNormOp::verify() {
  // rms_norm_c3
  int64_t columns = getHeadSize().value_or(getColumns(getInput()));
  if (failed(expectHeads(*this, getInput(), columns)))
    return failure();
  // rms_norm_c1
  if (failed(expectElements(*this, "the weight", getWeight(), columns)))
    return failure();
  // rms_norm_c2
  return expectPositive(*this, "eps", getEps().convertToDouble());
}

LogicalResult QuantizeActivationsOp::verify() {
  int64_t columns = getColumns(getInput());
  // quantize_activations_c1
  if (getColumns(getValues()) < columns)
    return emitOpError("expects values to have at least ")
           << columns << " columns, found " << getValues().getType();
  // quantize_activations_c2
  if (bool(getGate()) != getActivation().has_value())
    return emitOpError("expects activation exactly with a gate");
  if (getGate() && failed(expectColumns(*this, "the gate", getGate(), columns)))
    return failure();
  // quantize_activations_c3
  if (bool(getNorm()) != getEps().has_value())
    return emitOpError("expects eps exactly with a norm");
  if (getNorm() &&
      (failed(expectElements(*this, "the norm", getNorm(), columns)) ||
       failed(expectPositive(*this, "eps", getEps()->convertToDouble()))))
    return failure();
  // quantize_activations_c4
  return expectFloor(*this, getFloor());
}

LogicalResult QuantizationErrorOp::verify() {
  // quantization_error_c1
  if (getColumns(getValues()) < getColumns(getInput()))
    return emitOpError("expects values to have at least ")
           << getColumns(getInput()) << " columns, found "
           << getValues().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Linear layers
//===----------------------------------------------------------------------===//

LogicalResult BitLinearOp::verify() {
  MatrixType weight = getWeight().getType();
  // bit_linear_c1
  if (failed(
          expectColumns(*this, "the input", getInput(), weight.getColumns())) ||
      failed(expectColumns(*this, "the result", getResult(), weight.getRows())))
    return failure();
  // bit_linear_c2
  return expectFloor(*this, getFloor());
}

LogicalResult QuantizedLinearOp::verify() {
  MatrixType weight = getWeight().getType();
  // quantized_linear_c1
  if (!weight.getWeightKind())
    return emitOpError(
               "expects a ternary or binary weight or one of int8, found ")
           << weight;
  // quantized_linear_c2
  if (getColumns(getValues()) < weight.getColumns())
    return emitOpError("expects values to have at least ")
           << weight.getColumns() << " columns, found "
           << getValues().getType();
  // quantized_linear_c3
  if (failed(expectColumns(*this, "the result", getResult(), weight.getRows())))
    return failure();
  if (getResidual() && getResidual().getType() != getResult().getType())
    return emitOpError("expects a residual of type ")
           << getResult().getType() << ", found " << getResidual().getType();
  // quantized_linear_c4
  if (!getRemainders().empty() && getRemainders().size() != 6)
    return emitOpError(
               "expects remainders of two parts of three tensors, found ")
           << getRemainders().size() << " tensors";
  Value first[] = {getValues(), getScales(), getSums()};
  for (auto [i, remainder] : llvm::enumerate(getRemainders()))
    if (remainder.getType() != first[i % 3].getType())
      return emitOpError("expects a remainder of type ")
             << first[i % 3].getType() << ", found " << remainder.getType();
  return success();
}

OpOperand &QuantizedLinearOp::getPartValuesMutable(int64_t part) {
  return part == 0 ? getValuesMutable()
                   : getRemaindersMutable()[3 * (part - 1)];
}

LogicalResult LookupTablesOp::verify() {
  // lookup_tables_c1
  int64_t stepColumns = getLaneFormat(getElement()).columns;
  int64_t stepBytes = getLookupTableBytes(getElement(), stepColumns);
  if (stepBytes == 0)
    return emitOpError("expects elements that kernels look up, found ")
           << stringifyElementKind(getElement());
  // lookup_tables_c2
  int64_t bytes = getColumns(getTables());
  if (bytes % stepBytes != 0)
    return emitOpError("expects a result of whole steps of ")
           << stepBytes << " bytes, found " << getTables().getType();
  // lookup_tables_c3
  int64_t columns = bytes / stepBytes * stepColumns;
  if (getColumns(getValues()) < columns)
    return emitOpError("expects values of at least ")
           << columns << " columns, found " << getValues().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

LogicalResult AddBiasOp::verify() {
  // add_bias_c1
  return expectElements(*this, "the bias", getBias(), getColumns(getInput()));
}

LogicalResult ColumnsOp::verify() {
  // columns_c1
  int64_t offset = getOffset(), count = getColumns(getResult());
  if (offset < 0 || offset > getColumns(getInput()) - count)
    return emitOpError("expects ")
           << count << " columns from " << offset << " on to lie within "
           << getInput().getType();
  return success();
}

OpFoldResult ColumnsOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType() && getOffset() == 0)
    return getInput();
  // Columns of columns.
  if (auto inner = getInput().getDefiningOp<ColumnsOp>()) {
    setOffset(getOffset() + inner.getOffset());
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

LogicalResult RotationTableOp::verify() {
  // rotation_table_c1
  int64_t pairs = getType().getDimSize(1);
  if (static_cast<int64_t>(getFrequencies().size()) != pairs)
    return emitOpError("expects ") << pairs << " frequencies for " << getType()
                                   << ", found " << getFrequencies().size();
  for (double frequency : getFrequencies())
    if (failed(expectPositive(*this, "frequencies", frequency)))
      return failure();
  // rotation_table_c2
  return expectPositive(*this, "amplitude", getAmplitude().convertToDouble());
}

/// Checks that the rotated pairs of `table` fit into heads of `headSize`.
static LogicalResult expectPairsFit(Operation *op, Value table,
                                    int64_t headSize) {
  int64_t pairs = cast<RankedTensorType>(table.getType()).getDimSize(1);
  if (2 * pairs > headSize)
    return op->emitOpError("expects at most ")
           << headSize / 2 << " pairs in heads of " << headSize << ", found "
           << pairs;
  return success();
}

LogicalResult RopeOp::verify() {
  // rope_c1
  if (failed(expectHeads(*this, getInput(), getHeadSize())))
    return failure();
  // rope_c2
  return expectPairsFit(*this, getTable(), getHeadSize());
}

LogicalResult AttentionOp::verify() {
  KVCacheType cache = getCache().getType();
  int64_t columns = cache.getHeads() * cache.getHeadSize();
  // attention_c1
  if (failed(expectColumns(*this, "the key", getKey(), columns)) ||
      failed(expectColumns(*this, "the value", getValue(), columns)))
    return failure();
  if (getColumns(getQuery()) % columns != 0)
    return emitOpError("expects the query to have a multiple of ")
           << columns << " columns, found " << getQuery().getType();
  if (getResult().getType() != getQuery().getType())
    return emitOpError("expects a result of type ")
           << getQuery().getType() << ", found " << getResult().getType();
  // attention_c2
  if (getLayer() >= uint64_t(cache.getLayers()))
    return emitOpError("expects a layer below ")
           << cache.getLayers() << ", found " << getLayer();
  // attention_c3
  if (getInterleaved() && !getTable())
    return emitOpError("expects interleaved only with a rotation table");
  if (getTable() &&
      failed(expectPairsFit(*this, getTable(), cache.getHeadSize())))
    return failure();
  // attention_c4
  if (getWindow() && static_cast<int64_t>(*getWindow()) < 1)
    return emitOpError("expects window to be positive, found ")
           << static_cast<int64_t>(*getWindow());
  if (getScale())
    return expectPositive(*this, "scale", getScale()->convertToDouble());
  return success();
}
