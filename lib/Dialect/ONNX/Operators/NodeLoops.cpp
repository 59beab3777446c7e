//===- NodeLoops.cpp - Loops of lowered nodes -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::onnx;

Type mlir::onnx::getAccumulatorType(Type elementType) {
  auto type = dyn_cast<FloatType>(elementType);
  if (type && type.getWidth() < 32)
    return Float32Type::get(elementType.getContext());
  return getSignlessType(elementType);
}

SmallVector<Value> NodeLowering::createLoops(ArrayRef<AffineExpr> sizes,
                                             unsigned parallelCount,
                                             ArrayRef<LoopOperand> operands,
                                             ArrayRef<LoopResult> results,
                                             ManyBody body, bool keepUnits) {
  // What stands for each loop once those of one iteration are left out.
  SmallVector<AffineExpr> loops, loopSizes;
  SmallVector<utils::IteratorType> iterators;
  for (auto [i, size] : llvm::enumerate(sizes)) {
    if (!keepUnits && getConstantSize(size) == 1) {
      loops.push_back(b.getAffineConstantExpr(0));
      continue;
    }
    loops.push_back(b.getAffineDimExpr(loopSizes.size()));
    loopSizes.push_back(size);
    iterators.push_back(i < parallelCount ? utils::IteratorType::parallel
                                          : utils::IteratorType::reduction);
  }
  // Loops whose size is that of a dimension of a tensor.
  llvm::SmallBitVector isBound(loopSizes.size());
  auto createMap = [&](ArrayRef<AffineExpr> indices) {
    for (AffineExpr index : indices)
      if (auto loop = dyn_cast<AffineDimExpr>(index))
        isBound.set(loop.getPosition());
    return AffineMap::get(loopSizes.size(), 0, indices, b.getContext());
  };

  SmallVector<Value> inputs, inits;
  SmallVector<AffineMap> maps;
  for (const LoopOperand &operand : operands) {
    SmallVector<AffineExpr> kept, indices;
    for (auto [dim, index] : llvm::zip_equal(operand.dims, operand.indices))
      if (getConstantSize(dim) != 1) {
        kept.push_back(dim);
        indices.push_back(index.replaceDims(loops));
      }
    inputs.push_back(createReshape(operand.value, operand.dims, kept));
    maps.push_back(createMap(indices));
  }
  SmallVector<AffineMap> resultMaps;
  SmallVector<SmallVector<AffineExpr>> keptDims, allDims;
  for (const LoopResult &result : results) {
    SmallVector<AffineExpr> &kept = keptDims.emplace_back();
    SmallVector<AffineExpr> &all = allDims.emplace_back();
    SmallVector<AffineExpr> indices;
    for (unsigned loop : result.loops) {
      all.push_back(sizes[loop]);
      if (!isa<AffineDimExpr>(loops[loop]))
        continue;
      kept.push_back(sizes[loop]);
      indices.push_back(loops[loop]);
    }
    inits.push_back(createFilled(kept, result.initial));
    resultMaps.push_back(createMap(indices));
  }
  // A tensor that is not read gives the other loops their sizes.
  if (!isBound.all()) {
    SmallVector<AffineExpr> indices, windowDims;
    for (unsigned loop : llvm::seq<unsigned>(loopSizes.size()))
      if (!isBound.test(loop)) {
        indices.push_back(b.getAffineDimExpr(loop));
        windowDims.push_back(loopSizes[loop]);
      }
    inputs.push_back(createEmpty(windowDims, b.getI8Type()));
    maps.push_back(createMap(indices));
  }
  maps.append(resultMaps);

  auto generic = linalg::GenericOp::create(
      b, ValueRange(inits).getTypes(), inputs, inits, maps, iterators,
      [&](OpBuilder &builder, Location loc, ValueRange elements) {
        ImplicitLocOpBuilder inner(loc, builder);
        SmallVector<Value> arguments(elements.take_front(operands.size()));
        llvm::append_range(arguments, elements.take_back(results.size()));
        linalg::YieldOp::create(builder, loc, body(inner, arguments));
      });
  SmallVector<Value> values;
  for (auto [value, kept, all] :
       llvm::zip_equal(generic.getResults(), keptDims, allDims))
    values.push_back(createReshape(value, kept, all));
  return values;
}

Value NodeLowering::createFold(ArrayRef<AffineExpr> sizes,
                               unsigned parallelCount,
                               ArrayRef<LoopOperand> operands, Value initial,
                               Body body) {
  LoopResult result{initial,
                    llvm::to_vector(llvm::seq<unsigned>(0, parallelCount))};
  return createLoops(sizes, parallelCount, operands, result,
                     [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                       return SmallVector<Value>{body(b, elements)};
                     })
      .front();
}

Value NodeLowering::createContraction(ArrayRef<AffineExpr> sizes,
                                      unsigned parallelCount,
                                      const LoopOperand &lhs, Type lhsType,
                                      const LoopOperand &rhs, Type rhsType,
                                      Type accumulatorType) {
  return createFold(
      sizes, parallelCount, {lhs, rhs}, createScalar(accumulatorType, 0),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value left = castScalar(b, elements[0], lhsType, accumulatorType);
        Value right = castScalar(b, elements[1], rhsType, accumulatorType);
        if (isa<FloatType>(accumulatorType))
          return arith::AddFOp::create(b, elements[2],
                                       arith::MulFOp::create(b, left, right));
        return arith::AddIOp::create(b, elements[2],
                                     arith::MulIOp::create(b, left, right));
      });
}

Value NodeLowering::createCast(Value input, ArrayRef<AffineExpr> dims,
                               Type from, Type to) {
  if (getSignlessType(from) == getSignlessType(to))
    return input;
  return createMapped(dims, to, input, b.getMultiDimIdentityMap(dims.size()),
                      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                        return castScalar(b, elements[0], from, to);
                      });
}
