//===- LowerReshapes.cpp - Expanded shapes to casts of buffers ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_LOWERRESHAPESPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

/// Replaces `expand` by a cast with the strides that its sizes tell.
static void lower(memref::ExpandShapeOp expand) {
  OpBuilder b(expand);
  Location location = expand.getLoc();
  auto metadata =
      memref::ExtractStridedMetadataOp::create(b, location, expand.getSrc());
  SmallVector<OpFoldResult> sizes = expand.getMixedOutputShape();
  SmallVector<OpFoldResult> outer = metadata.getConstifiedMixedStrides();
  SmallVector<OpFoldResult> strides(sizes.size());
  for (auto [group, stride] :
       llvm::zip_equal(expand.getReassociationIndices(), outer)) {
    OpFoldResult current = stride;
    for (int64_t dim : llvm::reverse(group)) {
      strides[dim] = current;
      Value product = b.createOrFold<arith::MulIOp>(
          location, getValueOrCreateConstantIndexOp(b, location, current),
          getValueOrCreateConstantIndexOp(b, location, sizes[dim]));
      current = getAsOpFoldResult(product);
    }
  }
  // What the type says is constant must be so here, and the reverse.
  MemRefType type = expand.getResultType();
  SmallVector<int64_t> typeStrides;
  int64_t typeOffset;
  (void)type.getStridesAndOffset(typeStrides, typeOffset);
  auto match = [&](OpFoldResult value, int64_t expected) -> OpFoldResult {
    if (!ShapedType::isDynamic(expected))
      return b.getIndexAttr(expected);
    return getValueOrCreateConstantIndexOp(b, location, value);
  };
  for (auto [size, expected] : llvm::zip_equal(sizes, type.getShape()))
    size = match(size, expected);
  for (auto [stride, expected] : llvm::zip_equal(strides, typeStrides))
    stride = match(stride, expected);
  OpFoldResult offset = match(metadata.getConstifiedMixedOffset(), typeOffset);
  Value cast = memref::ReinterpretCastOp::create(
      b, location, type, metadata.getBaseBuffer(), offset, sizes, strides);
  expand.replaceAllUsesWith(cast);
  expand.erase();
}

namespace {
class LowerReshapesPass
    : public bitnet::impl::LowerReshapesPassBase<LowerReshapesPass> {
  void runOnOperation() override {
    for (func::FuncOp run : getTargetFunctions(getOperation(), graphEntryName))
      run.walk([](memref::ExpandShapeOp expand) { lower(expand); });
  }
};
} // namespace
