//===- PlaceBuffers.cpp - Places in an arena for a graph's buffers --------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Places.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_PLACEBUFFERSPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

namespace {
/// What each symbolic dimension is when slots are chosen.
constexpr int64_t sampleDimension = 64;

/// An allocation: `staticBytes` times its dynamic sizes.
struct Buffer : Place {
  memref::AllocOp alloc;
  int64_t staticBytes = 0;
  bool hasStaticSize = false;
  unsigned slot = 0;
};

/// Bytes that several buffers use in turn.
struct Slot {
  /// The bytes at the sample, and the last step in which they are in use.
  int64_t bytes = 0, last = 0;
  SmallVector<Buffer *> buffers;
};

/// Places the buffers of one function.
class BufferPlacer {
public:
  BufferPlacer(func::FuncOp run, GraphAttr graph)
      : run(run), arguments(run, graph) {}

  /// Chooses places. Emits an error at a buffer whose size is no function of
  /// the symbolic dimensions.
  LogicalResult place();
  /// Computes the arena's size at the builder; `symbols` has the values of
  /// this function's symbolic dimensions.
  Value emitSize(OpBuilder &b, IRMapping &symbols) {
    return emitLayout(b, symbols).back();
  }
  /// Replaces the allocations.
  void replace();

  size_t getBufferCount() const { return buffers.size(); }
  size_t getSlotCount() const { return slots.size(); }

private:
  bool isStatic() const {
    return llvm::all_of(
        buffers, [](const Buffer &buffer) { return buffer.hasStaticSize; });
  }
  LogicalResult collect();
  void chooseSlots();
  /// A size if every symbol is the sample dimension; nothing if it depends on
  /// anything but symbols.
  std::optional<int64_t> sample(Value size);
  /// A copy of the operations that compute a size.
  Value clone(OpBuilder &b, Value size, IRMapping &mapping);
  /// The offsets of all slots, or of all buffers of constant size, and the
  /// size of the arena.
  SmallVector<Value> emitLayout(OpBuilder &b, IRMapping &symbols);
  Value emitSlotSize(OpBuilder &b, const Slot &slot, IRMapping &symbols);

  func::FuncOp run;
  RunArguments arguments;
  SmallVector<Buffer> buffers;
  SmallVector<Slot> slots;
  int64_t staticSize = 0;
  DenseMap<Value, std::optional<int64_t>> samples;
};
} // namespace

std::optional<int64_t> BufferPlacer::sample(Value size) {
  if (auto found = samples.find(size); found != samples.end())
    return found->second;
  auto evaluate = [&]() -> std::optional<int64_t> {
    if (isa<BlockArgument>(size))
      return llvm::is_contained(arguments.symbols, size)
                 ? std::optional(sampleDimension)
                 : std::nullopt;
    Operation *op = size.getDefiningOp();
    if (op->getNumRegions() > 0 || !isPure(op))
      return std::nullopt;
    SmallVector<Attribute> operands;
    for (Value operand : op->getOperands()) {
      std::optional<int64_t> value = sample(operand);
      if (!value)
        return std::nullopt;
      operands.push_back(IntegerAttr::get(operand.getType(), *value));
    }
    SmallVector<OpFoldResult> results;
    if (op->getNumResults() != 1 || failed(op->fold(operands, results)) ||
        results.empty())
      return std::nullopt;
    if (auto value = dyn_cast<Value>(results[0]))
      return sample(value);
    auto number = dyn_cast<IntegerAttr>(cast<Attribute>(results[0]));
    return number ? std::optional(number.getValue().getSExtValue())
                  : std::nullopt;
  };
  return samples[size] = evaluate();
}

LogicalResult BufferPlacer::collect() {
  Block &body = run.getBody().front();
  DenseMap<Operation *, int64_t> steps;
  for (auto [step, op] : llvm::enumerate(body))
    steps[&op] = step;
  BufferViewFlowAnalysis aliases(run);
  for (auto alloc : body.getOps<memref::AllocOp>()) {
    Buffer &buffer = buffers.emplace_back();
    buffer.alloc = alloc;
    buffer.hasStaticSize = alloc.getDynamicSizes().empty();
    MemRefType type = alloc.getType();
    // Elements of less than a byte take one.
    buffer.staticBytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    for (int64_t size : type.getShape())
      if (!ShapedType::isDynamic(size))
        buffer.staticBytes *= size;
    buffer.bytes = buffer.staticBytes;
    for (Value size : alloc.getDynamicSizes()) {
      std::optional<int64_t> value = sample(size);
      if (!value)
        return alloc.emitOpError("expects a size that follows from the "
                                 "symbolic dimensions of the graph");
      buffer.bytes *= std::max<int64_t>(*value, 0);
    }
    buffer.bytes = llvm::alignTo(buffer.bytes, placeAlignment);
    buffer.first = body.getOperations().size();
    for (Value alias : aliases.resolve(alloc))
      for (Operation *user : alias.getUsers()) {
        int64_t step = steps.lookup(body.findAncestorOpInBlock(*user));
        buffer.first = std::min(buffer.first, step);
        buffer.last = std::max(buffer.last, step);
      }
  }
  return success();
}

void BufferPlacer::chooseSlots() {
  SmallVector<Buffer *> order;
  for (Buffer &buffer : buffers)
    order.push_back(&buffer);
  llvm::sort(order, [](const Buffer *lhs, const Buffer *rhs) {
    return std::pair(lhs->first, lhs) < std::pair(rhs->first, rhs);
  });
  for (Buffer *buffer : order) {
    // The free slot that wastes least, or grows least.
    Slot *best = nullptr;
    auto cost = [&](const Slot &slot) {
      int64_t difference = slot.bytes - buffer->bytes;
      return std::pair(difference < 0, std::abs(difference));
    };
    for (Slot &slot : slots)
      if (slot.last < buffer->first && (!best || cost(slot) < cost(*best)))
        best = &slot;
    if (!best)
      best = &slots.emplace_back();
    best->bytes = std::max(best->bytes, buffer->bytes);
    best->last = buffer->last;
    best->buffers.push_back(buffer);
    buffer->slot = best - slots.begin();
  }
}

LogicalResult BufferPlacer::place() {
  if (failed(collect()))
    return failure();
  if (isStatic()) {
    SmallVector<Place *> places;
    for (Buffer &buffer : buffers)
      places.push_back(&buffer);
    staticSize = assignOffsets(places);
  } else {
    chooseSlots();
  }
  return success();
}

Value BufferPlacer::clone(OpBuilder &b, Value size, IRMapping &mapping) {
  if (Value known = mapping.lookupOrNull(size))
    return known;
  Operation *op = size.getDefiningOp();
  for (Value operand : op->getOperands())
    clone(b, operand, mapping);
  return b.clone(*op, mapping)->getResult(0);
}

Value BufferPlacer::emitSlotSize(OpBuilder &b, const Slot &slot,
                                 IRMapping &symbols) {
  Location location = run.getLoc();
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, location, value);
  };
  // The most bytes for each product of dynamic sizes.
  llvm::MapVector<SmallVector<Value>, int64_t> products;
  for (Buffer *buffer : slot.buffers) {
    SmallVector<Value> factors;
    for (Value size : buffer->alloc.getDynamicSizes())
      factors.push_back(clone(b, size, symbols));
    llvm::sort(factors, [](Value lhs, Value rhs) {
      return lhs.getAsOpaquePointer() < rhs.getAsOpaquePointer();
    });
    int64_t &bytes = products[factors];
    bytes = std::max(bytes, buffer->staticBytes);
  }
  Value largest;
  for (const auto &[factors, bytes] : products) {
    Value product = index(bytes);
    for (Value factor : factors)
      product = b.createOrFold<arith::MulIOp>(location, product, factor);
    largest = largest
                  ? b.createOrFold<arith::MaxUIOp>(location, largest, product)
                  : product;
  }
  Value padded = b.createOrFold<arith::AddIOp>(location, largest,
                                               index(placeAlignment - 1));
  return b.createOrFold<arith::AndIOp>(location, padded,
                                       index(-placeAlignment));
}

SmallVector<Value> BufferPlacer::emitLayout(OpBuilder &b, IRMapping &symbols) {
  Location location = run.getLoc();
  SmallVector<Value> offsets;
  if (isStatic()) {
    for (const Buffer &buffer : buffers)
      offsets.push_back(
          arith::ConstantIndexOp::create(b, location, buffer.offset));
    offsets.push_back(arith::ConstantIndexOp::create(b, location, staticSize));
    return offsets;
  }
  offsets.push_back(arith::ConstantIndexOp::create(b, location, 0));
  for (const Slot &slot : slots)
    offsets.push_back(b.createOrFold<arith::AddIOp>(
        location, offsets.back(), emitSlotSize(b, slot, symbols)));
  return offsets;
}

void BufferPlacer::replace() {
  OpBuilder b = OpBuilder::atBlockBegin(&run.getBody().front());
  IRMapping symbols;
  for (Value symbol : arguments.symbols)
    symbols.map(symbol, symbol);
  SmallVector<Value> offsets = emitLayout(b, symbols);
  bool byBuffer = isStatic();
  for (auto [i, buffer] : llvm::enumerate(buffers)) {
    b.setInsertionPoint(buffer.alloc);
    Value view = memref::ViewOp::create(
        b, buffer.alloc.getLoc(), buffer.alloc.getType(), arguments.arena,
        offsets[byBuffer ? i : buffer.slot], buffer.alloc.getDynamicSizes());
    buffer.alloc.replaceAllUsesWith(view);
    buffer.alloc.erase();
  }
  buffers.clear();
}

namespace {
class PlaceBuffersPass
    : public bitnet::impl::PlaceBuffersPassBase<PlaceBuffersPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    GraphAttr graph = getGraph(module);
    SmallVector<func::FuncOp> runs = getTargetFunctions(module, graphEntryName);
    if (!graph || runs.empty()) {
      module.emitError("expects a module with ")
          << graphAttrName << " and a function @" << graphEntryName;
      return signalPassFailure();
    }
    // Slots point to the buffers of their placer.
    std::vector<BufferPlacer> placers;
    placers.reserve(runs.size());
    for (func::FuncOp run : runs) {
      BufferPlacer &placer = placers.emplace_back(run, graph);
      if (failed(placer.place()))
        return signalPassFailure();
      numBuffers += placer.getBufferCount();
      numSlots += placer.getSlotCount();
    }
    makeArenaSize(placers, runs, graph);
    for (BufferPlacer &placer : placers)
      placer.replace();
    module->setAttr(weightsSizeAttrName,
                    Builder(module.getContext())
                        .getI64IntegerAttr(assignBlobOffsets(module)));
  }

  /// Makes @arena_size: the most that the function of any target needs.
  void makeArenaSize(std::vector<BufferPlacer> &placers,
                     MutableArrayRef<func::FuncOp> runs, GraphAttr graph) {
    OpBuilder b(runs.front());
    Location location = runs.front().getLoc();
    SmallVector<Type> indices(graph.getSymbols().size(), b.getIndexType());
    auto function =
        func::FuncOp::create(b, location, arenaSizeFunctionName,
                             b.getFunctionType(indices, b.getIndexType()));
    b.setInsertionPointToStart(function.addEntryBlock());
    Value largest;
    for (auto [placer, run] : llvm::zip_equal(placers, runs)) {
      IRMapping symbols;
      symbols.map(RunArguments(run, graph).symbols, function.getArguments());
      Value size = placer.emitSize(b, symbols);
      largest = largest
                    ? b.createOrFold<arith::MaxUIOp>(location, largest, size)
                    : size;
    }
    func::ReturnOp::create(b, location, largest);
  }
};
} // namespace
