//===- AttentionFacts.cpp - What the runtime knows of attention -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionFacts.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Kernels/Kernels.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::bitnet;

/// How the keys of an attention are rotated, as rotationsAttrName has it; null
/// if that cannot be told.
static DictionaryAttr getRotation(AttentionOp op) {
  Value table = op.getTable();
  bool isInterleaved = op.getInterleaved();
  if (!table)
    if (auto rope = op.getKey().getDefiningOp<RopeOp>()) {
      if (static_cast<int64_t>(rope.getHeadSize()) !=
          op.getCache().getType().getHeadSize())
        return {};
      table = rope.getTable();
      isInterleaved = rope.getInterleaved();
    }
  Builder b(op.getContext());
  DenseF64ArrayAttr frequencies = b.getDenseF64ArrayAttr({});
  if (table) {
    auto producer = table.getDefiningOp<RotationTableOp>();
    if (!producer)
      return {};
    frequencies = producer.getFrequenciesAttr();
  }
  return b.getDictionaryAttr(
      {b.getNamedAttr("frequencies", frequencies),
       b.getNamedAttr("interleaved", b.getBoolAttr(isInterleaved))});
}

void mlir::bitnet::recordAttentionFacts(ModuleOp module, int64_t chunkSize) {
  Builder b(module.getContext());
  int64_t rows = 0, slots = 0;
  SmallVector<Attribute> rotations;
  bool areKnown = true;
  module.walk([&](AttentionOp op) {
    KVCacheType cache = op.getCache().getType();
    slots = getAttentionSlots(cache.getContextLength(), chunkSize);
    int64_t heads =
        cast<RankedTensorType>(op.getQuery().getType()).getDimSize(1) /
        cache.getHeadSize();
    AttentionSpec spec{heads, cache.getHeads(), cache.getHeadSize(), 0, 0, 0,
                       0};
    rows = rows ? std::min(rows, spec.getWorkRows()) : spec.getWorkRows();
    rotations.resize(std::max<size_t>(rotations.size(), cache.getLayers()));
    DictionaryAttr rotation = getRotation(op);
    Attribute &known = rotations[op.getLayer()];
    areKnown &= rotation && (!known || known == rotation);
    known = rotation;
  });
  if (rows == 0)
    return;
  module->setAttr(bitnet_runtime::attentionRowsAttrName,
                  b.getI64IntegerAttr(rows));
  module->setAttr(bitnet_runtime::attentionSlotsAttrName,
                  b.getI64IntegerAttr(slots));
  if (areKnown && !llvm::is_contained(rotations, Attribute()))
    module->setAttr(bitnet_runtime::rotationsAttrName,
                    b.getArrayAttr(rotations));
}
