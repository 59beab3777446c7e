//===- Scans.cpp - Sums and products of what came before ------------------===//
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

static LogicalResult inferScan(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<SmallVector<int64_t>> axis = shapes.getIntegers(1, "the axis");
  if (failed(input) || failed(axis))
    return failure();
  if (axis->size() != 1 || !(*input)->normalizeAxis(axis->front()))
    return shapes.fail("expects an axis of the input");
  TensorShape result = **input;
  result.contents.reset();
  result.constant = {};
  shapes.setResult(0, result);
  return success();
}

/// Combines, for each element, all of the axis that are not behind it: loops
/// over all elements of the result, then over those of the axis. Axes are short
/// and loops of this form are vectorised and shared by threads.
template <typename Float, typename Integer, int64_t neutral>
static LogicalResult lowerScan(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  NodeOp node = l.getNode();
  int64_t axis = *shape.normalizeAxis(
      *getConstantSize(l.getInputShape(1).contents->front()));
  bool isExclusive = node.getInt("exclusive", 0);
  bool isReversed = node.getInt("reverse", 0);
  Type type = shape.elementType, accumulator = getAccumulatorType(type);
  unsigned rank = shape.getRank();
  SmallVector<AffineExpr> sizes = shape.dims, indices;
  sizes.push_back(shape.dims[axis]);
  for (unsigned i = 0; i < rank; ++i)
    indices.push_back(l.b.getAffineDimExpr(i));
  indices[axis] = l.b.getAffineDimExpr(rank);
  arith::CmpIPredicate predicate =
      isReversed ? (isExclusive ? arith::CmpIPredicate::sgt
                                : arith::CmpIPredicate::sge)
                 : (isExclusive ? arith::CmpIPredicate::slt
                                : arith::CmpIPredicate::sle);
  LoopResult result{l.createScalar(accumulator, neutral),
                    llvm::to_vector(llvm::seq<unsigned>(0, rank))};
  Value sums =
      l.createLoops(
           sizes, rank, LoopOperand{l.getInput(0), shape.dims, indices}, result,
           [&](ImplicitLocOpBuilder &b, ValueRange in) {
             Value isTaken = arith::CmpIOp::create(
                 b, predicate, linalg::IndexOp::create(b, rank),
                 linalg::IndexOp::create(b, axis));
             Value element = l.castScalar(b, in[0], type, accumulator);
             Value next = isa<FloatType>(accumulator)
                              ? Float::create(b, in[1], element).getResult()
                              : Integer::create(b, in[1], element).getResult();
             return SmallVector<Value>{
                 arith::SelectOp::create(b, isTaken, next, in[1])};
           },
           /*keepUnits=*/true)
          .front();
  l.setResult(0, l.createCast(sums, shape.dims, accumulator, type));
  return success();
}

void mlir::onnx::addScanOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "CumProd", 26, inferScan,
       lowerScan<arith::MulFOp, arith::MulIOp, 1>},
      {"", "CumSum", 11, inferScan, lowerScan<arith::AddFOp, arith::AddIOp, 0>},
  });
}
