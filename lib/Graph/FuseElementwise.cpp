//===- FuseElementwise.cpp - Elementwise operations into what reads them --===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "LoopNest.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_FUSEELEMENTWISEPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

/// Operations that an elementwise operation may have to be computed again
/// rather than stored and loaded.
static constexpr size_t cheapOperations = 2;

/// Whether computing a body takes hardly longer than loading its result.
static bool isCheap(linalg::GenericOp op) {
  size_t count = 0;
  for (Operation &nested : op.getBlock()->without_terminator()) {
    if (isa<arith::DivFOp, arith::RemFOp>(nested) ||
        isa<math::MathDialect>(nested.getDialect()) ||
        nested.getNumRegions() > 0)
      return false;
    ++count;
  }
  return count <= cheapOperations;
}

/// Whether an operation makes a larger tensor of constants: stored, it would
/// take more memory than they do, and longer to load.
static bool widensConstants(linalg::GenericOp op) {
  auto countBits = [](Value value) -> int64_t {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.hasStaticShape()
               ? type.getNumElements() * type.getElementTypeBitWidth()
               : 0;
  };
  int64_t bits = 0;
  for (Value input : op.getDpsInputs()) {
    if (!matchPattern(input, m_Constant()))
      return false;
    bits += countBits(input);
  }
  return bits < countBits(op.getResult(0));
}

/// Operations and operands of a fused operation. A chain in which each
/// operation reads the one before it twice would double with every fusion.
static constexpr size_t maximumOperations = 128;
static constexpr size_t maximumInputs = 24;

/// Whether two operations fused are small enough.
static bool isSmall(linalg::GenericOp producer, linalg::GenericOp consumer) {
  return producer.getBlock()->getOperations().size() +
                 consumer.getBlock()->getOperations().size() <=
             maximumOperations &&
         producer.getNumDpsInputs() + consumer.getNumDpsInputs() <=
             int64_t(maximumInputs);
}

/// Whether to compute a producer where an operand of its consumer is read.
static bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!producer || !consumer || !isSmall(producer, consumer))
    return false;
  bool isRepeated = !consumer.getMatchingIndexingMap(operand).isPermutation();
  if (!isRepeated && producer->hasOneUse())
    return true;
  if (widensConstants(producer))
    return true;
  if (!isCheap(producer))
    return false;
  // Products of matrices stay what they are.
  if (isRepeated && consumer.getNumReductionLoops() > 0)
    return false;
  return llvm::all_of(producer->getUsers(), [](Operation *user) {
    auto generic = dyn_cast<linalg::GenericOp>(user);
    return generic && generic.getNumReductionLoops() == 0;
  });
}

namespace {
/// The initial value of a reduction that is the same for all results goes into
/// its loops.
///
///   %init = linalg.fill ins(%c) outs(%e)      %sum = linalg.generic
///   %sum = linalg.generic outs(%init)    →      {bitnet_runtime.initial = [c]}
///                                               outs(%e)
struct FoldFill : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getNumReductionLoops() == 0 || op->hasAttr(initialAttrName))
      return failure();
    // Sums so far are read again while they are computed.
    SmallVector<unsigned> reductions;
    op.getReductionDims(reductions);
    for (OpOperand &output : op.getDpsInitsMutable())
      for (unsigned loop : reductions)
        if (op.getMatchingIndexingMap(&output).isFunctionOfDim(loop))
          return failure();
    SmallVector<Attribute> initials;
    SmallVector<Value> empties;
    for (Value output : op.getDpsInits()) {
      auto fill = output.getDefiningOp<linalg::GenericOp>();
      if (!fill || fill.getNumDpsInits() != 1 ||
          fill.getNumReductionLoops() != 0)
        return failure();
      // The body yields a constant, or its operand that is one.
      Value yielded = fill.getBlock()->getTerminator()->getOperand(0);
      if (auto argument = dyn_cast<BlockArgument>(yielded);
          argument && argument.getOwner() == fill.getBlock())
        yielded = fill->getOperand(argument.getArgNumber());
      TypedAttr value;
      if (isa<TensorType>(yielded.getType()) ||
          !matchPattern(yielded, m_Constant(&value)))
        return failure();
      initials.push_back(value);
      empties.push_back(fill.getDpsInits()[0]);
    }
    rewriter.modifyOpInPlace(op, [&] {
      op.getDpsInitsMutable().assign(empties);
      op->setAttr(initialAttrName, rewriter.getArrayAttr(initials));
    });
    return success();
  }
};

class FuseElementwisePass
    : public bitnet::impl::FuseElementwisePassBase<FuseElementwisePass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    for (func::FuncOp entry :
         getTargetFunctions(getOperation(), onnx::graphFunctionName)) {
      RewritePatternSet patterns(context);
      linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
      linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
      affine::AffineApplyOp::getCanonicalizationPatterns(patterns, context);
      tensor::populateFoldTensorEmptyPatterns(patterns);
      context->getLoadedDialect<linalg::LinalgDialect>()
          ->getCanonicalizationPatterns(patterns);
      if (failed(applyPatternsGreedily(entry, std::move(patterns))))
        return signalPassFailure();
      RewritePatternSet fills(context);
      fills.add<FoldFill>(context);
      if (failed(applyPatternsGreedily(entry, std::move(fills))))
        return signalPassFailure();
    }
  }
};
} // namespace
