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

/// 8-bit quantisations of float activations: 24 bits, as many as f32 has.
/// Logits of a classifier of four layers are off by 4e-2 with one, by 3e-4 with
/// two, by 1e-6 with three.
static constexpr unsigned floatSteps = 3;

static QuantizeActivationsOp quantize(OpBuilder &b, BitLinearOp op,
                                      TypedValue<RankedTensorType> rows) {
  auto values = rows.getType().clone(b.getI8Type());
  int64_t count = values.getDimSize(0);
  return QuantizeActivationsOp::create(
      b, op.getLoc(), values, RankedTensorType::get({count}, b.getF32Type()),
      RankedTensorType::get({count}, b.getI32Type()), rows, /*gate=*/Value(),
      /*norm=*/Value(), ActivationAttr(), FloatAttr(), op.getFloorAttr(),
      op.getReciprocalAttr());
}

static LogicalResult decompose(BitLinearOp op) {
  MatrixType weight = op.getWeight().getType();
  if (!weight.getWeightKind())
    return op.emitOpError("expects a ternary, binary or int8 weight, found ")
           << weight;
  OpBuilder b(op);
  SmallVector<QuantizeActivationsOp> steps = {quantize(b, op, op.getInput())};
  while (op.getFloatActivations() && steps.size() < floatSteps) {
    QuantizeActivationsOp last = steps.back();
    Value error = QuantizationErrorOp::create(
        b, op.getLoc(), last.getInput(), last.getValues(), last.getScales());
    steps.push_back(quantize(b, op, cast<TypedValue<RankedTensorType>>(error)));
  }
  SmallVector<Value> remainders;
  for (QuantizeActivationsOp step : ArrayRef(steps).drop_front())
    llvm::append_range(remainders, step->getResults());
  QuantizeActivationsOp first = steps.front();
  op.replaceAllUsesWith(QuantizedLinearOp::create(
                            b, op.getLoc(), op.getType(), first.getValues(),
                            first.getScales(), first.getSums(), op.getWeight(),
                            /*residual=*/Value(), remainders,
                            /*kernel=*/StringAttr())
                            .getResult());
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
