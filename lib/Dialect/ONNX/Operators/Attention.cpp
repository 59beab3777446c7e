//===- Attention.cpp - Attention of the standard operators ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionLoops.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

enum Input { Query, Key, Value_, Mask, PastKey, PastValue, KeyCounts };

namespace {
/// The sizes that queries, keys and values [batch, heads, sequence, size] have
/// in whatever order.
struct HeadSizes {
  AffineExpr batch, heads, length, size;
};
} // namespace

static FailureOr<HeadSizes> getSizes(NodeShapes &shapes, unsigned index,
                                     StringRef headsName) {
  FailureOr<const TensorShape *> input = shapes.requireInput(index);
  if (failed(input))
    return failure();
  ArrayRef<AffineExpr> dims = (*input)->dims;
  if (!isa<FloatType>((*input)->elementType))
    return shapes.fail("expects floats");
  if (dims.size() == 4)
    return HeadSizes{dims[0], dims[1], dims[2], dims[3]};
  if (dims.size() != 3)
    return shapes.fail("expects 3 or 4 dimensions in input " + Twine(index));
  int64_t heads = shapes.getNode().getInt(headsName, 0);
  AffineExpr count = shapes.getSize(heads);
  AffineExpr size = heads > 0 ? divideSize(dims[2], count) : AffineExpr();
  if (!size)
    return shapes.fail("expects " + headsName +
                       " that divides the last dimension of input " +
                       Twine(index) + ", found " + Twine(heads));
  return HeadSizes{dims[0], count, dims[1], size};
}

static bool isSame(AffineExpr lhs, AffineExpr rhs) {
  return simplifySize(lhs) == simplifySize(rhs);
}

/// Adds the length of an input of earlier keys or values, if it is there.
static LogicalResult addPast(NodeShapes &shapes, unsigned index,
                             HeadSizes &sizes) {
  const TensorShape *past = shapes.getInput(index);
  if (!past)
    return success();
  if (past->getRank() != 4 || !isSame(past->dims[0], sizes.batch) ||
      !isSame(past->dims[1], sizes.heads) || !isSame(past->dims[3], sizes.size))
    return shapes.fail("expects input " + Twine(index) +
                       " to have 4 dimensions, of which all but the third are "
                       "those of what follows");
  sizes.length = sizes.length + past->dims[2];
  return success();
}

static LogicalResult inferAttention(NodeShapes &shapes) {
  FailureOr<HeadSizes> query = getSizes(shapes, Query, "q_num_heads");
  FailureOr<HeadSizes> key = getSizes(shapes, Key, "kv_num_heads");
  FailureOr<HeadSizes> value = getSizes(shapes, Value_, "kv_num_heads");
  if (failed(query) || failed(key) || failed(value) ||
      failed(addPast(shapes, PastKey, *key)) ||
      failed(addPast(shapes, PastValue, *value)))
    return failure();
  if (!shapes.getInput(PastKey) != !shapes.getInput(PastValue))
    return shapes.fail("expects both past_key and past_value, or neither");
  if (!isSame(query->batch, key->batch) || !isSame(key->batch, value->batch) ||
      !isSame(query->size, key->size) || !isSame(key->heads, value->heads) ||
      !isSame(key->length, value->length) ||
      !divideSize(query->heads, key->heads))
    return shapes.fail("expects batches, heads and sizes of queries, keys and "
                       "values to fit");
  if (const TensorShape *mask = shapes.getInput(Mask)) {
    SmallVector<AffineExpr> expected = {query->batch, query->heads,
                                        query->length, key->length};
    ArrayRef<AffineExpr> dims = mask->dims;
    bool fits = !dims.empty() && dims.size() <= 4;
    // The mask may leave out the last keys.
    for (size_t i = 0; fits && i + 1 < dims.size(); ++i)
      fits = getConstantSize(dims[i]) == 1 ||
             isSame(dims[i], expected[4 - dims.size() + i]);
    if (!fits || !isSizeAtLeast(key->length - dims.back(), 0))
      return shapes.fail("expects a mask that broadcasts to batch, heads, "
                         "queries and keys");
    if (!mask->elementType.isInteger(1) && !isa<FloatType>(mask->elementType))
      return shapes.fail("expects a mask of floats or BOOL");
  }
  if (const TensorShape *counts = shapes.getInput(KeyCounts))
    if (counts->getRank() != 1 || !isSame(counts->dims[0], query->batch) ||
        shapes.getInput(PastKey))
      return shapes.fail("expects nonpad_kv_seqlen for each batch without past "
                         "keys");
  int64_t mode = shapes.getNode().getInt("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3)
    return shapes.fail("expects qk_matmul_output_mode in [0, 3], found " +
                       Twine(mode));
  Type type = shapes.getInput(Query)->elementType;
  if (shapes.getInput(Query)->getRank() == 4)
    shapes.setResult(0, type,
                     {query->batch, query->heads, query->length, value->size});
  else
    shapes.setResult(0, type,
                     {query->batch, query->length, query->heads * value->size});
  shapes.setResult(1, shapes.getInput(Key)->elementType,
                   {key->batch, key->heads, key->length, key->size});
  shapes.setResult(2, shapes.getInput(Value_)->elementType,
                   {value->batch, value->heads, value->length, value->size});
  shapes.setResult(3, type,
                   {query->batch, query->heads, query->length, key->length});
  return success();
}

static LogicalResult lowerAttention(NodeLowering &l) {
  NodeOp node = l.getNode();
  auto getCount = [&](StringRef name) {
    return l.b.getAffineConstantExpr(node.getInt(name, 1));
  };
  AttentionParameters p;
  p.query = getHeads(l, Query, getCount("q_num_heads"));
  p.key = getHeads(l, Key, getCount("kv_num_heads"));
  p.value = getHeads(l, Value_, getCount("kv_num_heads"));
  p.offset = l.b.getAffineConstantExpr(0);
  if (l.getInput(PastKey)) {
    p.offset = l.getInputShape(PastKey).dims[2];
    p.key = createPresent(l, l.getInput(PastKey), l.getInputShape(PastKey).dims,
                          p.key);
    p.value = createPresent(l, l.getInput(PastValue),
                            l.getInputShape(PastValue).dims, p.value);
  }
  if (l.hasResult(1))
    l.setResult(1, createPresent(l, Value(), {}, p.key).value);
  if (l.hasResult(2))
    l.setResult(2, createPresent(l, Value(), {}, p.value).value);
  p.scale = 1 / std::sqrt(double(getConstantSize(p.query.dims[3]).value_or(1)));
  if (node.getNodeAttr("scale"))
    p.scale = node.getFloat("scale", 1);
  else if (!getConstantSize(p.query.dims[3]))
    return l.fail("expects heads of a constant size, or a scale");
  p.softcap = node.getFloat("softcap", 0);
  p.isCausal = node.getInt("is_causal", 0);
  p.leftWindow = node.getInt("left_window_size", -1);
  p.rightWindow = node.getInt("right_window_size", -1);
  if (Value mask = l.getInput(Mask)) {
    p.mask = mask;
    p.maskShape = l.getInputShape(Mask);
  }
  if (Value counts = l.getInput(KeyCounts)) {
    const TensorShape &shape = l.getInputShape(KeyCounts);
    Type i64 = l.b.getI64Type();
    p.keyCounts = l.createCast(counts, shape.dims, shape.elementType, i64);
    Value length =
        arith::IndexCastOp::create(l.b, i64, l.getIndex(p.query.getLength()));
    p.offsets = l.createMapped(
        shape.dims, i64, p.keyCounts, l.b.getMultiDimIdentityMap(1),
        [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
          return arith::SubIOp::create(b, in[0], length);
        });
  }
  std::optional<int64_t> asked;
  if (l.hasResult(3))
    asked = node.getInt("qk_matmul_output_mode", 0);
  Value score;
  Value result = createAttention(l, p, asked, &score);
  SmallVector<AffineExpr> dims = p.query.dims;
  dims[3] = p.value.dims[3];
  l.setResult(0, l.createReshape(result, dims, l.getResultShape(0).dims));
  if (asked)
    l.setResult(3, score);
  return success();
}

void mlir::onnx::addAttentionOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({{"", "Attention", 23, inferAttention, lowerAttention}});
}
