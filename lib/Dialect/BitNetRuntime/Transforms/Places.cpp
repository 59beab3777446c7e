//===- Places.cpp - Places in an arena and in the weights section ---------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNetRuntime/Transforms/Places.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet_runtime;

int64_t bitnet_runtime::assignOffsets(MutableArrayRef<Place *> places) {
  SmallVector<Place *> order(places);
  // Equal sizes in the order in which they lie in the caller's array.
  llvm::sort(order, [](const Place *lhs, const Place *rhs) {
    return std::pair(-lhs->bytes, lhs) < std::pair(-rhs->bytes, rhs);
  });
  int64_t size = 0;
  for (Place *place : order) {
    SmallVector<const Place *> neighbours;
    for (const Place *other : places)
      if (other->offset >= 0 && place->livesWith(*other))
        neighbours.push_back(other);
    llvm::sort(neighbours, [](const Place *lhs, const Place *rhs) {
      return lhs->offset < rhs->offset;
    });
    int64_t offset = 0;
    for (const Place *other : neighbours) {
      if (other->offset - offset >= place->bytes)
        break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    place->offset = offset;
    size = std::max(size, offset + place->bytes);
  }
  return size;
}

int64_t bitnet_runtime::assignBlobOffsets(ModuleOp module) {
  SymbolTable symbols(module);
  int64_t size = 0;
  auto place = [&](BlobOp blob) {
    if (blob.getOffset())
      return;
    blob.setOffset(size);
    auto type = cast<ShapedType>(blob.getData().getType());
    size = llvm::alignTo(size + type.getNumElements() *
                                    type.getElementTypeBitWidth() / 8,
                         placeAlignment);
  };
  for (BlobOp blob : module.getOps<BlobOp>())
    blob.removeOffsetAttr();
  module.walk([&](BlobAddressOp address) {
    place(symbols.lookup<BlobOp>(address.getBlob()));
  });
  for (BlobOp blob : module.getOps<BlobOp>())
    place(blob);
  return size;
}
