//===- CacheDescriptor.cpp - Facts about the KV cache ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CacheDescriptor.h"
#include "ConstantBuilder.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "llvm/IR/Constants.h"

using namespace mlir;
using namespace mlir::bitnet;

/// [layers] of struct bitnet_layer_rotation, or null. Layers that rotate alike
/// share their frequencies.
static llvm::Constant *makeRotations(llvm::Module &module, ArrayAttr layers) {
  ConstantBuilder b(module);
  if (!layers)
    return b.makeNull();
  DenseMap<Attribute, llvm::Constant *> arrays;
  SmallVector<llvm::Constant *> rows;
  for (auto layer : layers.getAsRange<DictionaryAttr>()) {
    auto frequencies = layer.getAs<DenseF64ArrayAttr>("frequencies");
    auto interleaved = layer.getAs<BoolAttr>("interleaved");
    llvm::Constant *&array = arrays[frequencies];
    if (!array)
      array =
          frequencies.empty()
              ? b.makeNull()
              : b.makeGlobal(llvm::ConstantDataArray::get(
                                 module.getContext(), frequencies.asArrayRef()),
                             "frequencies");
    rows.push_back(b.makeStruct({array, b.makeInt32(frequencies.size()),
                                 b.makeInt32(interleaved.getValue())}));
  }
  return b.makeArray(rows, "rotations");
}

llvm::Constant *mlir::bitnet::makeCacheDescriptor(llvm::Module &module,
                                                  ModuleOp source) {
  ConstantBuilder b(module);
  auto cache = cast<KVCacheType>(
      source->getAttrOfType<TypeAttr>(bitnet_runtime::kvCacheAttrName)
          .getValue());
  auto rows =
      source->getAttrOfType<IntegerAttr>(bitnet_runtime::attentionRowsAttrName);
  auto slots = source->getAttrOfType<IntegerAttr>(
      bitnet_runtime::attentionSlotsAttrName);
  return b.makeStruct(
      {b.makeInt32(cache.getLayers()), b.makeInt32(cache.getHeads()),
       b.makeInt32(cache.getHeadSize()),
       b.makeInt32(static_cast<int64_t>(cache.getElement())),
       b.makeInt32(rows ? rows.getInt() : 1),
       b.makeInt32(slots ? slots.getInt() : 0),
       makeRotations(module, source->getAttrOfType<ArrayAttr>(
                                 bitnet_runtime::rotationsAttrName))});
}
