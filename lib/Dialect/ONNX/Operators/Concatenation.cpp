//===- Concatenation.cpp - Operators that join and split axes -------------===//
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
// Concat
//===----------------------------------------------------------------------===//

static LogicalResult inferConcat(NodeShapes &shapes) {
  FailureOr<const TensorShape *> first = shapes.requireInput(0);
  if (failed(first))
    return failure();
  int64_t rank = (*first)->getRank();
  FailureOr<int64_t> axis = shapes.getAxis("axis", 1, rank);
  if (failed(axis))
    return failure();
  TensorShape result{(*first)->elementType, (*first)->dims,
                     SmallVector<AffineExpr>(), ElementsAttr()};
  result.dims[*axis] = shapes.getSize(0);
  for (unsigned i = 0; i < shapes.getNumInputs(); ++i) {
    FailureOr<const TensorShape *> input = shapes.requireInput(i);
    if (failed(input))
      return failure();
    if ((*input)->elementType != result.elementType ||
        (*input)->getRank() != rank)
      return shapes.fail("expects inputs of one element type and rank");
    for (int64_t j = 0; j < rank; ++j)
      if (j != *axis &&
          getConstantSize((*input)->dims[j] - result.dims[j]) != 0)
        return shapes.fail("expects equal sizes in axis " + Twine(j) +
                           ", but input " + Twine(i) + " has another");
    result.dims[*axis] = result.dims[*axis] + (*input)->dims[*axis];
    if (!(*input)->contents || rank != 1)
      result.contents.reset();
    if (result.contents)
      result.contents->append(*(*input)->contents);
  }
  shapes.setResult(0, result);
  return success();
}

static LogicalResult lowerConcat(NodeLowering &l) {
  const TensorShape &result = l.getResultShape(0);
  int64_t axis = l.getNode().getInt("axis", 1);
  axis += axis < 0 ? result.getRank() : 0;
  unsigned count = l.getNode().getInputs().size();
  if (count == 1) {
    l.setResult(0, l.getInput(0));
    return success();
  }
  Value joined = l.createEmpty(result.dims, result.elementType);
  AffineExpr zero = l.b.getAffineConstantExpr(0);
  SmallVector<AffineExpr> offsets(result.getRank(), zero);
  for (unsigned i = 0; i < count; ++i) {
    const TensorShape &input = l.getInputShape(i);
    joined = l.createInsertion(l.getInput(i), joined, offsets, input.dims);
    offsets[axis] = simplifySize(offsets[axis] + input.dims[axis]);
  }
  l.setResult(0, joined);
  return success();
}

//===----------------------------------------------------------------------===//
// Split
//===----------------------------------------------------------------------===//

/// The sizes of the results along the axis.
static FailureOr<SmallVector<AffineExpr>> getParts(NodeShapes &shapes,
                                                   AffineExpr size) {
  NodeOp node = shapes.getNode();
  unsigned count = node->getNumResults();
  SmallVector<AffineExpr> parts;
  if (std::optional<ArrayRef<int64_t>> sizes = node.getInts("split")) {
    for (int64_t part : *sizes)
      parts.push_back(shapes.getSize(part));
  } else if (shapes.getInput(1)) {
    FailureOr<SmallVector<AffineExpr>> sizes = shapes.getSizes(1, "the parts");
    if (failed(sizes))
      return failure();
    parts = *sizes;
  } else if (AffineExpr part = divideSize(size, shapes.getSize(count))) {
    parts.assign(count, part);
  } else {
    // The last part is smaller.
    std::optional<int64_t> constant = getConstantSize(size);
    if (!constant || node.getVersion() < 18)
      return shapes.fail("expects a size that splits into " + Twine(count) +
                         " equal parts");
    int64_t whole = llvm::divideCeil(*constant, count);
    for (unsigned i = 0; i < count; ++i)
      parts.push_back(
          shapes.getSize(std::clamp<int64_t>(*constant - i * whole, 0, whole)));
  }
  AffineExpr total = shapes.getSize(0);
  for (AffineExpr part : parts)
    total = total + part;
  if (parts.size() != count || getConstantSize(total - size) != 0)
    return shapes.fail("expects " + Twine(count) + " parts that fill the axis");
  return parts;
}

static LogicalResult inferSplit(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  FailureOr<int64_t> axis = shapes.getAxis("axis", 0, (*input)->getRank());
  if (failed(axis))
    return failure();
  FailureOr<SmallVector<AffineExpr>> parts =
      getParts(shapes, (*input)->dims[*axis]);
  if (failed(parts))
    return failure();
  int64_t offset = 0;
  for (auto [i, part] : llvm::enumerate(*parts)) {
    TensorShape result{(*input)->elementType, (*input)->dims, std::nullopt,
                       ElementsAttr()};
    result.dims[*axis] = part;
    if ((*input)->contents && getConstantSize(part)) {
      result.contents = moveContents(
          **input, result.dims,
          [&](ArrayRef<int64_t> at, MutableArrayRef<int64_t> source) {
            llvm::copy(at, source.begin());
            source[*axis] += offset;
          });
      offset += *getConstantSize(part);
    }
    shapes.setResult(i, result);
  }
  return success();
}

static LogicalResult lowerSplit(NodeLowering &l) {
  const TensorShape &input = l.getInputShape(0);
  int64_t axis = l.getNode().getInt("axis", 0);
  axis += axis < 0 ? input.getRank() : 0;
  AffineExpr zero = l.b.getAffineConstantExpr(0);
  SmallVector<AffineExpr> offsets(input.getRank(), zero);
  FailureOr<SmallVector<AffineExpr>> parts =
      getParts(l.getShapes(), input.dims[axis]);
  for (auto [i, part] : llvm::enumerate(*parts)) {
    if (l.hasResult(i))
      l.setResult(
          i, l.createSlice(l.getInput(0), offsets, l.getResultShape(i).dims));
    offsets[axis] = simplifySize(offsets[axis] + part);
  }
  return success();
}

void mlir::onnx::addConcatenationOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Concat", 4, inferConcat, lowerConcat},
      {"", "Split", 2, inferSplit, lowerSplit},
  });
}
