//===- Reductions.cpp - Operators that reduce axes ------------------------===//
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

/// The axes that a node reduces: of the attribute, or of input 1 in newer
/// versions; all if there are none.
static FailureOr<SmallVector<int64_t>> getReducedAxes(NodeShapes &shapes) {
  int64_t rank = shapes.getInput(0)->getRank();
  FailureOr<std::optional<SmallVector<int64_t>>> axes =
      shapes.getAxes("axes", 1, rank);
  if (failed(axes))
    return failure();
  if (*axes && !(*axes)->empty())
    return **axes;
  if (shapes.getNode().getInt("noop_with_empty_axes", 0))
    return SmallVector<int64_t>();
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

static LogicalResult inferReduction(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  Type type = (*input)->elementType;
  StringRef operation = shapes.getNode().getOpType();
  bool isExtreme = operation == "ReduceMax" || operation == "ReduceMin";
  bool needsFloat = operation.contains("Log") || operation == "ReduceL2";
  if (!isNumber(type) && !(isExtreme && type.isInteger(1)))
    return shapes.fail("expects numbers");
  if (needsFloat && isa<IntegerType>(type) &&
      shapes.getNode().getVersion() >= 28)
    return shapes.fail("expects floats");
  FailureOr<SmallVector<int64_t>> axes = getReducedAxes(shapes);
  if (failed(axes))
    return failure();
  bool keepDims = shapes.getNode().getInt("keepdims", 1);
  TensorShape result{type, {}, std::nullopt, ElementsAttr()};
  for (auto [i, dim] : llvm::enumerate((*input)->dims)) {
    if (!llvm::is_contained(*axes, int64_t(i)))
      result.dims.push_back(dim);
    else if (keepDims)
      result.dims.push_back(shapes.getSize(1));
  }
  // Counts of elements that exported graphs compute.
  if ((*input)->contents && (*input)->getRank() == 1 && axes->size() == 1 &&
      (operation == "ReduceProd" || operation == "ReduceSum")) {
    AffineExpr total = shapes.getSize(operation == "ReduceProd");
    for (AffineExpr element : *(*input)->contents)
      total = operation == "ReduceProd" ? total * element : total + element;
    result.contents = SmallVector<AffineExpr>{total};
  }
  shapes.setResult(0, result);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

namespace {
/// A reduction of one node. Narrow floats are accumulated in f32.
class Reduction {
public:
  explicit Reduction(NodeLowering &l)
      : l(l), shape(l.getInputShape(0)), type(shape.elementType),
        computed(type) {
    if (auto narrow = dyn_cast<FloatType>(type);
        narrow && narrow.getWidth() < 32)
      computed = l.b.getF32Type();
    // The lowering follows the inference, which has normalised the axes.
    const TensorShape &result = l.getResultShape(0);
    axes = *getReducedAxes(l.getShapes());
    keepDims = l.getNode().getInt("keepdims", 1);
    dims = result.dims;
  }

  using Map = llvm::function_ref<Value(ElementBuilder &, Value)>;
  using Combine = llvm::function_ref<Value(ElementBuilder &, Value, Value)>;

  Type getComputedType() { return computed; }

  /// `combine` of `map` of the elements and `initial`.
  Value reduce(Value initial, Map map, Combine combine) {
    return l.createReduction(l.getInput(0), shape, axes, keepDims, initial,
                             [&](ElementBuilder &b, ValueRange in) {
                               return combine(b, in[1],
                                              map(b, widen(b, in[0])));
                             });
  }
  Value sum(Map map) {
    return reduce(l.createScalar(computed, 0), map,
                  [&](ElementBuilder &b, Value lhs, Value rhs) {
                    return add(b, lhs, rhs);
                  });
  }
  Value add(ElementBuilder &b, Value lhs, Value rhs) {
    return createByType<arith::AddFOp, arith::AddIOp, arith::AddIOp>(
        b, computed, lhs, rhs);
  }
  Value multiply(ElementBuilder &b, Value lhs, Value rhs) {
    return createByType<arith::MulFOp, arith::MulIOp, arith::MulIOp>(
        b, computed, lhs, rhs);
  }

  /// Sets the result to `finish` of each reduced element.
  void setResult(Value reduced, Map finish) {
    TensorShape from{computed, dims, std::nullopt, ElementsAttr()};
    l.setResult(0, l.createElementwise(dims, type, {{reduced, &from}},
                                       [&](ElementBuilder &b, ValueRange in) {
                                         return narrow(b, finish(b, in[0]),
                                                       type);
                                       }));
  }
  void setResult(Value reduced) {
    if (computed == type || isa<IntegerType>(type))
      l.setResult(0, reduced);
    else
      setResult(reduced, [](ElementBuilder &, Value value) { return value; });
  }

  /// How many elements make one of the result, as `computed`.
  Value getCount(ElementBuilder &b) {
    AffineExpr count = b.getAffineConstantExpr(1);
    for (int64_t axis : axes)
      count = count * shape.dims[axis];
    Type i64 = b.getI64Type();
    Value number = arith::IndexCastOp::create(b, i64, l.getIndex(count));
    return l.castScalar(b, number, i64, computed);
  }

  /// `function` of an element, in f64 for integers.
  Value applyFloat(ElementBuilder &b, Value value, Map function) {
    if (isa<FloatType>(computed))
      return function(b, value);
    Value wide = l.castScalar(b, value, type, b.getF64Type());
    return l.castScalar(b, function(b, wide), b.getF64Type(), type);
  }

  NodeLowering &l;
  const TensorShape &shape;
  Type type, computed;
  SmallVector<int64_t> axes;
  bool keepDims;
  SmallVector<AffineExpr> dims;
};
} // namespace

static Value same(ElementBuilder &, Value value) { return value; }

template <typename Op> static Value apply(ElementBuilder &b, Value value) {
  return Op::create(b, value);
}

template <Value (*combine)(ElementBuilder &, Type, Value, Value),
          Value (*getInitial)(ElementBuilder &, Type)>
static LogicalResult lowerExtreme(NodeLowering &l) {
  Reduction r(l);
  r.setResult(r.reduce(getInitial(l.b, r.computed), same,
                       [&](ElementBuilder &b, Value lhs, Value rhs) {
                         return combine(b, r.computed, lhs, rhs);
                       }));
  return success();
}

static LogicalResult lowerReduceSum(NodeLowering &l) {
  Reduction r(l);
  r.setResult(r.sum(same));
  return success();
}

static LogicalResult lowerReduceProd(NodeLowering &l) {
  Reduction r(l);
  r.setResult(r.reduce(l.createScalar(r.computed, 1), same,
                       [&](ElementBuilder &b, Value lhs, Value rhs) {
                         return r.multiply(b, lhs, rhs);
                       }));
  return success();
}

static LogicalResult lowerReduceMean(NodeLowering &l) {
  Reduction r(l);
  Value count = r.getCount(l.b);
  r.setResult(r.sum(same), [&](ElementBuilder &b, Value sum) -> Value {
    if (isa<FloatType>(r.computed))
      return arith::DivFOp::create(b, sum, count);
    // The mean of no integers is 0.
    Value one = constantLike(b, count, 1);
    Value divisor = arith::MaxUIOp::create(b, count, one);
    return createByType<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>(
        b, r.type, sum, divisor);
  });
  return success();
}

static Value createAbs(ElementBuilder &b, Type type, Value value) {
  if (isa<FloatType>(value.getType()))
    return math::AbsFOp::create(b, value);
  return isUnsigned(type) ? value : math::AbsIOp::create(b, value).getResult();
}

static LogicalResult lowerReduceL1(NodeLowering &l) {
  Reduction r(l);
  r.setResult(r.sum([&](ElementBuilder &b, Value value) {
    return createAbs(b, r.type, value);
  }));
  return success();
}

static LogicalResult lowerReduceSumSquare(NodeLowering &l) {
  Reduction r(l);
  r.setResult(r.sum([&](ElementBuilder &b, Value value) {
    return r.multiply(b, value, value);
  }));
  return success();
}

static LogicalResult lowerReduceL2(NodeLowering &l) {
  Reduction r(l);
  Value squares = r.sum([&](ElementBuilder &b, Value value) {
    return r.multiply(b, value, value);
  });
  r.setResult(squares, [&](ElementBuilder &b, Value value) {
    return r.applyFloat(b, value, apply<math::SqrtOp>);
  });
  return success();
}

static LogicalResult lowerReduceLogSum(NodeLowering &l) {
  Reduction r(l);
  r.setResult(r.sum(same), [&](ElementBuilder &b, Value value) {
    return r.applyFloat(b, value, apply<math::LogOp>);
  });
  return success();
}

/// The logarithm of the sum of exponentials, relative to the largest element so
/// that none overflows.
static LogicalResult lowerReduceLogSumExp(NodeLowering &l) {
  Reduction r(l);
  if (!isa<FloatType>(r.type))
    return l.fail("expects floats");
  Value largest = r.reduce(getSmallest(l.b, r.computed), same,
                           [&](ElementBuilder &b, Value lhs, Value rhs) {
                             return createMaximum(b, r.computed, lhs, rhs);
                           });
  // Infinities do not shift.
  TensorShape reduced{r.computed, r.dims, std::nullopt, ElementsAttr()};
  Value shift = l.createElementwise(
      r.dims, r.computed, {{largest, &reduced}},
      [](ElementBuilder &b, ValueRange in) -> Value {
        Value isFinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT,
                                               math::AbsFOp::create(b, in[0]),
                                               getLargest(b, in[0].getType()));
        return arith::SelectOp::create(b, isFinite, in[0],
                                       constantLike(b, in[0], 0));
      });
  SmallVector<AffineExpr> kept(r.shape.dims);
  for (int64_t axis : r.axes)
    kept[axis] = l.b.getAffineConstantExpr(1);
  TensorShape aligned{r.computed, kept, std::nullopt, ElementsAttr()};
  Value wide = l.createReshape(shift, r.dims, kept);
  Value powers = l.createElementwise(
      r.shape.dims, r.computed, {{l.getInput(0), &r.shape}, {wide, &aligned}},
      [](ElementBuilder &b, ValueRange in) -> Value {
        return math::ExpOp::create(
            b, arith::SubFOp::create(b, widen(b, in[0]), in[1]));
      });
  Value sum = l.createReduction(powers, r.shape, r.axes, r.keepDims,
                                l.createScalar(r.computed, 0),
                                [](ElementBuilder &b, ValueRange in) -> Value {
                                  return arith::AddFOp::create(b, in[1], in[0]);
                                });
  l.setResult(0, l.createElementwise(
                     r.dims, r.type, {{sum, &reduced}, {shift, &reduced}},
                     [&](ElementBuilder &b, ValueRange in) {
                       Value log = math::LogOp::create(b, in[0]);
                       return narrow(b, arith::AddFOp::create(b, log, in[1]),
                                     r.type);
                     }));
  return success();
}

static Operator makeReduction(StringRef type,
                              LogicalResult (*lower)(NodeLowering &)) {
  return {"", type, 1, inferReduction, lower};
}

void mlir::onnx::addReductionOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      makeReduction("ReduceL1", lowerReduceL1),
      makeReduction("ReduceL2", lowerReduceL2),
      makeReduction("ReduceLogSum", lowerReduceLogSum),
      makeReduction("ReduceLogSumExp", lowerReduceLogSumExp),
      makeReduction("ReduceMax", lowerExtreme<createMaximum, getSmallest>),
      makeReduction("ReduceMean", lowerReduceMean),
      makeReduction("ReduceMin", lowerExtreme<createMinimum, getLargest>),
      makeReduction("ReduceProd", lowerReduceProd),
      makeReduction("ReduceSum", lowerReduceSum),
      makeReduction("ReduceSumSquare", lowerReduceSumSquare),
  });
}
