//===- Repeating.cpp - Operators that repeat elements ---------------------===//
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

static LogicalResult inferExpand(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<SmallVector<AffineExpr>> asked = shapes.getSizes(1, "the shape");
  if (failed(input) || failed(asked))
    return failure();
  FailureOr<SmallVector<AffineExpr>> dims =
      shapes.broadcast({(*input)->dims, *asked});
  if (failed(dims))
    return failure();
  TensorShape result{(*input)->elementType, *dims, std::nullopt,
                     ElementsAttr()};
  size_t first = dims->size() - (*input)->dims.size();
  result.contents =
      moveContents(**input, *dims,
                   [&](ArrayRef<int64_t> at, MutableArrayRef<int64_t> source) {
                     for (auto [i, dim] : llvm::enumerate((*input)->dims))
                       source[i] =
                           getConstantSize(dim) == 1 ? 0 : at[first + i];
                   });
  shapes.setResult(0, result);
  return success();
}

static LogicalResult lowerExpand(NodeLowering &l) {
  const TensorShape &input = l.getInputShape(0), &result = l.getResultShape(0);
  if (llvm::equal(input.dims, result.dims)) {
    l.setResult(0, l.getInput(0));
    return success();
  }
  l.setResult(0,
              l.createElementwise(
                  result.dims, result.elementType, {{l.getInput(0), &input}},
                  [](ImplicitLocOpBuilder &, ValueRange in) { return in[0]; }));
  return success();
}

static LogicalResult inferTile(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<SmallVector<AffineExpr>> repeats =
      shapes.getSizes(1, "the repeats");
  if (failed(input) || failed(repeats))
    return failure();
  if (repeats->size() != (*input)->dims.size())
    return shapes.fail("expects a repeat for each of " +
                       Twine((*input)->getRank()) + " axes, found " +
                       Twine(repeats->size()));
  TensorShape result{(*input)->elementType, {}, std::nullopt, ElementsAttr()};
  for (auto [dim, repeat] : llvm::zip_equal((*input)->dims, *repeats))
    result.dims.push_back(dim * repeat);
  result.contents =
      moveContents(**input, result.dims,
                   [&](ArrayRef<int64_t> at, MutableArrayRef<int64_t> source) {
                     for (auto [i, dim] : llvm::enumerate((*input)->dims))
                       source[i] = at[i] % *getConstantSize(dim);
                   });
  shapes.setResult(0, result);
  return success();
}

/// Adds an axis of repeats in front of each that is repeated, and joins them.
static LogicalResult lowerTile(NodeLowering &l) {
  const TensorShape &input = l.getInputShape(0), &result = l.getResultShape(0);
  SmallVector<AffineExpr> repeats = *l.getInputShape(1).contents;
  SmallVector<AffineExpr> dims, map;
  for (auto [dim, repeat] : llvm::zip_equal(input.dims, repeats)) {
    if (getConstantSize(repeat) != 1)
      dims.push_back(repeat);
    map.push_back(l.b.getAffineDimExpr(dims.size()));
    dims.push_back(dim);
  }
  if (dims.size() == input.dims.size()) {
    l.setResult(0, l.getInput(0));
    return success();
  }
  Value repeated = l.createMapped(
      dims, input.elementType, l.getInput(0),
      AffineMap::get(dims.size(), 0, map, l.b.getContext()),
      [](ImplicitLocOpBuilder &, ValueRange in) { return in[0]; });
  l.setResult(0, l.createReshape(repeated, dims, result.dims));
  return success();
}

void mlir::onnx::addRepeatingOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Expand", 8, inferExpand, lowerExpand},
      {"", "Tile", 6, inferTile, lowerTile},
  });
}
