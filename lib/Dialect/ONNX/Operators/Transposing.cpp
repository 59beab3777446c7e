//===- Transposing.cpp - Operators that permute axes ----------------------===//
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

/// Axes in reverse without an attribute.
static SmallVector<int64_t> getPermutation(NodeOp node, int64_t rank) {
  if (std::optional<ArrayRef<int64_t>> permutation = node.getInts("perm"))
    return SmallVector<int64_t>(*permutation);
  return llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
}

static LogicalResult inferTranspose(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  int64_t rank = (*input)->getRank();
  SmallVector<int64_t> permutation = getPermutation(shapes.getNode(), rank);
  SmallVector<int64_t> sorted = permutation;
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, rank)))
    return shapes.fail("expects perm to hold each of " + Twine(rank) +
                       " axes once");
  TensorShape result{(*input)->elementType, {}, std::nullopt, ElementsAttr()};
  for (int64_t axis : permutation)
    result.dims.push_back((*input)->dims[axis]);
  result.contents =
      moveContents(**input, result.dims,
                   [&](ArrayRef<int64_t> at, MutableArrayRef<int64_t> source) {
                     for (auto [i, axis] : llvm::enumerate(permutation))
                       source[axis] = at[i];
                   });
  shapes.setResult(0, result);
  return success();
}

static LogicalResult lowerTranspose(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  SmallVector<int64_t> permutation =
      getPermutation(l.getNode(), shape.getRank());
  if (llvm::is_sorted(permutation)) {
    l.setResult(0, l.getInput(0));
    return success();
  }
  l.setResult(0, l.createTranspose(l.getInput(0), shape, permutation));
  return success();
}

//===----------------------------------------------------------------------===//
// Blocks of space and depth
//===----------------------------------------------------------------------===//

/// The block size; fails unless the input is [batch, depth, height, width].
static FailureOr<int64_t> getBlockSize(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  int64_t size = shapes.getNode().getInt("blocksize", 0);
  if ((*input)->getRank() != 4 || size < 1 || size > (1 << 16))
    return shapes.fail("expects 4 axes and a positive blocksize, found " +
                       Twine((*input)->getRank()) + " and " + Twine(size));
  return size;
}

static LogicalResult inferDepthToSpace(NodeShapes &shapes) {
  FailureOr<int64_t> size = getBlockSize(shapes);
  if (failed(size))
    return failure();
  const TensorShape &input = *shapes.getInput(0);
  AffineExpr depth = divideSize(input.dims[1], shapes.getSize(*size * *size));
  if (!depth)
    return shapes.fail("expects a depth of whole blocks");
  shapes.setResult(
      0, input.elementType,
      {input.dims[0], depth, input.dims[2] * *size, input.dims[3] * *size});
  return success();
}

static LogicalResult inferSpaceToDepth(NodeShapes &shapes) {
  FailureOr<int64_t> size = getBlockSize(shapes);
  if (failed(size))
    return failure();
  const TensorShape &input = *shapes.getInput(0);
  AffineExpr block = shapes.getSize(*size);
  AffineExpr height = divideSize(input.dims[2], block);
  AffineExpr width = divideSize(input.dims[3], block);
  if (!height || !width)
    return shapes.fail("expects a height and a width of whole blocks");
  shapes.setResult(
      0, input.elementType,
      {input.dims[0], input.dims[1] * (*size * *size), height, width});
  return success();
}

/// Splits axes, permutes them and joins them.
static LogicalResult permuteSplit(NodeDecomposition &d,
                                  ArrayRef<AffineExpr> split,
                                  ArrayRef<int64_t> permutation) {
  Value value = d.createReshape(d.getInput(0), split);
  if (value)
    value = d.create("Transpose", value, d.attr("perm", permutation));
  if (value)
    value = d.createReshape(value, d.getShape(d.getNode()->getResult(0)).dims);
  d.setResult(0, value);
  return success(value != nullptr);
}

static LogicalResult decomposeDepthToSpace(NodeDecomposition &d) {
  ArrayRef<AffineExpr> from = d.getShape(d.getInput(0)).dims;
  SmallVector<AffineExpr> to = d.getShape(d.getNode()->getResult(0)).dims;
  AffineExpr size =
      d.b.getAffineConstantExpr(d.getNode().getInt("blocksize", 0));
  if (d.getNode().getString("mode", "DCR") == "CRD")
    return permuteSplit(d, {from[0], to[1], size, size, from[2], from[3]},
                        {0, 1, 4, 2, 5, 3});
  return permuteSplit(d, {from[0], size, size, to[1], from[2], from[3]},
                      {0, 3, 4, 1, 5, 2});
}

static LogicalResult decomposeSpaceToDepth(NodeDecomposition &d) {
  ArrayRef<AffineExpr> from = d.getShape(d.getInput(0)).dims;
  SmallVector<AffineExpr> to = d.getShape(d.getNode()->getResult(0)).dims;
  AffineExpr size =
      d.b.getAffineConstantExpr(d.getNode().getInt("blocksize", 0));
  SmallVector<AffineExpr> split = {from[0], from[1], to[2], size, to[3], size};
  if (d.getNode().getString("mode", "DCR") == "CRD")
    return permuteSplit(d, split, {0, 1, 3, 5, 2, 4});
  return permuteSplit(d, split, {0, 3, 5, 1, 2, 4});
}

void mlir::onnx::addTransposingOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "DepthToSpace", 1, inferDepthToSpace, nullptr,
       decomposeDepthToSpace},
      {"", "SpaceToDepth", 1, inferSpaceToDepth, nullptr,
       decomposeSpaceToDepth},
      {"", "Transpose", 1, inferTranspose, lowerTranspose},
  });
}
