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

/// Loops: the other dimensions, then those along the axis in order, which
/// update both the element of the result and the sum so far.
template <typename Float, typename Integer, int64_t neutral>
static LogicalResult lowerScan(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  NodeOp node = l.getNode();
  int64_t axis = *shape.normalizeAxis(
      *getConstantSize(l.getInputShape(1).contents->front()));
  bool isExclusive = node.getInt("exclusive", 0);
  bool isReversed = node.getInt("reverse", 0);
  Type type = shape.elementType, accumulator = getAccumulatorType(type);
  SmallVector<AffineExpr> sizes, indices(shape.getRank());
  SmallVector<unsigned> rowLoops;
  for (int64_t i = 0; i < shape.getRank(); ++i)
    if (i != axis) {
      indices[i] = l.b.getAffineDimExpr(sizes.size());
      rowLoops.push_back(sizes.size());
      sizes.push_back(shape.dims[i]);
    }
  unsigned along = sizes.size();
  AffineExpr place = l.b.getAffineDimExpr(along);
  sizes.push_back(shape.dims[axis]);
  indices[axis] = place;
  auto reverse = [&](Value value, Type elementType) {
    // Sizes that are symbolic are turned by reading from the end.
    std::optional<int64_t> size = getConstantSize(shape.dims[axis]);
    unsigned rank = shape.getRank();
    if (size) {
      SmallVector<AffineExpr> map;
      for (unsigned i = 0; i < rank; ++i)
        map.push_back(l.b.getAffineDimExpr(i));
      map[axis] = (*size - 1) - map[axis];
      return l.createMapped(
          shape.dims, elementType, value,
          AffineMap::get(rank, 0, map, l.b.getContext()),
          [](ImplicitLocOpBuilder &, ValueRange in) { return in[0]; });
    }
    Value last = l.getIndex(simplifySize(shape.dims[axis] - 1));
    return l.createMapped(shape.dims, elementType, {}, {},
                          [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
                            SmallVector<Value> from;
                            for (unsigned i = 0; i < rank; ++i)
                              from.push_back(linalg::IndexOp::create(b, i));
                            from[axis] =
                                arith::SubIOp::create(b, last, from[axis]);
                            return tensor::ExtractOp::create(b, value, from);
                          });
  };
  Value input = l.getInput(0);
  if (isReversed)
    input = reverse(input, type);
  SmallVector<unsigned> placeLoops;
  for (AffineExpr index : indices)
    placeLoops.push_back(cast<AffineDimExpr>(index).getPosition());
  LoopResult results[] = {{l.createScalar(type, 0), placeLoops},
                          {l.createScalar(accumulator, neutral), rowLoops}};
  SmallVector<Value> values = l.createLoops(
      sizes, along, LoopOperand{input, shape.dims, indices}, results,
      [&](ImplicitLocOpBuilder &b, ValueRange in) {
        Value element = l.castScalar(b, in[0], type, accumulator);
        Value next = isa<FloatType>(accumulator)
                         ? Float::create(b, in[2], element).getResult()
                         : Integer::create(b, in[2], element).getResult();
        Value value = isExclusive ? in[2] : next;
        return SmallVector<Value>{l.castScalar(b, value, accumulator, type),
                                  next};
      });
  l.setResult(0, isReversed ? reverse(values[0], type) : values[0]);
  return success();
}

void mlir::onnx::addScanOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "CumProd", 26, inferScan,
       lowerScan<arith::MulFOp, arith::MulIOp, 1>},
      {"", "CumSum", 11, inferScan, lowerScan<arith::AddFOp, arith::AddIOp, 0>},
  });
}
