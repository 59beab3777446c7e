//===- BlockQuantization.cpp - Products with weights of few bits ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"
#include "Products.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// MatMulNBits: y = x w^T + bias. Weights w [N, K] are codes of `bits` bits in
// bytes [N, blocks, block_size * bits / 8], the first code in the low bits;
// each block of K has a scale and a zero point:
//
//   w[n, k] = (code[n, k] - zero[n, k / block_size]) * scale[n, k / block_size]
//
// Zero points are packed in bytes like codes, [N, ceil(blocks * bits / 8)], or
// are floats [N, blocks]; without them they are 2^(bits - 1).
//===----------------------------------------------------------------------===//

enum Input { Activations, Codes, Scales, Zeros, Groups, Bias };

namespace {
struct BlockFormat {
  int64_t columns, rows, bits, blockSize, blocks;
};
} // namespace

static FailureOr<BlockFormat> getFormat(NodeOp node) {
  BlockFormat format{node.getInt("N", 0), node.getInt("K", 0),
                     node.getInt("bits", 4), node.getInt("block_size", 0), 0};
  auto fail = [&](const Twine &message) {
    return node.emitError(node.getOpType() + ": " + message);
  };
  constexpr int64_t maximum = int64_t(1) << 31;
  for (int64_t size : {format.columns, format.rows, format.blockSize})
    if (size < 1 || size > maximum)
      return fail("expects N, K and block_size in [1, 2^31], found " +
                  Twine(size));
  if (!llvm::is_contained({1, 2, 4, 8}, format.bits))
    return fail("expects bits 1, 2, 4 or 8, found " + Twine(format.bits));
  if (format.blockSize * format.bits % 8 != 0)
    return fail("expects blocks of whole bytes");
  format.blocks = llvm::divideCeil(format.rows, format.blockSize);
  return format;
}

static LogicalResult inferMatMulNBits(NodeShapes &shapes) {
  FailureOr<BlockFormat> format = getFormat(shapes.getNode());
  FailureOr<const TensorShape *> input = shapes.requireInput(Activations);
  FailureOr<const TensorShape *> codes = shapes.requireInput(Codes);
  FailureOr<const TensorShape *> scales = shapes.requireInput(Scales);
  if (failed(format) || failed(input) || failed(codes) || failed(scales))
    return failure();
  auto countElements = [&](const TensorShape &shape) {
    return getConstantSize(multiplySizes(shape.dims, shapes.getContext()));
  };
  if (!isa<FloatType>((*input)->elementType) || (*input)->getRank() < 1 ||
      getConstantSize((*input)->dims.back()) != format->rows)
    return shapes.fail("expects floats of " + Twine(format->rows) + " columns");
  int64_t blockBytes = format->blockSize * format->bits / 8;
  if (!(*codes)->elementType.isUnsignedInteger(8) ||
      countElements(**codes) != format->columns * format->blocks * blockBytes)
    return shapes.fail("expects " + Twine(blockBytes) + " bytes for each of " +
                       Twine(format->columns) + " x " + Twine(format->blocks) +
                       " blocks");
  if (!isa<FloatType>((*scales)->elementType) ||
      countElements(**scales) != format->columns * format->blocks)
    return shapes.fail("expects a scale of floats for each block");
  if (const TensorShape *zeros = shapes.getInput(Zeros)) {
    bool isPacked = zeros->elementType.isUnsignedInteger(8);
    int64_t rowCount =
        isPacked ? int64_t(llvm::divideCeil(format->blocks * format->bits, 8))
                 : format->blocks;
    if ((!isPacked && !isa<FloatType>(zeros->elementType)) ||
        countElements(*zeros) != format->columns * rowCount)
      return shapes.fail("expects a zero point for each block, packed in bytes "
                         "or a float");
  }
  if (shapes.getInput(Groups))
    return shapes.fail("expects blocks in order, without g_idx");
  if (const TensorShape *bias = shapes.getInput(Bias))
    if (bias->getRank() != 1 ||
        getConstantSize(bias->dims[0]) != format->columns)
      return shapes.fail("expects a bias for each column");
  SmallVector<AffineExpr> dims = (*input)->dims;
  dims.back() = shapes.getSize(format->columns);
  shapes.setResult(0, (*input)->elementType, dims);
  return success();
}

/// Code `index` of those in `byte` as an i32: bits from the lowest.
static Value extractCode(ImplicitLocOpBuilder &b, Value byte, Value index,
                         int64_t bits) {
  auto getConstant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
  };
  Value shift = arith::MulIOp::create(
      b, arith::IndexCastOp::create(b, b.getI32Type(), index),
      getConstant(bits));
  Value wide = arith::ExtUIOp::create(b, b.getI32Type(), byte);
  return arith::AndIOp::create(b, arith::ShRUIOp::create(b, wide, shift),
                               getConstant((1 << bits) - 1));
}

/// Zero points [N, blocks] as floats of `type`.
static Value createZeros(NodeLowering &l, const BlockFormat &format,
                         ArrayRef<AffineExpr> blockDims, Type type) {
  const TensorShape &shape = l.getInputShape(Zeros);
  if (isa<FloatType>(shape.elementType))
    return l.createCast(
        l.createReshape(l.getInput(Zeros), shape.dims, blockDims), blockDims,
        shape.elementType, type);
  int64_t perByte = 8 / format.bits;
  SmallVector<AffineExpr> packed = {
      blockDims[0],
      l.b.getAffineConstantExpr(llvm::divideCeil(format.blocks, perByte))};
  Value bytes = l.createReshape(l.getInput(Zeros), shape.dims, packed);
  AffineMap map = AffineMap::get(
      2, 0,
      {l.b.getAffineDimExpr(0), l.b.getAffineDimExpr(1).floorDiv(perByte)},
      l.b.getContext());
  return l.createMapped(
      blockDims, type, bytes, map, [&](ImplicitLocOpBuilder &b, ValueRange in) {
        Value index =
            arith::RemUIOp::create(b, linalg::IndexOp::create(b, 1),
                                   arith::ConstantIndexOp::create(b, perByte));
        return l.castScalar(b, extractCode(b, in[0], index, format.bits),
                            b.getI32Type(), type);
      });
}

/// Weights [N, blocks, block_size], of which those beyond K are cut off: the
/// result is [N, K].
static Value createWeights(NodeLowering &l, const BlockFormat &format,
                           Type type) {
  auto getSize = [&](int64_t size) { return l.b.getAffineConstantExpr(size); };
  int64_t perByte = 8 / format.bits;
  SmallVector<AffineExpr> blockDims = {getSize(format.columns),
                                       getSize(format.blocks)};
  SmallVector<AffineExpr> byteDims = blockDims;
  byteDims.push_back(getSize(format.blockSize / perByte));
  SmallVector<AffineExpr> dims = byteDims;
  dims.push_back(getSize(perByte));
  const TensorShape &scaleShape = l.getInputShape(Scales);
  auto getMap = [&](unsigned count) {
    return AffineMap::getMultiDimIdentityMap(4, l.b.getContext())
        .getMajorSubMap(count);
  };
  SmallVector<Value> inputs = {
      l.createReshape(l.getInput(Codes), l.getInputShape(Codes).dims, byteDims),
      l.createReshape(l.getInput(Scales), scaleShape.dims, blockDims)};
  SmallVector<AffineMap> maps = {getMap(3), getMap(2)};
  if (l.getInput(Zeros)) {
    inputs.push_back(createZeros(l, format, blockDims, type));
    maps.push_back(getMap(2));
  }
  Value weights = l.createMapped(
      dims, type, inputs, maps, [&](ImplicitLocOpBuilder &b, ValueRange in) {
        Value code =
            extractCode(b, in[0], linalg::IndexOp::create(b, 3), format.bits);
        Value value = l.castScalar(b, code, b.getI32Type(), type);
        Value zero = in.size() > 2
                         ? in[2]
                         : arith::ConstantOp::create(
                               b, b.getFloatAttr(type, 1 << (format.bits - 1)));
        Value scale = l.castScalar(b, in[1], scaleShape.elementType, type);
        return arith::MulFOp::create(b, arith::SubFOp::create(b, value, zero),
                                     scale)
            .getResult();
      });
  SmallVector<AffineExpr> padded = {blockDims[0],
                                    getSize(format.blocks * format.blockSize)};
  weights = l.createReshape(weights, dims, padded);
  if (format.blocks * format.blockSize == format.rows)
    return weights;
  SmallVector<AffineExpr> exact = {padded[0], getSize(format.rows)};
  SmallVector<OpFoldResult> offsets(2, l.b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(2, l.b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(l.b, l.getTensorType(exact, type),
                                        weights, offsets, l.getSizes(exact),
                                        ones);
}

static LogicalResult lowerMatMulNBits(NodeLowering &l) {
  FailureOr<BlockFormat> format = getFormat(l.getNode());
  if (failed(format))
    return failure();
  const TensorShape &input = l.getInputShape(Activations);
  const TensorShape &result = l.getResultShape(0);
  Type accumulator = getAccumulatorType(input.elementType);
  Value weights = createWeights(l, *format, accumulator);
  Value sums = createMatrixProduct(
      l, {l.getInput(Activations), input.dims, input.elementType},
      {weights,
       {l.b.getAffineConstantExpr(format->columns),
        l.b.getAffineConstantExpr(format->rows)},
       accumulator,
       {1, 0}},
      result.dims, accumulator);
  if (!l.getInput(Bias)) {
    l.setResult(
        0, l.createCast(sums, result.dims, accumulator, result.elementType));
    return success();
  }
  TensorShape sumShape{accumulator, result.dims, std::nullopt, ElementsAttr()};
  const TensorShape &bias = l.getInputShape(Bias);
  l.setResult(
      0, l.createElementwise(
             result.dims, result.elementType,
             {{sums, &sumShape}, {l.getInput(Bias), &bias}},
             [&](ImplicitLocOpBuilder &b, ValueRange in) {
               Value addend =
                   l.castScalar(b, in[1], bias.elementType, accumulator);
               return l.castScalar(b, arith::AddFOp::create(b, in[0], addend),
                                   accumulator, result.elementType);
             }));
  return success();
}

void mlir::onnx::addBlockQuantizationOperators(
    SmallVectorImpl<Operator> &rows) {
  rows.append({{microsoftDomain, "MatMulNBits", 1, inferMatMulNBits,
                lowerMatMulNBits}});
}
