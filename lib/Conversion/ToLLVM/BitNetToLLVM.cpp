//===- BitNetToLLVM.cpp - Planned functions to the LLVM dialect -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Conversion/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_CONVERTBITNETTOLLVMPASS
#include "bitnet/Conversion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The symbols that the object writer and the runtime define.
static constexpr StringLiteral weightsSymbol = "bitnet_runtime_weights";
static constexpr StringLiteral barrierSymbol = "bitnet_runtime_barrier";

namespace {
/// An instruction becomes a call of its intrinsic.
struct InstructionLowering
    : OpInterfaceConversionPattern<bitnet_isa::InstructionOpInterface> {
  using OpInterfaceConversionPattern::OpInterfaceConversionPattern;

  LogicalResult
  matchAndRewrite(bitnet_isa::InstructionOpInterface op,
                  ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, op->getResult(0).getType(),
        rewriter.getStringAttr(op.getIntrinsicName()), operands);
    return success();
  }
};

struct BarrierLowering : ConvertOpToLLVMPattern<bitnet_runtime::BarrierOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(bitnet_runtime::BarrierOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto answer =
        LLVM::CallOp::create(rewriter, op.getLoc(), rewriter.getI32Type(),
                             barrierSymbol, adaptor.getTeam());
    Value zero = LLVM::ConstantOp::create(rewriter, op.getLoc(),
                                          rewriter.getI32IntegerAttr(0));
    rewriter.replaceOpWithNewOp<LLVM::ICmpOp>(op, LLVM::ICmpPredicate::ne,
                                              answer.getResult(), zero);
    return success();
  }
};

/// The address of the weights section plus the blob's offset.
struct BlobAddressLowering
    : ConvertOpToLLVMPattern<bitnet_runtime::BlobAddressOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(bitnet_runtime::BlobAddressOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto blob = SymbolTable::lookupNearestSymbolFrom<bitnet_runtime::BlobOp>(
        op, op.getBlobAttr());
    if (!blob || !blob.getOffset())
      return rewriter.notifyMatchFailure(op, "blob has no offset yet");
    Type pointer = LLVM::LLVMPointerType::get(op.getContext());
    Value weights = LLVM::AddressOfOp::create(rewriter, op.getLoc(), pointer,
                                              weightsSymbol);
    // Not a constant index: those have 29 bits, and the section may be larger.
    Value offset =
        LLVM::ConstantOp::create(rewriter, op.getLoc(), rewriter.getI64Type(),
                                 rewriter.getI64IntegerAttr(*blob.getOffset()));
    Value address = LLVM::GEPOp::create(rewriter, op.getLoc(), pointer,
                                        rewriter.getI8Type(), weights, offset);
    Value buffer = MemRefDescriptor::fromStaticShape(
        rewriter, op.getLoc(), *getTypeConverter(),
        cast<MemRefType>(op.getType()), address);
    rewriter.replaceOp(op, buffer);
    return success();
  }
};

struct BufferAtLowering : ConvertOpToLLVMPattern<bitnet_runtime::BufferAtOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(bitnet_runtime::BufferAtOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Type pointer = LLVM::LLVMPointerType::get(op.getContext());
    Value address = LLVM::IntToPtrOp::create(rewriter, op.getLoc(), pointer,
                                             adaptor.getAddress());
    Value buffer = MemRefDescriptor::fromStaticShape(
        rewriter, op.getLoc(), *getTypeConverter(),
        cast<MemRefType>(op.getType()), address);
    rewriter.replaceOp(op, buffer);
    return success();
  }
};

class ConvertBitNetToLLVMPass
    : public bitnet::impl::ConvertBitNetToLLVMPassBase<
          ConvertBitNetToLLVMPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    MLIRContext *context = &getContext();
    declareSymbols(module);

    LowerToLLVMOptions options(context);
    options.useBarePtrCallConv = true;
    LLVMTypeConverter converter(context, options);
    converter.addConversion([](bitnet_runtime::TeamType type) {
      return LLVM::LLVMPointerType::get(type.getContext());
    });

    RewritePatternSet preparation(context);
    vector::populateVectorBitCastLoweringPatterns(preparation);
    vector::populateVectorMaskOpLoweringPatterns(preparation);
    vector::populateVectorMaskMaterializationPatterns(
        preparation, /*force32BitVectorIndices=*/true);
    vector::populateVectorBroadcastLoweringPatterns(preparation);
    vector::populateVectorStepLoweringPatterns(preparation);
    if (failed(applyPatternsGreedily(module, std::move(preparation))))
      return signalPassFailure();

    RewritePatternSet patterns(context);
    patterns.add<InstructionLowering>(context);
    patterns.add<BarrierLowering, BlobAddressLowering, BufferAtLowering>(
        converter);
    populateSCFToControlFlowConversionPatterns(patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns,
                                           /*reassociateFPReductions=*/false,
                                           /*force32BitVectorIndices=*/true);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    populateMathToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    populateFuncToLLVMConversionPatterns(converter, patterns);

    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp, bitnet_runtime::BlobOp>();
    if (failed(applyFullConversion(module, target, std::move(patterns))))
      return signalPassFailure();
    for (auto function : module.getOps<LLVM::LLVMFuncOp>())
      if (auto machine = function->getAttrOfType<TargetAttr>(targetAttrName))
        setTarget(function, machine);
  }

  /// Makes LLVM generate the function's code for a target.
  static void setTarget(LLVM::LLVMFuncOp function, TargetAttr target) {
    function.setTargetCpu(target.getCpu());
    if (!target.getFeatures().empty())
      function.setTargetFeaturesAttr(LLVM::TargetFeaturesAttr::get(
          function.getContext(), target.getFeatures()));
    if (getVectorBits(target.getLevel()) == 512)
      function.setPreferVectorWidth("512");
    function.setNoUnwind(true);
    // A kernel is called once for each layer: one copy of it is enough.
    function.setNoInline(true);
  }

  /// Declares what code refers to and others define.
  void declareSymbols(ModuleOp module) {
    OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
    Location location = b.getUnknownLoc();
    SymbolTable symbols(module);
    if (!symbols.lookup(weightsSymbol)) {
      auto bytes = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
      LLVM::GlobalOp::create(b, location, bytes, /*isConstant=*/true,
                             LLVM::Linkage::External, weightsSymbol,
                             Attribute());
    }
    if (!symbols.lookup(barrierSymbol)) {
      auto type = LLVM::LLVMFunctionType::get(
          b.getI32Type(), LLVM::LLVMPointerType::get(&getContext()));
      LLVM::LLVMFuncOp::create(b, location, barrierSymbol, type);
    }
  }
};
} // namespace
