//===- DecomposeBitLinear.cpp - Linear layers to quantisation and product -===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "mlir/IR/Builders.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_DECOMPOSEBITLINEARPASS
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

static LogicalResult decompose(BitLinearOp op) {
  MatrixType weight = op.getWeight().getType();
  if (!weight.isTernary() && !weight.isBinary())
    return op.emitOpError("expects a ternary or binary weight, found ")
           << weight;
  OpBuilder b(op);
  auto rows = op.getInput().getType();
  auto values = rows.clone(b.getI8Type());
  auto scales = RankedTensorType::get({rows.getDimSize(0)}, b.getF32Type());
  auto sums = RankedTensorType::get({rows.getDimSize(0)}, b.getI32Type());
  auto quantized = QuantizeActivationsOp::create(
      b, op.getLoc(), values, scales, sums, op.getInput(), /*gate=*/Value(),
      /*norm=*/Value(), ActivationAttr(), FloatAttr());
  auto linear = QuantizedLinearOp::create(
      b, op.getLoc(), op.getType(), quantized.getValues(),
      quantized.getScales(), quantized.getSums(), op.getWeight(),
      /*residual=*/Value(), /*kernel=*/StringAttr());
  op.replaceAllUsesWith(linear.getResult());
  op.erase();
  return success();
}

namespace {
class DecomposeBitLinearPass
    : public bitnet::impl::DecomposeBitLinearPassBase<DecomposeBitLinearPass> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](BitLinearOp op) {
      return failed(decompose(op)) ? WalkResult::interrupt()
                                   : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
