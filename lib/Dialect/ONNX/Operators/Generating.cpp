//===- Generating.cpp - Operators that make elements from positions -------===//
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
#include <cmath>

using namespace mlir;
using namespace mlir::onnx;

/// The only element of an input of one.
static Value getScalar(NodeLowering &l, unsigned index) {
  Value scalar =
      l.createReshape(l.getInput(index), l.getInputShape(index).dims, {});
  return tensor::ExtractOp::create(l.b, scalar, ValueRange());
}

/// The position along `axis` as i64.
static Value getPosition(ElementBuilder &b, int64_t axis) {
  return arith::IndexCastOp::create(b, b.getI64Type(),
                                    linalg::IndexOp::create(b, axis));
}

//===----------------------------------------------------------------------===//
// ConstantOfShape
//===----------------------------------------------------------------------===//

/// The element, 0 of f32 without an attribute.
static FailureOr<TypedAttr> getFillElement(NodeShapes &shapes) {
  Attribute value = shapes.getNode().getNodeAttr("value");
  if (!value)
    return TypedAttr(Builder(shapes.getContext()).getF32FloatAttr(0));
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense || dense.getNumElements() != 1)
    return shapes.fail("expects a value of one element");
  return cast<TypedAttr>(*dense.value_begin<Attribute>());
}

static LogicalResult inferConstantOfShape(NodeShapes &shapes) {
  FailureOr<SmallVector<AffineExpr>> dims = shapes.getSizes(0, "the shape");
  FailureOr<TypedAttr> element = getFillElement(shapes);
  if (failed(dims) || failed(element))
    return failure();
  TensorShape result{element->getType(), *dims, std::nullopt, ElementsAttr()};
  std::optional<int64_t> count =
      getConstantSize(multiplySizes(*dims, shapes.getContext()));
  if (auto integer = dyn_cast<IntegerAttr>(*element);
      integer && count && *count >= 0 && *count <= maximumContents) {
    int64_t value = isUnsigned(integer.getType())
                        ? integer.getValue().getZExtValue()
                        : integer.getValue().getSExtValue();
    result.contents = SmallVector<AffineExpr>(*count, shapes.getSize(value));
  }
  shapes.setResult(0, result);
  return success();
}

static LogicalResult lowerConstantOfShape(NodeLowering &l) {
  TypedAttr element = *getFillElement(l.getShapes());
  if (auto integer = dyn_cast<IntegerAttr>(element))
    element = l.b.getIntegerAttr(getSignlessType(integer.getType()),
                                 integer.getValue());
  l.setResult(0, l.createFilled(l.getResultShape(0).dims,
                                arith::ConstantOp::create(l.b, element)));
  return success();
}

//===----------------------------------------------------------------------===//
// Range
//===----------------------------------------------------------------------===//

/// The number of elements from `start` to before `limit`.
static FailureOr<AffineExpr> getRangeSize(NodeShapes &shapes) {
  if (isa<FloatType>(shapes.getInput(0)->elementType)) {
    double bounds[3];
    for (unsigned i = 0; i < 3; ++i) {
      FailureOr<SmallVector<double>> values = shapes.getFloats(i, "bounds");
      if (failed(values))
        return failure();
      if (values->size() != 1)
        return shapes.fail("expects bounds of one element");
      bounds[i] = values->front();
    }
    double count = std::ceil((bounds[1] - bounds[0]) / bounds[2]);
    if (!(std::abs(count) < 0x1p31))
      return shapes.fail("expects a finite number of elements");
    return shapes.getSize(std::max<int64_t>(count, 0));
  }
  AffineExpr bounds[3];
  for (unsigned i = 0; i < 3; ++i) {
    FailureOr<SmallVector<AffineExpr>> values = shapes.getSizes(i, "bounds");
    if (failed(values))
      return failure();
    if (values->size() != 1)
      return shapes.fail("expects bounds of one element");
    bounds[i] = values->front();
  }
  std::optional<int64_t> delta = getConstantSize(bounds[2]);
  if (!delta || *delta == 0)
    return shapes.fail("expects a delta that is constant and not 0");
  AffineExpr span = *delta > 0 ? bounds[1] - bounds[0] : bounds[0] - bounds[1];
  if (isSizeAtLeast(-span, 0))
    return shapes.getSize(0);
  if (!isSizeAtLeast(span, 0))
    return shapes.fail("expects a limit that is not before the start whatever "
                       "the symbols are, or constant sizes");
  int64_t step = std::abs(*delta);
  return step == 1 ? span : (span + (step - 1)).floorDiv(step);
}

static LogicalResult inferRange(NodeShapes &shapes) {
  for (unsigned i = 0; i < 3; ++i)
    if (failed(shapes.requireInput(i)))
      return failure();
  if (failed(checkElements(shapes, isNumber, "numbers")))
    return failure();
  FailureOr<AffineExpr> size = getRangeSize(shapes);
  if (failed(size))
    return failure();
  const TensorShape &start = *shapes.getInput(0), &delta = *shapes.getInput(2);
  TensorShape result{start.elementType, {*size}, std::nullopt, ElementsAttr()};
  std::optional<int64_t> count = getConstantSize(*size);
  if (start.contents && delta.contents && count && *count <= maximumContents) {
    result.contents = SmallVector<AffineExpr>();
    for (int64_t i = 0; i < *count; ++i)
      result.contents->push_back(start.contents->front() +
                                 delta.contents->front() * i);
  }
  shapes.setResult(0, result);
  return success();
}

static LogicalResult lowerRange(NodeLowering &l) {
  const TensorShape &result = l.getResultShape(0);
  Type type = result.elementType;
  Value start = getScalar(l, 0), delta = getScalar(l, 2);
  l.setResult(
      0, l.createMapped(
             result.dims, type, {}, {}, [&](ElementBuilder &b, ValueRange) {
               Value first = widen(b, start), step = widen(b, delta);
               Type computed = isa<FloatType>(type) ? first.getType() : type;
               Value at =
                   l.castScalar(b, getPosition(b, 0), b.getI64Type(), computed);
               Value distance =
                   createByType<arith::MulFOp, arith::MulIOp, arith::MulIOp>(
                       b, type, at, step);
               Value value =
                   createByType<arith::AddFOp, arith::AddIOp, arith::AddIOp>(
                       b, type, first, distance);
               return narrow(b, value, type);
             }));
  return success();
}

//===----------------------------------------------------------------------===//
// EyeLike and Trilu
//===----------------------------------------------------------------------===//

static LogicalResult inferEyeLike(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  if ((*input)->getRank() != 2)
    return shapes.fail("expects 2 axes, found " + Twine((*input)->getRank()));
  Type type = (*input)->elementType;
  if (shapes.getNode().getNodeAttr("dtype"))
    type = getElementType(shapes.getNode().getInt("dtype", 0),
                          shapes.getContext());
  if (!type || (!isNumber(type) && !type.isInteger(1)))
    return shapes.fail("expects numbers or BOOL");
  shapes.setResult(0, type, (*input)->dims);
  return success();
}

static LogicalResult lowerEyeLike(NodeLowering &l) {
  const TensorShape &result = l.getResultShape(0);
  Type type = result.elementType;
  Value diagonal =
      l.createInteger(l.b.getI64Type(), l.getNode().getInt("k", 0));
  Value one = l.createScalar(type, 1), zero = l.createScalar(type, 0);
  l.setResult(
      0, l.createMapped(result.dims, type, {}, {},
                        [&](ElementBuilder &b, ValueRange) -> Value {
                          Value shifted = arith::AddIOp::create(
                              b, getPosition(b, 0), diagonal);
                          Value isOn =
                              arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                                    getPosition(b, 1), shifted);
                          return arith::SelectOp::create(b, isOn, one, zero);
                        }));
  return success();
}

static LogicalResult inferTrilu(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  if ((*input)->getRank() < 2)
    return shapes.fail("expects at least 2 axes");
  Type type = (*input)->elementType;
  if (!isNumber(type) && !type.isInteger(1))
    return shapes.fail("expects numbers or BOOL");
  if (const TensorShape *diagonal = shapes.getInput(1))
    if (!diagonal->elementType.isSignlessInteger(64) ||
        getConstantSize(multiplySizes(diagonal->dims, shapes.getContext())) !=
            1)
      return shapes.fail("expects k to be one INT64");
  shapes.setResult(0, type, (*input)->dims);
  return success();
}

static LogicalResult lowerTrilu(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  int64_t rank = shape.getRank();
  bool isUpper = l.getNode().getInt("upper", 1);
  Value diagonal =
      l.getInput(1) ? getScalar(l, 1) : l.createInteger(l.b.getI64Type(), 0);
  Value zero = l.createScalar(shape.elementType, 0);
  l.setResult(0, l.createElementwise(
                     shape.dims, shape.elementType, {{l.getInput(0), &shape}},
                     [&](ElementBuilder &b, ValueRange in) -> Value {
                       Value distance =
                           arith::SubIOp::create(b, getPosition(b, rank - 1),
                                                 getPosition(b, rank - 2));
                       Value isKept = arith::CmpIOp::create(
                           b,
                           isUpper ? arith::CmpIPredicate::sge
                                   : arith::CmpIPredicate::sle,
                           distance, diagonal);
                       return arith::SelectOp::create(b, isKept, in[0], zero);
                     }));
  return success();
}

//===----------------------------------------------------------------------===//
// OneHot
//===----------------------------------------------------------------------===//

static FailureOr<int64_t> getHotAxis(NodeShapes &shapes) {
  return shapes.getAxis("axis", -1, shapes.getInput(0)->getRank() + 1);
}

static LogicalResult inferOneHot(NodeShapes &shapes) {
  FailureOr<const TensorShape *> indices = shapes.requireInput(0);
  FailureOr<SmallVector<AffineExpr>> depth = shapes.getSizes(1, "the depth");
  FailureOr<const TensorShape *> values = shapes.requireInput(2);
  if (failed(indices) || failed(depth) || failed(values))
    return failure();
  FailureOr<int64_t> axis = getHotAxis(shapes);
  if (failed(axis))
    return failure();
  if (!isNumber((*indices)->elementType) || depth->size() != 1 ||
      (*values)->getRank() != 1 || getConstantSize((*values)->dims[0]) != 2)
    return shapes.fail("expects numbers as indices, one depth and two values");
  SmallVector<AffineExpr> dims((*indices)->dims);
  dims.insert(dims.begin() + *axis, depth->front());
  shapes.setResult(0, (*values)->elementType, dims);
  return success();
}

static LogicalResult lowerOneHot(NodeLowering &l) {
  const TensorShape &indices = l.getInputShape(0);
  const TensorShape &result = l.getResultShape(0);
  int64_t axis = *getHotAxis(l.getShapes());
  Type i64 = l.b.getI64Type();
  auto getValue = [&](int64_t at) -> Value {
    Value index = arith::ConstantIndexOp::create(l.b, at);
    return tensor::ExtractOp::create(l.b, l.getInput(2), index);
  };
  Value off = getValue(0), on = getValue(1);
  Value depth =
      arith::IndexCastOp::create(l.b, i64, l.getIndex(result.dims[axis]));
  SmallVector<AffineExpr> map;
  for (int64_t i = 0; i < indices.getRank(); ++i)
    map.push_back(l.b.getAffineDimExpr(i < axis ? i : i + 1));
  l.setResult(
      0,
      l.createMapped(
          result.dims, result.elementType, l.getInput(0),
          AffineMap::get(result.getRank(), 0, map, l.b.getContext()),
          [&](ElementBuilder &b, ValueRange in) -> Value {
            Value index = l.castScalar(b, in[0], indices.elementType, i64);
            Value isNegative = arith::CmpIOp::create(
                b, arith::CmpIPredicate::slt, index, constantLike(b, index, 0));
            index = arith::SelectOp::create(
                b, isNegative, arith::AddIOp::create(b, index, depth), index);
            Value isHot = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                                index, getPosition(b, axis));
            return arith::SelectOp::create(b, isHot, on, off);
          }));
  return success();
}

void mlir::onnx::addGeneratingOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "ConstantOfShape", 9, inferConstantOfShape, lowerConstantOfShape},
      {"", "EyeLike", 9, inferEyeLike, lowerEyeLike},
      {"", "OneHot", 9, inferOneHot, lowerOneHot},
      {"", "Range", 11, inferRange, lowerRange},
      {"", "Trilu", 14, inferTrilu, lowerTrilu},
  });
}
