//===- BufferizeGraph.cpp - A graph on tensors to one on buffers ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BUFFERIZEGRAPHPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

//===----------------------------------------------------------------------===//
// The signature of @run
//===----------------------------------------------------------------------===//

/// Views `bytes` as a buffer for a tensor of `type` with these dynamic sizes.
static Value viewAs(OpBuilder &b, Location location, Value bytes,
                    RankedTensorType type, ValueRange sizes) {
  Value zero = arith::ConstantIndexOp::create(b, location, 0);
  auto buffer = MemRefType::get(type.getShape(), type.getElementType());
  return memref::ViewOp::create(b, location, buffer, bytes, zero, sizes);
}

/// Makes tensor inputs and results views of flat buffers.
static void rewriteSignature(func::FuncOp entry, GraphAttr graph) {
  OpBuilder b(entry.getContext());
  Location location = entry.getLoc();
  Block &body = entry.getBody().front();
  unsigned symbolCount = graph.getSymbols().size();
  unsigned inputCount = graph.getInputs().size();
  auto flat = MemRefType::get({flatBufferSize}, b.getI8Type());

  b.setInsertionPointToStart(&body);
  for (unsigned i = 0; i < inputCount; ++i) {
    BlockArgument argument = body.getArgument(symbolCount + i);
    auto type = cast<RankedTensorType>(argument.getType());
    auto tensor = cast<GraphTensorAttr>(graph.getInputs()[i]);
    SmallVector<Value> sizes;
    for (AffineExpr dimension : tensor.getDims().getResults())
      if (auto symbol = dyn_cast<AffineSymbolExpr>(dimension))
        sizes.push_back(body.getArgument(symbol.getPosition()));
    BlockArgument bytes = body.insertArgument(symbolCount + i, flat, location);
    Value view = viewAs(b, location, bytes, type, sizes);
    Value value = bufferization::ToTensorOp::create(b, location, type, view,
                                                    /*restrict=*/true);
    argument.replaceAllUsesWith(value);
    body.eraseArgument(symbolCount + i + 1);
  }
  Operation *terminator = body.getTerminator();
  b.setInsertionPoint(terminator);
  for (Value output : terminator->getOperands()) {
    auto type = cast<RankedTensorType>(output.getType());
    Value bytes = body.addArgument(flat, location);
    SmallVector<Value> sizes;
    for (auto [i, size] : llvm::enumerate(type.getShape()))
      if (ShapedType::isDynamic(size))
        sizes.push_back(tensor::DimOp::create(b, location, output, i));
    Value view = viewAs(b, location, bytes, type, sizes);
    bufferization::MaterializeInDestinationOp::create(
        b, location, /*result=*/Type(), output, view, /*restrict=*/true,
        /*writable=*/true);
  }
  func::ReturnOp::create(b, terminator->getLoc());
  terminator->erase();
  body.addArgument(flat, location);
  body.insertArgument(0u, TeamType::get(b.getContext()), location);
  body.insertArgument(0u, b.getIndexType(), location);
  body.insertArgument(0u, b.getIndexType(), location);
  entry.removeArgAttrsAttr();
  entry.removeResAttrsAttr();
  entry.setFunctionType(b.getFunctionType(body.getArgumentTypes(), {}));
  StringRef name = entry.getSymName();
  entry.setSymName(
      (graphEntryName + name.drop_front(onnx::graphFunctionName.size())).str());
}

//===----------------------------------------------------------------------===//
// Bufferisation
//===----------------------------------------------------------------------===//

/// Whether `value` is computed in the place of `destination`.
static bool isUpdateOf(Value value, Value destination) {
  while (value != destination) {
    Operation *op = value.getDefiningOp();
    auto result = dyn_cast<OpResult>(value);
    if (auto update = dyn_cast_or_null<DestinationStyleOpInterface>(op))
      value = update.getTiedOpOperand(result)->get();
    else if (auto loop = dyn_cast_or_null<scf::ForOp>(op))
      value = loop.getTiedLoopInit(result)->get();
    else
      return false;
  }
  return true;
}

/// Lets loops pass on the buffers that they were given: what is computed
/// elsewhere is copied there.
static void keepLoopBuffers(func::FuncOp run) {
  run.walk([](scf::ForOp loop) {
    Operation *yield = loop.getBody()->getTerminator();
    OpBuilder b(yield);
    for (auto [operand, argument] :
         llvm::zip_equal(yield->getOpOperands(), loop.getRegionIterArgs()))
      if (isa<TensorType>(argument.getType()) &&
          !isUpdateOf(operand.get(), argument))
        operand.set(
            bufferization::MaterializeInDestinationOp::create(
                b, yield->getLoc(), argument.getType(), operand.get(), argument)
                .getResult());
  });
}

static LogicalResult bufferize(func::FuncOp run) {
  keepLoopBuffers(run);
  bufferization::OneShotBufferizationOptions options;
  options.allowReturnAllocsFromLoops = true;
  options.unknownTypeConverterFn =
      [](TensorType type, Attribute memorySpace,
         const bufferization::BufferizationOptions &) {
        return bufferization::getMemRefTypeWithStaticIdentityLayout(
            type, memorySpace);
      };
  options.memCpyFn = [](OpBuilder &b, Location location, Value from, Value to) {
    linalg::CopyOp::create(b, location, from, to);
    return success();
  };
  bufferization::BufferizationState state;
  return bufferization::runOneShotBufferize(run, options, state);
}

/// The top-level operation of `run` that `op` is in.
static Operation *getTopLevel(func::FuncOp run, Operation *op) {
  return run.getBody().front().findAncestorOpInBlock(*op);
}

/// Moves allocations to the top level.
static LogicalResult hoistAllocations(func::FuncOp run) {
  BufferViewFlowAnalysis aliases(run);
  SmallVector<memref::AllocOp> nested;
  run.walk([&](memref::AllocOp alloc) {
    if (getTopLevel(run, alloc) != alloc)
      nested.push_back(alloc);
  });
  for (memref::AllocOp alloc : nested) {
    Operation *ancestor = getTopLevel(run, alloc);
    for (Value size : alloc.getDynamicSizes())
      if (ancestor->isAncestor(size.getParentBlock()->getParentOp()))
        return alloc.emitOpError("expects a buffer that is made in a loop to "
                                 "have a size that is known before it");
    // What an iteration passes on, the next one must not overwrite.
    for (Value alias : aliases.resolve(alloc))
      if (auto argument = dyn_cast<BlockArgument>(alias))
        if (isa<LoopLikeOpInterface>(argument.getOwner()->getParentOp()))
          return alloc.emitOpError("expects loops to pass on the buffers that "
                                   "they were given, not new ones");
    alloc->moveBefore(ancestor);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Results in place of outputs
//===----------------------------------------------------------------------===//

/// The allocation that `buffer` is all of in another shape, or null.
static memref::AllocOp findAllocation(Value buffer) {
  while (Operation *op = buffer.getDefiningOp()) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op))
      return alloc;
    if (!isa<memref::CastOp, memref::ExpandShapeOp, memref::CollapseShapeOp>(
            op))
      return nullptr;
    buffer = op->getOperand(0);
  }
  return nullptr;
}

/// Computes what would be copied to an output there at once: the allocation
/// becomes a view of the output.
static void forwardOutputs(func::FuncOp run, GraphAttr graph) {
  for (Value output : RunArguments(run, graph).outputs) {
    if (!output.hasOneUse())
      continue;
    auto view = dyn_cast<memref::ViewOp>(*output.user_begin());
    if (!view || !view->hasOneUse())
      continue;
    auto copy = dyn_cast<linalg::CopyOp>(*view->user_begin());
    if (!copy || copy.getOutputs()[0] != view ||
        copy->getBlock() != &run.getBody().front())
      continue;
    memref::AllocOp alloc = findAllocation(copy.getInputs()[0]);
    if (!alloc || !alloc.getType().getLayout().isIdentity())
      continue;
    OpBuilder b(alloc);
    Value zero = arith::ConstantIndexOp::create(b, alloc.getLoc(), 0);
    Value place = memref::ViewOp::create(b, alloc.getLoc(), alloc.getType(),
                                         output, zero, alloc.getDynamicSizes());
    alloc.replaceAllUsesWith(place);
    alloc.erase();
    copy.erase();
    view.erase();
  }
}

namespace {
class BufferizeGraphPass
    : public bitnet::impl::BufferizeGraphPassBase<BufferizeGraphPass> {
  void getDependentDialects(DialectRegistry &registry) const override {
    BufferizeGraphPassBase::getDependentDialects(registry);
    arith::registerBufferizableOpInterfaceExternalModels(registry);
    linalg::registerBufferizableOpInterfaceExternalModels(registry);
    scf::registerBufferizableOpInterfaceExternalModels(registry);
    tensor::registerBufferizableOpInterfaceExternalModels(registry);
    bitnet_runtime::registerBufferizableOpInterfaceExternalModels(registry);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    GraphAttr graph = getGraph(module);
    SmallVector<func::FuncOp> entries =
        getTargetFunctions(module, onnx::graphFunctionName);
    if (!graph || entries.empty()) {
      module.emitError("expects a module with ")
          << graphAttrName << " and a function @" << onnx::graphFunctionName;
      return signalPassFailure();
    }
    OpPassManager cleanUp(func::FuncOp::getOperationName());
    cleanUp.addPass(createCanonicalizerPass());
    cleanUp.addPass(createCSEPass());
    for (func::FuncOp entry : entries) {
      rewriteSignature(entry, graph);
      if (failed(bufferize(entry)) || failed(runPipeline(cleanUp, entry)) ||
          failed(hoistAllocations(entry)))
        return signalPassFailure();
      forwardOutputs(entry, graph);
    }
  }
};
} // namespace
