//===- IntegerProducts.cpp - Products of quantised tensors ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Convolution.h"
#include "Operators.h"
#include "Products.h"
#include "Quantization.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Factors are integers of 8 bits, whose products are summed in 32.
static LogicalResult checkFactors(NodeShapes &shapes,
                                  ArrayRef<unsigned> factors) {
  for (unsigned i : factors) {
    FailureOr<const TensorShape *> input = shapes.requireInput(i);
    if (failed(input))
      return failure();
    auto type = dyn_cast<IntegerType>((*input)->elementType);
    if (!type || type.getWidth() > 8 || type.getWidth() == 1)
      return shapes.fail("expects integers of at most 8 bits in input " +
                         Twine(i));
  }
  return success();
}

static bool isScalar(const TensorShape &shape) {
  return llvm::all_of(shape.dims,
                      [](AffineExpr dim) { return getConstantSize(dim) == 1; });
}

/// Checks that input `index`, if it is there, is one value, a vector of
/// `length`, or of as many dimensions as `factor` with 1 for the `summed`.
static LogicalResult checkPoint(NodeShapes &shapes, unsigned index,
                                AffineExpr length, const TensorShape &factor,
                                int64_t summed) {
  const TensorShape *point = shapes.getInput(index);
  if (!point || isScalar(*point))
    return success();
  bool isEqual = length && point->getRank() == 1 &&
                 simplifySize(point->dims[0]) == simplifySize(length);
  if (!isEqual && summed >= 0 && point->getRank() == factor.getRank() &&
      point->getRank() > 1) {
    isEqual = getConstantSize(point->dims[summed]) == 1;
    for (int64_t i = 0; i < factor.getRank(); ++i)
      isEqual &= i == summed ||
                 simplifySize(point->dims[i]) == simplifySize(factor.dims[i]);
  }
  return isEqual ? success()
                 : shapes.fail("expects one value in input " + Twine(index) +
                               " or one for each row or column");
}

/// The product of inputs `lhs` and `rhs` with scales (unless the same as the
/// factors) and zero points for rows of the left and columns of the right.
static LogicalResult inferProduct(NodeShapes &shapes, unsigned lhs,
                                  unsigned rhs, ArrayRef<unsigned> ofRows,
                                  ArrayRef<unsigned> ofColumns,
                                  Type elementType) {
  if (failed(checkFactors(shapes, {lhs, rhs})))
    return failure();
  const TensorShape &left = *shapes.getInput(lhs);
  const TensorShape &right = *shapes.getInput(rhs);
  FailureOr<SmallVector<AffineExpr>> dims =
      inferMatrixProduct(shapes, left.dims, right.dims);
  if (failed(dims))
    return failure();
  for (unsigned i : ofRows)
    if (failed(checkPoint(
            shapes, i, left.getRank() > 1 ? left.dims.end()[-2] : AffineExpr(),
            left, left.getRank() - 1)))
      return failure();
  for (unsigned i : ofColumns)
    if (failed(checkPoint(
            shapes, i, right.getRank() > 1 ? right.dims.back() : AffineExpr(),
            right, right.getRank() - 2)))
      return failure();
  shapes.setResult(0, elementType, *dims);
  return success();
}

static LogicalResult inferMatMulInteger(NodeShapes &shapes) {
  return inferProduct(shapes, 0, 1, {2}, {3},
                      IntegerType::get(shapes.getContext(), 32));
}

static LogicalResult inferConvInteger(NodeShapes &shapes) {
  if (failed(checkFactors(shapes, {0, 1})))
    return failure();
  const TensorShape &filters = *shapes.getInput(1);
  if (failed(checkPoint(shapes, 2, {}, *shapes.getInput(0), -1)) ||
      (filters.getRank() > 0 &&
       failed(checkPoint(shapes, 3, filters.dims[0], filters, -1))))
    return failure();
  return inferConvolution(shapes, 0, 1,
                          IntegerType::get(shapes.getContext(), 32));
}

/// The type of results quantised by the scale and zero point of inputs 6 and 7.
static FailureOr<Type> getQuantizedType(NodeShapes &shapes) {
  for (unsigned i = 0; i < 8; ++i)
    if (failed(shapes.requireInput(i)))
      return failure();
  if (!isScalar(*shapes.getInput(6)) || !isScalar(*shapes.getInput(7)))
    return shapes.fail("expects one scale and zero point of the result");
  for (unsigned i : {1u, 4u, 6u})
    if (!isa<FloatType>(shapes.getInput(i)->elementType))
      return shapes.fail("expects a scale of floats in input " + Twine(i));
  return shapes.getInput(7)->elementType;
}

static LogicalResult inferQLinearMatMul(NodeShapes &shapes) {
  FailureOr<Type> type = getQuantizedType(shapes);
  if (failed(type) || failed(checkFactors(shapes, {7})))
    return failure();
  return inferProduct(shapes, 0, 3, {1, 2}, {4, 5}, *type);
}

static LogicalResult inferQLinearConv(NodeShapes &shapes) {
  FailureOr<Type> type = getQuantizedType(shapes);
  if (failed(type) || failed(checkFactors(shapes, {0, 3, 7})))
    return failure();
  const TensorShape &filters = *shapes.getInput(3);
  for (unsigned i : {1u, 2u})
    if (!isScalar(*shapes.getInput(i)))
      return shapes.fail("expects one value in input " + Twine(i));
  if (filters.getRank() > 0)
    for (unsigned i : {4u, 5u, 8u})
      if (failed(checkPoint(shapes, i, filters.dims[0], filters, -1)))
        return failure();
  return inferConvolution(shapes, 0, 3, *type);
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

static Matrices getMatrices(NodeLowering &l, unsigned index) {
  if (!l.getInput(index))
    return {};
  const TensorShape &shape = l.getInputShape(index);
  return {l.getInput(index), shape.dims, shape.elementType};
}

static LogicalResult lowerMatMulInteger(NodeLowering &l) {
  l.setResult(0, createMatrixProduct(l, getMatrices(l, 0), getMatrices(l, 1),
                                     l.getResultShape(0).dims, l.b.getI32Type(),
                                     getMatrices(l, 2), getMatrices(l, 3)));
  return success();
}

static ConvolutionOperand getOperand(NodeLowering &l, unsigned index,
                                     unsigned zero) {
  ConvolutionOperand operand{l.getInput(index), &l.getInputShape(index)};
  if (Value point = l.getInput(zero)) {
    operand.zero = point;
    operand.zeroShape = &l.getInputShape(zero);
  }
  return operand;
}

static LogicalResult lowerConvInteger(NodeLowering &l) {
  FailureOr<Value> sums = createConvolution(
      l, getOperand(l, 0, 2), getOperand(l, 1, 3), l.b.getI32Type());
  if (failed(sums))
    return failure();
  l.setResult(0, *sums);
  return success();
}

/// Input `index` with its vector along dimension `axis` of the result.
static std::pair<Value, TensorShape> alignVector(NodeLowering &l,
                                                 unsigned index, int64_t axis) {
  TensorShape shape = l.getInputShape(index);
  SmallVector<AffineExpr> dims = shape.dims;
  if (dims.size() == 1 && !isScalar(shape))
    dims.append(l.getResultShape(0).getRank() - 1 - axis,
                l.b.getAffineConstantExpr(1));
  if (isScalar(shape))
    dims.clear();
  Value value = l.createReshape(l.getInput(index), shape.dims, dims);
  shape.dims = dims;
  return {value, shape};
}

/// Scales sums by those of the factors and of the result, and rounds. Scales of
/// the left factor are along dimension `rowAxis`, those of the right one and
/// the bias along `columnAxis`.
static LogicalResult setRequantized(NodeLowering &l, Value sums,
                                    int64_t rowAxis, int64_t columnAxis) {
  const TensorShape &result = l.getResultShape(0);
  TensorShape sumShape{l.b.getI32Type(), result.dims, std::nullopt,
                       ElementsAttr()};
  SmallVector<std::pair<Value, TensorShape>> inputs = {
      {sums, sumShape},
      alignVector(l, 1, rowAxis),
      alignVector(l, 4, columnAxis),
      alignVector(l, 6, 0),
      alignVector(l, 7, 0)};
  if (l.getInput(8))
    inputs.push_back(alignVector(l, 8, columnAxis));
  SmallVector<std::pair<Value, const TensorShape *>> operands;
  for (const auto &[value, shape] : inputs)
    operands.push_back({value, &shape});
  l.setResult(
      0,
      l.createElementwise(
          result.dims, result.elementType, operands,
          [&](ImplicitLocOpBuilder &b, ValueRange in) {
            Type f32 = b.getF32Type();
            auto widen = [&](unsigned i) {
              return l.castScalar(b, in[i], inputs[i].second.elementType, f32);
            };
            Value sum = in[0];
            if (in.size() > 5)
              sum = arith::AddIOp::create(b, sum, in[5]);
            Value scale = arith::DivFOp::create(
                b, arith::MulFOp::create(b, widen(1), widen(2)), widen(3));
            Value value = arith::MulFOp::create(
                b, l.castScalar(b, sum, b.getI32Type(), f32), scale);
            return createQuantized(l, b, value, widen(4), result.elementType);
          }));
  return success();
}

static LogicalResult lowerQLinearMatMul(NodeLowering &l) {
  int64_t rank = l.getResultShape(0).getRank();
  Value sums = createMatrixProduct(l, getMatrices(l, 0), getMatrices(l, 3),
                                   l.getResultShape(0).dims, l.b.getI32Type(),
                                   getMatrices(l, 2), getMatrices(l, 5));
  return setRequantized(l, sums, rank - 2, rank - 1);
}

static LogicalResult lowerQLinearConv(NodeLowering &l) {
  FailureOr<Value> sums = createConvolution(
      l, getOperand(l, 0, 2), getOperand(l, 3, 5), l.b.getI32Type());
  if (failed(sums))
    return failure();
  return setRequantized(l, *sums, 0, 1);
}

void mlir::onnx::addIntegerProductOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "ConvInteger", 10, inferConvInteger, lowerConvInteger},
      {"", "MatMulInteger", 10, inferMatMulInteger, lowerMatMulInteger},
      {"", "QLinearConv", 10, inferQLinearConv, lowerQLinearConv},
      {"", "QLinearMatMul", 10, inferQLinearMatMul, lowerQLinearMatMul},
  });
}
