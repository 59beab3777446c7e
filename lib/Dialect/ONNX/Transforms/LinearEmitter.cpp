//===- LinearEmitter.cpp - Writes layers on rows --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "LinearEmitter.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::onnx;

static RankedTensorType getType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

Value LinearEmitter::emitNode(StringRef operatorType, int64_t version,
                              ValueRange inputs, RankedTensorType type,
                              ArrayRef<NamedAttribute> attributes) {
  auto node = NodeOp::create(b, location, TypeRange(type), inputs, operatorType,
                             /*domain=*/"", version);
  for (NamedAttribute attribute : attributes)
    node->setDiscardableAttr(attribute.getName(), attribute.getValue());
  return node.getOutputs()[0];
}

Value LinearEmitter::emitTranspose(Value value) {
  RankedTensorType type = getType(value);
  SmallVector<int64_t> shape(type.getShape());
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  std::swap(shape.end()[-1], shape.end()[-2]);
  std::swap(permutation.end()[-1], permutation.end()[-2]);
  return emitNode("Transpose", 13, value, type.clone(shape),
                  b.getNamedAttr("perm", b.getDenseI64ArrayAttr(permutation)));
}

Value LinearEmitter::emitCast(Value value, Type type) {
  if (getType(value).getElementType() == type)
    return value;
  // TensorProto.DataType.
  int64_t code = type.isF32() ? 1 : type.isF16() ? 10 : type.isBF16() ? 16 : 11;
  return emitNode("Cast", 13, value, getType(value).clone(type),
                  b.getNamedAttr("to", b.getI64IntegerAttr(code)));
}

Value LinearEmitter::emitShapeCast(Value value, RankedTensorType type) {
  if (getType(value).getShape() == type.getShape())
    return value;
  return tensor::CastOp::create(b, location,
                                getType(value).clone(type.getShape()), value);
}

Value LinearEmitter::emitBias(Value value, Value bias, float factor) {
  RankedTensorType type = getType(bias);
  if (factor != 1) {
    auto scalar = RankedTensorType::get({}, type.getElementType());
    auto element = b.getFloatAttr(type.getElementType(), double(factor));
    Value constant = ConstantOp::create(
        b, location, scalar, DenseElementsAttr::get(scalar, element));
    bias = emitNode("Mul", 14, {bias, constant}, type, {});
  }
  return emitNode("Add", 14, {value, bias}, getType(value), {});
}

/// The groups of dimensions that become rows and columns.
static SmallVector<ReassociationIndices> getRowGroups(int64_t rank) {
  return {llvm::to_vector<2>(llvm::seq<int64_t>(0, rank - 1)), {rank - 1}};
}

static bitnet::WeightOp emitWeight(OpBuilder &b, Location location,
                                   const QuantizedWeight &weight,
                                   const QuantizedWeight::Part &part) {
  std::string name = "weight";
  if (auto named = dyn_cast<NameLoc>(location))
    name = named.getName().str();
  auto dataType =
      RankedTensorType::get({int64_t(part.bytes.size())}, b.getI8Type());
  bool isBinary = isa<bitnet::BitsAttr>(part.encoding);
  ElementsAttr data =
      bitnet::makeConstant(dataType, name + (isBinary ? ".bits" : ".trits"),
                           std::vector<char>(part.bytes));
  auto scales = DenseElementsAttr::get(
      RankedTensorType::get(part.scalesShape, b.getF32Type()),
      ArrayRef<float>(part.scales));
  return bitnet::WeightOp::create(
      b, location,
      bitnet::MatrixType::get(b.getContext(), weight.rows, weight.columns,
                              part.encoding),
      data, scales);
}

Value LinearEmitter::emitLinear(Value input, const QuantizedWeight &weight,
                                Location name, const ActivationMode &mode,
                                RankedTensorType type) {
  input = emitCast(input, b.getF32Type());
  SmallVector<int64_t> shape(getType(input).getShape());
  shape.back() = weight.columns;
  input = emitShapeCast(input, getType(input).clone(shape));
  Value rows = input;
  SmallVector<ReassociationIndices> groups = getRowGroups(shape.size());
  if (shape.size() > 2)
    rows = tensor::CollapseShapeOp::create(b, location, input, groups);

  int64_t rowCount = getType(rows).getDimSize(0);
  auto resultType =
      RankedTensorType::get({rowCount, weight.rows}, b.getF32Type());
  Value result;
  for (const QuantizedWeight::Part &part : weight.parts) {
    auto layer = bitnet::BitLinearOp::create(
        b, location, resultType, rows, emitWeight(b, name, weight, part),
        b.getF32FloatAttr(mode.floor),
        mode.isReciprocal ? b.getUnitAttr() : UnitAttr(),
        mode.isFloat ? b.getUnitAttr() : UnitAttr(),
        /*keep_weights=*/UnitAttr());
    result = result
                 ? bitnet::AddOp::create(b, location, result, layer).getResult()
                 : layer.getResult();
  }
  if (shape.size() > 2) {
    SmallVector<OpFoldResult> sizes;
    for (int64_t dim : llvm::seq<int64_t>(0, shape.size() - 1))
      sizes.push_back(tensor::getMixedSize(b, location, input, dim));
    sizes.push_back(b.getIndexAttr(weight.rows));
    shape.back() = weight.rows;
    result = tensor::ExpandShapeOp::create(
        b, location, RankedTensorType::get(shape, b.getF32Type()), result,
        groups, sizes);
  }
  return emitCast(emitShapeCast(result, type), type.getElementType());
}

Value LinearEmitter::emitLinearOfColumns(Value input,
                                         const QuantizedWeight &weight,
                                         Location name,
                                         const ActivationMode &mode,
                                         RankedTensorType type) {
  SmallVector<int64_t> shape(type.getShape());
  std::swap(shape.end()[-1], shape.end()[-2]);
  return emitTranspose(
      emitLinear(emitTranspose(input), weight, name, mode, type.clone(shape)));
}
