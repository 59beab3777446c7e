//===- GroupQueryAttention.cpp - Attention of ONNX Runtime ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionLoops.h"
#include "Operators.h"
#include "RotaryEmbedding.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

// Each batch has `past` = seqlens_k + 1 - sequence keys (0 at least) from
// before, then those of this sequence. Past and present keys are
// [batch, heads, length, size], where what lies behind the keys that count is
// padding.
enum Input {
  Query,
  Key,
  Value_,
  PastKey,
  PastValue,
  LastPlaces,
  TotalLength,
  Cosine,
  Sine,
  Positions,
  Mask,
  FirstUnsupported
};

namespace {
struct GroupSizes {
  AffineExpr batch, sequence, heads, groups, size, present;
  bool isPacked;
};
} // namespace

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Shapes by the function that gives those of inputs, null for none.
static FailureOr<GroupSizes>
getSizes(NodeOp node, function_ref<const TensorShape *(unsigned)> getShape) {
  auto fail = [&](const Twine &message) {
    return node.emitError(node.getOpType() + ": " + message);
  };
  const TensorShape *query = getShape(Query);
  if (!query || query->getRank() != 3 || !isa<FloatType>(query->elementType))
    return fail("expects a query of floats with 3 dimensions");
  int64_t heads = node.getInt("num_heads", 0);
  int64_t groups = node.getInt("kv_num_heads", 0);
  if (heads < 1 || groups < 1 || heads % groups != 0)
    return fail("expects num_heads that are a multiple of kv_num_heads");
  auto getSize = [&](int64_t size) {
    return getAffineConstantExpr(size, node.getContext());
  };
  GroupSizes sizes{
      query->dims[0], query->dims[1], getSize(heads), getSize(groups), {}, {},
      !getShape(Key)};
  int64_t parts = sizes.isPacked ? heads + 2 * groups : heads;
  sizes.size = divideSize(query->dims[2], getSize(parts));
  if (!sizes.size)
    return fail("expects a last dimension of the query that is a multiple of " +
                Twine(parts));
  if (!sizes.isPacked)
    for (unsigned i : {unsigned(Key), unsigned(Value_)}) {
      const TensorShape *shape = getShape(i);
      if (!shape || shape->getRank() != 3 ||
          simplifySize(shape->dims[0]) != simplifySize(sizes.batch) ||
          simplifySize(shape->dims[1]) != simplifySize(sizes.sequence) ||
          simplifySize(shape->dims[2]) !=
              simplifySize(sizes.size * sizes.groups))
        return fail("expects keys and values of the sequence of the query");
    }
  AffineExpr past;
  for (unsigned i : {unsigned(PastKey), unsigned(PastValue)})
    if (const TensorShape *shape = getShape(i)) {
      if (shape->getRank() != 4 ||
          simplifySize(shape->dims[0]) != simplifySize(sizes.batch) ||
          simplifySize(shape->dims[1]) != sizes.groups ||
          simplifySize(shape->dims[3]) != simplifySize(sizes.size) ||
          (past && simplifySize(past) != simplifySize(shape->dims[2])))
        return fail("expects past keys and values [batch, kv_num_heads, past, "
                    "size]");
      past = shape->dims[2];
    } else if (past) {
      return fail("expects past values with past keys");
    }
  const TensorShape *total = getShape(TotalLength);
  if (total && total->contents && total->contents->size() == 1) {
    // A buffer of keys that already has room stays as long as it is.
    sizes.present = total->contents->front();
    if (past && isSizeAtLeast(past - sizes.present, 0))
      sizes.present = past;
  } else {
    sizes.present = past ? past + sizes.sequence : sizes.sequence;
  }
  sizes.present = simplifySize(sizes.present);
  const TensorShape *places = getShape(LastPlaces);
  if (!places || !isa<IntegerType>(places->elementType) ||
      multiplySizes(places->dims, node.getContext()) !=
          simplifySize(sizes.batch))
    return fail("expects seqlens_k with an integer for each batch");
  return sizes;
}

static LogicalResult inferGroupQueryAttention(NodeShapes &shapes) {
  FailureOr<GroupSizes> sizes = getSizes(
      shapes.getNode(), [&](unsigned i) { return shapes.getInput(i); });
  if (failed(sizes))
    return failure();
  NodeOp node = shapes.getNode();
  for (unsigned i = FirstUnsupported; i < shapes.getNumInputs(); ++i)
    if (shapes.getInput(i))
      return shapes.fail("input " + Twine(i) + " is not supported");
  if (node.getInt("smooth_softmax", 0) || node.getInt("qk_output", 0))
    return shapes.fail("expects neither smooth_softmax nor qk_output");
  if (node.getInt("do_rotary", 0)) {
    FailureOr<const TensorShape *> cosine = shapes.requireInput(Cosine);
    FailureOr<const TensorShape *> sine = shapes.requireInput(Sine);
    if (failed(cosine) || failed(sine))
      return failure();
    for (const TensorShape *cache : {*cosine, *sine})
      if (cache->getRank() != 2 ||
          simplifySize(cache->dims[1]) !=
              simplifySize((*cosine)->dims.back()) ||
          !isSizeAtLeast(sizes->size - cache->dims[1] * 2, 0))
        return shapes.fail("expects a cosine and sine for each two elements "
                           "that are rotated");
    if (const TensorShape *positions = shapes.getInput(Positions))
      if (positions->getRank() != 2 ||
          simplifySize(positions->dims[0]) != simplifySize(sizes->batch) ||
          simplifySize(positions->dims[1]) != simplifySize(sizes->sequence))
        return shapes.fail("expects a position for each batch and place");
  }
  if (const TensorShape *mask = shapes.getInput(Mask)) {
    SmallVector<AffineExpr> expected = {sizes->batch, sizes->heads,
                                        sizes->sequence, sizes->present};
    bool fits = mask->getRank() == 4 && isa<FloatType>(mask->elementType);
    for (unsigned i = 0; fits && i < 4; ++i)
      fits = getConstantSize(mask->dims[i]) == 1 ||
             simplifySize(mask->dims[i]) == simplifySize(expected[i]);
    if (!fits)
      return shapes.fail("expects attention_bias that broadcasts to batch, "
                         "heads, queries and keys");
  }
  Type type = shapes.getInput(Query)->elementType;
  shapes.setResult(0, type,
                   {sizes->batch, sizes->sequence, sizes->heads * sizes->size});
  for (unsigned i : {1u, 2u})
    shapes.setResult(
        i, type, {sizes->batch, sizes->groups, sizes->present, sizes->size});
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// Heads `first` to `first` + `count` of input `index`, whose vectors have
/// `parts` heads.
static Heads getSlice(NodeLowering &l, unsigned index, const GroupSizes &sizes,
                      AffineExpr parts, AffineExpr first, AffineExpr count) {
  const TensorShape &shape = l.getInputShape(index);
  Heads heads{l.getInput(index),
              {sizes.batch, sizes.sequence, parts, sizes.size},
              shape.elementType,
              /*isSequenceFirst=*/true};
  heads.value = l.createReshape(heads.value, shape.dims, heads.dims);
  if (simplifySize(parts) == simplifySize(count))
    return heads;
  SmallVector<OpFoldResult> offsets(4, l.b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(4, l.b.getIndexAttr(1));
  offsets[2] = l.getSize(first);
  heads.dims[2] = count;
  heads.value = tensor::ExtractSliceOp::create(
      l.b, l.getTensorType(heads.dims, heads.elementType), heads.value, offsets,
      l.getSizes(heads.dims), ones);
  return heads;
}

/// Keys or values of before, then those of this sequence, then zeros.
static Heads createGrown(NodeLowering &l, unsigned past, const Heads &next,
                         const GroupSizes &sizes, Value pastLengths) {
  Heads grown{{},
              {sizes.batch, sizes.groups, sizes.present, sizes.size},
              next.elementType};
  Value pastValue = l.getInput(past);
  if (pastValue && getConstantSize(l.getInputShape(past).dims[2]) == 0)
    pastValue = {};
  Value pastLast =
      pastValue ? l.getIndex(simplifySize(l.getInputShape(past).dims[2] - 1))
                : Value();
  Value nextLast = l.getIndex(simplifySize(sizes.sequence - 1));
  Value zero = l.createScalar(next.elementType, 0);
  AffineMap map = AffineMap::get(4, 0, l.b.getAffineDimExpr(0));
  grown.value = l.createMapped(
      grown.dims, next.elementType, pastLengths, map,
      [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
        SmallVector<Value> place;
        for (unsigned i = 0; i < 4; ++i)
          place.push_back(linalg::IndexOp::create(b, i));
        Value length = arith::IndexCastOp::create(b, b.getIndexType(), in[0]);
        Value start = arith::ConstantIndexOp::create(b, 0);
        Value after = arith::SubIOp::create(b, place[2], length);
        auto compare = [&](arith::CmpIPredicate predicate, Value lhs,
                           Value rhs) -> Value {
          return arith::CmpIOp::create(b, predicate, lhs, rhs);
        };
        auto choose = [&](Value condition, Value lhs, Value rhs) -> Value {
          return arith::SelectOp::create(b, condition, lhs, rhs);
        };
        // Both are read where they are, whichever is taken.
        Value row = arith::MaxSIOp::create(b, after, start);
        row = arith::MinSIOp::create(b, row, nextLast);
        Value value = tensor::ExtractOp::create(
            b, next.value, ValueRange{place[0], row, place[1], place[3]});
        value = choose(compare(arith::CmpIPredicate::sle, after, nextLast),
                       value, zero);
        Value earlier = zero;
        if (pastValue) {
          row = arith::MinSIOp::create(b, place[2], pastLast);
          earlier = tensor::ExtractOp::create(
              b, pastValue, ValueRange{place[0], place[1], row, place[3]});
        }
        return choose(compare(arith::CmpIPredicate::slt, after, start), earlier,
                      value);
      });
  return grown;
}

static LogicalResult lowerGroupQueryAttention(NodeLowering &l) {
  NodeOp node = l.getNode();
  FailureOr<GroupSizes> found = getSizes(node, [&](unsigned i) {
    return l.getInput(i) ? &l.getInputShape(i) : nullptr;
  });
  if (failed(found))
    return failure();
  const GroupSizes &sizes = *found;
  AffineExpr none = l.b.getAffineConstantExpr(0);
  AttentionParameters p;
  if (sizes.isPacked) {
    AffineExpr parts = simplifySize(sizes.heads + sizes.groups * 2);
    p.query = getSlice(l, Query, sizes, parts, none, sizes.heads);
    p.key = getSlice(l, Query, sizes, parts, sizes.heads, sizes.groups);
    p.value = getSlice(l, Query, sizes, parts, sizes.heads + sizes.groups,
                       sizes.groups);
  } else {
    p.query = getSlice(l, Query, sizes, sizes.heads, none, sizes.heads);
    p.key = getSlice(l, Key, sizes, sizes.groups, none, sizes.groups);
    p.value = getSlice(l, Value_, sizes, sizes.groups, none, sizes.groups);
  }

  Type i64 = l.b.getI64Type();
  const TensorShape &places = l.getInputShape(LastPlaces);
  Value lastPlaces =
      l.createReshape(l.getInput(LastPlaces), places.dims, sizes.batch);
  Value length =
      arith::IndexCastOp::create(l.b, i64, l.getIndex(sizes.sequence));
  p.offsets = l.createMapped(
      sizes.batch, i64, lastPlaces, l.b.getMultiDimIdentityMap(1),
      [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
        Value last = l.castScalar(b, in[0], places.elementType, i64);
        Value count = arith::AddIOp::create(
            b, last, arith::ConstantOp::create(b, b.getI64IntegerAttr(1)));
        return arith::MaxSIOp::create(
            b, arith::SubIOp::create(b, count, length),
            arith::ConstantOp::create(b, b.getI64IntegerAttr(0)));
      });
  if (node.getInt("do_rotary", 0)) {
    Value positions;
    if (l.getInput(Positions)) {
      const TensorShape &shape = l.getInputShape(Positions);
      positions = l.createCast(l.getInput(Positions), shape.dims,
                               shape.elementType, i64);
    } else {
      positions =
          l.createMapped({sizes.batch, sizes.sequence}, i64, p.offsets,
                         AffineMap::get(2, 0, l.b.getAffineDimExpr(0)),
                         [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
                           Value place = arith::IndexCastOp::create(
                               b, i64, linalg::IndexOp::create(b, 1));
                           return arith::AddIOp::create(b, in[0], place);
                         });
    }
    auto gather = [&](unsigned index) {
      return gatherAngles(l, l.getInput(index), l.getInputShape(index),
                          positions, sizes.batch, sizes.sequence);
    };
    Angles cosine = gather(Cosine), sine = gather(Sine);
    bool isInterleaved = node.getInt("rotary_interleaved", 0);
    p.query.value = createRotated(l, p.query, cosine, sine, isInterleaved);
    p.key.value = createRotated(l, p.key, cosine, sine, isInterleaved);
  }
  p.key = createGrown(l, PastKey, p.key, sizes, p.offsets);
  p.value = createGrown(l, PastValue, p.value, sizes, p.offsets);
  p.isCausal = true;
  // The window counts the place of the query, too.
  int64_t window = node.getInt("local_window_size", -1);
  p.leftWindow = window > 0 ? window - 1 : -1;
  p.softcap = node.getFloat("softcap", 0);
  p.scale = node.getFloat("scale", 0);
  std::optional<int64_t> size = getConstantSize(sizes.size);
  if (p.scale == 0 && !size)
    return l.fail("expects heads of a constant size, or a scale");
  if (p.scale == 0)
    p.scale = 1 / std::sqrt(double(*size));
  if (l.getInput(Mask)) {
    p.mask = l.getInput(Mask);
    p.maskShape = l.getInputShape(Mask);
  }
  Value result = createAttention(l, p, std::nullopt, nullptr);
  l.setResult(0,
              l.createReshape(result, p.query.dims, l.getResultShape(0).dims));
  if (l.hasResult(1))
    l.setResult(1, p.key.value);
  if (l.hasResult(2))
    l.setResult(2, p.value.value);
  return success();
}

void mlir::onnx::addGroupQueryAttentionOperators(
    SmallVectorImpl<Operator> &rows) {
  rows.append({{microsoftDomain, "GroupQueryAttention", 1,
                inferGroupQueryAttention, lowerGroupQueryAttention}});
}
