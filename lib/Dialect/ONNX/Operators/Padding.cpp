//===- Padding.cpp - Operators that add elements around a tensor ----------===//
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

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

namespace {
/// How many elements an axis gains at each end; loses, if negative.
struct Pads {
  AffineExpr begin, end;
};
} // namespace

static bool isZero(AffineExpr size) { return getConstantSize(size) == 0; }

/// `size` if that is positive, else 0; null if it depends on the symbols.
static AffineExpr getPositivePart(AffineExpr size) {
  if (isSizeAtLeast(size, 0))
    return size;
  return isSizeAtLeast(-size, 0) ? getAffineConstantExpr(0, size.getContext())
                                 : AffineExpr();
}

/// Pads of all axes: an attribute, or input 1 since version 11, for the axes of
/// input 3 since version 18.
static FailureOr<SmallVector<Pads>> getPads(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  int64_t rank = (*input)->getRank();
  SmallVector<AffineExpr> values;
  if (std::optional<ArrayRef<int64_t>> attribute =
          shapes.getNode().getInts("pads")) {
    for (int64_t pad : *attribute)
      values.push_back(shapes.getSize(pad));
  } else {
    FailureOr<SmallVector<AffineExpr>> pads = shapes.getSizes(1, "pads");
    if (failed(pads))
      return failure();
    values = *pads;
  }
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (shapes.getInput(3)) {
    FailureOr<std::optional<SmallVector<int64_t>>> asked =
        shapes.getAxes("axes", 3, rank);
    if (failed(asked))
      return failure();
    axes = **asked;
  }
  if (values.size() != 2 * axes.size())
    return shapes.fail("expects pads for both ends of " + Twine(axes.size()) +
                       " axes, found " + Twine(values.size()));
  AffineExpr zero = shapes.getSize(0);
  SmallVector<Pads> result(rank, {zero, zero});
  for (auto [i, axis] : llvm::enumerate(axes))
    result[axis] = {values[i], values[axes.size() + i]};
  return result;
}

static StringRef getMode(NodeOp node) {
  return node.getString("mode", "constant");
}

static LogicalResult inferPad(NodeShapes &shapes) {
  FailureOr<SmallVector<Pads>> pads = getPads(shapes);
  if (failed(pads))
    return failure();
  const TensorShape &input = *shapes.getInput(0);
  StringRef mode = getMode(shapes.getNode());
  if (!llvm::is_contained({"constant", "edge", "reflect", "wrap"}, mode))
    return shapes.fail("expects a mode that is supported, found " + mode);
  if (const TensorShape *value = shapes.getInput(2))
    if (value->elementType != input.elementType ||
        getConstantSize(multiplySizes(value->dims, shapes.getContext())) != 1)
      return shapes.fail("expects a value of the input's element type");
  SmallVector<AffineExpr> dims;
  for (auto [dim, pad] : llvm::zip_equal(input.dims, *pads)) {
    AffineExpr begin = getPositivePart(-pad.begin);
    AffineExpr end = getPositivePart(-pad.end);
    if (!begin || !end || !isSizeAtLeast(dim - begin - end, 0))
      return shapes.fail("expects pads whose signs do not depend on the "
                         "symbols and that leave no negative size");
    dims.push_back(dim + pad.begin + pad.end);
    if (mode != "constant" && (!isZero(pad.begin) || !isZero(pad.end)) &&
        failed(shapes.requireElements(dim)))
      return failure();
  }
  shapes.setResult(0, input.elementType, dims);
  return success();
}

/// The value around the input: input 2, an attribute before version 11, or 0.
static Value getPadding(NodeLowering &l) {
  Type type = l.getInputShape(0).elementType;
  if (l.getInput(2)) {
    Value scalar = l.createReshape(l.getInput(2), l.getInputShape(2).dims, {});
    return tensor::ExtractOp::create(l.b, scalar, ValueRange());
  }
  double value = l.getNode().getFloat("value", 0);
  if (auto narrow = dyn_cast<FloatType>(type); narrow && narrow.getWidth() <= 8)
    return l.castScalar(l.b, l.createScalar(l.b.getF32Type(), value),
                        l.b.getF32Type(), type);
  return l.createScalar(type, value);
}

static LogicalResult padWithConstant(NodeLowering &l, ArrayRef<Pads> pads) {
  const TensorShape &input = l.getInputShape(0), &result = l.getResultShape(0);
  SmallVector<AffineExpr> kept, from, to;
  for (auto [dim, pad] : llvm::zip_equal(input.dims, pads)) {
    AffineExpr lostBegin = getPositivePart(-pad.begin);
    AffineExpr lostEnd = getPositivePart(-pad.end);
    from.push_back(lostBegin);
    to.push_back(pad.begin + lostBegin);
    kept.push_back(simplifySize(dim - lostBegin - lostEnd));
  }
  Value value = l.getInput(0);
  if (!llvm::all_of(from, isZero) || !llvm::equal(kept, input.dims))
    value = l.createSlice(value, from, kept);
  if (!llvm::equal(kept, result.dims))
    value = l.createInsertion(value, l.createFilled(result.dims, getPadding(l)),
                              to, kept);
  l.setResult(0, value);
  return success();
}

/// `value` modulo `period`, not negative.
static Value createModulo(ElementBuilder &b, Value value, Value period) {
  Value rest = arith::RemSIOp::create(b, value, period);
  return arith::RemSIOp::create(b, arith::AddIOp::create(b, rest, period),
                                period);
}

/// The position in an axis of `size` whose element is at `position` of the axis
/// extended to both sides.
static Value extendPosition(ElementBuilder &b, StringRef mode, Value position,
                            Value size) {
  if (mode == "edge")
    return clampPosition(b, position, size);
  if (mode == "wrap")
    return createModulo(b, position, size);
  // Forth and back, without the ends twice.
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value last = arith::SubIOp::create(b, size, one);
  Value twice = arith::AddIOp::create(b, last, last);
  Value period = arith::MaxSIOp::create(b, twice, one);
  Value forth = createModulo(b, position, period);
  Value back = arith::SubIOp::create(b, twice, forth);
  return arith::MinSIOp::create(b, forth, back);
}

static LogicalResult lowerPad(NodeLowering &l) {
  FailureOr<SmallVector<Pads>> pads = getPads(l.getShapes());
  StringRef mode = getMode(l.getNode());
  if (mode == "constant")
    return padWithConstant(l, *pads);
  const TensorShape &input = l.getInputShape(0), &result = l.getResultShape(0);
  Value source = l.getInput(0);
  SmallVector<Value> begins, sizes;
  for (auto [dim, pad] : llvm::zip_equal(input.dims, *pads)) {
    begins.push_back(l.getIndex(pad.begin));
    sizes.push_back(l.getIndex(dim));
  }
  l.setResult(
      0, l.createMapped(
             result.dims, result.elementType, {}, {},
             [&](ElementBuilder &b, ValueRange) -> Value {
               SmallVector<Value> position = getPositions(b, input.getRank());
               for (auto [i, at] : llvm::enumerate(position))
                 if (!isZero((*pads)[i].begin) || !isZero((*pads)[i].end))
                   at = extendPosition(b, mode,
                                       arith::SubIOp::create(b, at, begins[i]),
                                       sizes[i]);
               return tensor::ExtractOp::create(b, source, position);
             }));
  return success();
}

//===----------------------------------------------------------------------===//
// CenterCropPad
//===----------------------------------------------------------------------===//

/// The sizes that the result has.
static FailureOr<SmallVector<AffineExpr>> getCentered(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<SmallVector<AffineExpr>> sizes = shapes.getSizes(1, "the shape");
  if (failed(input) || failed(sizes))
    return failure();
  int64_t rank = (*input)->getRank();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (shapes.getNode().getInts("axes")) {
    FailureOr<std::optional<SmallVector<int64_t>>> asked =
        shapes.getAxes("axes", ~0u, rank);
    if (failed(asked))
      return failure();
    axes = **asked;
  }
  if (sizes->size() != axes.size())
    return shapes.fail("expects a size for each axis");
  SmallVector<AffineExpr> dims((*input)->dims);
  for (auto [axis, size] : llvm::zip_equal(axes, *sizes)) {
    if (!isSizeAtLeast(dims[axis] - size, 0) &&
        !isSizeAtLeast(size - dims[axis], 0))
      return shapes.fail("expects sizes that are smaller or larger whatever "
                         "the symbols are, or constant sizes");
    dims[axis] = size;
  }
  return dims;
}

static LogicalResult inferCenterCropPad(NodeShapes &shapes) {
  FailureOr<SmallVector<AffineExpr>> dims = getCentered(shapes);
  if (failed(dims))
    return failure();
  shapes.setResult(0, shapes.getInput(0)->elementType, *dims);
  return success();
}

/// A Pad whose negative pads crop. Of an odd number of elements, the end gains
/// one more, and loses one more.
static LogicalResult decomposeCenterCropPad(NodeDecomposition &d) {
  const TensorShape &input = d.getShape(d.getInput(0));
  const TensorShape &result = d.getShape(d.getNode()->getResult(0));
  SmallVector<AffineExpr> begins, ends;
  for (auto [from, to] : llvm::zip_equal(input.dims, result.dims)) {
    bool isLarger = isSizeAtLeast(to - from, 0);
    AffineExpr begin =
        isLarger ? (to - from).floorDiv(2) : -((from - to).floorDiv(2));
    begins.push_back(begin);
    ends.push_back(to - from - begin);
  }
  begins.append(ends);
  d.setResult(0, d.create("Pad", {d.getInput(0), d.createSizes(begins)}));
  return success(d.getResults()[0] != nullptr);
}

void mlir::onnx::addPaddingOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "CenterCropPad", 18, inferCenterCropPad, nullptr,
       decomposeCenterCropPad},
      {"", "Pad", 2, inferPad, lowerPad},
  });
}
