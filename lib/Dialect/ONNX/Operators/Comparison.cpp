//===- Comparison.cpp - Operators of comparison and logic -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static bool isBool(Type elementType) { return elementType.isInteger(1); }

static bool isComparable(Type elementType) {
  return isNumber(elementType) || isBool(elementType);
}

/// Whether a comparison of sizes holds: a constant 0 or 1, or null if that
/// depends on the symbols.
static AffineExpr foldComparison(StringRef type, AffineExpr lhs,
                                 AffineExpr rhs) {
  auto decide = [&](bool isTrue, bool isFalse) {
    return isTrue || isFalse ? getAffineConstantExpr(isTrue, lhs.getContext())
                             : AffineExpr();
  };
  bool isLess = isSizeAtLeast(rhs - lhs, 1);
  bool isMore = isSizeAtLeast(lhs - rhs, 1);
  bool isLessOrEqual = isSizeAtLeast(rhs - lhs, 0);
  bool isMoreOrEqual = isSizeAtLeast(lhs - rhs, 0);
  if (type == "Equal")
    return decide(getConstantSize(lhs - rhs) == 0, isLess || isMore);
  if (type == "Less")
    return decide(isLess, isMoreOrEqual);
  if (type == "LessOrEqual")
    return decide(isLessOrEqual, isMore);
  if (type == "Greater")
    return decide(isMore, isLessOrEqual);
  return decide(isMoreOrEqual, isLess);
}

static LogicalResult inferComparison(NodeShapes &shapes) {
  FailureOr<SmallVector<AffineExpr>> dims = broadcastInputs(shapes);
  if (failed(dims) || failed(shapes.requireInput(1)) ||
      failed(checkElements(shapes, isComparable, "numbers or BOOL")))
    return failure();
  TensorShape result{IntegerType::get(shapes.getContext(), 1), *dims,
                     std::nullopt, ElementsAttr()};
  result.contents = foldContents(shapes, [&](ArrayRef<AffineExpr> operands) {
    return foldComparison(shapes.getNode().getOpType(), operands[0],
                          operands[1]);
  });
  shapes.setResult(0, result);
  return success();
}

/// And, Or, Xor, Not.
static LogicalResult inferLogic(NodeShapes &shapes) {
  FailureOr<SmallVector<AffineExpr>> dims = broadcastInputs(shapes);
  if (failed(dims) || failed(checkElements(shapes, isBool, "BOOL")))
    return failure();
  StringRef type = shapes.getNode().getOpType();
  if (type != "Not" && failed(shapes.requireInput(1)))
    return failure();
  TensorShape result{shapes.getInput(0)->elementType, *dims, std::nullopt,
                     ElementsAttr()};
  result.contents =
      foldContents(shapes, [&](ArrayRef<AffineExpr> operands) -> AffineExpr {
        std::optional<int64_t> first = getConstantSize(operands[0]);
        std::optional<int64_t> second =
            getConstantSize(operands[operands.size() - 1]);
        if (!first || !second)
          return {};
        int64_t value = type == "Not"   ? !*first
                        : type == "And" ? *first & *second
                        : type == "Or"  ? *first | *second
                                        : *first ^ *second;
        return shapes.getSize(value);
      });
  shapes.setResult(0, result);
  return success();
}

/// IsNaN, IsInf.
static LogicalResult inferClass(NodeShapes &shapes) {
  if (failed(checkElements(shapes, isFloat, "floats")))
    return failure();
  shapes.setResult(0, IntegerType::get(shapes.getContext(), 1),
                   shapes.getInput(0)->dims);
  return success();
}

static LogicalResult inferWhere(NodeShapes &shapes) {
  FailureOr<const TensorShape *> condition = shapes.requireInput(0);
  FailureOr<const TensorShape *> first = shapes.requireInput(1);
  FailureOr<const TensorShape *> second = shapes.requireInput(2);
  if (failed(condition) || failed(first) || failed(second))
    return failure();
  if (!isBool((*condition)->elementType))
    return shapes.fail("expects a condition of BOOL");
  if ((*first)->elementType != (*second)->elementType)
    return shapes.fail("expects inputs of one element type");
  FailureOr<SmallVector<AffineExpr>> dims = broadcastInputs(shapes);
  if (failed(dims))
    return failure();
  TensorShape result{(*first)->elementType, *dims, std::nullopt,
                     ElementsAttr()};
  result.contents =
      foldContents(shapes, [](ArrayRef<AffineExpr> operands) -> AffineExpr {
        if (operands[1] == operands[2])
          return operands[1];
        std::optional<int64_t> isFirst = getConstantSize(operands[0]);
        if (!isFirst)
          return {};
        return *isFirst ? operands[1] : operands[2];
      });
  shapes.setResult(0, result);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// A comparison whose predicates for floats, signed and unsigned integers are
/// these. Nothing but inequality holds for NaN.
template <arith::CmpFPredicate forFloat, arith::CmpIPredicate forSigned,
          arith::CmpIPredicate forUnsigned>
static Value computeComparison(NodeLowering &l, ElementBuilder &b,
                               ValueRange in) {
  Type type = l.getInputShape(0).elementType;
  if (isa<FloatType>(type))
    return arith::CmpFOp::create(b, forFloat, in[0], in[1]);
  return arith::CmpIOp::create(b, isUnsigned(type) ? forUnsigned : forSigned,
                               in[0], in[1]);
}

template <typename Op>
static Value computeLogic(NodeLowering &, ElementBuilder &b, ValueRange in) {
  return Op::create(b, in[0], in[1]);
}

static Value computeNot(NodeLowering &, ElementBuilder &b, ValueRange in) {
  return arith::XOrIOp::create(b, in[0], constantLike(b, in[0], 1));
}

static Value computeIsNaN(NodeLowering &, ElementBuilder &b, ValueRange in) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, in[0], in[0]);
}

static Value computeIsInf(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Value x = in[0];
  auto equals = [&](Value infinity) -> Value {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, infinity);
  };
  Value isNegative = equals(getSmallest(b, x.getType()));
  Value isPositive = equals(getLargest(b, x.getType()));
  bool detectsNegative = l.getNode().getInt("detect_negative", 1);
  bool detectsPositive = l.getNode().getInt("detect_positive", 1);
  if (detectsNegative && detectsPositive)
    return arith::OrIOp::create(b, isNegative, isPositive);
  if (detectsNegative)
    return isNegative;
  return detectsPositive ? isPositive : constantLike(b, isPositive, 0);
}

static LogicalResult lowerWhere(NodeLowering &l) {
  const TensorShape &result = l.getResultShape(0);
  SmallVector<std::pair<Value, const TensorShape *>> inputs;
  for (unsigned i = 0; i < 3; ++i)
    inputs.push_back({l.getInput(i), &l.getInputShape(i)});
  l.setResult(0, l.createElementwise(
                     result.dims, result.elementType, inputs,
                     [](ElementBuilder &b, ValueRange in) -> Value {
                       return arith::SelectOp::create(b, in[0], in[1], in[2]);
                     }));
  return success();
}

void mlir::onnx::addComparisonOperators(SmallVectorImpl<Operator> &rows) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  rows.append({
      {"", "And", 7, inferLogic, lowerElementwise<computeLogic<arith::AndIOp>>},
      {"", "Equal", 7, inferComparison,
       lowerElementwise<computeComparison<F::OEQ, I::eq, I::eq>>},
      {"", "Greater", 7, inferComparison,
       lowerElementwise<computeComparison<F::OGT, I::sgt, I::ugt>>},
      {"", "GreaterOrEqual", 12, inferComparison,
       lowerElementwise<computeComparison<F::OGE, I::sge, I::uge>>},
      {"", "IsInf", 10, inferClass, lowerElementwise<computeIsInf>},
      {"", "IsNaN", 9, inferClass, lowerElementwise<computeIsNaN>},
      {"", "Less", 7, inferComparison,
       lowerElementwise<computeComparison<F::OLT, I::slt, I::ult>>},
      {"", "LessOrEqual", 12, inferComparison,
       lowerElementwise<computeComparison<F::OLE, I::sle, I::ule>>},
      {"", "Not", 1, inferLogic, lowerElementwise<computeNot>},
      {"", "Or", 7, inferLogic, lowerElementwise<computeLogic<arith::OrIOp>>},
      {"", "Where", 9, inferWhere, lowerWhere},
      {"", "Xor", 7, inferLogic, lowerElementwise<computeLogic<arith::XOrIOp>>},
  });
}
