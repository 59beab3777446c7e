//===- Products.cpp - Products of matrices --------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Products.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static std::string printSize(AffineExpr size) {
  std::string text;
  llvm::raw_string_ostream(text) << size;
  return text;
}

FailureOr<SmallVector<AffineExpr>>
mlir::onnx::inferMatrixProduct(NodeShapes &shapes, ArrayRef<AffineExpr> lhs,
                               ArrayRef<AffineExpr> rhs) {
  if (lhs.empty() || rhs.empty())
    return shapes.fail("expects factors of at least one dimension");
  AffineExpr left = simplifySize(lhs.back());
  AffineExpr right = simplifySize(rhs.size() == 1 ? rhs[0] : rhs.end()[-2]);
  if (left != right)
    return shapes.fail("expects as many columns on the left as rows on the "
                       "right, found " +
                       printSize(left) + " and " + printSize(right));
  FailureOr<SmallVector<AffineExpr>> dims = shapes.broadcast(
      {lhs.size() > 2 ? lhs.drop_back(2) : ArrayRef<AffineExpr>(),
       rhs.size() > 2 ? rhs.drop_back(2) : ArrayRef<AffineExpr>()});
  if (failed(dims))
    return failure();
  if (lhs.size() > 1)
    dims->push_back(lhs.end()[-2]);
  if (rhs.size() > 1)
    dims->push_back(rhs.back());
  return dims;
}

static LogicalResult inferMatMul(NodeShapes &shapes) {
  FailureOr<const TensorShape *> lhs = shapes.requireInput(0);
  FailureOr<const TensorShape *> rhs = shapes.requireInput(1);
  if (failed(lhs) || failed(rhs))
    return failure();
  if ((*lhs)->elementType != (*rhs)->elementType)
    return shapes.fail("expects factors of one element type");
  FailureOr<SmallVector<AffineExpr>> dims =
      inferMatrixProduct(shapes, (*lhs)->dims, (*rhs)->dims);
  if (failed(dims))
    return failure();
  shapes.setResult(0, (*lhs)->elementType, *dims);
  return success();
}

/// The order of the dimensions of a factor of com.microsoft's FusedMatMul:
/// `transBatch` moves the first dimension to the place before the last, then
/// `trans` exchanges the last two.
static SmallVector<unsigned> getFusedOrder(NodeOp node, StringRef factor,
                                           unsigned rank) {
  auto order = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  if (rank > 2 && node.getInt(("transBatch" + factor).str(), 0))
    std::rotate(order.begin(), order.begin() + 1, order.end() - 1);
  if (rank > 1 && node.getInt(("trans" + factor).str(), 0))
    std::swap(order[rank - 1], order[rank - 2]);
  return order;
}

static SmallVector<AffineExpr> reorder(ArrayRef<AffineExpr> dims,
                                       ArrayRef<unsigned> order) {
  SmallVector<AffineExpr> result;
  for (unsigned i : order)
    result.push_back(dims[i]);
  return result;
}

static LogicalResult inferFusedMatMul(NodeShapes &shapes) {
  FailureOr<const TensorShape *> lhs = shapes.requireInput(0);
  FailureOr<const TensorShape *> rhs = shapes.requireInput(1);
  if (failed(lhs) || failed(rhs))
    return failure();
  NodeOp node = shapes.getNode();
  FailureOr<SmallVector<AffineExpr>> dims = inferMatrixProduct(
      shapes,
      reorder((*lhs)->dims, getFusedOrder(node, "A", (*lhs)->getRank())),
      reorder((*rhs)->dims, getFusedOrder(node, "B", (*rhs)->getRank())));
  if (failed(dims))
    return failure();
  shapes.setResult(0, (*lhs)->elementType, *dims);
  return success();
}

static LogicalResult inferGemm(NodeShapes &shapes) {
  FailureOr<const TensorShape *> lhs = shapes.requireInput(0);
  FailureOr<const TensorShape *> rhs = shapes.requireInput(1);
  if (failed(lhs) || failed(rhs))
    return failure();
  if ((*lhs)->getRank() != 2 || (*rhs)->getRank() != 2)
    return shapes.fail("expects factors of two dimensions");
  SmallVector<AffineExpr> left = (*lhs)->dims, right = (*rhs)->dims;
  if (shapes.getNode().getInt("transA", 0))
    std::swap(left[0], left[1]);
  if (shapes.getNode().getInt("transB", 0))
    std::swap(right[0], right[1]);
  FailureOr<SmallVector<AffineExpr>> dims =
      inferMatrixProduct(shapes, left, right);
  if (failed(dims))
    return failure();
  if (const TensorShape *addend = shapes.getInput(2)) {
    FailureOr<SmallVector<AffineExpr>> sum =
        shapes.broadcast({*dims, addend->dims});
    if (failed(sum))
      return failure();
    for (auto [i, dim] : llvm::enumerate(*dims))
      if (sum->size() != 2 || (*sum)[i] != simplifySize(dim))
        return shapes.fail("expects C to broadcast to the product");
  }
  shapes.setResult(0, (*lhs)->elementType, *dims);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

Value mlir::onnx::createMatrixProduct(NodeLowering &l, Matrices lhs,
                                      Matrices rhs, ArrayRef<AffineExpr> dims,
                                      Type accumulatorType,
                                      const Matrices &lhsZero,
                                      const Matrices &rhsZero) {
  MLIRContext *context = l.b.getContext();
  // Matrices times one matrix are one matrix of all rows.
  auto isOne = [](AffineExpr dim) { return getConstantSize(dim) == 1; };
  auto isScalar = [&](const Matrices &zero) {
    return !zero.value || llvm::all_of(zero.dims, isOne);
  };
  bool isOneOnRight = rhs.dims.size() == 2 ||
                      (rhs.dims.size() > 2 && rhs.order.empty() &&
                       llvm::all_of(ArrayRef(rhs.dims).drop_back(2), isOne));
  if (lhs.dims.size() > 2 && lhs.order.empty() && isOneOnRight &&
      lhs.dims.size() >= rhs.dims.size() && isScalar(lhsZero) &&
      isScalar(rhsZero)) {
    SmallVector<AffineExpr> rows = {
        multiplySizes(ArrayRef(lhs.dims).drop_back(), context),
        lhs.dims.back()};
    lhs.value = l.createReshape(lhs.value, lhs.dims, rows);
    lhs.dims = rows;
    SmallVector<AffineExpr> matrix(ArrayRef(rhs.dims).take_back(2));
    rhs.value = l.createReshape(rhs.value, rhs.dims, matrix);
    rhs.dims = matrix;
    SmallVector<AffineExpr> product = {rows[0], dims.back()};
    return l.createReshape(createMatrixProduct(l, lhs, rhs, product,
                                               accumulatorType, lhsZero,
                                               rhsZero),
                           product, dims);
  }

  auto getLoop = [&](unsigned i) { return getAffineDimExpr(i, context); };
  auto bind = [&](const Matrices &factor, ArrayRef<AffineExpr> matrixLoops) {
    unsigned rank = factor.dims.size();
    LoopOperand operand{factor.value, factor.dims,
                        SmallVector<AffineExpr>(rank)};
    unsigned matrixRank = std::min<unsigned>(rank, 2);
    unsigned batchRank = rank - matrixRank;
    unsigned resultBatchRank =
        dims.size() - (lhs.dims.size() > 1) - (rhs.dims.size() > 1);
    for (unsigned i = 0; i < rank; ++i) {
      unsigned stored = factor.order.empty() ? i : factor.order[i];
      operand.indices[stored] =
          i < batchRank ? getLoop(resultBatchRank - batchRank + i)
                        : matrixLoops.take_back(matrixRank)[i - batchRank];
    }
    return operand;
  };
  unsigned sum = dims.size();
  AffineExpr row = getLoop(sum - (rhs.dims.size() > 1 ? 2 : 1));
  AffineExpr column = getLoop(sum - 1);
  // A vector on the right has no column.
  SmallVector<AffineExpr> rhsLoops = {getLoop(sum), column};
  if (rhs.dims.size() == 1)
    rhsLoops = {getLoop(sum)};
  SmallVector<LoopOperand> operands = {bind(lhs, {row, getLoop(sum)}),
                                       bind(rhs, rhsLoops)};
  SmallVector<AffineExpr> sizes(dims);
  sizes.push_back(lhs.order.empty() ? lhs.dims.back()
                                    : lhs.dims[lhs.order.back()]);
  if (!lhsZero.value && !rhsZero.value)
    return l.createContraction(sizes, dims.size(), operands[0], lhs.elementType,
                               operands[1], rhs.elementType, accumulatorType);
  auto bindZero = [&](const Matrices &zero, ArrayRef<AffineExpr> loops,
                      AffineExpr vectorLoop) {
    if (!zero.value)
      return;
    operands.push_back(zero.dims.size() == 1
                           ? LoopOperand{zero.value, zero.dims, {vectorLoop}}
                           : bind(zero, loops));
  };
  bindZero(lhsZero, {row, getLoop(sum)}, row);
  bindZero(rhsZero, rhsLoops, column);
  return l.createFold(
      sizes, dims.size(), operands, l.createScalar(accumulatorType, 0),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        unsigned next = 2;
        auto read = [&](Value element, const Matrices &factor,
                        const Matrices &zero) {
          Value value =
              l.castScalar(b, element, factor.elementType, accumulatorType);
          if (!zero.value)
            return value;
          Value point = l.castScalar(b, elements[next++], zero.elementType,
                                     accumulatorType);
          return arith::SubIOp::create(b, value, point).getResult();
        };
        Value left = read(elements[0], lhs, lhsZero);
        Value right = read(elements[1], rhs, rhsZero);
        return arith::AddIOp::create(b, elements.back(),
                                     arith::MulIOp::create(b, left, right))
            .getResult();
      });
}

static LogicalResult lowerMatMul(NodeLowering &l) {
  const TensorShape &lhs = l.getInputShape(0), &rhs = l.getInputShape(1);
  const TensorShape &result = l.getResultShape(0);
  Type accumulator = getAccumulatorType(lhs.elementType);
  Value product = createMatrixProduct(
      l, {l.getInput(0), lhs.dims, lhs.elementType},
      {l.getInput(1), rhs.dims, rhs.elementType}, result.dims, accumulator);
  l.setResult(
      0, l.createCast(product, result.dims, accumulator, result.elementType));
  return success();
}

static LogicalResult lowerFusedMatMul(NodeLowering &l) {
  const TensorShape &lhs = l.getInputShape(0), &rhs = l.getInputShape(1);
  const TensorShape &result = l.getResultShape(0);
  Type accumulator = getAccumulatorType(lhs.elementType);
  auto getFactor = [&](unsigned i, StringRef name, const TensorShape &shape) {
    SmallVector<unsigned> order =
        getFusedOrder(l.getNode(), name, shape.getRank());
    if (llvm::is_sorted(order))
      order.clear();
    return Matrices{l.getInput(i), shape.dims, shape.elementType, order};
  };
  Value product =
      createMatrixProduct(l, getFactor(0, "A", lhs), getFactor(1, "B", rhs),
                          result.dims, accumulator);
  float alpha = l.getNode().getFloat("alpha", 1);
  TensorShape sum{accumulator, result.dims, std::nullopt, ElementsAttr()};
  if (alpha != 1)
    product = l.createElementwise(
        result.dims, accumulator, {{product, &sum}},
        [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
          Value factor =
              arith::ConstantOp::create(b, b.getFloatAttr(accumulator, alpha));
          return arith::MulFOp::create(b, elements[0], factor);
        });
  l.setResult(
      0, l.createCast(product, result.dims, accumulator, result.elementType));
  return success();
}

static LogicalResult lowerGemm(NodeLowering &l) {
  const TensorShape &lhs = l.getInputShape(0), &rhs = l.getInputShape(1);
  const TensorShape &result = l.getResultShape(0);
  NodeOp node = l.getNode();
  float alpha = node.getFloat("alpha", 1), beta = node.getFloat("beta", 1);
  Type accumulator = getAccumulatorType(lhs.elementType);
  if (!isa<FloatType>(accumulator) &&
      (alpha != std::trunc(alpha) || beta != std::trunc(beta)))
    return l.fail("expects whole alpha and beta for integers");
  auto getFactor = [&](unsigned i, StringRef name, const TensorShape &shape) {
    Matrices factor{l.getInput(i), shape.dims, shape.elementType};
    if (node.getInt(name, 0))
      factor.order = {1, 0};
    return factor;
  };
  Value product = createMatrixProduct(l, getFactor(0, "transA", lhs),
                                      getFactor(1, "transB", rhs), result.dims,
                                      accumulator);
  TensorShape sum{accumulator, result.dims, std::nullopt, ElementsAttr()};
  SmallVector<std::pair<Value, const TensorShape *>> inputs = {{product, &sum}};
  if (l.getInput(2) && beta != 0)
    inputs.push_back({l.getInput(2), &l.getInputShape(2)});
  auto scale = [&](ImplicitLocOpBuilder &b, Value value, float factor) {
    if (factor == 1)
      return value;
    Value constant =
        isa<FloatType>(accumulator)
            ? arith::ConstantOp::create(b, b.getFloatAttr(accumulator, factor))
            : arith::ConstantOp::create(
                  b, b.getIntegerAttr(accumulator, int64_t(factor)));
    return isa<FloatType>(accumulator)
               ? arith::MulFOp::create(b, value, constant).getResult()
               : arith::MulIOp::create(b, value, constant).getResult();
  };
  auto finish = [&](ImplicitLocOpBuilder &b, ValueRange elements) {
    Value value = scale(b, elements[0], alpha);
    if (elements.size() > 1) {
      Value addend = scale(
          b, l.castScalar(b, elements[1], result.elementType, accumulator),
          beta);
      value = isa<FloatType>(accumulator)
                  ? arith::AddFOp::create(b, value, addend).getResult()
                  : arith::AddIOp::create(b, value, addend).getResult();
    }
    return l.castScalar(b, value, accumulator, result.elementType);
  };
  bool isFinished = inputs.size() == 1 && alpha == 1 &&
                    getSignlessType(result.elementType) == accumulator;
  l.setResult(0, isFinished
                     ? product
                     : l.createElementwise(result.dims, result.elementType,
                                           inputs, finish));
  return success();
}

void mlir::onnx::addProductOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Gemm", 7, inferGemm, lowerGemm},
      {"", "MatMul", 1, inferMatMul, lowerMatMul},
      {microsoftDomain, "FusedMatMul", 1, inferFusedMatMul, lowerFusedMatMul},
  });
}
