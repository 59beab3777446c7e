//===- LowerLoops.cpp - Operations on buffers to vector loops -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "LoopNest.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_LOWERLOOPSPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

/// Whether `map` has the loops [first, first + 2) one after the other, or
/// neither of them, and nothing but loops.
static bool keepsTogether(AffineMap map, unsigned first) {
  std::optional<unsigned> at, next;
  for (auto [i, index] : llvm::enumerate(map.getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(index);
    if (!loop &&
        (index.isFunctionOfDim(first) || index.isFunctionOfDim(first + 1)))
      return false;
    if (loop && loop.getPosition() == first)
      at = i;
    if (loop && loop.getPosition() == first + 1)
      next = i;
  }
  return at ? next == *at + 1 : !next;
}

/// Makes one loop of neighbouring ones that run through memory like one.
static linalg::LinalgOp collapseLoops(linalg::LinalgOp op,
                                      IRRewriter &rewriter) {
  auto iterators = op.getIteratorTypesArray();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (op.hasIndexSemantics() || !llvm::all_of(maps, [](AffineMap map) {
        return map.isProjectedPermutation();
      }))
    return op;
  SmallVector<ReassociationIndices> groups;
  for (unsigned loop = 0; loop < iterators.size(); ++loop) {
    bool joins = loop > 0 && iterators[loop] == iterators[loop - 1] &&
                 llvm::all_of(maps, [&](AffineMap map) {
                   return keepsTogether(map, loop - 1);
                 });
    if (!joins)
      groups.emplace_back();
    groups.back().push_back(loop);
  }
  if (groups.size() == iterators.size())
    return op;
  // Buffers must be dense, so that sizes alone tell where elements are.
  for (Value operand : op->getOperands())
    if (auto type = dyn_cast<MemRefType>(operand.getType());
        type && !type.getLayout().isIdentity())
      return op;
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::CollapseResult> collapsed =
      linalg::collapseOpIterationDims(op, groups, rewriter);
  if (failed(collapsed))
    return op;
  for (StringRef name : {StringRef(sharedAttrName), StringRef(initialAttrName)})
    if (Attribute attribute = op->getAttr(name))
      collapsed->collapsedOp->setAttr(name, attribute);
  rewriter.eraseOp(op);
  return collapsed->collapsedOp;
}

namespace {
class LowerLoopsPass : public bitnet::impl::LowerLoopsPassBase<LowerLoopsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    GraphAttr graph = getGraph(module);
    if (!graph) {
      module.emitError("expects a module with ") << graphAttrName;
      return signalPassFailure();
    }
    for (func::FuncOp run : getTargetFunctions(module, graphEntryName))
      lower(run, graph);
  }

  void lower(func::FuncOp run, GraphAttr graph) {
    RunArguments arguments(run, graph);
    LoopNestOptions options;
    if (auto target = run->getAttrOfType<TargetAttr>(targetAttrName))
      options.vectorBits =
          std::max<int64_t>(128, getVectorBits(target.getLevel()));
    SmallVector<linalg::LinalgOp> operations;
    run.walk([&](linalg::LinalgOp op) { operations.push_back(op); });
    IRRewriter rewriter(run.getContext());
    for (linalg::LinalgOp op : operations) {
      op = collapseLoops(op, rewriter);
      bool isShared = op->hasAttr(sharedAttrName);
      options.thread = isShared ? arguments.thread : Value();
      options.threads = isShared ? arguments.threads : Value();
      OpBuilder b(op);
      emitLoopNest(b, op, options);
      op.erase();
    }
    numOperations += operations.size();
  }
};
} // namespace
