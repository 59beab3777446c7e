//===- RotaryEmbedding.cpp - Rotation of heads by positions ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RotaryEmbedding.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// The order of inputs differs between the domains.
static bool isMicrosoft(NodeOp node) {
  return node.getDomain() == microsoftDomain;
}
static unsigned getPositionInput(NodeOp node) {
  return isMicrosoft(node) ? 1 : 3;
}
static unsigned getCosineInput(NodeOp node) {
  return isMicrosoft(node) ? 2 : 1;
}

/// The number of heads of an input of 3 dimensions; null if it does not follow.
static AffineExpr getHeadCount(NodeOp node, const TensorShape &input,
                               const TensorShape &cosine) {
  int64_t heads = node.getInt("num_heads", 0);
  if (heads > 0)
    return divideSize(input.dims[2],
                      getAffineConstantExpr(heads, node.getContext()))
               ? getAffineConstantExpr(heads, node.getContext())
               : AffineExpr();
  // All of each head is rotated.
  std::optional<int64_t> half = getConstantSize(cosine.dims.back());
  if (!isMicrosoft(node) || !half || *half == 0 ||
      node.getInt("rotary_embedding_dim", 0) > 0)
    return {};
  return divideSize(input.dims[2],
                    getAffineConstantExpr(2 * *half, node.getContext()));
}

static LogicalResult inferRotaryEmbedding(NodeShapes &shapes) {
  NodeOp node = shapes.getNode();
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<const TensorShape *> cosine =
      shapes.requireInput(getCosineInput(node));
  FailureOr<const TensorShape *> sine =
      shapes.requireInput(getCosineInput(node) + 1);
  if (failed(input) || failed(cosine) || failed(sine))
    return failure();
  if (isMicrosoft(node) && failed(shapes.requireInput(1)))
    return failure();
  if (!isa<FloatType>((*input)->elementType))
    return shapes.fail("expects floats");
  int64_t rank = (*input)->getRank();
  if (rank != 3 && rank != 4)
    return shapes.fail("expects 3 or 4 dimensions, found " + Twine(rank));
  const TensorShape *positions = shapes.getInput(getPositionInput(node));
  int64_t cacheRank = positions ? 2 : 3;
  if ((*cosine)->getRank() != cacheRank || (*sine)->getRank() != cacheRank)
    return shapes.fail("expects cosines and sines of " + Twine(cacheRank) +
                       " dimensions");
  AffineExpr size = (*input)->dims.back();
  if (rank == 3) {
    AffineExpr heads = getHeadCount(node, **input, **cosine);
    if (!heads || !divideSize((*input)->dims[2], heads))
      return shapes.fail("expects num_heads that divides the last dimension");
    size = divideSize((*input)->dims[2], heads);
  }
  int64_t rotated = node.getInt("rotary_embedding_dim", 0);
  AffineExpr angles = simplifySize((*cosine)->dims.back() * 2);
  AffineExpr expected =
      rotated > 0 ? shapes.getSize(rotated) : simplifySize(size);
  if (angles != expected ||
      simplifySize((*sine)->dims.back() * 2) != expected ||
      !isSizeAtLeast(size - expected, 0))
    return shapes.fail("expects a cosine and sine for each two elements that "
                       "are rotated");
  AffineExpr batch = (*input)->dims[0];
  AffineExpr sequence = (*input)->dims[rank == 4 ? 2 : 1];
  auto isOf = [&](const TensorShape &shape) {
    return simplifySize(shape.dims[0]) == simplifySize(batch) &&
           simplifySize(shape.dims[1]) == simplifySize(sequence);
  };
  bool fits = positions ? (positions->getRank() == 2 && isOf(*positions)) ||
                              (isMicrosoft(node) && positions->getRank() == 1 &&
                               getConstantSize(positions->dims[0]) == 1)
                        : isOf(**cosine) && isOf(**sine);
  if (!fits)
    return shapes.fail("expects a position for each batch and place");
  shapes.setResult(0, (*input)->elementType, (*input)->dims);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

Angles mlir::onnx::gatherAngles(NodeLowering &l, Value cache,
                                const TensorShape &shape, Value positions,
                                AffineExpr batch, AffineExpr sequence) {
  Angles angles{{}, {batch, sequence, shape.dims.back()}, shape.elementType};
  Value last = l.getIndex(simplifySize(shape.dims[0] - 1));
  Value zero = l.getIndex(l.b.getAffineConstantExpr(0));
  AffineMap map =
      AffineMap::get(3, 0, {l.b.getAffineDimExpr(0), l.b.getAffineDimExpr(1)},
                     l.b.getContext());
  angles.value = l.createMapped(
      angles.dims, shape.elementType, positions, map,
      [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
        Value row = arith::IndexCastOp::create(b, b.getIndexType(), in[0]);
        row = arith::MaxSIOp::create(b, row, zero);
        row = arith::MinSIOp::create(b, row, last);
        Value column = linalg::IndexOp::create(b, 2);
        return tensor::ExtractOp::create(b, cache, ValueRange{row, column});
      });
  return angles;
}

Value mlir::onnx::createRotated(NodeLowering &l, const Heads &heads,
                                const Angles &cosine, const Angles &sine,
                                bool isInterleaved) {
  // The rotated elements as pairs, along dimension `side`.
  AffineExpr half = cosine.dims.back(), size = simplifySize(half * 2);
  bool isPartial = size != simplifySize(heads.dims[3]);
  unsigned side = isInterleaved ? 4 : 3, pair = isInterleaved ? 3 : 4;
  SmallVector<AffineExpr> leading(heads.dims), split(heads.dims);
  leading[3] = size;
  split.resize(5);
  split[side] = l.b.getAffineConstantExpr(2);
  split[pair] = half;
  SmallVector<OpFoldResult> offsets(4, l.b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(4, l.b.getIndexAttr(1));
  Value rotated = heads.value;
  if (isPartial)
    rotated = tensor::ExtractSliceOp::create(
        l.b, l.getTensorType(leading, heads.elementType), rotated, offsets,
        l.getSizes(leading), ones);
  rotated = l.createReshape(rotated, leading, split);
  SmallVector<AffineExpr> other, angle;
  for (unsigned i = 0; i < 5; ++i)
    other.push_back(l.b.getAffineDimExpr(i));
  other[side] = 1 - other[side];
  for (unsigned i : {0u, heads.getSequenceAxis(), pair}) {
    bool isShared = angle.empty() && getConstantSize(cosine.dims[0]) == 1;
    angle.push_back(isShared ? l.b.getAffineConstantExpr(0)
                             : l.b.getAffineDimExpr(i));
  }
  AffineMap angleMap = AffineMap::get(5, 0, angle, l.b.getContext());
  AffineMap maps[] = {l.b.getMultiDimIdentityMap(5),
                      AffineMap::get(5, 0, other, l.b.getContext()), angleMap,
                      angleMap};
  Type type = heads.elementType, wide = getAccumulatorType(type);
  rotated = l.createMapped(
      split, type, {rotated, rotated, cosine.value, sine.value}, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange in) {
        auto widen = [&](unsigned i, Type from) {
          return l.castScalar(b, in[i], from, wide);
        };
        Value first = arith::CmpIOp::create(
            b, arith::CmpIPredicate::eq, linalg::IndexOp::create(b, side),
            arith::ConstantIndexOp::create(b, 0));
        Value straight = arith::MulFOp::create(b, widen(0, type),
                                               widen(2, cosine.elementType));
        Value crossed = arith::MulFOp::create(b, widen(1, type),
                                              widen(3, sine.elementType));
        Value sign = arith::SelectOp::create(
            b, first, arith::NegFOp::create(b, crossed), crossed);
        return l.castScalar(b, arith::AddFOp::create(b, straight, sign), wide,
                            type);
      });
  rotated = l.createReshape(rotated, split, leading);
  if (!isPartial)
    return rotated;
  return tensor::InsertSliceOp::create(l.b, rotated, heads.value, offsets,
                                       l.getSizes(leading), ones);
}

/// Positions [batch, sequence] as i64, from input `index`, which may be one
/// position of the first place.
static Value getPositions(NodeLowering &l, unsigned index, AffineExpr batch,
                          AffineExpr sequence) {
  const TensorShape &shape = l.getInputShape(index);
  Type i64 = l.b.getI64Type();
  Value positions =
      l.createCast(l.getInput(index), shape.dims, shape.elementType, i64);
  if (shape.getRank() == 2)
    return positions;
  AffineMap map =
      AffineMap::get(2, 0, l.b.getAffineConstantExpr(0), l.b.getContext());
  return l.createMapped({batch, sequence}, i64, positions, map,
                        [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
                          Value place = arith::IndexCastOp::create(
                              b, i64, linalg::IndexOp::create(b, 1));
                          return arith::AddIOp::create(b, in[0], place);
                        });
}

static LogicalResult lowerRotaryEmbedding(NodeLowering &l) {
  NodeOp node = l.getNode();
  const TensorShape &shape = l.getInputShape(0);
  if (node.getInt("is_packed_batching", 0))
    return l.fail("expects batches that are not packed");
  unsigned cosineInput = getCosineInput(node);
  const TensorShape &cosineShape = l.getInputShape(cosineInput);
  AffineExpr headCount = shape.getRank() == 3
                             ? getHeadCount(node, shape, cosineShape)
                             : AffineExpr();
  Heads heads = getHeads(l, 0, headCount);
  unsigned positionInput = getPositionInput(node);
  Value positions;
  if (l.getInput(positionInput))
    positions =
        getPositions(l, positionInput, heads.dims[0], heads.getLength());
  auto getAngles = [&](unsigned index) {
    const TensorShape &cache = l.getInputShape(index);
    if (!positions)
      return Angles{l.getInput(index), cache.dims, cache.elementType};
    return gatherAngles(l, l.getInput(index), cache, positions, heads.dims[0],
                        heads.getLength());
  };
  Value rotated =
      createRotated(l, heads, getAngles(cosineInput),
                    getAngles(cosineInput + 1), node.getInt("interleaved", 0));
  l.setResult(0, l.createReshape(rotated, heads.dims, shape.dims));
  return success();
}

void mlir::onnx::addRotaryEmbeddingOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "RotaryEmbedding", 23, inferRotaryEmbedding, lowerRotaryEmbedding},
      {microsoftDomain, "RotaryEmbedding", 1, inferRotaryEmbedding,
       lowerRotaryEmbedding},
  });
}
