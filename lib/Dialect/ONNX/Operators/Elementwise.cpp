//===- Elementwise.cpp - Operators that act on each element ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::onnx;

using ElementBuilder = ImplicitLocOpBuilder;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Results are of the first input's shape and type.
static LogicalResult inferSame(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  shapes.setResult(0, (*input)->elementType, (*input)->dims);
  return success();
}

/// The dimensions of all inputs, broadcast.
static FailureOr<SmallVector<AffineExpr>> broadcastInputs(NodeShapes &shapes) {
  SmallVector<ArrayRef<AffineExpr>> dims;
  for (unsigned i = 0; i < shapes.getNumInputs(); ++i) {
    FailureOr<const TensorShape *> input = shapes.requireInput(i);
    if (failed(input))
      return failure();
    dims.push_back((*input)->dims);
  }
  if (dims.empty())
    return shapes.fail("expects an input");
  return shapes.broadcast(dims);
}

/// Elements of the result whose operands are known sizes.
static std::optional<AffineExpr> fold(StringRef type, AffineExpr lhs,
                                      AffineExpr rhs) {
  std::optional<int64_t> right = getConstantSize(rhs);
  if (type == "Add")
    return lhs + rhs;
  if (type == "Sub")
    return lhs - rhs;
  if (type == "Mul")
    return lhs * rhs;
  if (type == "Div" && right && *right > 0) {
    if (AffineExpr quotient = divideSize(lhs, rhs))
      return quotient;
    if (isSizeAtLeast(lhs, 0))
      return lhs.floorDiv(rhs);
  }
  if (type == "Div" && isSizeAtLeast(rhs, 1))
    if (AffineExpr quotient = divideSize(lhs, rhs))
      return quotient;
  if (type == "Mod" && right && *right > 0 && isSizeAtLeast(lhs, 0))
    return lhs % rhs;
  if (type == "Min" || type == "Max") {
    if (isSizeAtLeast(lhs - rhs, 0))
      return type == "Max" ? lhs : rhs;
    if (isSizeAtLeast(rhs - lhs, 0))
      return type == "Max" ? rhs : lhs;
  }
  return std::nullopt;
}

/// Broadcast inputs of one element type, which is the result's.
static LogicalResult inferBroadcast(NodeShapes &shapes) {
  FailureOr<SmallVector<AffineExpr>> dims = broadcastInputs(shapes);
  if (failed(dims))
    return failure();
  const TensorShape &first = *shapes.getInput(0);
  TensorShape result{first.elementType, *dims, std::nullopt, ElementsAttr()};
  for (unsigned i = 1; i < shapes.getNumInputs(); ++i)
    if (shapes.getInput(i)->elementType != first.elementType)
      return shapes.fail("expects inputs of one element type");
  // Arithmetic on sizes.
  const TensorShape *second = shapes.getInput(1);
  if (shapes.getNumInputs() == 2 && first.contents && second->contents) {
    size_t count = std::max(first.contents->size(), second->contents->size());
    SmallVector<AffineExpr> contents;
    for (size_t i = 0; i < count; ++i) {
      auto at = [&](const TensorShape &shape) {
        return (*shape.contents)[shape.contents->size() == 1 ? 0 : i];
      };
      if (first.contents->size() != count && first.contents->size() != 1)
        break;
      if (second->contents->size() != count && second->contents->size() != 1)
        break;
      std::optional<AffineExpr> value =
          fold(shapes.getNode().getOpType(), at(first), at(*second));
      if (!value)
        break;
      contents.push_back(*value);
    }
    if (contents.size() == count && result.dims.size() <= 1)
      result.contents = contents;
  }
  shapes.setResult(0, result);
  return success();
}

static LogicalResult inferCast(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  int64_t to = shapes.getNode().getInt("to", 0);
  Type type = getElementType(to, shapes.getContext());
  if (!type)
    return shapes.fail("expects an element type that is supported, found " +
                       Twine(to));
  TensorShape result = **input;
  result.elementType = type;
  result.constant = {};
  if (!type.isSignlessInteger(64) && !type.isSignlessInteger(32))
    result.contents.reset();
  shapes.setResult(0, result);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// A constant of the type of `like`, which is a float.
static Value constantLike(ElementBuilder &b, Value like, double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(like.getType(), value));
}

/// Lowers a node of one input whose elements `compute` makes. Narrow floats
/// are computed in f32.
template <Value (*compute)(NodeLowering &, ElementBuilder &, Value)>
static LogicalResult lowerUnary(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  auto body = [&](ElementBuilder &b, ValueRange in) -> Value {
    auto narrow = dyn_cast<FloatType>(in[0].getType());
    if (!narrow || narrow.getWidth() >= 32)
      return compute(l, b, in[0]);
    Value wide = arith::ExtFOp::create(b, b.getF32Type(), in[0]);
    return arith::TruncFOp::create(b, narrow, compute(l, b, wide));
  };
  l.setResult(0, l.createElementwise(shape.dims, shape.elementType,
                                     {{l.getInput(0), &shape}}, body));
  return success();
}

static Value computeAbs(NodeLowering &l, ElementBuilder &b, Value x) {
  if (isa<FloatType>(x.getType()))
    return math::AbsFOp::create(b, x);
  return isUnsigned(l.getInputShape(0).elementType)
             ? x
             : math::AbsIOp::create(b, x).getResult();
}

static Value computeRelu(NodeLowering &, ElementBuilder &b, Value x) {
  if (isa<FloatType>(x.getType()))
    return arith::MaximumFOp::create(b, x, constantLike(b, x, 0));
  return arith::MaxSIOp::create(
      b, x, arith::ConstantOp::create(b, b.getIntegerAttr(x.getType(), 0)));
}

static Value computeSigmoid(NodeLowering &, ElementBuilder &b, Value x) {
  Value one = constantLike(b, x, 1);
  Value power = math::ExpOp::create(b, arith::NegFOp::create(b, x));
  return arith::DivFOp::create(b, one, arith::AddFOp::create(b, one, power));
}

/// Lowers a node whose inputs, broadcast, are combined from the left.
template <Value (*compute)(ElementBuilder &, Type, Value, Value)>
static LogicalResult lowerBroadcast(NodeLowering &l) {
  const TensorShape &result = l.getResultShape(0);
  SmallVector<std::pair<Value, const TensorShape *>> inputs;
  for (unsigned i = 0; i < l.getNode().getInputs().size(); ++i)
    inputs.push_back({l.getInput(i), &l.getInputShape(i)});
  Type operandType = l.getInputShape(0).elementType;
  l.setResult(0, l.createElementwise(result.dims, result.elementType, inputs,
                                     [&](ElementBuilder &b, ValueRange in) {
                                       Value value = in.front();
                                       for (Value next : in.drop_front())
                                         value = compute(b, operandType, value,
                                                         next);
                                       return value;
                                     }));
  return success();
}

/// One of three operations by what elements are.
template <typename Float, typename Signed, typename Unsigned>
static Value compute(ElementBuilder &b, Type type, Value lhs, Value rhs) {
  if (isa<FloatType>(type))
    return Float::create(b, lhs, rhs);
  if (isUnsigned(type))
    return Unsigned::create(b, lhs, rhs);
  return Signed::create(b, lhs, rhs);
}

static LogicalResult lowerCast(NodeLowering &l) {
  const TensorShape &from = l.getInputShape(0), &to = l.getResultShape(0);
  if (from.elementType == to.elementType) {
    l.setResult(0, l.getInput(0));
    return success();
  }
  l.setResult(
      0, l.createElementwise(to.dims, to.elementType, {{l.getInput(0), &from}},
                             [&](ElementBuilder &b, ValueRange in) {
                               return l.castScalar(b, in[0], from.elementType,
                                                   to.elementType);
                             }));
  return success();
}

void mlir::onnx::addElementwiseOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Abs", 6, inferSame, lowerUnary<computeAbs>},
      {"", "Add", 7, inferBroadcast,
       lowerBroadcast<compute<arith::AddFOp, arith::AddIOp, arith::AddIOp>>},
      {"", "Cast", 6, inferCast, lowerCast},
      {"", "Div", 7, inferBroadcast,
       lowerBroadcast<compute<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>>},
      {"", "Mul", 7, inferBroadcast,
       lowerBroadcast<compute<arith::MulFOp, arith::MulIOp, arith::MulIOp>>},
      {"", "Relu", 6, inferSame, lowerUnary<computeRelu>},
      {"", "Sigmoid", 6, inferSame, lowerUnary<computeSigmoid>},
      {"", "Sub", 7, inferBroadcast,
       lowerBroadcast<compute<arith::SubFOp, arith::SubIOp, arith::SubIOp>>},
  });
}
