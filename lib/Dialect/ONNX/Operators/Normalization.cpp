//===- Normalization.cpp - Operators that normalise -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"
#include "Windows.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::onnx;

using ElementBuilder = ImplicitLocOpBuilder;

//===----------------------------------------------------------------------===//
// Normalisation by mean and variance of the last dimensions
//===----------------------------------------------------------------------===//

namespace {
/// A factor or an addend that broadcasts to what is normalised, or null.
struct Affine {
  Value value;
  TensorShape shape;
};

/// What normalises a tensor; mean and inverse deviation keep the normalised
/// dimensions with size 1.
struct Normalized {
  Value value, mean, inverse;
};
} // namespace

static TensorShape makeShape(Type elementType, ArrayRef<AffineExpr> dims) {
  return {elementType, SmallVector<AffineExpr>(dims), std::nullopt,
          ElementsAttr()};
}

static Value constantLike(ElementBuilder &b, Value like, double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(like.getType(), value));
}

/// Whether `affine`, if there is one, has an element for each of those in the
/// dimensions from `axis` on.
static bool isOfRows(const Affine &affine, ArrayRef<AffineExpr> dims,
                     int64_t axis) {
  if (!affine.value)
    return true;
  ArrayRef<AffineExpr> own = affine.shape.dims;
  if (int64_t(own.size() + axis) < int64_t(dims.size()))
    return false;
  for (auto [dim, size] : llvm::zip(llvm::reverse(own), llvm::reverse(dims)))
    if (simplifySize(dim) != simplifySize(size))
      return false;
  return own.size() + axis == dims.size();
}

/// Normalises `input` over its dimensions from `axis` on: subtracts the mean if
/// `isCentered`, divides by the root of the mean square plus `epsilon`, and
/// applies `scale` and `bias`.
static Normalized createNormalized(NodeLowering &l, Value input,
                                   const TensorShape &shape, int64_t axis,
                                   double epsilon, bool isCentered,
                                   const Affine &scale, const Affine &bias) {
  MLIRContext *context = l.b.getContext();
  Type type = shape.elementType, accumulator = getAccumulatorType(type);
  ArrayRef<AffineExpr> dims = shape.dims;
  AffineExpr rowCount = multiplySizes(dims.take_front(axis), context);
  AffineExpr rowSize = multiplySizes(dims.drop_front(axis), context);
  SmallVector<AffineExpr> matrix = {rowCount, rowSize};
  AffineExpr row = getAffineDimExpr(0, context);
  LoopOperand rows{l.createReshape(input, dims, matrix),
                   matrix,
                   {row, getAffineDimExpr(1, context)}};
  Value count = l.castScalar(
      l.b,
      arith::IndexCastOp::create(l.b, l.b.getI64Type(), l.getIndex(rowSize)),
      l.b.getI64Type(), accumulator);
  Value zero = l.createScalar(accumulator, 0);
  TensorShape rowShape = makeShape(accumulator, rowCount);
  auto finish = [&](Value sums, NodeLowering::Body body) {
    return l.createElementwise(rowShape.dims, accumulator, {{sums, &rowShape}},
                               body);
  };

  SmallVector<LoopOperand> operands = {rows};
  Value mean;
  if (isCentered) {
    Value sums = l.createFold(
        matrix, 1, rows, zero, [&](ElementBuilder &b, ValueRange in) -> Value {
          Value element = l.castScalar(b, in[0], type, accumulator);
          return arith::AddFOp::create(b, in[1], element);
        });
    mean = finish(sums, [&](ElementBuilder &b, ValueRange in) -> Value {
      return arith::DivFOp::create(b, in[0], count);
    });
    operands.push_back({mean, {rowCount}, {row}});
  }
  Value squares = l.createFold(
      matrix, 1, operands, zero,
      [&](ElementBuilder &b, ValueRange in) -> Value {
        Value element = l.castScalar(b, in[0], type, accumulator);
        if (isCentered)
          element = arith::SubFOp::create(b, element, in[1]);
        return arith::AddFOp::create(
            b, in.back(), arith::MulFOp::create(b, element, element));
      });
  Value inverse =
      finish(squares, [&](ElementBuilder &b, ValueRange in) -> Value {
        Value variance = arith::DivFOp::create(b, in[0], count);
        Value sum = arith::AddFOp::create(b, variance,
                                          constantLike(b, variance, epsilon));
        return arith::DivFOp::create(b, constantLike(b, sum, 1),
                                     math::SqrtOp::create(b, sum));
      });

  SmallVector<AffineExpr> kept(dims.take_front(axis));
  kept.append(dims.size() - axis, l.b.getAffineConstantExpr(1));
  Normalized result;
  if (isCentered)
    result.mean = l.createReshape(mean, rowCount, kept);
  result.inverse = l.createReshape(inverse, rowCount, kept);

  auto body = [&](ElementBuilder &b, ValueRange in) {
    unsigned next = 1;
    auto read = [&](Type elementType) {
      return l.castScalar(b, in[next++], elementType, accumulator);
    };
    Value value = l.castScalar(b, in[0], type, accumulator);
    if (isCentered)
      value = arith::SubFOp::create(b, value, in[next++]);
    value = arith::MulFOp::create(b, value, in[next++]);
    if (scale.value)
      value = arith::MulFOp::create(b, value, read(scale.shape.elementType));
    if (bias.value)
      value = arith::AddFOp::create(b, value, read(bias.shape.elementType));
    return l.castScalar(b, value, accumulator, type);
  };
  if (isOfRows(scale, dims, axis) && isOfRows(bias, dims, axis)) {
    // All loops are over the same rows.
    AffineMap ofRow = AffineMap::get(2, 0, row);
    AffineMap inRow = AffineMap::get(2, 0, getAffineDimExpr(1, context));
    SmallVector<Value> inputs = {rows.value};
    SmallVector<AffineMap> maps = {l.b.getMultiDimIdentityMap(2)};
    auto addInput = [&](Value value, AffineMap map) {
      inputs.push_back(value);
      maps.push_back(map);
    };
    if (isCentered)
      addInput(mean, ofRow);
    addInput(inverse, ofRow);
    for (const Affine *affine : {&scale, &bias})
      if (affine->value)
        addInput(l.createReshape(affine->value, affine->shape.dims, rowSize),
                 inRow);
    Value value = l.createMapped(matrix, type, inputs, maps, body);
    result.value = l.createReshape(value, matrix, dims);
    return result;
  }
  TensorShape keptShape = makeShape(accumulator, kept);
  SmallVector<std::pair<Value, const TensorShape *>> inputs = {{input, &shape}};
  if (isCentered)
    inputs.push_back({result.mean, &keptShape});
  inputs.push_back({result.inverse, &keptShape});
  for (const Affine *affine : {&scale, &bias})
    if (affine->value)
      inputs.push_back({affine->value, &affine->shape});
  result.value = l.createElementwise(dims, type, inputs, body);
  return result;
}

//===----------------------------------------------------------------------===//
// LayerNormalization, RMSNormalization and their relatives
//===----------------------------------------------------------------------===//

/// Results besides the first are the statistics.
static LogicalResult inferLayerNormalization(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<const TensorShape *> scale = shapes.requireInput(1);
  if (failed(input) || failed(scale))
    return failure();
  if (!isa<FloatType>((*input)->elementType))
    return shapes.fail("expects floats");
  FailureOr<int64_t> axis = shapes.getAxis("axis", -1, (*input)->getRank());
  if (failed(axis))
    return failure();
  for (unsigned i : {1u, 2u})
    if (const TensorShape *affine = shapes.getInput(i)) {
      FailureOr<SmallVector<AffineExpr>> dims =
          shapes.broadcast({(*input)->dims, affine->dims});
      if (failed(dims))
        return failure();
      SmallVector<AffineExpr> expected;
      for (AffineExpr dim : (*input)->dims)
        expected.push_back(simplifySize(dim));
      if (*dims != expected)
        return shapes.fail("expects input " + Twine(i) +
                           " to broadcast to the input");
    }
  // The type of statistics and of a scaled result of other floats.
  Type stash = getAccumulatorType((*input)->elementType);
  SmallVector<AffineExpr> kept((*input)->dims);
  for (int64_t i = *axis; i < (*input)->getRank(); ++i)
    kept[i] = shapes.getSize(1);
  shapes.setResult(0, (*input)->elementType, (*input)->dims);
  shapes.setResult(1, stash, kept);
  shapes.setResult(2, stash, kept);
  return success();
}

static Affine getAffine(NodeLowering &l, unsigned index) {
  if (!l.getInput(index))
    return {};
  return {l.getInput(index), l.getInputShape(index)};
}

template <bool isCentered>
static LogicalResult lowerLayerNormalization(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  NodeOp node = l.getNode();
  int64_t axis = *shape.normalizeAxis(node.getInt("axis", -1));
  Normalized result = createNormalized(
      l, l.getInput(0), shape, axis, node.getFloat("epsilon", 1e-5f),
      isCentered, getAffine(l, 1), isCentered ? getAffine(l, 2) : Affine());
  l.setResult(0, result.value);
  if (l.hasResult(1))
    l.setResult(1, isCentered ? result.mean : result.inverse);
  if (l.hasResult(2))
    l.setResult(2, result.inverse);
  return success();
}

/// Normalises the sum of input, skip and bias, which is the last result.
template <bool isCentered>
static LogicalResult inferSkipNormalization(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<const TensorShape *> skip = shapes.requireInput(1);
  if (failed(input) || failed(skip) || failed(shapes.requireInput(2)))
    return failure();
  Type type = (*input)->elementType;
  if (!isa<FloatType>(type) || (*input)->getRank() < 1)
    return shapes.fail("expects floats of at least 1 dimension");
  SmallVector<AffineExpr> kept((*input)->dims);
  kept.back() = shapes.getSize(1);
  shapes.setResult(0, type, (*input)->dims);
  shapes.setResult(1, getAccumulatorType(type), kept);
  shapes.setResult(2, getAccumulatorType(type), kept);
  shapes.setResult(3, type, (*input)->dims);
  return success();
}

template <bool isCentered>
static LogicalResult decomposeSkipNormalization(NodeDecomposition &d) {
  Value sum = d.create("Add", {d.getInput(0), d.getInput(1)});
  // The bias comes after gamma and, if it is centered, beta.
  if (Value bias = sum ? d.getInput(isCentered ? 4 : 3) : Value())
    sum = d.create("Add", {sum, bias});
  if (!sum)
    return failure();
  NamedAttribute epsilon = d.b.getNamedAttr(
      "epsilon", d.b.getF32FloatAttr(d.getNode().getFloat("epsilon", 1e-12f)));
  SmallVector<Value> results;
  if (isCentered)
    results = d.createMany("LayerNormalization", 3,
                           {sum, d.getInput(2), d.getInput(3)}, epsilon);
  else
    results = d.createMany("SimplifiedLayerNormalization", 2,
                           {sum, d.getInput(2)}, epsilon);
  if (results.empty())
    return failure();
  d.setResult(0, results[0]);
  if (d.hasResult(1)) {
    if (!isCentered)
      return d.fail("has no mean");
    d.setResult(1, results[1]);
  }
  if (d.hasResult(2))
    d.setResult(2, results.back());
  if (d.hasResult(3))
    d.setResult(3, sum);
  return success();
}

//===----------------------------------------------------------------------===//
// Normalisation of channels
//===----------------------------------------------------------------------===//

/// Results of the input's type whose inputs after the first are vectors.
static LogicalResult inferChannels(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  StringRef type = shapes.getNode().getOpType();
  if ((*input)->getRank() < 2 || !isa<FloatType>((*input)->elementType))
    return shapes.fail("expects floats of at least 2 dimensions");
  AffineExpr channels = simplifySize((*input)->dims[1]);
  if (type == "GroupNormalization") {
    int64_t groups = shapes.getNode().getInt("num_groups", 0);
    if (groups < 1 || !divideSize(channels, shapes.getSize(groups)))
      return shapes.fail(
          "expects num_groups that divides the channels, found " +
          Twine(groups));
    if (shapes.getNode().getVersion() < 21)
      channels = shapes.getSize(groups);
  }
  unsigned count = type == "BatchNormalization" ? 5 : 3;
  for (unsigned i = 1; i < count; ++i) {
    FailureOr<const TensorShape *> vector = shapes.requireInput(i);
    if (failed(vector))
      return failure();
    if ((*vector)->getRank() != 1 ||
        simplifySize((*vector)->dims[0]) != channels)
      return shapes.fail("expects input " + Twine(i) +
                         " to have an element for each channel");
  }
  shapes.setResult(0, (*input)->elementType, (*input)->dims);
  return success();
}

static LogicalResult lowerBatchNormalization(NodeLowering &l) {
  NodeOp node = l.getNode();
  if (node.getInt("training_mode", 0) || !node.getInt("spatial", 1))
    return l.fail("expects inference with spatial statistics");
  const TensorShape &shape = l.getInputShape(0);
  double epsilon = node.getFloat("epsilon", 1e-5f);
  Type type = shape.elementType, accumulator = getAccumulatorType(type);
  auto widen = [&](ElementBuilder &b, Value value, unsigned input) {
    return l.castScalar(b, value, l.getInputShape(input).elementType,
                        accumulator);
  };
  const TensorShape &channels = l.getInputShape(1);
  Value factor = l.createElementwise(
      channels.dims, accumulator,
      {{l.getInput(1), &channels}, {l.getInput(4), &l.getInputShape(4)}},
      [&](ElementBuilder &b, ValueRange in) -> Value {
        Value variance = widen(b, in[1], 4);
        Value sum = arith::AddFOp::create(b, variance,
                                          constantLike(b, variance, epsilon));
        return arith::DivFOp::create(b, widen(b, in[0], 1),
                                     math::SqrtOp::create(b, sum));
      });
  unsigned rank = shape.getRank();
  AffineMap channel = AffineMap::get(rank, 0, l.b.getAffineDimExpr(1));
  AffineMap maps[] = {l.b.getMultiDimIdentityMap(rank), channel, channel,
                      channel};
  l.setResult(
      0, l.createMapped(shape.dims, type,
                        {l.getInput(0), factor, l.getInput(3), l.getInput(2)},
                        maps, [&](ElementBuilder &b, ValueRange in) {
                          Value value = arith::SubFOp::create(
                              b, widen(b, in[0], 0), widen(b, in[2], 3));
                          value = arith::MulFOp::create(b, value, in[1]);
                          value = arith::AddFOp::create(b, value,
                                                        widen(b, in[3], 2));
                          return l.castScalar(b, value, accumulator, type);
                        }));
  return success();
}

/// Input `index`, a vector, along dimension `axis` of a tensor of `rank`.
static Affine getVector(NodeLowering &l, unsigned index,
                        ArrayRef<AffineExpr> leading, unsigned rank) {
  const TensorShape &vector = l.getInputShape(index);
  SmallVector<AffineExpr> dims(leading);
  dims.append(rank - leading.size(), l.b.getAffineConstantExpr(1));
  return {l.createReshape(l.getInput(index), vector.dims, dims),
          makeShape(vector.elementType, dims)};
}

static LogicalResult lowerInstanceNormalization(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  unsigned rank = shape.getRank() - 1;
  Normalized result = createNormalized(
      l, l.getInput(0), shape, 2, l.getNode().getFloat("epsilon", 1e-5f),
      /*isCentered=*/true, getVector(l, 1, shape.dims[1], rank),
      getVector(l, 2, shape.dims[1], rank));
  l.setResult(0, result.value);
  return success();
}

static LogicalResult lowerGroupNormalization(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  AffineExpr groups =
      l.b.getAffineConstantExpr(l.getNode().getInt("num_groups", 1));
  AffineExpr size = divideSize(shape.dims[1], groups);
  SmallVector<AffineExpr> grouped = {shape.dims[0], groups, size};
  grouped.append(shape.dims.begin() + 2, shape.dims.end());
  // Since version 21 scale and bias are for each channel, not each group.
  SmallVector<AffineExpr> leading = {groups, size};
  if (l.getNode().getVersion() < 21)
    leading.pop_back();
  Normalized result = createNormalized(
      l, l.createReshape(l.getInput(0), shape.dims, grouped),
      makeShape(shape.elementType, grouped), 2,
      l.getNode().getFloat("epsilon", 1e-5f), /*isCentered=*/true,
      getVector(l, 1, leading, grouped.size() - 1),
      getVector(l, 2, leading, grouped.size() - 1));
  l.setResult(0, l.createReshape(result.value, grouped, shape.dims));
  return success();
}

//===----------------------------------------------------------------------===//
// Others
//===----------------------------------------------------------------------===//

static LogicalResult inferSame(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  if (!isa<FloatType>((*input)->elementType))
    return shapes.fail("expects floats");
  shapes.setResult(0, (*input)->elementType, (*input)->dims);
  return success();
}

static LogicalResult inferLpNormalization(NodeShapes &shapes) {
  if (failed(inferSame(shapes)) ||
      failed(shapes.getAxis("axis", -1, shapes.getInput(0)->getRank())))
    return failure();
  int64_t p = shapes.getNode().getInt("p", 2);
  if (p != 1 && p != 2)
    return shapes.fail("expects p 1 or 2, found " + Twine(p));
  return success();
}

static LogicalResult lowerLpNormalization(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  Type type = shape.elementType, accumulator = getAccumulatorType(type);
  int64_t axis = *shape.normalizeAxis(l.getNode().getInt("axis", -1));
  bool isEuclidean = l.getNode().getInt("p", 2) == 2;
  Value sums = l.createReduction(
      l.getInput(0), shape, axis, /*keepDims=*/true,
      l.createScalar(accumulator, 0),
      [&](ElementBuilder &b, ValueRange in) -> Value {
        Value element = l.castScalar(b, in[0], type, accumulator);
        Value term =
            isEuclidean ? arith::MulFOp::create(b, element, element).getResult()
                        : math::AbsFOp::create(b, element).getResult();
        return arith::AddFOp::create(b, in[1], term);
      });
  TensorShape sumShape = makeShape(accumulator, shape.dims);
  sumShape.dims[axis] = l.b.getAffineConstantExpr(1);
  l.setResult(
      0, l.createElementwise(
             shape.dims, type, {{l.getInput(0), &shape}, {sums, &sumShape}},
             [&](ElementBuilder &b, ValueRange in) {
               Value norm = in[1];
               if (isEuclidean)
                 norm = math::SqrtOp::create(b, norm);
               Value zero = constantLike(b, norm, 0);
               Value isZero = arith::CmpFOp::create(
                   b, arith::CmpFPredicate::OEQ, norm, zero);
               Value quotient = arith::DivFOp::create(
                   b, l.castScalar(b, in[0], type, accumulator), norm);
               Value value = arith::SelectOp::create(b, isZero, zero, quotient);
               return l.castScalar(b, value, accumulator, type);
             }));
  return success();
}

/// (x - mean) / (deviation + 1e-9) over `axes`.
static LogicalResult decomposeMeanVarianceNormalization(NodeDecomposition &d) {
  Value input = d.getInput(0);
  std::optional<ArrayRef<int64_t>> given = d.getNode().getInts("axes");
  int64_t defaults[] = {0, 2, 3};
  Value axes = d.createIntegers(given ? *given : ArrayRef<int64_t>(defaults));
  Value epsilon = d.createScalar(d.getShape(input).elementType, 1e-9);
  Value mean = d.create("ReduceMean", {input, axes});
  Value centered = mean ? d.create("Sub", {input, mean}) : Value();
  Value squares = centered ? d.create("Mul", {centered, centered}) : Value();
  Value variance = squares ? d.create("ReduceMean", {squares, axes}) : Value();
  Value deviation = variance ? d.create("Sqrt", variance) : Value();
  Value divisor = deviation ? d.create("Add", {deviation, epsilon}) : Value();
  Value result = divisor ? d.create("Div", {centered, divisor}) : Value();
  d.setResult(0, result);
  return success(bool(result));
}

static LogicalResult inferLRN(NodeShapes &shapes) {
  if (failed(inferSame(shapes)))
    return failure();
  int64_t size = shapes.getNode().getInt("size", 0);
  if (shapes.getInput(0)->getRank() < 2)
    return shapes.fail("expects at least 2 dimensions");
  if (size < 1 || size > (1 << 20))
    return shapes.fail("expects size in [1, 2^20], found " + Twine(size));
  return success();
}

/// x / (bias + alpha / size * sum of squares of neighbouring channels)^beta.
static LogicalResult lowerLRN(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  NodeOp node = l.getNode();
  Type type = shape.elementType, accumulator = getAccumulatorType(type);
  int64_t size = node.getInt("size", 1);
  unsigned rank = shape.getRank();
  SmallVector<AffineExpr> padded = shape.dims, sizes = shape.dims, indices;
  padded[1] = simplifySize(padded[1] + (size - 1));
  sizes.push_back(l.b.getAffineConstantExpr(size));
  SmallVector<int64_t> low(rank, 0);
  low[1] = (size - 1) / 2;
  for (unsigned i = 0; i < rank; ++i)
    indices.push_back(l.b.getAffineDimExpr(i));
  indices[1] = indices[1] + l.b.getAffineDimExpr(rank);
  Value wide = createPadded(l, l.getInput(0), shape.dims, padded, low,
                            l.createScalar(type, 0));
  Value sums =
      l.createFold(sizes, rank, LoopOperand{wide, padded, indices},
                   l.createScalar(accumulator, 0),
                   [&](ElementBuilder &b, ValueRange in) -> Value {
                     Value element = l.castScalar(b, in[0], type, accumulator);
                     return arith::AddFOp::create(
                         b, in[1], arith::MulFOp::create(b, element, element));
                   });
  TensorShape sumShape = makeShape(accumulator, shape.dims);
  double alpha = node.getFloat("alpha", 1e-4f) / double(size);
  l.setResult(
      0,
      l.createElementwise(
          shape.dims, type, {{l.getInput(0), &shape}, {sums, &sumShape}},
          [&](ElementBuilder &b, ValueRange in) {
            Value scaled =
                arith::MulFOp::create(b, in[1], constantLike(b, in[1], alpha));
            Value base = arith::AddFOp::create(
                b, scaled, constantLike(b, scaled, node.getFloat("bias", 1)));
            Value power = math::PowFOp::create(
                b, base, constantLike(b, base, node.getFloat("beta", 0.75f)));
            Value value = arith::DivFOp::create(
                b, l.castScalar(b, in[0], type, accumulator), power);
            return l.castScalar(b, value, accumulator, type);
          }));
  return success();
}

void mlir::onnx::addNormalizationOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "BatchNormalization", 7, inferChannels, lowerBatchNormalization},
      {"", "GroupNormalization", 18, inferChannels, lowerGroupNormalization},
      {"", "InstanceNormalization", 6, inferChannels,
       lowerInstanceNormalization},
      {"", "LRN", 1, inferLRN, lowerLRN},
      {"", "LayerNormalization", 1, inferLayerNormalization,
       lowerLayerNormalization<true>},
      {"", "LpNormalization", 1, inferLpNormalization, lowerLpNormalization},
      {"", "MeanVarianceNormalization", 9, inferSame, nullptr,
       decomposeMeanVarianceNormalization},
      {"", "RMSNormalization", 23, inferLayerNormalization,
       lowerLayerNormalization<false>},
      {"", "SimplifiedLayerNormalization", 1, inferLayerNormalization,
       lowerLayerNormalization<false>},
      {microsoftDomain, "SimplifiedLayerNormalization", 1,
       inferLayerNormalization, lowerLayerNormalization<false>},
      {microsoftDomain, "SkipLayerNormalization", 1,
       inferSkipNormalization<true>, nullptr, decomposeSkipNormalization<true>},
      {microsoftDomain, "SkipSimplifiedLayerNormalization", 1,
       inferSkipNormalization<false>, nullptr,
       decomposeSkipNormalization<false>},
  });
}
