//===- Gathering.cpp - Operators that read elements by indices ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Gathering.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

using ElementBuilder = ImplicitLocOpBuilder;

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Value mlir::onnx::createPosition(ElementBuilder &b, Value element,
                                 Type elementType, Value size) {
  if (isUnsigned(elementType))
    return arith::IndexCastUIOp::create(b, b.getIndexType(), element);
  Value position = arith::IndexCastOp::create(b, b.getIndexType(), element);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value isNegative =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, position, zero);
  Value fromEnd = arith::AddIOp::create(b, position, size);
  return arith::SelectOp::create(b, isNegative, fromEnd, position);
}

Value mlir::onnx::clampPosition(ElementBuilder &b, Value position, Value size) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value last = arith::SubIOp::create(b, size, one);
  Value capped = arith::MinSIOp::create(b, position, last);
  return arith::MaxSIOp::create(b, capped, zero);
}

Value mlir::onnx::isInside(ElementBuilder &b, Value position, Value size) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, position, size);
}

Value mlir::onnx::createIndices(ElementBuilder &b, ArrayRef<int64_t> values) {
  return arith::ConstantOp::create(b, b.getI64TensorAttr(values));
}

SmallVector<Value> mlir::onnx::getPositions(ElementBuilder &b, int64_t rank) {
  SmallVector<Value> positions;
  for (int64_t i = 0; i < rank; ++i)
    positions.push_back(linalg::IndexOp::create(b, i));
  return positions;
}

/// Fails unless input `index` holds integers.
static FailureOr<const TensorShape *> requireIndices(NodeShapes &shapes,
                                                     unsigned index) {
  FailureOr<const TensorShape *> indices = shapes.requireInput(index);
  if (failed(indices))
    return failure();
  if (!isa<IntegerType>((*indices)->elementType) ||
      (*indices)->elementType.isInteger(1))
    return shapes.fail("expects indices of integers");
  return indices;
}

/// Fails if elements of an axis of `size` are to be read and it has none.
static LogicalResult checkReadable(NodeShapes &shapes, AffineExpr size,
                                   ArrayRef<AffineExpr> resultDims) {
  if (getConstantSize(multiplySizes(resultDims, shapes.getContext())) == 0)
    return success();
  return shapes.requireElements(size);
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

static LogicalResult inferGather(NodeShapes &shapes) {
  FailureOr<const TensorShape *> data = shapes.requireInput(0);
  FailureOr<const TensorShape *> indices = requireIndices(shapes, 1);
  if (failed(data) || failed(indices))
    return failure();
  FailureOr<int64_t> axis = shapes.getAxis("axis", 0, (*data)->getRank());
  if (failed(axis))
    return failure();
  ArrayRef<AffineExpr> dims = (*data)->dims;
  TensorShape result{(*data)->elementType,
                     SmallVector<AffineExpr>(dims.take_front(*axis)),
                     std::nullopt, ElementsAttr()};
  result.dims.append((*indices)->dims);
  llvm::append_range(result.dims, dims.drop_front(*axis + 1));
  if (failed(checkReadable(shapes, dims[*axis], result.dims)))
    return failure();
  // Elements of shapes.
  std::optional<int64_t> count = getConstantSize(dims[*axis]);
  if ((*data)->contents && (*data)->getRank() == 1 && (*indices)->contents) {
    result.contents = SmallVector<AffineExpr>();
    for (AffineExpr index : *(*indices)->contents) {
      std::optional<int64_t> at = getConstantSize(index);
      if (at && (*at < -*count || *at >= *count))
        return shapes.fail("expects indices in [" + Twine(-*count) + ", " +
                           Twine(*count) + "), found " + Twine(*at));
      if (!at) {
        result.contents.reset();
        break;
      }
      result.contents->push_back(
          (*(*data)->contents)[*at < 0 ? *at + *count : *at]);
    }
  }
  shapes.setResult(0, result);
  return success();
}

/// The position that a known index stands for, surely inside of an axis of
/// `size`; null if there is none.
static AffineExpr getKnownPosition(const TensorShape &indices,
                                   AffineExpr size) {
  if (!indices.contents || indices.contents->size() != 1)
    return {};
  AffineExpr position = indices.contents->front();
  if (isSizeAtLeast(-position, 1))
    position = position + size;
  if (isSizeAtLeast(position, 0) && isSizeAtLeast(size - position, 1))
    return position;
  return {};
}

static LogicalResult lowerGather(NodeLowering &l) {
  const TensorShape &data = l.getInputShape(0), &indices = l.getInputShape(1);
  const TensorShape &result = l.getResultShape(0);
  Value source = l.getInput(0);
  int64_t axis = l.getNode().getInt("axis", 0);
  axis += axis < 0 ? data.getRank() : 0;
  if (AffineExpr position = getKnownPosition(indices, data.dims[axis])) {
    SmallVector<AffineExpr> dims = data.dims;
    dims[axis] = l.b.getAffineConstantExpr(1);
    AffineExpr zero = l.b.getAffineConstantExpr(0);
    SmallVector<AffineExpr> offsets(data.getRank(), zero);
    offsets[axis] = position;
    Value slice = l.createSlice(source, offsets, dims);
    l.setResult(0, l.createReshape(slice, dims, result.dims));
    return success();
  }
  Value size = l.getIndex(data.dims[axis]);
  SmallVector<AffineExpr> map;
  for (int64_t i = 0; i < indices.getRank(); ++i)
    map.push_back(l.b.getAffineDimExpr(axis + i));
  l.setResult(
      0, l.createMapped(
             result.dims, result.elementType, l.getInput(1),
             AffineMap::get(result.getRank(), 0, map, l.b.getContext()),
             [&](ElementBuilder &b, ValueRange in) -> Value {
               SmallVector<Value> all = getPositions(b, result.getRank());
               SmallVector<Value> position(all.begin(), all.begin() + axis);
               position.push_back(
                   createSafePosition(b, in[0], indices.elementType, size));
               position.append(all.begin() + axis + indices.getRank(),
                               all.end());
               return tensor::ExtractOp::create(b, source, position);
             }));
  return success();
}

//===----------------------------------------------------------------------===//
// GatherElements
//===----------------------------------------------------------------------===//

static LogicalResult inferGatherElements(NodeShapes &shapes) {
  FailureOr<const TensorShape *> data = shapes.requireInput(0);
  FailureOr<const TensorShape *> indices = requireIndices(shapes, 1);
  if (failed(data) || failed(indices))
    return failure();
  FailureOr<int64_t> axis = shapes.getAxis("axis", 0, (*data)->getRank());
  if (failed(axis))
    return failure();
  if ((*indices)->getRank() != (*data)->getRank())
    return shapes.fail("expects data and indices of one rank");
  for (auto [i, dim] : llvm::enumerate((*indices)->dims))
    if (int64_t(i) != *axis && !isSizeAtLeast((*data)->dims[i] - dim, 0))
      return shapes.fail("expects indices that are not larger than the data "
                         "in axis " +
                         Twine(i));
  if (failed(checkReadable(shapes, (*data)->dims[*axis], (*indices)->dims)))
    return failure();
  shapes.setResult(0, (*data)->elementType, (*indices)->dims);
  return success();
}

static LogicalResult lowerGatherElements(NodeLowering &l) {
  const TensorShape &data = l.getInputShape(0), &indices = l.getInputShape(1);
  int64_t axis = l.getNode().getInt("axis", 0);
  axis += axis < 0 ? data.getRank() : 0;
  Value source = l.getInput(0), size = l.getIndex(data.dims[axis]);
  l.setResult(
      0, l.createElementwise(
             indices.dims, data.elementType, {{l.getInput(1), &indices}},
             [&](ElementBuilder &b, ValueRange in) -> Value {
               SmallVector<Value> position = getPositions(b, data.getRank());
               position[axis] =
                   createSafePosition(b, in[0], indices.elementType, size);
               return tensor::ExtractOp::create(b, source, position);
             }));
  return success();
}

//===----------------------------------------------------------------------===//
// GatherND
//===----------------------------------------------------------------------===//

static LogicalResult inferGatherND(NodeShapes &shapes) {
  FailureOr<const TensorShape *> data = shapes.requireInput(0);
  FailureOr<const TensorShape *> indices = requireIndices(shapes, 1);
  if (failed(data) || failed(indices))
    return failure();
  int64_t batch = shapes.getNode().getInt("batch_dims", 0);
  int64_t rank = (*data)->getRank(), indexRank = (*indices)->getRank();
  if (indexRank < 1 || batch < 0 || batch >= std::min(rank, indexRank))
    return shapes.fail("expects batch_dims below the ranks of data and "
                       "indices, found " +
                       Twine(batch));
  std::optional<int64_t> depth = getConstantSize((*indices)->dims.back());
  if (!depth || *depth < 1 || *depth > rank - batch)
    return shapes.fail("expects indices whose last axis has a constant size "
                       "in [1, " +
                       Twine(rank - batch) + "]");
  SmallVector<AffineExpr> dims((*indices)->dims);
  dims.pop_back();
  for (int64_t i = 0; i < batch; ++i)
    if (getConstantSize((*data)->dims[i] - dims[i]) != 0)
      return shapes.fail("expects equal sizes in axis " + Twine(i));
  llvm::append_range(dims, ArrayRef((*data)->dims).drop_front(batch + *depth));
  for (int64_t i = batch; i < batch + *depth; ++i)
    if (failed(checkReadable(shapes, (*data)->dims[i], dims)))
      return failure();
  shapes.setResult(0, (*data)->elementType, dims);
  return success();
}

static LogicalResult lowerGatherND(NodeLowering &l) {
  const TensorShape &data = l.getInputShape(0), &indices = l.getInputShape(1);
  const TensorShape &result = l.getResultShape(0);
  int64_t batch = l.getNode().getInt("batch_dims", 0);
  int64_t depth = *getConstantSize(indices.dims.back());
  int64_t outer = indices.getRank() - 1;
  Value source = l.getInput(0);
  // Each coordinate is an operand of its own.
  SmallVector<Value> coordinates(depth, l.getInput(1)), sizes;
  SmallVector<AffineMap> maps;
  for (int64_t i = 0; i < depth; ++i) {
    SmallVector<AffineExpr> map;
    for (int64_t axis = 0; axis < outer; ++axis)
      map.push_back(l.b.getAffineDimExpr(axis));
    map.push_back(l.b.getAffineConstantExpr(i));
    maps.push_back(AffineMap::get(result.getRank(), 0, map, l.b.getContext()));
    sizes.push_back(l.getIndex(data.dims[batch + i]));
  }
  l.setResult(
      0, l.createMapped(result.dims, result.elementType, coordinates, maps,
                        [&](ElementBuilder &b, ValueRange in) -> Value {
                          SmallVector<Value> all =
                              getPositions(b, result.getRank());
                          SmallVector<Value> position(all.begin(),
                                                      all.begin() + batch);
                          for (auto [i, element] : llvm::enumerate(in))
                            position.push_back(createSafePosition(
                                b, element, indices.elementType, sizes[i]));
                          position.append(all.begin() + outer, all.end());
                          return tensor::ExtractOp::create(b, source, position);
                        }));
  return success();
}

//===----------------------------------------------------------------------===//
// Compress
//===----------------------------------------------------------------------===//

/// The positions that a constant condition selects.
static FailureOr<SmallVector<int64_t>> getSelected(NodeShapes &shapes) {
  FailureOr<SmallVector<int64_t>> condition =
      shapes.getIntegers(1, "the condition");
  if (failed(condition))
    return failure();
  SmallVector<int64_t> selected;
  for (auto [i, isSelected] : llvm::enumerate(*condition))
    if (isSelected)
      selected.push_back(i);
  return selected;
}

static LogicalResult inferCompress(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<SmallVector<int64_t>> selected = getSelected(shapes);
  if (failed(input) || failed(selected))
    return failure();
  SmallVector<AffineExpr> dims((*input)->dims);
  int64_t axis = 0;
  if (shapes.getNode().getNodeAttr("axis")) {
    FailureOr<int64_t> found = shapes.getAxis("axis", 0, (*input)->getRank());
    if (failed(found))
      return failure();
    axis = *found;
  } else {
    dims = {multiplySizes(dims, shapes.getContext())};
  }
  if (!selected->empty() && !isSizeAtLeast(dims[axis], selected->back() + 1))
    return shapes.fail("expects a condition that selects inside of the axis");
  dims[axis] = shapes.getSize(selected->size());
  shapes.setResult(0, (*input)->elementType, dims);
  return success();
}

static LogicalResult decomposeCompress(NodeDecomposition &d) {
  NodeOp node = d.getNode();
  const TensorShape &condition = d.getShape(d.getInput(1));
  SmallVector<int64_t> selected;
  for (auto [i, isSelected] : llvm::enumerate(*condition.contents))
    if (getConstantSize(isSelected) != 0)
      selected.push_back(i);
  Value input = d.getInput(0);
  if (!node.getNodeAttr("axis"))
    input = d.createReshape(
        input, multiplySizes(d.getShape(input).dims, d.b.getContext()));
  if (!input)
    return failure();
  d.setResult(0, d.create("Gather", {input, d.createIntegers(selected)},
                          d.attr("axis", node.getInt("axis", 0))));
  return success(d.getResults()[0] != nullptr);
}

//===----------------------------------------------------------------------===//
// ReverseSequence
//===----------------------------------------------------------------------===//

static LogicalResult inferReverseSequence(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<const TensorShape *> lengths = requireIndices(shapes, 1);
  if (failed(input) || failed(lengths))
    return failure();
  int64_t batch = shapes.getNode().getInt("batch_axis", 1);
  int64_t time = shapes.getNode().getInt("time_axis", 0);
  if (batch + time != 1 || std::min(batch, time) != 0 ||
      (*input)->getRank() < 2)
    return shapes.fail("expects batch_axis and time_axis to be 0 and 1");
  if ((*lengths)->getRank() != 1 ||
      getConstantSize((*lengths)->dims[0] - (*input)->dims[batch]) != 0)
    return shapes.fail("expects a length for each sequence");
  shapes.setResult(0, (*input)->elementType, (*input)->dims);
  return success();
}

static LogicalResult lowerReverseSequence(NodeLowering &l) {
  const TensorShape &input = l.getInputShape(0), &lengths = l.getInputShape(1);
  int64_t batch = l.getNode().getInt("batch_axis", 1);
  int64_t time = l.getNode().getInt("time_axis", 0);
  Value source = l.getInput(0), size = l.getIndex(input.dims[time]);
  l.setResult(
      0, l.createMapped(
             input.dims, input.elementType, l.getInput(1),
             AffineMap::get(input.getRank(), 0, l.b.getAffineDimExpr(batch),
                            l.b.getContext()),
             [&](ElementBuilder &b, ValueRange in) -> Value {
               SmallVector<Value> position = getPositions(b, input.getRank());
               Value zero = arith::ConstantIndexOp::create(b, 0);
               Value one = arith::ConstantIndexOp::create(b, 1);
               Value length =
                   createPosition(b, in[0], lengths.elementType, zero);
               length = arith::MinSIOp::create(b, length, size);
               Value last = arith::SubIOp::create(b, length, one);
               Value mirrored = arith::SubIOp::create(b, last, position[time]);
               Value isReversed = arith::CmpIOp::create(
                   b, arith::CmpIPredicate::slt, position[time], length);
               position[time] = arith::SelectOp::create(b, isReversed, mirrored,
                                                        position[time]);
               return tensor::ExtractOp::create(b, source, position);
             }));
  return success();
}

/// Unique, NonZero.
static LogicalResult inferDataDependent(NodeShapes &shapes) {
  return shapes.fail("is not supported: the sizes of its results depend on "
                     "data, not only on sizes of inputs");
}

void mlir::onnx::addGatheringOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Compress", 9, inferCompress, nullptr, decomposeCompress},
      {"", "Gather", 1, inferGather, lowerGather},
      {"", "GatherElements", 11, inferGatherElements, lowerGatherElements},
      {"", "GatherND", 11, inferGatherND, lowerGatherND},
      {"", "NonZero", 9, inferDataDependent},
      {"", "ReverseSequence", 10, inferReverseSequence, lowerReverseSequence},
      {"", "Unique", 11, inferDataDependent},
  });
}
