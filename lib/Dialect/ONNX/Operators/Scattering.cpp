//===- Scattering.cpp - Operators that write elements by indices ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "Gathering.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// What both operators expect of data, indices and updates.
static LogicalResult checkOperands(NodeShapes &shapes) {
  for (unsigned i = 0; i < 3; ++i)
    if (failed(shapes.requireInput(i)))
      return failure();
  const TensorShape &data = *shapes.getInput(0), &indices = *shapes.getInput(1);
  if (!isa<IntegerType>(indices.elementType) ||
      indices.elementType.isInteger(1))
    return shapes.fail("expects indices of integers");
  if (shapes.getInput(2)->elementType != data.elementType)
    return shapes.fail("expects data and updates of one element type");
  StringRef reduction = shapes.getNode().getString("reduction", "none");
  if (!llvm::is_contained({"none", "add", "mul", "max", "min"}, reduction))
    return shapes.fail("expects a reduction that is supported, found " +
                       reduction);
  if (reduction != "none" && !isNumber(data.elementType))
    return shapes.fail("expects numbers for reduction " + reduction);
  return success();
}

static bool areEqual(ArrayRef<AffineExpr> lhs, ArrayRef<AffineExpr> rhs) {
  return llvm::equal(lhs, rhs, [](AffineExpr left, AffineExpr right) {
    return getConstantSize(left - right) == 0;
  });
}

static LogicalResult inferScatterElements(NodeShapes &shapes) {
  if (failed(checkOperands(shapes)))
    return failure();
  const TensorShape &data = *shapes.getInput(0), &indices = *shapes.getInput(1);
  FailureOr<int64_t> axis = shapes.getAxis("axis", 0, data.getRank());
  if (failed(axis))
    return failure();
  if (indices.getRank() != data.getRank() ||
      !areEqual(indices.dims, shapes.getInput(2)->dims))
    return shapes.fail("expects indices and updates of one shape, of as many "
                       "axes as the data");
  for (auto [i, dim] : llvm::enumerate(indices.dims))
    if (int64_t(i) != *axis && !isSizeAtLeast(data.dims[i] - dim, 0))
      return shapes.fail("expects indices that are not larger than the data "
                         "in axis " +
                         Twine(i));
  shapes.setResult(0, data.elementType, data.dims);
  return success();
}

/// Writes entries of a cache: at a position of each sequence of the batch, of
/// input 2, or from the start.
static LogicalResult inferTensorScatter(NodeShapes &shapes) {
  FailureOr<const TensorShape *> cache = shapes.requireInput(0);
  if (failed(cache))
    return failure();
  FailureOr<const TensorShape *> update = shapes.requireInput(1);
  if (failed(update))
    return failure();
  FailureOr<int64_t> axis = shapes.getAxis("axis", -2, (*cache)->getRank());
  if (failed(axis))
    return failure();
  StringRef mode = shapes.getNode().getString("mode", "linear");
  if (mode != "linear" && mode != "circular")
    return shapes.fail("expects a mode that is supported, found " + mode);
  SmallVector<AffineExpr> dims((*update)->dims);
  if (int64_t(dims.size()) == (*cache)->getRank())
    dims[*axis] = (*cache)->dims[*axis];
  if (*axis == 0 || (*update)->elementType != (*cache)->elementType ||
      !areEqual(dims, (*cache)->dims))
    return shapes.fail("expects an update of the cache's element type and "
                       "sizes but along axis, which is not the first");
  if (const TensorShape *starts = shapes.getInput(2))
    if (!starts->elementType.isSignlessInteger(64) ||
        !areEqual(starts->dims, {dims[0]}))
      return shapes.fail("expects an INT64 for each sequence as "
                         "write_indices");
  shapes.setResult(0, (*cache)->elementType, (*cache)->dims);
  return success();
}

static LogicalResult inferScatterND(NodeShapes &shapes) {
  if (failed(checkOperands(shapes)))
    return failure();
  const TensorShape &data = *shapes.getInput(0), &indices = *shapes.getInput(1);
  std::optional<int64_t> depth = indices.dims.empty()
                                     ? std::nullopt
                                     : getConstantSize(indices.dims.back());
  if (!depth || *depth < 1 || *depth > data.getRank())
    return shapes.fail("expects indices whose last axis has a constant size "
                       "in [1, " +
                       Twine(data.getRank()) + "]");
  SmallVector<AffineExpr> dims(ArrayRef(indices.dims).drop_back());
  llvm::append_range(dims, ArrayRef(data.dims).drop_front(*depth));
  if (!areEqual(dims, shapes.getInput(2)->dims))
    return shapes.fail("expects updates for each index and the data's axes "
                       "that it leaves");
  shapes.setResult(0, data.elementType, data.dims);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// Runs `body` in nested loops over `dims`, in row-major order, with the tensor
/// that it updates.
static Value createLoops(
    NodeLowering &l, ArrayRef<AffineExpr> dims, Value tensor,
    llvm::function_ref<Value(ElementBuilder &, ValueRange, Value)> body) {
  Value zero = arith::ConstantIndexOp::create(l.b, 0);
  Value one = arith::ConstantIndexOp::create(l.b, 1);
  SmallVector<Value> low(dims.size(), zero), high, step(dims.size(), one);
  for (AffineExpr dim : dims)
    high.push_back(l.getIndex(dim));
  if (dims.empty())
    return body(l.b, {}, tensor);
  return scf::buildLoopNest(l.b, l.b.getLoc(), low, high, step, tensor,
                            [&](OpBuilder &builder, Location loc,
                                ValueRange positions,
                                ValueRange carried) -> scf::ValueVector {
                              ElementBuilder b(loc, builder);
                              return {body(b, positions, carried[0])};
                            })
      .results[0];
}

/// The new element of `current` and `update`.
static Value combine(ElementBuilder &b, StringRef reduction, Type type,
                     Value current, Value update) {
  if (reduction == "none")
    return update;
  Value lhs = widen(b, current), rhs = widen(b, update), result;
  if (reduction == "add")
    result = createByType<arith::AddFOp, arith::AddIOp, arith::AddIOp>(
        b, type, lhs, rhs);
  else if (reduction == "mul")
    result = createByType<arith::MulFOp, arith::MulIOp, arith::MulIOp>(
        b, type, lhs, rhs);
  else if (reduction == "max")
    result = createMaximum(b, type, lhs, rhs);
  else
    result = createMinimum(b, type, lhs, rhs);
  return narrow(b, result, type);
}

/// Writes each element of input `updatesIndex`: `locate` says where in the
/// data, with coordinates that may be outside. One after another, so that the
/// last of equal indices wins and sums have an order.
static LogicalResult
scatter(NodeLowering &l, unsigned updatesIndex,
        llvm::function_ref<SmallVector<Value>(ElementBuilder &, ValueRange)>
            locate) {
  const TensorShape &data = l.getInputShape(0),
                    &updates = l.getInputShape(updatesIndex);
  StringRef reduction = l.getNode().getString("reduction", "none");
  SmallVector<Value> sizes;
  for (AffineExpr dim : data.dims)
    sizes.push_back(l.getIndex(dim));
  // Nothing can be written to a tensor without elements.
  if (!isSizeAtLeast(multiplySizes(data.dims, l.b.getContext()), 1)) {
    if (getConstantSize(multiplySizes(data.dims, l.b.getContext())) != 0 &&
        getConstantSize(multiplySizes(updates.dims, l.b.getContext())) != 0)
      return l.fail("expects data that has an element for all sizes");
    l.setResult(0, l.getInput(0));
    return success();
  }
  l.setResult(
      0,
      createLoops(
          l, updates.dims, l.getInput(0),
          [&](ElementBuilder &b, ValueRange at, Value tensor) -> Value {
            Value update =
                tensor::ExtractOp::create(b, l.getInput(updatesIndex), at);
            SmallVector<Value> position = locate(b, at);
            Value isValid;
            for (auto [coordinate, size] : llvm::zip_equal(position, sizes)) {
              Value inside = isInside(b, coordinate, size);
              isValid =
                  isValid ? arith::AndIOp::create(b, isValid, inside) : inside;
              coordinate = clampPosition(b, coordinate, size);
            }
            Value current = tensor::ExtractOp::create(b, tensor, position);
            Value next =
                combine(b, reduction, data.elementType, current, update);
            if (isValid)
              next = arith::SelectOp::create(b, isValid, next, current);
            return tensor::InsertOp::create(b, next, tensor, position);
          }));
  return success();
}

static LogicalResult lowerScatterElements(NodeLowering &l) {
  const TensorShape &data = l.getInputShape(0), &indices = l.getInputShape(1);
  int64_t axis = l.getNode().getInt("axis", 0);
  axis += axis < 0 ? data.getRank() : 0;
  Value size = l.getIndex(data.dims[axis]);
  return scatter(l, 2, [&](ElementBuilder &b, ValueRange at) {
    SmallVector<Value> position(at);
    Value index = tensor::ExtractOp::create(b, l.getInput(1), at);
    position[axis] = createPosition(b, index, indices.elementType, size);
    return position;
  });
}

static LogicalResult lowerScatterND(NodeLowering &l) {
  const TensorShape &data = l.getInputShape(0), &indices = l.getInputShape(1);
  int64_t outer = indices.getRank() - 1;
  int64_t depth = *getConstantSize(indices.dims.back());
  SmallVector<Value> sizes;
  for (int64_t i = 0; i < depth; ++i)
    sizes.push_back(l.getIndex(data.dims[i]));
  return scatter(l, 2, [&](ElementBuilder &b, ValueRange at) {
    SmallVector<Value> position;
    SmallVector<Value> where(at.take_front(outer));
    where.push_back({});
    for (int64_t i = 0; i < depth; ++i) {
      where.back() = arith::ConstantIndexOp::create(b, i);
      Value index = tensor::ExtractOp::create(b, l.getInput(1), where);
      position.push_back(
          createPosition(b, index, indices.elementType, sizes[i]));
    }
    llvm::append_range(position, at.drop_front(outer));
    return position;
  });
}

static LogicalResult lowerTensorScatter(NodeLowering &l) {
  const TensorShape &cache = l.getInputShape(0);
  int64_t axis = l.getNode().getInt("axis", -2);
  axis += axis < 0 ? cache.getRank() : 0;
  bool isCircular = l.getNode().getString("mode", "linear") == "circular";
  Value size = l.getIndex(cache.dims[axis]);
  return scatter(l, 1, [&](ElementBuilder &b, ValueRange at) {
    SmallVector<Value> position(at);
    if (l.getInput(2)) {
      Value start = tensor::ExtractOp::create(b, l.getInput(2), at[0]);
      start = arith::IndexCastOp::create(b, b.getIndexType(), start);
      position[axis] = arith::AddIOp::create(b, start, at[axis]);
    }
    if (isCircular)
      position[axis] = arith::RemUIOp::create(b, position[axis], size);
    return position;
  });
}

void mlir::onnx::addScatteringOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Scatter", 9, inferScatterElements, lowerScatterElements},
      {"", "ScatterElements", 11, inferScatterElements, lowerScatterElements},
      {"", "ScatterND", 11, inferScatterND, lowerScatterND},
      {"", "TensorScatter", 24, inferTensorScatter, lowerTensorScatter},
  });
}
