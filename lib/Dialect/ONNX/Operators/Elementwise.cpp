//===- Elementwise.cpp - What operators on each element share -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

LogicalResult mlir::onnx::checkElements(NodeShapes &shapes,
                                        bool (*isExpected)(Type),
                                        StringRef what) {
  FailureOr<const TensorShape *> first = shapes.requireInput(0);
  if (failed(first))
    return failure();
  Type type = (*first)->elementType;
  auto print = [](Type found) {
    std::string text;
    llvm::raw_string_ostream(text) << found;
    return text;
  };
  if (!isExpected(type))
    return shapes.fail("expects " + what + ", found " + print(type));
  for (unsigned i = 1; i < shapes.getNumInputs(); ++i)
    if (const TensorShape *input = shapes.getInput(i))
      if (input->elementType != type)
        return shapes.fail("expects inputs of one element type, found " +
                           print(type) + " and " + print(input->elementType));
  return success();
}

FailureOr<SmallVector<AffineExpr>>
mlir::onnx::broadcastInputs(NodeShapes &shapes) {
  SmallVector<ArrayRef<AffineExpr>> dims;
  for (unsigned i = 0; i < shapes.getNumInputs(); ++i)
    if (const TensorShape *input = shapes.getInput(i))
      dims.push_back(input->dims);
  if (dims.empty())
    return shapes.fail("expects an input");
  return shapes.broadcast(dims);
}

std::optional<SmallVector<AffineExpr>>
mlir::onnx::foldContents(NodeShapes &shapes,
                         function_ref<AffineExpr(ArrayRef<AffineExpr>)> fold) {
  // Elements correspond where shapes differ in leading ones at most.
  ArrayRef<AffineExpr> largest;
  size_t count = 1;
  auto dropOnes = [](ArrayRef<AffineExpr> dims) {
    return dims.drop_while(
        [](AffineExpr dim) { return getConstantSize(dim) == 1; });
  };
  for (unsigned i = 0; i < shapes.getNumInputs(); ++i) {
    const TensorShape *input = shapes.getInput(i);
    if (!input || !input->contents)
      return std::nullopt;
    if (input->contents->size() == 1)
      continue;
    if (count != 1 && dropOnes(input->dims) != largest)
      return std::nullopt;
    count = input->contents->size();
    largest = dropOnes(input->dims);
  }
  SmallVector<AffineExpr> contents;
  for (size_t element = 0; element < count; ++element) {
    SmallVector<AffineExpr> operands;
    for (unsigned i = 0; i < shapes.getNumInputs(); ++i) {
      ArrayRef<AffineExpr> values = *shapes.getInput(i)->contents;
      operands.push_back(values[values.size() == 1 ? 0 : element]);
    }
    AffineExpr value = fold(operands);
    if (!value)
      return std::nullopt;
    contents.push_back(simplifySize(value));
  }
  return contents;
}

static LogicalResult inferSame(NodeShapes &shapes) {
  const TensorShape &input = *shapes.getInput(0);
  shapes.setResult(0, input.elementType, input.dims);
  return success();
}

LogicalResult mlir::onnx::inferNumbers(NodeShapes &shapes) {
  if (failed(checkElements(shapes, isNumber, "numbers")))
    return failure();
  return inferSame(shapes);
}

LogicalResult mlir::onnx::inferFloats(NodeShapes &shapes) {
  if (failed(checkElements(shapes, isFloat, "floats")))
    return failure();
  return inferSame(shapes);
}

/// One element of the result of an operator whose operands are known sizes;
/// null if it is no arithmetic on sizes.
static AffineExpr foldBinary(StringRef type, AffineExpr lhs, AffineExpr rhs) {
  std::optional<int64_t> divisor = getConstantSize(rhs);
  if (type == "Add" || type == "Sum")
    return lhs + rhs;
  if (type == "Sub")
    return lhs - rhs;
  if (type == "Mul")
    return lhs * rhs;
  if (type == "Div" && divisor != 0) {
    if (AffineExpr quotient = divideSize(lhs, rhs))
      return quotient;
    if (!divisor || *divisor < 0)
      return {};
    // Integers are rounded towards zero.
    if (std::optional<int64_t> dividend = getConstantSize(lhs))
      return getAffineConstantExpr(*dividend / *divisor, lhs.getContext());
    return isSizeAtLeast(lhs, 0) ? lhs.floorDiv(rhs) : AffineExpr();
  }
  if (type == "Mod" && divisor && *divisor > 0 && isSizeAtLeast(lhs, 0))
    return lhs % rhs;
  if (type == "Min" || type == "Max") {
    if (isSizeAtLeast(lhs - rhs, 0))
      return type == "Max" ? lhs : rhs;
    if (isSizeAtLeast(rhs - lhs, 0))
      return type == "Max" ? rhs : lhs;
  }
  return {};
}

LogicalResult mlir::onnx::inferArithmetic(NodeShapes &shapes) {
  FailureOr<SmallVector<AffineExpr>> dims = broadcastInputs(shapes);
  if (failed(dims) || failed(checkElements(shapes, isNumber, "numbers")))
    return failure();
  TensorShape result{shapes.getInput(0)->elementType, *dims, std::nullopt,
                     ElementsAttr()};
  StringRef type = shapes.getNode().getOpType();
  // The quotient of sizes as floats is none.
  bool isExact = isa<IntegerType>(result.elementType) || type != "Div";
  result.contents =
      foldContents(shapes, [&](ArrayRef<AffineExpr> operands) -> AffineExpr {
        AffineExpr value = operands.front();
        for (AffineExpr next : operands.drop_front())
          if (value)
            value = isExact ? foldBinary(type, value, next)
                            : divideSize(value, next);
        return value;
      });
  shapes.setResult(0, result);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

Value mlir::onnx::constantLike(ElementBuilder &b, Value like, double value) {
  if (isa<FloatType>(like.getType()))
    return arith::ConstantOp::create(b, b.getFloatAttr(like.getType(), value));
  return arith::ConstantOp::create(
      b, b.getIntegerAttr(like.getType(), int64_t(value)));
}

static Value getExtreme(ElementBuilder &b, Type elementType, bool isSmallest) {
  if (auto type = dyn_cast<FloatType>(elementType))
    return arith::ConstantOp::create(
        b, b.getFloatAttr(type, APFloat::getInf(type.getFloatSemantics(),
                                                /*Negative=*/isSmallest)));
  unsigned width = elementType.getIntOrFloatBitWidth();
  APInt value =
      isUnsigned(elementType)
          ? (isSmallest ? APInt::getMinValue(width) : APInt::getMaxValue(width))
          : (isSmallest ? APInt::getSignedMinValue(width)
                        : APInt::getSignedMaxValue(width));
  return arith::ConstantOp::create(
      b, b.getIntegerAttr(getSignlessType(elementType), value));
}

Value mlir::onnx::getSmallest(ElementBuilder &b, Type elementType) {
  return getExtreme(b, elementType, /*isSmallest=*/true);
}

Value mlir::onnx::getLargest(ElementBuilder &b, Type elementType) {
  return getExtreme(b, elementType, /*isSmallest=*/false);
}

Value mlir::onnx::createMinimum(ElementBuilder &b, Type elementType, Value lhs,
                                Value rhs) {
  return createByType<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>(
      b, elementType, lhs, rhs);
}

Value mlir::onnx::createMaximum(ElementBuilder &b, Type elementType, Value lhs,
                                Value rhs) {
  return createByType<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>(
      b, elementType, lhs, rhs);
}

Value mlir::onnx::widen(ElementBuilder &b, Value value) {
  auto type = dyn_cast<FloatType>(value.getType());
  return type && type.getWidth() < 32
             ? arith::ExtFOp::create(b, b.getF32Type(), value).getResult()
             : value;
}

Value mlir::onnx::narrow(ElementBuilder &b, Value value, Type elementType) {
  auto from = dyn_cast<FloatType>(value.getType());
  auto to = dyn_cast<FloatType>(elementType);
  return from && to && to.getWidth() < from.getWidth()
             ? arith::TruncFOp::create(b, to, value).getResult()
             : value;
}

LogicalResult mlir::onnx::lowerElements(NodeLowering &l, ElementBody body) {
  const TensorShape &result = l.getResultShape(0);
  SmallVector<std::pair<Value, const TensorShape *>> inputs;
  for (unsigned i = 0; i < l.getNode().getInputs().size(); ++i)
    if (Value input = l.getInput(i))
      inputs.push_back({input, &l.getInputShape(i)});
  l.setResult(0, l.createElementwise(result.dims, result.elementType, inputs,
                                     [&](ElementBuilder &b, ValueRange in) {
                                       SmallVector<Value> operands;
                                       for (Value operand : in)
                                         operands.push_back(widen(b, operand));
                                       return narrow(b, body(b, operands),
                                                     result.elementType);
                                     }));
  return success();
}
