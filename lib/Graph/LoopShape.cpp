//===- LoopShape.cpp - How loops of an operation become vector code -------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopShape.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Reduction loops of fewer iterations are not worth partial results.
static constexpr int64_t fewestLaneIterations = 8;

AccessKind mlir::bitnet::getAccessKind(linalg::LinalgOp op, OpOperand *operand,
                                       unsigned loop) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  auto type = dyn_cast<MemRefType>(operand->get().getType());
  if (!type || !map.isFunctionOfDim(loop))
    return AccessKind::Invariant;
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) || strides.back() != 1)
    return AccessKind::Scattered;
  for (AffineExpr index : map.getResults().drop_back())
    if (index.isFunctionOfDim(loop))
      return AccessKind::Scattered;
  // One iteration further is one element further.
  AffineExpr index = map.getResults().back();
  AffineExpr dim = getAffineDimExpr(loop, map.getContext());
  AffineExpr step = simplifyAffineExpr(index.replace(dim, dim + 1) - index,
                                       map.getNumDims(), map.getNumSymbols());
  auto constant = dyn_cast<AffineConstantExpr>(step);
  return constant && constant.getValue() == 1 ? AccessKind::Contiguous
                                              : AccessKind::Scattered;
}

/// Whether elements of this type are what vectors of it have in memory.
static bool hasVectorElements(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isIntOrFloat() && element.getIntOrFloatBitWidth() % 8 == 0;
}

/// Whether the body can be computed for several iterations at once.
static bool isVectorizable(linalg::LinalgOp op) {
  for (Value operand : op->getOperands())
    if (!hasVectorElements(operand.getType()))
      return false;
  return llvm::all_of(*op.getBlock(), [](Operation &nested) {
    return isa<linalg::YieldOp, linalg::IndexOp, memref::LoadOp,
               arith::ConstantOp>(nested) ||
           OpTrait::hasElementwiseMappableTraits(&nested);
  });
}

/// The result `index` of `op` as a combination, if it is one.
static std::optional<Combination> matchCombination(linalg::LinalgOp op,
                                                   unsigned index) {
  BlockArgument accumulator = op.getRegionOutputArgs()[index];
  Operation *yield = op.getBlock()->getTerminator();
  Operation *combiner = yield->getOperand(index).getDefiningOp();
  if (!combiner || !accumulator.hasOneUse() ||
      *accumulator.user_begin() != combiner ||
      !combiner->getResult(0).hasOneUse() || combiner->getNumOperands() != 2 ||
      !arith::getNeutralElement(combiner))
    return std::nullopt;
  unsigned position = combiner->getOperand(0) == accumulator ? 1 : 0;
  return Combination{combiner, combiner->getOperand(position)};
}

void LoopShape::chooseLanes(linalg::LinalgOp op) {
  for (int64_t i = 0; i < op.getNumDpsInits(); ++i) {
    std::optional<Combination> combination = matchCombination(op, i);
    if (!combination) {
      combinations.clear();
      return;
    }
    combinations.push_back(*combination);
  }
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  bool gathers = !op.getBlock()->getOps<memref::LoadOp>().empty();
  for (unsigned loop : llvm::reverse(reductions)) {
    bool isContiguous = false, isScattered = gathers;
    for (OpOperand *input : op.getDpsInputOperands()) {
      if (!op.payloadUsesValueFromOperand(input))
        continue;
      AccessKind kind = getAccessKind(op, input, loop);
      isContiguous |= kind == AccessKind::Contiguous;
      isScattered |= kind == AccessKind::Scattered;
    }
    bool isLong = ShapedType::isDynamic(sizes[loop]) ||
                  sizes[loop] >= fewestLaneIterations;
    if (isContiguous && !isScattered && isLong) {
      lanes = loop;
      llvm::erase(reductions, loop);
      return;
    }
  }
  combinations.clear();
}

void LoopShape::chooseUnrolled(linalg::LinalgOp op) {
  std::optional<unsigned> inner = vector ? vector : lanes;
  if (!inner || (reductions.empty() && !lanes))
    return;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  for (unsigned loop : llvm::reverse(outer)) {
    if (sizes[loop] == 1)
      continue;
    bool isShared =
        llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *input) {
          return op.payloadUsesValueFromOperand(input) &&
                 getAccessKind(op, input, *inner) != AccessKind::Invariant &&
                 getAccessKind(op, input, loop) == AccessKind::Invariant;
        });
    if (isShared) {
      unrolled = loop;
      llvm::erase(outer, loop);
      return;
    }
  }
}

LoopShape::LoopShape(linalg::LinalgOp op) {
  for (auto [i, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
    (iterator == utils::IteratorType::parallel ? outer : reductions)
        .push_back(i);
  bool isScan = llvm::any_of(op.getDpsInitsMutable(), [&](OpOperand &output) {
    AffineMap map = op.getMatchingIndexingMap(&output);
    return llvm::any_of(
        reductions, [&](unsigned loop) { return map.isFunctionOfDim(loop); });
  });
  if (isScan) {
    sequential = std::move(reductions);
    reductions.clear();
    return;
  }
  if (!isVectorizable(op))
    return;
  // The innermost loop along which all results lie one behind the other.
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  for (unsigned loop : llvm::reverse(outer))
    if (sizes[loop] != 1 &&
        llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &output) {
          return getAccessKind(op, &output, loop) == AccessKind::Contiguous;
        })) {
      vector = loop;
      break;
    }
  bool isScattered =
      vector && llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *input) {
        return op.payloadUsesValueFromOperand(input) &&
               getAccessKind(op, input, *vector) == AccessKind::Scattered;
      });
  if (!vector || isScattered)
    chooseLanes(op);
  if (lanes)
    vector = std::nullopt;
  if (vector)
    llvm::erase(outer, *vector);
  chooseUnrolled(op);
}
