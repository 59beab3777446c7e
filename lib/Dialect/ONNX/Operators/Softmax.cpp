//===- Softmax.cpp - Operators of probabilities along an axis -------------===//
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

/// Before version 13, all axes from `axis` on are one.
static bool isFlattened(NodeOp node) { return node.getVersion() < 13; }

static int64_t getAxis(NodeOp node, int64_t rank) {
  int64_t axis = node.getInt("axis", isFlattened(node) ? 1 : -1);
  return axis < 0 ? axis + rank : axis;
}

static LogicalResult inferSoftmax(NodeShapes &shapes) {
  if (failed(inferFloats(shapes)))
    return failure();
  int64_t rank = shapes.getInput(0)->getRank();
  bool flattened = isFlattened(shapes.getNode());
  // An axis of all that has no rank is one element.
  int64_t axis = getAxis(shapes.getNode(), rank);
  if (axis >= 0 && (axis < rank || (flattened && axis == rank) || rank == 0))
    return success();
  return shapes.fail("expects axis in [" + Twine(-rank) + ", " + Twine(rank) +
                     "), found " +
                     Twine(shapes.getNode().getInt("axis", axis)));
}

namespace {
/// Steps of the operators on rows of `shape` along `axis`, as floats of at
/// least 32 bits.
class Rows {
public:
  explicit Rows(NodeLowering &l) : l(l) {
    const TensorShape &input = l.getInputShape(0);
    type = input.elementType;
    computed = type.getIntOrFloatBitWidth() < 32 ? l.b.getF32Type() : type;
    shape = input;
    int64_t rank = input.getRank();
    axis = getAxis(l.getNode(), rank);
    if (isFlattened(l.getNode()) || rank == 0) {
      axis = std::clamp<int64_t>(axis, 0, rank);
      ArrayRef<AffineExpr> dims = input.dims;
      MLIRContext *context = l.b.getContext();
      shape.dims = {multiplySizes(dims.take_front(axis), context),
                    multiplySizes(dims.drop_front(axis), context)};
      axis = 1;
    }
    Value values = l.createReshape(l.getInput(0), input.dims, shape.dims);
    elements = {values, &shape};
    row = shape;
    row.elementType = computed;
    row.dims[axis] = l.b.getAffineConstantExpr(1);
  }

  using Operand = std::pair<Value, const TensorShape *>;

  /// Reduces rows, to size 1.
  Operand reduce(Value input, Value initial, NodeLowering::Body combine) {
    return {l.createReduction(input, shape, axis, /*keepDims=*/true, initial,
                              combine),
            &row};
  }
  Operand getLargest() {
    return reduce(elements.first, getSmallest(l.b, computed),
                  [&](ElementBuilder &b, ValueRange in) -> Value {
                    return arith::MaximumFOp::create(b, in[1], widen(b, in[0]));
                  });
  }
  Operand getSum(Value input) {
    return reduce(input, l.createScalar(computed, 0),
                  [](ElementBuilder &b, ValueRange in) -> Value {
                    return arith::AddFOp::create(b, in[1], in[0]);
                  });
  }
  Value map(ArrayRef<Operand> operands, Type elementType,
            NodeLowering::Body body) {
    return l.createElementwise(shape.dims, elementType, operands, body);
  }
  void setResult(Value value) {
    l.setResult(0, l.createReshape(value, shape.dims, l.getInputShape(0).dims));
  }

  NodeLowering &l;
  Type type, computed;
  TensorShape shape, row;
  int64_t axis;
  Operand elements;
};
} // namespace

static Value createDifference(ElementBuilder &b, ValueRange in) {
  return arith::SubFOp::create(b, widen(b, in[0]), in[1]);
}

static LogicalResult lowerSoftmax(NodeLowering &l) {
  Rows rows(l);
  Rows::Operand largest = rows.getLargest();
  Value powers =
      rows.map({rows.elements, largest}, rows.computed,
               [](ElementBuilder &b, ValueRange in) -> Value {
                 return math::ExpOp::create(b, createDifference(b, in));
               });
  Rows::Operand sum = rows.getSum(powers);
  rows.setResult(rows.map(
      {{powers, &rows.shape}, sum}, rows.type,
      [&](ElementBuilder &b, ValueRange in) {
        return narrow(b, arith::DivFOp::create(b, in[0], in[1]), rows.type);
      }));
  return success();
}

static LogicalResult lowerLogSoftmax(NodeLowering &l) {
  Rows rows(l);
  Rows::Operand largest = rows.getLargest();
  Value shifted =
      rows.map({rows.elements, largest}, rows.computed, createDifference);
  Value powers = rows.map({{shifted, &rows.shape}}, rows.computed,
                          [](ElementBuilder &b, ValueRange in) -> Value {
                            return math::ExpOp::create(b, in[0]);
                          });
  Rows::Operand sum = rows.getSum(powers);
  rows.setResult(rows.map(
      {{shifted, &rows.shape}, sum}, rows.type,
      [&](ElementBuilder &b, ValueRange in) {
        Value log = math::LogOp::create(b, in[1]);
        return narrow(b, arith::SubFOp::create(b, in[0], log), rows.type);
      }));
  return success();
}

/// 1 where the first of the largest elements of a row is, else 0.
static LogicalResult lowerHardmax(NodeLowering &l) {
  Rows rows(l);
  Rows::Operand largest = rows.getLargest();
  Type i64 = l.b.getI64Type();
  int64_t axis = rows.axis;
  auto getPosition = [&](ElementBuilder &b) -> Value {
    return arith::IndexCastOp::create(b, i64, linalg::IndexOp::create(b, axis));
  };
  // Positions of the elements that are the largest.
  Value beyond = l.createInteger(i64, std::numeric_limits<int64_t>::max());
  Value positions = rows.map(
      {rows.elements, largest}, i64,
      [&](ElementBuilder &b, ValueRange in) -> Value {
        Value isLargest = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                                widen(b, in[0]), in[1]);
        return arith::SelectOp::create(b, isLargest, getPosition(b), beyond);
      });
  Rows::Operand first =
      rows.reduce(positions, beyond, [](ElementBuilder &b, ValueRange in) {
        return arith::MinSIOp::create(b, in[1], in[0]).getResult();
      });
  rows.setResult(rows.map(
      {first}, rows.type, [&](ElementBuilder &b, ValueRange in) -> Value {
        Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                              in[0], getPosition(b));
        return arith::SelectOp::create(b, isFirst, l.createScalar(rows.type, 1),
                                       l.createScalar(rows.type, 0));
      }));
  return success();
}

void mlir::onnx::addSoftmaxOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Hardmax", 1, inferSoftmax, lowerHardmax},
      {"", "LogSoftmax", 1, inferSoftmax, lowerLogSoftmax},
      {"", "Softmax", 1, inferSoftmax, lowerSoftmax},
  });
}
