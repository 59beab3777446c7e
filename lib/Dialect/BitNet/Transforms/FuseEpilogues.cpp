//===- FuseEpilogues.cpp - Residuals into products, RoPE into attention ---===//
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
#define GEN_PASS_DEF_FUSEEPILOGUESPASS
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
constexpr StringLiteral severalUses = "producer has other uses";
constexpr StringLiteral oneRotated = "only one of query and key is rotated";
constexpr StringLiteral otherTable = "query and key have different rotations";

/// add(x, linear): x becomes the layer's residual.
struct FuseResidual : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    for (auto [value, other] : {std::pair(op.getRhs(), op.getLhs()),
                                std::pair(op.getLhs(), op.getRhs())}) {
      auto linear = value.getDefiningOp<QuantizedLinearOp>();
      if (!linear || linear.getResidual())
        continue;
      if (!linear->hasOneUse()) {
        (void)rewriter.notifyMatchFailure(op, severalUses);
        continue;
      }
      // The layer moves to the sum, which both operands dominate.
      rewriter.replaceOpWithNewOp<QuantizedLinearOp>(
          op, op.getType(), linear.getValues(), linear.getScales(),
          linear.getSums(), linear.getWeight(), other, linear.getRemainders(),
          linear.getKernelAttr());
      rewriter.eraseOp(linear);
      return success();
    }
    return failure();
  }
};

/// attention(rope(q), rope(k), v): the attention rotates.
struct FuseRope : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getTable())
      return failure();
    auto query = op.getQuery().getDefiningOp<RopeOp>();
    auto key = op.getKey().getDefiningOp<RopeOp>();
    if (!query && !key)
      return failure();
    if (!query || !key)
      return rewriter.notifyMatchFailure(op, oneRotated);
    uint64_t headSize = op.getCache().getType().getHeadSize();
    if (query.getTable() != key.getTable() || query.getHeadSize() != headSize ||
        key.getHeadSize() != headSize ||
        query.getInterleaved() != key.getInterleaved())
      return rewriter.notifyMatchFailure(op, otherTable);
    if (!query->hasOneUse() || !key->hasOneUse())
      return rewriter.notifyMatchFailure(op, severalUses);
    rewriter.modifyOpInPlace(op, [&] {
      op.getQueryMutable().assign(query.getInput());
      op.getKeyMutable().assign(key.getInput());
      op.getTableMutable().assign(query.getTable());
      op.setInterleaved(query.getInterleaved());
    });
    rewriter.eraseOp(query);
    rewriter.eraseOp(key);
    return success();
  }
};

class FuseEpiloguesPass
    : public bitnet::impl::FuseEpiloguesPassBase<FuseEpiloguesPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseResidual, FuseRope>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
