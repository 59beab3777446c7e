//===- CheckStage.cpp - What a stage promises of its result ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_CHECKSTAGEPASS
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Whether the only use of a value could have taken its producer in.
static bool couldHaveBeenFused(Operation *op) {
  if (auto add = dyn_cast<AddOp>(op)) {
    auto isPlainLinear = [](Value value) {
      auto linear = value.getDefiningOp<QuantizedLinearOp>();
      return linear && !linear.getResidual() && linear->hasOneUse();
    };
    return isPlainLinear(add.getLhs()) || isPlainLinear(add.getRhs());
  }
  if (!isa<GateOp, RMSNormOp>(op) || !op->hasOneUse())
    return false;
  if (auto norm = dyn_cast<RMSNormOp>(op); norm && norm.getHeadSize())
    return false;
  auto user = dyn_cast<QuantizeActivationsOp>(*op->user_begin());
  return user && !user.getGate() && (isa<GateOp>(op) || !user.getNorm());
}

/// Fails with an error at `op` if it has no place in the result of `stage`.
static LogicalResult checkOperation(Operation *op, Stage stage) {
  switch (stage) {
  case Stage::Quantized:
    if (auto linear = dyn_cast<BitLinearOp>(op))
      if (MatrixType weight = linear.getWeight().getType();
          !weight.getWeightKind())
        return op->emitOpError("expects a ternary, binary or int8 weight once "
                               "weights are quantized, found ")
               << weight;
    return success();
  case Stage::Folded:
    if (isa<BitLinearOp>(op) || couldHaveBeenFused(op))
      return op->emitOpError("expects to have been folded");
    return success();
  case Stage::Packed:
    if (isa<BitLinearOp>(op))
      return op->emitOpError("expects to have been folded");
    if (auto weight = dyn_cast<WeightOp>(op))
      if (!isa<LayoutAttr>(weight.getResult().getType().getEncoding()))
        return op->emitOpError("expects a packed layout, found ")
               << weight.getResult().getType();
    if (auto linear = dyn_cast<QuantizedLinearOp>(op);
        linear && !linear.getKernel())
      return op->emitOpError("expects to name its kernel");
    return success();
  case Stage::Kernels:
    if (isa<BitNetDialect>(op->getDialect()))
      return op->emitOpError("expects to have become kernels");
    return success();
  case Stage::Planned:
    if (isa<BitNetDialect>(op->getDialect()) ||
        isa<bitnet_runtime::LaunchOp>(op))
      return op->emitOpError("expects to have been planned");
    if (llvm::any_of(op->getResultTypes(), llvm::IsaPred<TensorType>) ||
        (isa<func::FuncOp>(op) &&
         llvm::any_of(cast<func::FuncOp>(op).getArgumentTypes(),
                      llvm::IsaPred<TensorType>)))
      return op->emitOpError("expects no tensors once memory is planned");
    if (auto blob = dyn_cast<bitnet_runtime::BlobOp>(op);
        blob && !blob.getOffset())
      return op->emitOpError("expects an offset once memory is planned");
    return success();
  case Stage::LLVM:
    if (!isa<LLVM::LLVMDialect>(op->getDialect()) &&
        !isa<bitnet_runtime::BlobOp>(op))
      return op->emitOpError("expects to have become LLVM operations");
    return success();
  }
  llvm_unreachable("unknown stage");
}

/// Fails with an error if a target of the module has no entry function.
static LogicalResult checkEntries(ModuleOp module) {
  SmallVector<TargetAttr> targets = getTargets(module);
  auto exists = [&](StringRef name) {
    return llvm::any_of(targets, [&](TargetAttr target) {
      return module.lookupSymbol(getTargetSymbol(name, target, targets.size()));
    });
  };
  StringRef entry = bitnet_runtime::entryName;
  if (module->hasAttr(graphAttrName))
    entry = bitnet_runtime::graphEntryName;
  else if (exists(onnx::graphFunctionName))
    entry = onnx::graphFunctionName;
  for (TargetAttr target : targets) {
    std::string name = getTargetSymbol(entry, target, targets.size());
    Operation *function = module.lookupSymbol(name);
    if (!function || function->getAttr(targetAttrName) != target)
      return module.emitError("expects a function @")
             << name << " for " << target;
  }
  return success();
}

/// Fails with errors if the module does not say how much memory it takes.
static LogicalResult checkSizes(ModuleOp module) {
  LogicalResult result = success();
  auto checkAttr = [&](StringRef name) {
    if (!module->getAttrOfType<IntegerAttr>(name))
      result = module.emitError("expects the module to have ") << name;
  };
  auto checkFunction = [&](StringRef name) {
    if (!module.lookupSymbol(name))
      result = module.emitError("expects a function @") << name;
  };
  if (module->hasAttr(graphAttrName)) {
    checkFunction(bitnet_runtime::arenaSizeFunctionName);
    checkFunction(bitnet_runtime::outputSizesFunctionName);
  } else {
    checkAttr(bitnet_runtime::arenaSizeAttrName);
  }
  checkAttr(bitnet_runtime::weightsSizeAttrName);
  return result;
}

namespace {
class CheckStagePass : public bitnet::impl::CheckStagePassBase<CheckStagePass> {
public:
  using CheckStagePassBase::CheckStagePassBase;

private:
  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool isBroken = false;
    module->walk([&](Operation *op) {
      if (op != module)
        isBroken |= failed(checkOperation(op, stage));
    });
    if (stage == Stage::Kernels || stage == Stage::Planned ||
        stage == Stage::LLVM)
      isBroken |= failed(checkEntries(module));
    if (stage == Stage::Planned || stage == Stage::LLVM)
      isBroken |= failed(checkSizes(module));
    if (isBroken)
      signalPassFailure();
  }
};
} // namespace
