//===- Quantization.cpp - Operators that quantise -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Quantization.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::onnx;

using ElementBuilder = ImplicitLocOpBuilder;

static Value createFloat(ElementBuilder &b, double value) {
  return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
}

Value mlir::onnx::createQuantized(NodeLowering &l, ElementBuilder &b,
                                  Value value, Value zero, Type to,
                                  bool isSaturating) {
  if (isa<FloatType>(to)) {
    if (zero)
      value = arith::AddFOp::create(b, value, zero);
    return l.castScalar(b, value, b.getF32Type(), to, isSaturating);
  }
  unsigned width = to.getIntOrFloatBitWidth();
  bool hasSign = !isUnsigned(to);
  double lowest = hasSign ? -std::ldexp(1.0, width - 1) : 0;
  double highest = std::ldexp(1.0, width - hasSign) - 1;
  value = math::RoundEvenOp::create(b, value);
  if (zero)
    value = arith::AddFOp::create(b, value, zero);
  value = arith::MaxNumFOp::create(b, value, createFloat(b, lowest));
  value = arith::MinNumFOp::create(b, value, createFloat(b, highest));
  Value number = arith::FPToSIOp::create(b, b.getI32Type(), value);
  return arith::TruncIOp::create(b, getSignlessType(to), number);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

namespace {
/// How the elements of a tensor share scales.
struct Sharing {
  enum { PerTensor, PerAxis, Blocked } kind;
  int64_t axis = 0, blockSize = 0;
};
} // namespace

static FailureOr<Sharing> getSharing(NodeOp node, const TensorShape &input,
                                     const TensorShape &scale) {
  auto fail = [&](const Twine &message) {
    return node.emitError(node.getOpType() + ": " + message);
  };
  int64_t blockSize = node.getInt("block_size", 0);
  if (blockSize < 0)
    return fail("expects block_size that is at least 0, found " +
                Twine(blockSize));
  auto isOne = [](AffineExpr dim) { return getConstantSize(dim) == 1; };
  if (blockSize == 0 && scale.getRank() <= 1 && llvm::all_of(scale.dims, isOne))
    return Sharing{Sharing::PerTensor};
  std::optional<int64_t> axis = input.normalizeAxis(node.getInt("axis", 1));
  if (!axis)
    return fail("expects axis to be one of the input, found " +
                Twine(node.getInt("axis", 1)));
  AffineExpr size = input.dims[*axis];
  if (blockSize == 0) {
    if (scale.getRank() != 1 ||
        simplifySize(scale.dims[0]) != simplifySize(size))
      return fail("expects a scale for each index of dimension " +
                  Twine(*axis));
    return Sharing{Sharing::PerAxis, *axis};
  }
  SmallVector<AffineExpr> expected = input.dims;
  AffineExpr whole =
      divideSize(size, getAffineConstantExpr(blockSize, node.getContext()));
  expected[*axis] = whole ? whole : size.ceilDiv(blockSize);
  bool isEqual = scale.dims.size() == expected.size();
  for (size_t i = 0; isEqual && i < expected.size(); ++i)
    isEqual = simplifySize(scale.dims[i]) == simplifySize(expected[i]);
  if (!isEqual)
    return fail("expects a scale for each block of " + Twine(blockSize) +
                " elements of dimension " + Twine(*axis));
  return Sharing{Sharing::Blocked, *axis, blockSize};
}

/// Checks the scale and the zero point, inputs 1 and 2.
static LogicalResult checkScale(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<const TensorShape *> scale = shapes.requireInput(1);
  if (failed(input) || failed(scale) ||
      failed(getSharing(shapes.getNode(), **input, **scale)))
    return failure();
  const TensorShape *zero = shapes.getInput(2);
  if (!isa<FloatType>((*scale)->elementType))
    return shapes.fail("expects a scale of floats");
  bool isEqual = !zero || zero->dims.size() == (*scale)->dims.size();
  // One zero point may have no dimension where the scale has one, or the other
  // way round.
  auto isOne = [](AffineExpr dim) { return getConstantSize(dim) == 1; };
  if (zero && llvm::all_of(zero->dims, isOne) &&
      llvm::all_of((*scale)->dims, isOne))
    return success();
  for (size_t i = 0; zero && isEqual && i < zero->dims.size(); ++i)
    isEqual = simplifySize(zero->dims[i]) == simplifySize((*scale)->dims[i]);
  return isEqual ? success()
                 : shapes.fail("expects a zero point for each scale");
}

static LogicalResult inferQuantizeLinear(NodeShapes &shapes) {
  if (failed(checkScale(shapes)))
    return failure();
  const TensorShape *zero = shapes.getInput(2);
  int64_t number = shapes.getNode().getInt("output_dtype", 0);
  Type type = number ? getElementType(number, shapes.getContext())
              : zero ? zero->elementType
                     : getElementType(2, shapes.getContext());
  bool isFloat8 =
      type && isa<FloatType>(type) && type.getIntOrFloatBitWidth() <= 8;
  bool isNarrow = type && isa<IntegerType>(type) &&
                  type.getIntOrFloatBitWidth() <= 16 && !type.isInteger(1);
  if (!isFloat8 && !isNarrow)
    return shapes.fail("expects to quantise to integers of at most 16 bits or "
                       "floats of 8 bits");
  shapes.setResult(0, type, shapes.getInput(0)->dims);
  return success();
}

static LogicalResult inferDequantizeLinear(NodeShapes &shapes) {
  if (failed(checkScale(shapes)))
    return failure();
  int64_t number = shapes.getNode().getInt("output_dtype", 0);
  Type type = number ? getElementType(number, shapes.getContext())
                     : shapes.getInput(1)->elementType;
  if (!type || !isa<FloatType>(type))
    return shapes.fail("expects to dequantise to floats");
  shapes.setResult(0, type, shapes.getInput(0)->dims);
  return success();
}

static LogicalResult inferDynamicQuantizeLinear(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  if (!(*input)->elementType.isF32())
    return shapes.fail("expects FLOAT elements");
  Type byte = getElementType(2, shapes.getContext());
  shapes.setResult(0, byte, (*input)->dims);
  shapes.setResult(1, (*input)->elementType, {});
  shapes.setResult(2, byte, {});
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// A loop over all elements with their scales and zero points.
static LogicalResult lowerWithScales(NodeLowering &l, NodeLowering::Body body) {
  const TensorShape &shape = l.getInputShape(0), &scale = l.getInputShape(1);
  const TensorShape &result = l.getResultShape(0);
  FailureOr<Sharing> sharing = getSharing(l.getNode(), shape, scale);
  if (failed(sharing))
    return failure();
  int64_t axis = sharing->axis;
  SmallVector<AffineExpr> dims = shape.dims, shared;
  AffineExpr blocks =
      sharing->kind == Sharing::Blocked
          ? divideSize(dims[axis],
                       l.b.getAffineConstantExpr(sharing->blockSize))
          : AffineExpr();
  if (blocks) {
    dims[axis] = blocks;
    dims.insert(dims.begin() + axis + 1,
                l.b.getAffineConstantExpr(sharing->blockSize));
  }
  for (int64_t i = 0, rank = dims.size(); i < rank; ++i) {
    AffineExpr loop = l.b.getAffineDimExpr(i);
    if (sharing->kind == Sharing::Blocked && !(blocks && i == axis + 1))
      shared.push_back(!blocks && i == axis ? loop.floorDiv(sharing->blockSize)
                                            : loop);
    else if (sharing->kind == Sharing::PerAxis && i == axis)
      shared.push_back(loop);
  }
  SmallVector<Value> inputs = {
      l.createReshape(l.getInput(0), shape.dims, dims)};
  SmallVector<AffineMap> maps = {l.b.getMultiDimIdentityMap(dims.size())};
  for (unsigned i : {1u, 2u}) {
    if (!l.getInput(i))
      continue;
    ArrayRef<AffineExpr> own = l.getInputShape(i).dims;
    SmallVector<AffineExpr> indices(own.size(), l.b.getAffineConstantExpr(0));
    if (own.size() == shared.size())
      indices = shared;
    inputs.push_back(l.getInput(i));
    maps.push_back(AffineMap::get(dims.size(), 0, indices, l.b.getContext()));
  }
  Value value = l.createMapped(dims, result.elementType, inputs, maps, body);
  l.setResult(0, l.createReshape(value, dims, result.dims));
  return success();
}

static LogicalResult lowerQuantizeLinear(NodeLowering &l) {
  Type to = l.getResultShape(0).elementType;
  return lowerWithScales(l, [&](ElementBuilder &b, ValueRange in) {
    auto widen = [&](unsigned i) {
      return l.castScalar(b, in[i], l.getInputShape(i).elementType,
                          b.getF32Type());
    };
    Value quotient = arith::DivFOp::create(b, widen(0), widen(1));
    return createQuantized(l, b, quotient, in.size() > 2 ? widen(2) : Value(),
                           to, l.getNode().getInt("saturate", 1));
  });
}

static LogicalResult lowerDequantizeLinear(NodeLowering &l) {
  Type from = l.getInputShape(0).elementType;
  Type to = l.getResultShape(0).elementType;
  return lowerWithScales(l, [&](ElementBuilder &b, ValueRange in) {
    // Differences of integers are exact.
    Type exact = isa<FloatType>(from) ? Type(b.getF32Type()) : b.getI32Type();
    Value value = l.castScalar(b, in[0], from, exact);
    if (in.size() > 2 && !isa<FloatType>(from))
      value =
          arith::SubIOp::create(b, value, l.castScalar(b, in[2], from, exact));
    Type accumulator = getAccumulatorType(to);
    value = l.castScalar(b, value, exact, accumulator);
    Value scale =
        l.castScalar(b, in[1], l.getInputShape(1).elementType, accumulator);
    return l.castScalar(b, arith::MulFOp::create(b, value, scale), accumulator,
                        to);
  });
}

static LogicalResult lowerDynamicQuantizeLinear(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, shape.getRank()));
  Type f32 = l.b.getF32Type();
  Value zero = l.createScalar(f32, 0);
  // The range always holds 0.
  Value lowest =
      l.createReduction(l.getInput(0), shape, axes, /*keepDims=*/false, zero,
                        [](ElementBuilder &b, ValueRange in) -> Value {
                          return arith::MinimumFOp::create(b, in[0], in[1]);
                        });
  Value highest =
      l.createReduction(l.getInput(0), shape, axes, /*keepDims=*/false, zero,
                        [](ElementBuilder &b, ValueRange in) -> Value {
                          return arith::MaximumFOp::create(b, in[0], in[1]);
                        });
  TensorShape scalar{f32, {}, std::nullopt, ElementsAttr()};
  Value scale = l.createElementwise(
      {}, f32, {{lowest, &scalar}, {highest, &scalar}},
      [](ElementBuilder &b, ValueRange in) -> Value {
        Value range = arith::SubFOp::create(b, in[1], in[0]);
        Value step = arith::DivFOp::create(b, range, createFloat(b, 255));
        Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, step,
                                             createFloat(b, 0));
        return arith::SelectOp::create(b, isZero, createFloat(b, 1), step);
      });
  Type byte = l.getResultShape(0).elementType;
  TensorShape byteScalar{byte, {}, std::nullopt, ElementsAttr()};
  Value zeroPoint = l.createElementwise(
      {}, byte, {{lowest, &scalar}, {scale, &scalar}},
      [&](ElementBuilder &b, ValueRange in) {
        Value start = arith::SubFOp::create(b, createFloat(b, 0), in[0]);
        return createQuantized(l, b, arith::DivFOp::create(b, start, in[1]),
                               Value(), byte);
      });
  l.setResult(
      0,
      l.createElementwise(
          shape.dims, byte,
          {{l.getInput(0), &shape}, {scale, &scalar}, {zeroPoint, &byteScalar}},
          [&](ElementBuilder &b, ValueRange in) {
            return createQuantized(l, b, arith::DivFOp::create(b, in[0], in[1]),
                                   l.castScalar(b, in[2], byte, f32), byte);
          }));
  l.setResult(1, scale);
  l.setResult(2, zeroPoint);
  return success();
}

void mlir::onnx::addQuantizationOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "DequantizeLinear", 10, inferDequantizeLinear,
       lowerDequantizeLinear},
      {"", "DynamicQuantizeLinear", 11, inferDynamicQuantizeLinear,
       lowerDynamicQuantizeLinear},
      {"", "QuantizeLinear", 10, inferQuantizeLinear, lowerQuantizeLinear},
      {microsoftDomain, "DequantizeLinear", 1, inferDequantizeLinear,
       lowerDequantizeLinear},
      {microsoftDomain, "QuantizeLinear", 1, inferQuantizeLinear,
       lowerQuantizeLinear},
  });
}
