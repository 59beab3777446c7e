//===- PlanMemory.cpp - Places in an arena, calls and barriers ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Places.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::bitnet_runtime {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h.inc"
} // namespace mlir::bitnet_runtime

using namespace mlir;
using namespace mlir::bitnet_runtime;

//===----------------------------------------------------------------------===//
// Arena
//===----------------------------------------------------------------------===//

namespace {
/// A tensor's bytes: where, and during which launches.
struct Buffer : Place {
  Value tensor;
  MemRefType type;
};

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

/// Bytes that a call reads or writes. Different spaces never overlap.
struct Access {
  enum Space { Arena, Cache, Logits } space;
  int64_t begin, end;
  bool isWrite;
};

/// What calls since the last barrier touched.
class PendingAccesses {
public:
  bool conflictsWith(ArrayRef<Access> accesses) const {
    for (const Access &access : accesses)
      for (const Access &earlier : pending)
        if (access.space == earlier.space &&
            (access.isWrite || earlier.isWrite) && access.begin < earlier.end &&
            earlier.begin < access.end)
          return true;
    return false;
  }
  void add(ArrayRef<Access> accesses) { llvm::append_range(pending, accesses); }
  void clear() { pending.clear(); }

private:
  SmallVector<Access> pending;
};

//===----------------------------------------------------------------------===//
// The entry function
//===----------------------------------------------------------------------===//

/// Builds the planned function from the entry function.
class EntryPlanner {
public:
  EntryPlanner(func::FuncOp entry, bitnet::ModelAttr model)
      : entry(entry), model(model), chunkSize(model.getChunkSize()),
        b(entry.getContext()) {}

  /// Checks the entry function and places its tensors.
  LogicalResult placeBuffers();
  /// Replaces the entry function. Its arena is at least as large as placing
  /// made it.
  void build(int64_t arenaSize);

  bitnet::KVCacheType getCacheType() {
    return cast<bitnet::KVCacheType>(entry.getArgument(CacheInput).getType());
  }
  /// Bytes that its tensors take; valid once they are placed.
  int64_t placedSize = 0;
  /// Valid once it is built.
  int64_t barrierCount = 0;

private:
  LogicalResult checkSignature();
  LogicalResult collectBuffers();
  func::FuncOp createFunction(int64_t arenaSize);
  void emitLaunch(LaunchOp launch, Block &body);
  Value emitBarrier(Location location, Block &body);
  /// Goes on in a new block unless the pass is cancelled.
  void emitBarrierInTheMiddle(Location location, Block &body);
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, b.getUnknownLoc(), value);
  }

  /// Arguments of the entry function.
  enum Input {
    TokensInput,
    PositionsInput,
    OutputsInput,
    LimitsInput,
    CacheInput,
    InputCount
  };
  /// Arguments of the planned function; see the pass's description.
  enum Argument {
    Thread,
    Threads,
    Team,
    Tokens,
    Positions,
    RowSequences,
    Rows,
    Outputs,
    Limits,
    OutputCount,
    Sequences,
    Work,
    WorkCount,
    Merges,
    MergeCount,
    Arena,
    Logits
  };

  func::FuncOp entry;
  bitnet::ModelAttr model;
  int64_t chunkSize;
  OpBuilder b;
  SmallVector<Buffer> buffers;
  DenseMap<Value, unsigned> bufferOf;
  Value returned;
  IRMapping mapping;
  PendingAccesses pending;
  /// Returns from the planned function.
  Block *end = nullptr;
};
} // namespace

LogicalResult EntryPlanner::checkSignature() {
  FunctionType type = entry.getFunctionType();
  auto integers = RankedTensorType::get({ShapedType::kDynamic}, b.getI32Type());
  bool matches = type.getNumInputs() == InputCount &&
                 type.getNumResults() == 1 &&
                 llvm::all_of(type.getInputs().drop_back(),
                              [&](Type input) { return input == integers; }) &&
                 isa<bitnet::KVCacheType>(type.getInput(CacheInput)) &&
                 isa<RankedTensorType>(type.getResult(0));
  if (!matches || !entry.getBody().hasOneBlock())
    return entry.emitOpError(
        "expects one block and the signature (tensor<?xi32>, tensor<?xi32>, "
        "tensor<?xi32>, tensor<?xi32>, !bitnet.kv_cache) -> tensor<?xVxf32>");
  auto outputs = cast<RankedTensorType>(type.getResult(0));
  bool isEmbedding = model.getPooling() != bitnet::Pooling::None;
  int64_t columns =
      isEmbedding ? model.getEmbeddingLength() : model.getVocabularySize();
  if (outputs.getRank() != 2 || outputs.getDimSize(1) != columns)
    return entry.emitOpError("expects ")
           << (isEmbedding ? "states of the " : "logits of the ") << columns
           << (isEmbedding ? " elements of " : " tokens of ")
           << bitnet::modelAttrName << ", found " << outputs;
  returned = entry.getBody().front().getTerminator()->getOperand(0);
  if (!returned.getDefiningOp<LaunchOp>())
    return entry.emitOpError("expects to return the result of a launch");
  return success();
}

LogicalResult EntryPlanner::collectBuffers() {
  int64_t launchIndex = 0;
  for (Operation &op : entry.getBody().front()) {
    if (auto launch = dyn_cast<LaunchOp>(op)) {
      for (Value input : launch.getInputs()) {
        if (auto found = bufferOf.find(input); found != bufferOf.end())
          buffers[found->second].last = launchIndex;
        else if (isa<TensorType>(input.getType()) && input != returned &&
                 !isa<BlockArgument>(input))
          return launch.emitOpError("expects tensor inputs that launches made");
      }
      for (Value result : launch.getResults()) {
        Buffer buffer;
        buffer.tensor = result;
        auto tensor = cast<RankedTensorType>(result.getType());
        SmallVector<int64_t> shape(tensor.getShape());
        for (int64_t &size : shape)
          if (ShapedType::isDynamic(size))
            size = chunkSize;
        buffer.type = MemRefType::get(shape, tensor.getElementType());
        buffer.bytes = llvm::alignTo(buffer.type.getNumElements() *
                                         tensor.getElementTypeBitWidth() / 8,
                                     placeAlignment);
        buffer.first = buffer.last = launchIndex;
        if (result == returned)
          continue;
        bufferOf[result] = buffers.size();
        buffers.push_back(buffer);
      }
      ++launchIndex;
    } else if (!isa<BlobAddressOp, WorkCountOp, MergesOp, tensor::DimOp,
                    func::ReturnOp>(op) &&
               !isa<arith::ArithDialect>(op.getDialect())) {
      return op.emitOpError("expects only launches in the entry function");
    }
  }
  SmallVector<Place *> places;
  for (Buffer &buffer : buffers)
    places.push_back(&buffer);
  placedSize = assignOffsets(places);
  return success();
}

func::FuncOp EntryPlanner::createFunction(int64_t arenaSize) {
  Type index = b.getIndexType();
  Type rows = MemRefType::get({chunkSize}, b.getI32Type());
  SmallVector<Type> cache = getCacheTypes(b.getContext(), chunkSize);
  auto logits = cast<RankedTensorType>(returned.getType());
  SmallVector<Type> arguments = {
      index,
      index,
      TeamType::get(b.getContext()),
      rows,
      rows,
      cache[1],
      index,
      rows,
      rows,
      index,
      cache[0],
      cache[2],
      index,
      cache[3],
      index,
      MemRefType::get({arenaSize}, b.getI8Type()),
      MemRefType::get({chunkSize, logits.getDimSize(1)},
                      logits.getElementType())};
  b.setInsertionPoint(entry);
  auto function = func::FuncOp::create(b, entry.getLoc(), entry.getSymName(),
                                       b.getFunctionType(arguments, {}));
  function->setDiscardableAttrs(entry->getDiscardableAttrDictionary());
  function.addEntryBlock();
  return function;
}

Value EntryPlanner::emitBarrier(Location location, Block &body) {
  pending.clear();
  ++barrierCount;
  return BarrierOp::create(b, location, body.getArgument(Team));
}

void EntryPlanner::emitBarrierInTheMiddle(Location location, Block &body) {
  Value isCancelled = emitBarrier(location, body);
  auto *next = new Block();
  next->insertAfter(b.getInsertionBlock());
  cf::CondBranchOp::create(b, location, isCancelled, end, next);
  b.setInsertionPointToStart(next);
}

void EntryPlanner::emitLaunch(LaunchOp launch, Block &body) {
  Location location = launch.getLoc();
  SmallVector<Access> accesses;
  SmallVector<Value> operands;
  auto addTensor = [&](Value tensor, bool isWrite) {
    if (tensor == returned) {
      accesses.push_back({Access::Logits, 0, 1, isWrite});
      operands.push_back(body.getArgument(Logits));
      return;
    }
    const Buffer &buffer = buffers[bufferOf.lookup(tensor)];
    accesses.push_back(
        {Access::Arena, buffer.offset, buffer.offset + buffer.bytes, isWrite});
    operands.push_back(memref::ViewOp::create(
        b, location, buffer.type, body.getArgument(Arena), index(buffer.offset),
        ValueRange()));
  };
  auto isCache = [](Value input) {
    return isa<bitnet::KVCacheType>(input.getType());
  };
  // A launch without results changes the caches, or its first input.
  bool isInPlace = launch.getNumResults() == 0;
  bool changesFirst = isInPlace && llvm::none_of(launch.getInputs(), isCache);
  for (Value input : launch.getInputs()) {
    if (isCache(input)) {
      accesses.push_back({Access::Cache, 0, 1, isInPlace});
      for (Argument argument : {Sequences, RowSequences, Work, Merges})
        operands.push_back(body.getArgument(argument));
    } else if (input == returned || bufferOf.contains(input)) {
      addTensor(input, changesFirst && input == launch.getInputs().front());
    } else {
      operands.push_back(mapping.lookup(input));
    }
  }
  for (Value result : launch.getResults())
    addTensor(result, /*isWrite=*/true);
  Value tiles = mapping.lookup(launch.getTiles());
  PendingAccesses before = pending;
  Block *after = nullptr;
  if (launch.getRare()) {
    Block *rare = new Block();
    after = new Block();
    rare->insertBefore(end);
    after->insertBefore(end);
    Value isEmpty = arith::CmpIOp::create(b, location, arith::CmpIPredicate::eq,
                                          tiles, index(0));
    cf::CondBranchOp::create(b, location, isEmpty, after, rare);
    b.setInsertionPointToStart(rare);
  }
  if (pending.conflictsWith(accesses))
    emitBarrierInTheMiddle(location, body);
  // Perhaps there was none.
  if (after)
    pending = before;
  pending.add(accesses);

  // tiles · thread / threads and the same for the next thread.
  Value thread = body.getArgument(Thread);
  Value threads = body.getArgument(Threads);
  auto share = [&](Value which) -> Value {
    Value product = arith::MulIOp::create(b, location, tiles, which);
    return arith::DivUIOp::create(b, location, product, threads);
  };
  Value begin = share(thread);
  Value end = share(arith::AddIOp::create(b, location, thread, index(1)));
  SmallVector<Value> arguments = {begin, end, mapping.lookup(launch.getRows())};
  llvm::append_range(arguments, operands);
  func::CallOp::create(b, location, launch.getKernel(), TypeRange(), arguments);
  if (after) {
    cf::BranchOp::create(b, location, after);
    b.setInsertionPointToStart(after);
  }
}

LogicalResult EntryPlanner::placeBuffers() {
  return success(succeeded(checkSignature()) && succeeded(collectBuffers()));
}

void EntryPlanner::build(int64_t arenaSize) {
  func::FuncOp function = createFunction(arenaSize);
  Block &body = function.getBody().front();
  end = function.addBlock();
  b.setInsertionPointToStart(end);
  func::ReturnOp::create(b, entry.getLoc());
  b.setInsertionPointToStart(&body);
  Argument inputs[] = {Tokens, Positions, Outputs, Limits};
  for (auto [input, argument] : llvm::zip(entry.getArguments(), inputs))
    mapping.map(input, body.getArgument(argument));
  Value outputs = entry.getArgument(OutputsInput);
  Value limits = entry.getArgument(LimitsInput);
  for (Operation &op : entry.getBody().front()) {
    if (auto launch = dyn_cast<LaunchOp>(op))
      emitLaunch(launch, body);
    else if (auto dim = dyn_cast<tensor::DimOp>(op))
      mapping.map(dim.getResult(),
                  body.getArgument(
                      llvm::is_contained({outputs, limits}, dim.getSource())
                          ? OutputCount
                          : Rows));
    else if (auto count = dyn_cast<WorkCountOp>(op))
      mapping.map(count.getResult(), body.getArgument(WorkCount));
    else if (auto merges = dyn_cast<MergesOp>(op))
      mapping.map(
          merges.getResults(),
          ValueRange{body.getArgument(Merges), body.getArgument(MergeCount)});
    else if (!isa<func::ReturnOp>(op))
      b.clone(op, mapping);
  }
  emitBarrier(entry.getLoc(), body);
  cf::BranchOp::create(b, entry.getLoc(), end);
  entry->erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
class PlanMemoryPass
    : public bitnet_runtime::impl::PlanMemoryPassBase<PlanMemoryPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::vector<EntryPlanner> planners;
    if (failed(findEntries(planners)))
      return signalPassFailure();
    // Sessions have one arena and one cache, whichever function they use.
    int64_t arenaSize = 0;
    for (EntryPlanner &planner : planners) {
      if (failed(planner.placeBuffers()))
        return signalPassFailure();
      arenaSize = std::max(arenaSize, planner.placedSize);
    }
    bitnet::KVCacheType cache = planners.front().getCacheType();
    for (EntryPlanner &planner : planners) {
      if (planner.getCacheType() != cache) {
        module.emitError("expects entry functions with the same cache, found ")
            << cache << " and " << planner.getCacheType();
        return signalPassFailure();
      }
      planner.build(arenaSize);
      numBarriers += planner.barrierCount;
    }
    Builder b(&getContext());
    module->setAttr(arenaSizeAttrName, b.getI64IntegerAttr(arenaSize));
    module->setAttr(weightsSizeAttrName,
                    b.getI64IntegerAttr(assignBlobOffsets(module)));
    module->setAttr(kvBytesPerPositionAttrName,
                    b.getI64IntegerAttr(cache.getBytesPerPosition()));
    module->setAttr(kvCacheAttrName, TypeAttr::get(cache));
    arenaBytes += arenaSize;
  }

  /// A planner for the entry function of each target.
  LogicalResult findEntries(std::vector<EntryPlanner> &planners) {
    ModuleOp module = getOperation();
    auto model =
        module->getAttrOfType<bitnet::ModelAttr>(bitnet::modelAttrName);
    SmallVector<std::string> names;
    SmallVector<bitnet::TargetAttr> targets = bitnet::getTargets(module);
    for (bitnet::TargetAttr target : targets)
      names.push_back(
          bitnet::getTargetSymbol(entryName, target, targets.size()));
    if (names.empty())
      names.push_back(entryName.str());
    for (const std::string &name : names) {
      auto entry = module.lookupSymbol<func::FuncOp>(name);
      if (!model || !entry)
        return module.emitError("expects a module with ")
               << bitnet::modelAttrName << " and a function @" << name;
      planners.emplace_back(entry, model);
    }
    return success();
  }
};
} // namespace
