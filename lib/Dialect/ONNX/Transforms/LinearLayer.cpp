//===- LinearLayer.cpp - Products with constant matrices ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "LinearLayer.h"
#include "BlockQuantizedMatrix.h"
#include "ConstantEvaluator.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::onnx;

static constexpr StringLiteral microsoft = "com.microsoft";

/// The rank of a tensor; 0: it is none.
static int64_t getRank(Value value) {
  auto type =
      value ? dyn_cast<RankedTensorType>(value.getType()) : RankedTensorType();
  return type ? type.getRank() : 0;
}

/// The last two extents of a constant, which others of extent 1 may precede up
/// to `rank`. Nothing for other values.
static std::optional<std::pair<int64_t, int64_t>> getMatrixShape(Value value,
                                                                 int64_t rank) {
  if (getRank(value) < 2 || getRank(value) > rank)
    return std::nullopt;
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.hasStaticShape() || type.getNumElements() == 0 ||
      llvm::any_of(type.getShape().drop_back(2),
                   [](int64_t extent) { return extent != 1; }) ||
      !isConstant(value))
    return std::nullopt;
  return std::pair(type.getShape().end()[-2], type.getShape().end()[-1]);
}

/// Whether input and result have the shapes that the matrix asks for, as far as
/// they are known.
static bool haveRightShapes(const LinearLayer &layer) {
  NodeOp node = layer.node;
  auto input = dyn_cast<RankedTensorType>(layer.input.getType());
  auto result = dyn_cast<RankedTensorType>(node.getOutputs()[0].getType());
  if (!input || !result ||
      !isa<FloatType>(input.getElementType()) != layer.isInteger)
    return false;
  SmallVector<int64_t> expectedInput(input.getShape());
  int64_t axis = input.getRank() - (layer.isWeightOnLeft ? 2 : 1);
  expectedInput[axis] = layer.columns;
  SmallVector<int64_t> expectedResult = expectedInput;
  expectedResult[axis] = layer.rows;
  return succeeded(verifyCompatibleShape(input.getShape(), expectedInput)) &&
         succeeded(verifyCompatibleShape(result.getShape(), expectedResult));
}

static std::optional<LinearLayer> matchBlockQuantized(NodeOp node) {
  LinearLayer layer;
  layer.node = node;
  layer.input = node.getInput(0);
  layer.weight = node.getInput(1);
  layer.bias = node.getInput(5);
  layer.rows = node.getInt("N", 0);
  layer.columns = node.getInt("K", 0);
  // A g_idx permutes the columns.
  if (getRank(layer.input) < 2 || !layer.weight || !node.getInput(2) ||
      node.getInput(4) || layer.rows <= 0 || layer.columns <= 0 ||
      !isConstant(layer.weight))
    return std::nullopt;
  return layer;
}

std::optional<LinearLayer> LinearLayer::match(NodeOp node) {
  if (node->getNumResults() != 1)
    return std::nullopt;
  if (node.is("MatMulNBits", microsoft)) {
    std::optional<LinearLayer> layer = matchBlockQuantized(node);
    if (!layer || !haveRightShapes(*layer))
      return std::nullopt;
    layer->areRowsOuter = true;
    return layer;
  }
  bool isGemm = node.is("Gemm");
  bool isFused = node.is("FusedMatMul", microsoft);
  bool isInteger = node.is("MatMulInteger");
  if (!isGemm && !isFused && !isInteger && !node.is("MatMul"))
    return std::nullopt;
  LinearLayer layer;
  layer.node = node;
  layer.isInteger = isInteger;
  if (isGemm || isFused)
    layer.alpha = node.getFloat("alpha", 1);
  if (isGemm) {
    layer.beta = node.getFloat("beta", 1);
    layer.bias = node.getInput(2);
  }
  // A zero point of the activations shifts the product.
  if (isInteger && node.getInput(2) && evaluateScalar(node.getInput(2)) != 0)
    return std::nullopt;
  if (node.getInt("transBatchA", 0) || node.getInt("transBatchB", 0))
    return std::nullopt;

  Value lhs = node.getInput(0), rhs = node.getInput(1);
  bool isLeftTransposed = node.getInt("transA", 0) != 0;
  bool isRightTransposed = node.getInt("transB", 0) != 0;
  std::optional<std::pair<int64_t, int64_t>> shape;
  if (!isLeftTransposed && (shape = getMatrixShape(rhs, getRank(lhs)))) {
    layer.input = lhs;
    layer.weight = rhs;
    layer.areRowsOuter = isRightTransposed;
  } else if (!isRightTransposed && !isGemm && !isInteger &&
             (shape = getMatrixShape(lhs, getRank(rhs)))) {
    layer.input = rhs;
    layer.weight = lhs;
    layer.isWeightOnLeft = true;
    layer.areRowsOuter = !isLeftTransposed;
  } else {
    return std::nullopt;
  }
  auto [outer, inner] = *shape;
  layer.rows = layer.areRowsOuter ? outer : inner;
  layer.columns = layer.areRowsOuter ? inner : outer;
  if (!haveRightShapes(layer))
    return std::nullopt;
  return layer;
}

std::optional<ConstantTensor> LinearLayer::evaluateWeight() const {
  NodeOp op = node;
  if (op.is("MatMulNBits", microsoft))
    return dequantizeBlocks(op);
  std::optional<ConstantTensor> matrix = evaluateConstant(weight);
  if (!matrix || !isInteger || !op.getInput(3))
    return matrix;
  std::optional<float> zeroPoint = evaluateScalar(op.getInput(3));
  if (!zeroPoint)
    return std::nullopt;
  for (float &value : matrix->values)
    value -= *zeroPoint;
  return matrix;
}

MatrixView LinearLayer::getView(const ConstantTensor &matrix) const {
  return {matrix.values, rows, columns, areRowsOuter ? columns : 1,
          areRowsOuter ? 1 : rows};
}
