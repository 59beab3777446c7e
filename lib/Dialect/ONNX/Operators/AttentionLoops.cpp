//===- AttentionLoops.cpp - What operators of attention share -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionLoops.h"
#include "Windows.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::onnx;

using ElementBuilder = ImplicitLocOpBuilder;

Heads mlir::onnx::getHeads(NodeLowering &l, unsigned index,
                           AffineExpr headCount) {
  const TensorShape &shape = l.getInputShape(index);
  Heads heads{l.getInput(index), shape.dims, shape.elementType};
  if (shape.getRank() == 4)
    return heads;
  heads.isSequenceFirst = true;
  heads.dims = {shape.dims[0], shape.dims[1], headCount,
                divideSize(shape.dims[2], headCount)};
  heads.value = l.createReshape(heads.value, shape.dims, heads.dims);
  return heads;
}

Heads mlir::onnx::createPresent(NodeLowering &l, Value past,
                                ArrayRef<AffineExpr> pastDims,
                                const Heads &next) {
  Heads present = next;
  if (next.isSequenceFirst) {
    TensorShape shape{next.elementType, next.dims, std::nullopt,
                      ElementsAttr()};
    present.value = l.createTranspose(next.value, shape, {0, 2, 1, 3});
    std::swap(present.dims[1], present.dims[2]);
    present.isSequenceFirst = false;
  }
  if (!past)
    return present;
  SmallVector<OpFoldResult> sizes = l.getSizes(present.dims);
  present.dims[2] = simplifySize(pastDims[2] + present.dims[2]);
  SmallVector<OpFoldResult> offsets(4, l.b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(4, l.b.getIndexAttr(1));
  Value whole = tensor::InsertSliceOp::create(
      l.b, past, l.createEmpty(present.dims, next.elementType), offsets,
      l.getSizes(pastDims), ones);
  offsets[2] = l.getSize(pastDims[2]);
  present.value = tensor::InsertSliceOp::create(l.b, present.value, whole,
                                                offsets, sizes, ones);
  return present;
}

namespace {
/// The loops of attention: batch, heads of keys, heads of queries for each of
/// those, queries, keys.
class AttentionLoops {
public:
  AttentionLoops(NodeLowering &l, const AttentionParameters &parameters)
      : l(l), p(parameters),
        accumulator(getAccumulatorType(parameters.query.elementType)),
        groups(p.key.getHeadCount()),
        repeats(divideSize(p.query.getHeadCount(), groups)),
        dims{p.query.dims[0], groups, repeats, p.query.getLength(),
             p.key.getLength()} {}

  /// Scores in elements of the accumulator.
  Value createProduct();
  Value createCapped(Value scores);
  Value createMasked(Value scores);
  /// exp(score - maximum) and the sums of queries, 0 for queries without keys.
  std::pair<Value, Value> createPowers(Value scores);
  Value createWeights(Value powers, Value sums);
  Value createResult(Value powers, Value sums);
  /// Scores in the elements of queries with one dimension of heads.
  Value finish(Value scores);

private:
  AffineExpr getLoop(unsigned i) { return l.b.getAffineDimExpr(i); }
  TensorShape getShape() {
    return {accumulator, dims, std::nullopt, ElementsAttr()};
  }
  TensorShape getRowShape() {
    SmallVector<AffineExpr> rows = dims;
    rows[4] = l.b.getAffineConstantExpr(1);
    return {accumulator, rows, std::nullopt, ElementsAttr()};
  }
  /// Heads with their axis as groups and, for queries, repeats.
  LoopOperand bind(const Heads &heads, bool isQuery, AffineExpr batch,
                   AffineExpr group, AffineExpr repeat, AffineExpr place,
                   AffineExpr element);
  /// The mask with dimensions [batch, groups, repeats, queries, keys], each 1
  /// where it broadcasts.
  std::pair<Value, TensorShape> bindMask();
  /// Whether the key of the loops counts for the query; null if it always does.
  Value createCondition(ElementBuilder &b, Value offset, Value count);

  NodeLowering &l;
  const AttentionParameters &p;
  Type accumulator;
  AffineExpr groups, repeats;
  SmallVector<AffineExpr> dims;
};
} // namespace

LoopOperand AttentionLoops::bind(const Heads &heads, bool isQuery,
                                 AffineExpr batch, AffineExpr group,
                                 AffineExpr repeat, AffineExpr place,
                                 AffineExpr element) {
  SmallVector<AffineExpr> split = heads.dims;
  SmallVector<AffineExpr> indices(4);
  indices[0] = batch;
  indices[heads.getHeadAxis()] = group;
  indices[heads.getSequenceAxis()] = place;
  indices[3] = element;
  if (isQuery) {
    split[heads.getHeadAxis()] = groups;
    split.insert(split.begin() + heads.getHeadAxis() + 1, repeats);
    indices.insert(indices.begin() + heads.getHeadAxis() + 1, repeat);
  }
  return {l.createReshape(heads.value, heads.dims, split), split, indices};
}

Value AttentionLoops::createProduct() {
  SmallVector<AffineExpr> sizes = dims;
  sizes.push_back(p.query.dims[3]);
  Value products = l.createContraction(
      sizes, 5,
      bind(p.query, true, getLoop(0), getLoop(1), getLoop(2), getLoop(3),
           getLoop(5)),
      p.query.elementType,
      bind(p.key, false, getLoop(0), getLoop(1), {}, getLoop(4), getLoop(5)),
      p.key.elementType, accumulator);
  TensorShape shape = getShape();
  return l.createElementwise(dims, accumulator, {{products, &shape}},
                             [&](ElementBuilder &b, ValueRange in) -> Value {
                               Value scale = arith::ConstantOp::create(
                                   b, b.getFloatAttr(accumulator, p.scale));
                               return arith::MulFOp::create(b, in[0], scale);
                             });
}

Value AttentionLoops::createCapped(Value scores) {
  if (p.softcap == 0)
    return scores;
  TensorShape shape = getShape();
  return l.createElementwise(dims, accumulator, {{scores, &shape}},
                             [&](ElementBuilder &b, ValueRange in) -> Value {
                               Value cap = arith::ConstantOp::create(
                                   b, b.getFloatAttr(accumulator, p.softcap));
                               Value curve = math::TanhOp::create(
                                   b, arith::DivFOp::create(b, in[0], cap));
                               return arith::MulFOp::create(b, cap, curve);
                             });
}

std::pair<Value, TensorShape> AttentionLoops::bindMask() {
  AffineExpr one = l.b.getAffineConstantExpr(1);
  SmallVector<AffineExpr> own = p.maskShape.dims;
  Value mask = p.mask;
  Type type = p.maskShape.elementType;
  AffineExpr keys = simplifySize(dims[4]);
  if (!own.empty() && simplifySize(own.back()) != keys &&
      getConstantSize(own.back()) != 1) {
    // Keys beyond the mask do not count.
    SmallVector<AffineExpr> padded = own;
    padded.back() = keys;
    Value fill = l.createScalar(
        type, type.isInteger(1) ? 0 : -std::numeric_limits<double>::infinity());
    SmallVector<int64_t> low(own.size(), 0);
    mask = createPadded(l, mask, own, padded, low, fill);
    own = padded;
  }
  SmallVector<AffineExpr> four(4 - own.size(), one);
  four.append(own);
  bool isEachHead = getConstantSize(four[1]) != 1;
  SmallVector<AffineExpr> five = {four[0], isEachHead ? groups : one,
                                  isEachHead ? repeats : one, four[2], four[3]};
  return {l.createReshape(mask, own, five),
          {type, five, std::nullopt, ElementsAttr()}};
}

Value AttentionLoops::createCondition(ElementBuilder &b, Value offset,
                                      Value count) {
  Value condition;
  auto require = [&](arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    Value holds = arith::CmpIOp::create(b, predicate, lhs, rhs);
    condition = condition
                    ? arith::AndIOp::create(b, condition, holds).getResult()
                    : holds;
  };
  auto getPlace = [&](unsigned loop) -> Value {
    return arith::IndexCastOp::create(b, b.getI64Type(),
                                      linalg::IndexOp::create(b, loop));
  };
  auto move = [&](Value place, int64_t distance) -> Value {
    return arith::AddIOp::create(
        b, place, arith::ConstantOp::create(b, b.getI64IntegerAttr(distance)));
  };
  Value key = getPlace(4);
  if (offset) {
    Value query = arith::AddIOp::create(b, getPlace(3), offset);
    if (p.isCausal)
      require(arith::CmpIPredicate::sle, key, query);
    if (p.leftWindow >= 0)
      require(arith::CmpIPredicate::sge, key, move(query, -p.leftWindow));
    if (p.rightWindow >= 0)
      require(arith::CmpIPredicate::sle, key, move(query, p.rightWindow));
  }
  if (count)
    require(arith::CmpIPredicate::slt, key, count);
  return condition;
}

Value AttentionLoops::createMasked(Value scores) {
  bool isPlaced = p.isCausal || p.leftWindow >= 0 || p.rightWindow >= 0;
  if (!p.mask && !isPlaced && !p.keyCounts)
    return scores;
  TensorShape shape = getShape(), maskShape;
  AffineExpr one = l.b.getAffineConstantExpr(1);
  TensorShape batchShape{l.b.getI64Type(),
                         {dims[0], one, one, one, one},
                         std::nullopt,
                         ElementsAttr()};
  SmallVector<std::pair<Value, const TensorShape *>> inputs = {
      {scores, &shape}};
  auto addBatch = [&](Value vector) {
    inputs.push_back(
        {l.createReshape(vector, dims[0], batchShape.dims), &batchShape});
  };
  if (p.mask) {
    auto [mask, boundShape] = bindMask();
    maskShape = boundShape;
    inputs.push_back({mask, &maskShape});
  }
  Value offset;
  if (isPlaced && p.offsets)
    addBatch(p.offsets);
  else if (isPlaced)
    offset =
        arith::IndexCastOp::create(l.b, l.b.getI64Type(), l.getIndex(p.offset));
  if (p.keyCounts)
    addBatch(p.keyCounts);
  return l.createElementwise(
      dims, accumulator, inputs, [&](ElementBuilder &b, ValueRange in) {
        unsigned next = 1;
        Value value = in[0];
        Value none = arith::ConstantOp::create(
            b, b.getFloatAttr(accumulator,
                              -std::numeric_limits<double>::infinity()));
        if (p.mask && maskShape.elementType.isInteger(1))
          value = arith::SelectOp::create(b, in[next++], value, none);
        else if (p.mask)
          value = arith::AddFOp::create(
              b, value,
              l.castScalar(b, in[next++], maskShape.elementType, accumulator));
        Value place = offset;
        if (isPlaced && p.offsets)
          place = in[next++];
        Value count = p.keyCounts ? in[next++] : Value();
        if (Value condition = createCondition(b, place, count))
          value = arith::SelectOp::create(b, condition, value, none);
        return value;
      });
}

std::pair<Value, Value> AttentionLoops::createPowers(Value scores) {
  double infinity = std::numeric_limits<double>::infinity();
  SmallVector<AffineExpr> indices;
  for (unsigned i = 0; i < 5; ++i)
    indices.push_back(getLoop(i));
  Value none = l.createScalar(accumulator, -infinity);
  Value maximum =
      l.createFold(dims, 4, LoopOperand{scores, dims, indices}, none,
                   [](ElementBuilder &b, ValueRange in) -> Value {
                     return arith::MaximumFOp::create(b, in[0], in[1]);
                   });
  TensorShape shape = getShape(), rowShape = getRowShape();
  Value rows =
      l.createReshape(maximum, ArrayRef(dims).take_front(4), rowShape.dims);
  Value powers = l.createElementwise(
      dims, accumulator, {{scores, &shape}, {rows, &rowShape}},
      [&](ElementBuilder &b, ValueRange in) -> Value {
        Value zero =
            arith::ConstantOp::create(b, b.getFloatAttr(accumulator, 0));
        Value isEmpty = arith::CmpFOp::create(
            b, arith::CmpFPredicate::OEQ, in[1],
            arith::ConstantOp::create(b,
                                      b.getFloatAttr(accumulator, -infinity)));
        Value power =
            math::ExpOp::create(b, arith::SubFOp::create(b, in[0], in[1]));
        return arith::SelectOp::create(b, isEmpty, zero, power);
      });
  Value sums = l.createFold(dims, 4, LoopOperand{powers, dims, indices},
                            l.createScalar(accumulator, 0),
                            [](ElementBuilder &b, ValueRange in) -> Value {
                              return arith::AddFOp::create(b, in[1], in[0]);
                            });
  return {powers, sums};
}

/// numerator / sum, 0 if there was nothing to sum.
static Value createQuotient(ElementBuilder &b, Value numerator, Value sum) {
  Value zero = arith::ConstantOp::create(b, b.getFloatAttr(sum.getType(), 0));
  Value isEmpty =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, sum, zero);
  return arith::SelectOp::create(b, isEmpty, zero,
                                 arith::DivFOp::create(b, numerator, sum));
}

Value AttentionLoops::createWeights(Value powers, Value sums) {
  TensorShape shape = getShape(), rowShape = getRowShape();
  Value rows =
      l.createReshape(sums, ArrayRef(dims).take_front(4), rowShape.dims);
  return l.createElementwise(dims, accumulator,
                             {{powers, &shape}, {rows, &rowShape}},
                             [](ElementBuilder &b, ValueRange in) {
                               return createQuotient(b, in[0], in[1]);
                             });
}

Value AttentionLoops::createResult(Value powers, Value sums) {
  // Batch, groups, repeats, queries, elements in the order of the result; keys.
  bool isSequenceFirst = p.query.isSequenceFirst;
  unsigned group = isSequenceFirst ? 2 : 1, repeat = group + 1;
  unsigned query = isSequenceFirst ? 1 : 3;
  SmallVector<AffineExpr> sizes(6);
  sizes[0] = dims[0];
  sizes[group] = groups;
  sizes[repeat] = repeats;
  sizes[query] = dims[3];
  sizes[4] = p.value.dims[3];
  sizes[5] = dims[4];
  SmallVector<AffineExpr> rowIndices = {getLoop(0), getLoop(group),
                                        getLoop(repeat), getLoop(query)};
  SmallVector<AffineExpr> indices = rowIndices;
  indices.push_back(getLoop(5));
  Value products = l.createContraction(
      sizes, 5, LoopOperand{powers, dims, indices}, accumulator,
      bind(p.value, false, getLoop(0), getLoop(group), {}, getLoop(5),
           getLoop(4)),
      p.value.elementType, accumulator);
  // Dividing sums takes fewer divisions than dividing weights.
  AffineMap maps[] = {l.b.getMultiDimIdentityMap(5),
                      AffineMap::get(5, 0, rowIndices, l.b.getContext())};
  Type type = p.query.elementType;
  ArrayRef<AffineExpr> split = ArrayRef(sizes).take_front(5);
  Value result =
      l.createMapped(split, type, {products, sums}, maps,
                     [&](ElementBuilder &b, ValueRange in) {
                       return l.castScalar(b, createQuotient(b, in[0], in[1]),
                                           accumulator, type);
                     });
  SmallVector<AffineExpr> joined(split);
  joined.erase(joined.begin() + repeat);
  joined[group] = p.query.getHeadCount();
  return l.createReshape(result, split, joined);
}

Value AttentionLoops::finish(Value scores) {
  Value rounded = l.createCast(scores, dims, accumulator, p.query.elementType);
  SmallVector<AffineExpr> joined = {dims[0], p.query.getHeadCount(), dims[3],
                                    dims[4]};
  return l.createReshape(rounded, dims, joined);
}

Value mlir::onnx::createAttention(NodeLowering &l,
                                  const AttentionParameters &parameters,
                                  std::optional<int64_t> askedScore,
                                  Value *score) {
  AttentionLoops loops(l, parameters);
  Value product = loops.createProduct();
  Value capped = loops.createCapped(product);
  Value masked = loops.createMasked(capped);
  auto [powers, sums] = loops.createPowers(masked);
  if (askedScore && *askedScore < 3)
    *score = loops.finish(*askedScore == 0   ? product
                          : *askedScore == 1 ? capped
                                             : masked);
  else if (askedScore)
    *score = loops.finish(loops.createWeights(powers, sums));
  return loops.createResult(powers, sums);
}
