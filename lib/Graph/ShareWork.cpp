//===- ShareWork.cpp - A graph's work for all threads of a team -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "LoopNest.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_SHAREWORKPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

namespace {
/// Iterations that are not worth being shared.
constexpr int64_t littleWork = 2048;

/// Which threads run an operation.
enum class Runners {
  /// All, each its part.
  Team,
  /// All, each everything. Such an operation writes nothing.
  Everyone,
  /// Thread 0 only.
  First
};

/// Memory that an operation reads or writes: an argument, or a part of the
/// arena.
struct Access {
  Value argument;
  /// Null: the offset is the constant `begin`.
  Value offset;
  int64_t begin = 0, end = 0;
  bool isWrite = false;
  Runners runners = Runners::Everyone;

  bool overlaps(const Access &other) const {
    if (argument != other.argument || offset != other.offset)
      return false;
    return offset || (begin < other.end && other.begin < end);
  }
};

/// Shares the work of one function.
class WorkSharer {
public:
  WorkSharer(func::FuncOp run, GraphAttr graph)
      : run(run), arguments(run, graph), aliases(run), b(run.getContext()) {}

  LogicalResult share();
  int64_t barrierCount = 0;

private:
  /// Emits an error at an operation that no choice of threads can run.
  FailureOr<Runners> chooseRunners(Operation *op);
  bool writes(Operation *op);
  /// Adds what `op` and the operations in it touch.
  void collectAccesses(Operation *op, Runners runners,
                       SmallVectorImpl<Access> &accesses);
  void addAccess(Value buffer, bool isWrite, Runners runners,
                 SmallVectorImpl<Access> &accesses);
  bool conflicts(ArrayRef<Access> accesses) const;
  void callKernel(LaunchOp launch);
  void leaveToFirst(Operation *op);
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, run.getLoc(), value);
  }

  func::FuncOp run;
  RunArguments arguments;
  BufferViewFlowAnalysis aliases;
  OpBuilder b;
  SmallVector<Access> pending;
};
} // namespace

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

void WorkSharer::addAccess(Value buffer, bool isWrite, Runners runners,
                           SmallVectorImpl<Access> &accesses) {
  for (Value origin : aliases.resolveReverse(buffer)) {
    // Blobs are never written, stack buffers belong to a thread.
    if (llvm::is_contained(arguments.outputs, origin) ||
        llvm::is_contained(arguments.inputs, origin)) {
      accesses.push_back({origin, Value(), 0, 1, isWrite, runners});
      continue;
    }
    auto view = origin.getDefiningOp<memref::ViewOp>();
    if (!view || view.getSource() != arguments.arena)
      continue;
    Access access{arguments.arena, Value(), 0, 0, isWrite, runners};
    APInt offset;
    MemRefType type = view.getType();
    if (!matchPattern(view.getByteShift(), m_ConstantInt(&offset))) {
      access.offset = view.getByteShift();
    } else {
      access.begin = offset.getSExtValue();
      access.end =
          type.hasStaticShape()
              ? access.begin + type.getNumElements() *
                                   int64_t(llvm::divideCeil(
                                       type.getElementTypeBitWidth(), 8))
              : flatBufferSize;
    }
    accesses.push_back(access);
  }
}

void WorkSharer::collectAccesses(Operation *op, Runners runners,
                                 SmallVectorImpl<Access> &accesses) {
  op->walk([&](Operation *nested) {
    auto add = [&](Value buffer, bool isWrite) {
      if (isa<MemRefType>(buffer.getType()))
        addAccess(buffer, isWrite, runners, accesses);
    };
    if (auto linear = dyn_cast<linalg::LinalgOp>(nested)) {
      for (OpOperand *input : linear.getDpsInputOperands())
        add(input->get(), false);
      for (Value output : linear.getDpsInits())
        add(output, true);
    } else if (auto launch = dyn_cast<LaunchOp>(nested)) {
      for (Value input : launch.getInputs())
        add(input, false);
      for (Value output : launch.getOutputs())
        add(output, true);
    } else if (auto load = dyn_cast<memref::LoadOp>(nested)) {
      add(load.getMemRef(), false);
    } else if (auto store = dyn_cast<memref::StoreOp>(nested)) {
      add(store.getMemRef(), true);
    } else if (!isMemoryEffectFree(nested) &&
               !nested->hasTrait<OpTrait::HasRecursiveMemoryEffects>()) {
      for (Value operand : nested->getOperands())
        add(operand, true);
    }
  });
}

bool WorkSharer::conflicts(ArrayRef<Access> accesses) const {
  for (const Access &access : accesses)
    for (const Access &earlier : pending)
      if ((access.isWrite || earlier.isWrite) && access.overlaps(earlier) &&
          !(access.runners == Runners::First &&
            earlier.runners == Runners::First))
        return true;
  return false;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

bool WorkSharer::writes(Operation *op) {
  SmallVector<Access> accesses;
  collectAccesses(op, Runners::Everyone, accesses);
  return llvm::any_of(accesses,
                      [](const Access &access) { return access.isWrite; });
}

FailureOr<Runners> WorkSharer::chooseRunners(Operation *op) {
  if (isa<LaunchOp>(op))
    return Runners::Team;
  if (auto linear = dyn_cast<linalg::LinalgOp>(op)) {
    int64_t iterations = 1;
    for (int64_t size : linear.getStaticLoopRanges()) {
      if (ShapedType::isDynamic(size))
        return Runners::Team;
      iterations *= size;
    }
    return iterations < littleWork ? Runners::First : Runners::Team;
  }
  if (!writes(op))
    return Runners::Everyone;
  if (op->getNumResults() > 0)
    return op->emitOpError("expects a loop that writes buffers to have no "
                           "results of its own");
  return Runners::First;
}

void WorkSharer::callKernel(LaunchOp launch) {
  Location location = launch.getLoc();
  b.setInsertionPoint(launch);
  auto kernel = cast<func::FuncOp>(
      SymbolTable::lookupNearestSymbolFrom(launch, launch.getKernelAttr()));
  // tiles · thread / threads and the same for the next thread.
  auto share = [&](Value which) -> Value {
    Value product =
        arith::MulIOp::create(b, location, launch.getTiles(), which);
    return arith::DivUIOp::create(b, location, product, arguments.threads);
  };
  Value begin = share(arguments.thread);
  Value end =
      share(arith::AddIOp::create(b, location, arguments.thread, index(1)));
  SmallVector<Value> operands = {begin, end, launch.getRows()};
  llvm::append_range(operands, launch.getInputs());
  llvm::append_range(operands, launch.getOutputs());
  // Kernels take buffers of more rows than there ever are.
  for (auto [operand, type] :
       llvm::zip_equal(operands, kernel.getArgumentTypes()))
    if (operand.getType() != type) {
      auto buffer = cast<MemRefType>(type);
      SmallVector<int64_t> strides;
      int64_t offset;
      (void)buffer.getStridesAndOffset(strides, offset);
      operand = memref::ReinterpretCastOp::create(b, location, buffer, operand,
                                                  /*offset=*/0,
                                                  buffer.getShape(), strides);
    }
  func::CallOp::create(b, location, kernel, operands);
  launch.erase();
}

void WorkSharer::leaveToFirst(Operation *op) {
  b.setInsertionPoint(op);
  Location location = op->getLoc();
  Value isFirst = arith::CmpIOp::create(b, location, arith::CmpIPredicate::eq,
                                        arguments.thread, index(0));
  auto guard = scf::IfOp::create(b, location, isFirst);
  op->moveBefore(guard.thenBlock()->getTerminator());
}

LogicalResult WorkSharer::share() {
  auto emitBarrier = [&](Operation *before) {
    b.setInsertionPoint(before);
    BarrierOp::create(b, before->getLoc(), arguments.team);
    pending.clear();
    ++barrierCount;
  };
  Block &body = run.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(body)) {
    if (op.hasTrait<OpTrait::IsTerminator>()) {
      emitBarrier(&op);
      break;
    }
    FailureOr<Runners> runners = chooseRunners(&op);
    if (failed(runners))
      return failure();
    SmallVector<Access> accesses;
    collectAccesses(&op, *runners, accesses);
    if (conflicts(accesses))
      emitBarrier(&op);
    llvm::append_range(pending, accesses);
    if (auto launch = dyn_cast<LaunchOp>(op))
      callKernel(launch);
    else if (*runners == Runners::Team)
      op.setAttr(sharedAttrName, b.getUnitAttr());
    else if (*runners == Runners::First)
      leaveToFirst(&op);
  }
  return success();
}

namespace {
class ShareWorkPass : public bitnet::impl::ShareWorkPassBase<ShareWorkPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    GraphAttr graph = getGraph(module);
    SmallVector<func::FuncOp> runs = getTargetFunctions(module, graphEntryName);
    if (!graph || runs.empty()) {
      module.emitError("expects a module with ")
          << graphAttrName << " and a function @" << graphEntryName;
      return signalPassFailure();
    }
    for (func::FuncOp run : runs) {
      WorkSharer sharer(run, graph);
      if (failed(sharer.share()))
        return signalPassFailure();
      numBarriers += sharer.barrierCount;
    }
  }
};
} // namespace
