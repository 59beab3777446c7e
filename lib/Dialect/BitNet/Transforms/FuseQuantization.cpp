//===- FuseQuantization.cpp - Gates and norms into quantisation -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_FUSEQUANTIZATIONPASS
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
constexpr StringLiteral severalUses = "producer has other uses";
constexpr StringLiteral normOfHeads = "rows are not normalised as a whole";
constexpr StringLiteral otherOrder =
    "a gate comes before a norm, and each only once";

/// quantize(rms_norm(x)): the norm moves in.
struct FuseNorm : OpRewritePattern<QuantizeActivationsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeActivationsOp op,
                                PatternRewriter &rewriter) const override {
    auto norm = op.getInput().getDefiningOp<RMSNormOp>();
    if (!norm)
      return failure();
    if (norm.getHeadSize())
      return rewriter.notifyMatchFailure(op, normOfHeads);
    if (!norm->hasOneUse())
      return rewriter.notifyMatchFailure(op, severalUses);
    if (op.getNorm() || op.getGate())
      return rewriter.notifyMatchFailure(op, otherOrder);
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(norm.getInput());
      op.getNormMutable().assign(norm.getWeight());
      op.setEpsAttr(norm.getEpsAttr());
    });
    rewriter.eraseOp(norm);
    return success();
  }
};

/// quantize(gate(g, u)), with or without a norm already fused.
struct FuseGate : OpRewritePattern<QuantizeActivationsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeActivationsOp op,
                                PatternRewriter &rewriter) const override {
    auto gate = op.getInput().getDefiningOp<GateOp>();
    if (!gate)
      return failure();
    if (!gate->hasOneUse())
      return rewriter.notifyMatchFailure(op, severalUses);
    if (op.getGate())
      return rewriter.notifyMatchFailure(op, otherOrder);
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(gate.getUp());
      op.getGateMutable().assign(gate.getGate());
      op.setActivationAttr(gate.getActivationAttr());
    });
    rewriter.eraseOp(gate);
    return success();
  }
};

class FuseQuantizationPass
    : public bitnet::impl::FuseQuantizationPassBase<FuseQuantizationPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseNorm, FuseGate>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
