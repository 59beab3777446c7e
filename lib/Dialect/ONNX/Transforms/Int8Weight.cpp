//===- Int8Weight.cpp - Weights of layers as 8-bit constants --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Int8Weight.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"

using namespace mlir;
using namespace mlir::onnx;
using bitnet::Int8Matrix;

static Value emitCodes(NodeEmitter &e, const Int8Matrix &matrix,
                       RankedTensorType type, bool areRowsOuter,
                       Location location) {
  std::vector<char> bytes(matrix.codes.size());
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column)
      bytes[areRowsOuter ? row * matrix.columns + column
                         : column * matrix.rows + row] =
          static_cast<char>(matrix.codes[row * matrix.columns + column]);
  std::string name = "weight";
  if (auto named = dyn_cast<NameLoc>(location))
    name = named.getName().str();
  return e.emitConstant(
      bitnet::makeConstant(type, name + ".int8", std::move(bytes)), location);
}

/// Whether every zero point is an i8.
static bool areCodes(ArrayRef<float> zeroPoints) {
  return llvm::all_of(zeroPoints, [](float zeroPoint) {
    return zeroPoint >= -128 && zeroPoint <= 127;
  });
}

static Value emitVector(NodeEmitter &e, ArrayRef<float> numbers, Type type) {
  SmallVector<int64_t, 1> shape;
  if (numbers.size() > 1)
    shape.push_back(numbers.size());
  auto tensor = RankedTensorType::get(shape, type);
  if (type.isF32())
    return e.emitConstant(DenseElementsAttr::get(tensor, numbers));
  auto integers = llvm::map_to_vector(
      numbers, [](float number) { return static_cast<int8_t>(number); });
  return e.emitConstant(
      DenseElementsAttr::get(tensor, ArrayRef<int8_t>(integers)));
}

Value onnx::emitRowNumbers(NodeEmitter &e, ArrayRef<float> numbers,
                           bool areRowsOuter) {
  Type f32 = e.getBuilder().getF32Type();
  if (numbers.size() == 1 || !areRowsOuter)
    return emitVector(e, numbers, f32);
  auto type = RankedTensorType::get({int64_t(numbers.size()), 1}, f32);
  return e.emitConstant(DenseElementsAttr::get(type, numbers));
}

Int8Weight onnx::emitInt8Weight(NodeEmitter &e, const Int8Matrix &matrix,
                                ArrayRef<int64_t> shape, bool areRowsOuter,
                                Location name) {
  Builder &b = e.getBuilder();
  auto type = RankedTensorType::get(shape, b.getF32Type());
  Value codes =
      emitCodes(e, matrix, type.clone(b.getI8Type()), areRowsOuter, name);
  int64_t groups = matrix.scales.size();
  int64_t bytes = matrix.codes.size() + groups * sizeof(float);
  if (!areCodes(matrix.zeroPoints)) {
    Value shifted =
        e.emit("Sub", type,
               {e.emitCast(codes, b.getF32Type()),
                emitRowNumbers(e, matrix.zeroPoints, areRowsOuter)});
    Value scaled = e.emit(
        "Mul", type, {shifted, emitRowNumbers(e, matrix.scales, areRowsOuter)});
    return {codes, scaled, bytes + groups * int64_t(sizeof(float))};
  }
  SmallVector<Value> inputs = {codes,
                               emitVector(e, matrix.scales, b.getF32Type())};
  if (!matrix.zeroPoints.empty())
    inputs.push_back(emitVector(e, matrix.zeroPoints, b.getI8Type()));
  SmallVector<NamedAttribute, 1> attributes;
  if (groups > 1)
    attributes.push_back(
        e.attr("axis", int64_t(shape.size()) - (areRowsOuter ? 2 : 1)));
  return {codes, e.emit("DequantizeLinear", type, inputs, attributes),
          bytes + int64_t(matrix.zeroPoints.size())};
}
