//===- Reshaping.cpp - Operators that change shapes only ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Sets the result to the input's elements under other dimensions.
static void setReshaped(NodeShapes &shapes, ArrayRef<AffineExpr> dims) {
  TensorShape result = *shapes.getInput(0);
  result.dims = SmallVector<AffineExpr>(dims);
  result.constant = {};
  shapes.setResult(0, result);
}

static LogicalResult inferReshape(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<SmallVector<AffineExpr>> asked = shapes.getSizes(1, "the shape");
  if (failed(input) || failed(asked))
    return failure();
  bool allowZero = shapes.getNode().getInt("allowzero", 0);
  AffineExpr count = multiplySizes((*input)->dims, shapes.getContext());
  SmallVector<AffineExpr> dims = *asked, known;
  std::optional<unsigned> inferred;
  for (auto [i, dim] : llvm::enumerate(dims)) {
    std::optional<int64_t> value = getConstantSize(dim);
    if (value == 0 && !allowZero) {
      if (i >= (*input)->dims.size())
        return shapes.fail("expects a dimension to copy for size " + Twine(i));
      dim = (*input)->dims[i];
    } else if (value == -1) {
      if (inferred)
        return shapes.fail("expects -1 once in the shape");
      inferred = i;
      continue;
    } else if (value && *value < 0) {
      return shapes.fail("expects sizes that are at least -1, found " +
                         Twine(*value));
    }
    known.push_back(dim);
  }
  AffineExpr product = multiplySizes(known, shapes.getContext());
  if (inferred) {
    AffineExpr rest =
        getConstantSize(count) == 0 && getConstantSize(product) != 0
            ? shapes.getSize(0)
            : divideSize(count, product);
    if (!rest)
      return shapes.fail(
          "expects the elements to fill whole rows of the shape");
    dims[*inferred] = rest;
  } else if (simplifySize(product) != simplifySize(count)) {
    return shapes.fail("expects as many elements as the input has");
  }
  setReshaped(shapes, dims);
  return success();
}

static LogicalResult inferFlatten(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  int64_t rank = (*input)->getRank();
  int64_t axis = shapes.getNode().getInt("axis", 1);
  if (axis < -rank || axis > rank)
    return shapes.fail("expects axis in [" + Twine(-rank) + ", " + Twine(rank) +
                       "], found " + Twine(axis));
  axis += axis < 0 ? rank : 0;
  ArrayRef<AffineExpr> dims = (*input)->dims;
  setReshaped(shapes,
              {multiplySizes(dims.take_front(axis), shapes.getContext()),
               multiplySizes(dims.drop_front(axis), shapes.getContext())});
  return success();
}

/// Drops axes of size 1: those asked for, or all.
static LogicalResult inferSqueeze(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  FailureOr<std::optional<SmallVector<int64_t>>> axes =
      shapes.getAxes("axes", 1, (*input)->getRank());
  if (failed(axes))
    return failure();
  SmallVector<AffineExpr> dims;
  for (auto [i, dim] : llvm::enumerate((*input)->dims)) {
    bool isOne = getConstantSize(dim) == 1;
    bool isDropped = *axes ? llvm::is_contained(**axes, int64_t(i)) : isOne;
    if (isDropped && !isOne)
      return shapes.fail("expects axis " + Twine(i) + " to have size 1");
    if (!isDropped)
      dims.push_back(dim);
  }
  setReshaped(shapes, dims);
  return success();
}

static LogicalResult inferUnsqueeze(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  std::optional<ArrayRef<int64_t>> attribute = shapes.getNode().getInts("axes");
  size_t count = attribute ? attribute->size() : 0;
  if (!attribute) {
    FailureOr<SmallVector<int64_t>> axes = shapes.getIntegers(1, "axes");
    if (failed(axes))
      return failure();
    count = axes->size();
  }
  FailureOr<std::optional<SmallVector<int64_t>>> axes =
      shapes.getAxes("axes", 1, (*input)->getRank() + count);
  if (failed(axes))
    return failure();
  SmallVector<AffineExpr> dims;
  const AffineExpr *next = (*input)->dims.begin();
  for (size_t i = 0; i < (*input)->dims.size() + count; ++i)
    dims.push_back(*axes && llvm::is_contained(**axes, int64_t(i))
                       ? shapes.getSize(1)
                       : *next++);
  setReshaped(shapes, dims);
  return success();
}

static LogicalResult inferIdentity(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  shapes.setResult(0, **input);
  return success();
}

/// In inference, an identity; the second result says that all is kept.
static LogicalResult inferDropout(NodeShapes &shapes) {
  if (failed(inferIdentity(shapes)))
    return failure();
  NodeOp node = shapes.getNode();
  const TensorShape &input = *shapes.getInput(0);
  if (shapes.getInput(2)) {
    FailureOr<SmallVector<int64_t>> training =
        shapes.getIntegers(2, "training_mode");
    if (failed(training))
      return failure();
    const TensorShape *ratio = shapes.getInput(1);
    bool isNothing = ratio && ratio->contents &&
                     getConstantSize(ratio->contents->front()) == 0;
    if (training->size() != 1 || (training->front() != 0 && !isNothing))
      return shapes.fail("expects inference, found training_mode");
  }
  Type maskType = node.getVersion() < 10
                      ? input.elementType
                      : IntegerType::get(shapes.getContext(), 1);
  shapes.setResult(1, maskType, input.dims);
  return success();
}

static LogicalResult inferShape(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  int64_t rank = (*input)->getRank();
  auto clamp = [&](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  int64_t start = clamp(shapes.getNode().getInt("start", 0));
  int64_t end = clamp(shapes.getNode().getInt("end", rank));
  TensorShape result{IntegerType::get(shapes.getContext(), 64),
                     {},
                     SmallVector<AffineExpr>(),
                     ElementsAttr()};
  for (int64_t i = start; i < end; ++i)
    result.contents->push_back((*input)->dims[i]);
  result.dims = {shapes.getSize(std::max<int64_t>(end - start, 0))};
  shapes.setResult(0, result);
  return success();
}

static LogicalResult inferSize(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  TensorShape result{IntegerType::get(shapes.getContext(), 64),
                     {},
                     SmallVector<AffineExpr>(),
                     ElementsAttr()};
  result.contents->push_back(
      multiplySizes((*input)->dims, shapes.getContext()));
  shapes.setResult(0, result);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

static LogicalResult lowerReshape(NodeLowering &l) {
  l.setResult(0, l.createReshape(l.getInput(0), l.getInputShape(0).dims,
                                 l.getResultShape(0).dims));
  return success();
}

static LogicalResult lowerIdentity(NodeLowering &l) {
  l.setResult(0, l.getInput(0));
  return success();
}

static LogicalResult lowerDropout(NodeLowering &l) {
  l.setResult(0, l.getInput(0));
  if (l.hasResult(1)) {
    const TensorShape &mask = l.getResultShape(1);
    l.setResult(1,
                l.createFilled(mask.dims, l.createScalar(mask.elementType, 1)));
  }
  return success();
}

/// The contents of the result are known.
static LogicalResult lowerKnown(NodeLowering &l) {
  return l.fail("expects a shape of at most 256 dimensions");
}

void mlir::onnx::addReshapingOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Dropout", 7, inferDropout, lowerDropout},
      {"", "Flatten", 1, inferFlatten, lowerReshape},
      {"", "Identity", 1, inferIdentity, lowerIdentity},
      {"", "Reshape", 5, inferReshape, lowerReshape},
      {"", "Shape", 1, inferShape, lowerKnown},
      {"", "Size", 1, inferSize, lowerKnown},
      {"", "Squeeze", 1, inferSqueeze, lowerReshape},
      {"", "Unsqueeze", 1, inferUnsqueeze, lowerReshape},
  });
}
