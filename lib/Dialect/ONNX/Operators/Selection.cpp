//===- Selection.cpp - Operators that select by order ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

using ElementBuilder = ImplicitLocOpBuilder;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static LogicalResult inferArg(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  FailureOr<int64_t> axis = shapes.getAxis("axis", 0, (*input)->getRank());
  if (failed(axis))
    return failure();
  SmallVector<AffineExpr> dims = (*input)->dims;
  if (shapes.getNode().getInt("keepdims", 1))
    dims[*axis] = shapes.getSize(1);
  else
    dims.erase(dims.begin() + *axis);
  shapes.setResult(0, IntegerType::get(shapes.getContext(), 64), dims);
  return success();
}

static LogicalResult inferTopK(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  FailureOr<int64_t> axis = shapes.getAxis("axis", -1, (*input)->getRank());
  FailureOr<SmallVector<AffineExpr>> count = shapes.getSizes(1, "K");
  if (failed(axis) || failed(count))
    return failure();
  if (count->size() != 1)
    return shapes.fail("expects one K");
  SmallVector<AffineExpr> dims = (*input)->dims;
  if (!isSizeAtLeast(count->front(), 0) ||
      !isSizeAtLeast(dims[*axis] - count->front(), 0))
    return shapes.fail("expects K between 0 and the size of the axis");
  dims[*axis] = count->front();
  shapes.setResult(0, (*input)->elementType, dims);
  shapes.setResult(1, IntegerType::get(shapes.getContext(), 64), dims);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// Whether `lhs` comes before `rhs` if the largest (or smallest) is first.
static Value createBefore(ElementBuilder &b, Type type, bool isLargest,
                          Value lhs, Value rhs) {
  if (isa<FloatType>(type))
    return arith::CmpFOp::create(
        b, isLargest ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT,
        lhs, rhs);
  arith::CmpIPredicate predicate =
      isUnsigned(type)
          ? (isLargest ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::ult)
          : (isLargest ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::slt);
  return arith::CmpIOp::create(b, predicate, lhs, rhs);
}

static Value createEqual(ElementBuilder &b, Value lhs, Value rhs) {
  if (isa<FloatType>(lhs.getType()))
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, lhs, rhs);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lhs, rhs);
}

static Value createLoopNumber(ElementBuilder &b, unsigned loop) {
  return arith::IndexCastOp::create(b, b.getI64Type(),
                                    linalg::IndexOp::create(b, loop));
}

/// Carries the best element so far and its index, -1 before the first.
template <bool isLargest> static LogicalResult lowerArg(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  int64_t axis = *shape.normalizeAxis(l.getNode().getInt("axis", 0));
  bool isLast = l.getNode().getInt("select_last_index", 0);
  SmallVector<AffineExpr> sizes, indices(shape.getRank());
  SmallVector<unsigned> loops;
  for (int64_t i = 0; i < shape.getRank(); ++i)
    if (i != axis) {
      indices[i] = l.b.getAffineDimExpr(sizes.size());
      loops.push_back(sizes.size());
      sizes.push_back(shape.dims[i]);
    }
  unsigned reduction = sizes.size();
  indices[axis] = l.b.getAffineDimExpr(reduction);
  sizes.push_back(shape.dims[axis]);
  Type i64 = l.b.getI64Type();
  Value none = l.createInteger(i64, -1);
  LoopResult results[] = {{l.createScalar(shape.elementType, 0), loops},
                          {none, loops}};
  SmallVector<Value> values = l.createLoops(
      sizes, reduction, LoopOperand{l.getInput(0), shape.dims, indices},
      results,
      [&](ElementBuilder &b, ValueRange in) {
        Value isFirst =
            arith::CmpIOp::create(b, arith::CmpIPredicate::eq, in[2], none);
        Value isBetter =
            createBefore(b, shape.elementType, isLargest, in[0], in[1]);
        if (isLast)
          isBetter =
              arith::OrIOp::create(b, isBetter, createEqual(b, in[0], in[1]));
        Value isTaken = arith::OrIOp::create(b, isFirst, isBetter);
        Value number = createLoopNumber(b, reduction);
        return SmallVector<Value>{
            arith::SelectOp::create(b, isTaken, in[0], in[1]),
            arith::SelectOp::create(b, isTaken, number, in[2])};
      },
      /*keepUnits=*/true);
  SmallVector<AffineExpr> dims(ArrayRef(sizes).drop_back());
  l.setResult(0, l.createReshape(values[1], dims, l.getResultShape(0).dims));
  return success();
}

/// Counts, for each element, those that come before it in order, which is its
/// place, then takes for each place of the result the element that has it. The
/// loops are vectorised and shared by threads.
static LogicalResult lowerTopK(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0), &result = l.getResultShape(0);
  unsigned axis = *shape.normalizeAxis(l.getNode().getInt("axis", -1));
  bool isLargest = l.getNode().getInt("largest", 1);
  Type type = shape.elementType, i64 = l.b.getI64Type();
  unsigned rank = shape.getRank();
  SmallVector<AffineExpr> own, other;
  for (unsigned i = 0; i < rank; ++i)
    own.push_back(l.b.getAffineDimExpr(i));
  other = own;
  other[axis] = l.b.getAffineDimExpr(rank);
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));

  SmallVector<AffineExpr> sizes = shape.dims;
  sizes.push_back(shape.dims[axis]);
  Value zero = l.createInteger(i64, 0), one = l.createInteger(i64, 1);
  SmallVector<LoopOperand> operands = {{l.getInput(0), shape.dims, own},
                                       {l.getInput(0), shape.dims, other}};
  Value places =
      l.createLoops(
           sizes, rank, operands, LoopResult{zero, all},
           [&](ElementBuilder &b, ValueRange in) {
             // Of equal elements that with the smaller index is first.
             Value isFirst = arith::CmpIOp::create(
                 b, arith::CmpIPredicate::slt, linalg::IndexOp::create(b, rank),
                 linalg::IndexOp::create(b, axis));
             Value isBefore = arith::OrIOp::create(
                 b, createBefore(b, type, isLargest, in[1], in[0]),
                 arith::AndIOp::create(b, createEqual(b, in[0], in[1]),
                                       isFirst));
             Value count = arith::SelectOp::create(b, isBefore, one, zero);
             return SmallVector<Value>{arith::AddIOp::create(b, in[2], count)};
           },
           /*keepUnits=*/true)
          .front();

  sizes[axis] = result.dims[axis];
  operands = {{l.getInput(0), shape.dims, other}, {places, shape.dims, other}};
  LoopResult results[] = {{l.createScalar(type, 0), all}, {zero, all}};
  SmallVector<Value> values = l.createLoops(
      sizes, rank, operands, results,
      [&](ElementBuilder &b, ValueRange in) {
        Value isTaken = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                              in[1], createLoopNumber(b, axis));
        Value number = createLoopNumber(b, rank);
        return SmallVector<Value>{
            arith::SelectOp::create(b, isTaken, in[0], in[2]),
            arith::SelectOp::create(b, isTaken, number, in[3])};
      },
      /*keepUnits=*/true);
  l.setResult(0, values[0]);
  l.setResult(1, values[1]);
  return success();
}

void mlir::onnx::addSelectionOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "ArgMax", 1, inferArg, lowerArg<true>},
      {"", "ArgMin", 1, inferArg, lowerArg<false>},
      {"", "TopK", 10, inferTopK, lowerTopK},
  });
}
