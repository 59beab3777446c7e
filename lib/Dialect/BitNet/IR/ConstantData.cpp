//===- ConstantData.cpp - Bytes behind constants --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::bitnet;

std::optional<ArrayRef<char>>
mlir::bitnet::getConstantBytes(ElementsAttr data, std::vector<char> &scratch) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(data)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    size_t expected = data.getNumElements() *
                      data.getShapedType().getElementTypeBitWidth() / 8;
    if (!blob || blob->getData().size() != expected)
      return std::nullopt;
    return blob->getData();
  }
  auto dense = dyn_cast<DenseElementsAttr>(data);
  if (!dense)
    return std::nullopt;
  ArrayRef<char> bytes = dense.getRawData();
  if (!dense.isSplat())
    return bytes;
  scratch.clear();
  for (int64_t i = 0, count = data.getNumElements(); i < count; ++i)
    scratch.insert(scratch.end(), bytes.begin(), bytes.end());
  return ArrayRef<char>(scratch);
}

ElementsAttr mlir::bitnet::makeConstant(RankedTensorType type, StringRef name,
                                        std::vector<char> &&bytes) {
  auto *owned = new std::vector<char>(std::move(bytes));
  AsmResourceBlob blob(
      ArrayRef<char>(*owned), alignof(std::max_align_t),
      [owned](void *, size_t, size_t) { delete owned; },
      /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

ElementsAttr mlir::bitnet::makeMappedConstant(RankedTensorType type,
                                              StringRef name,
                                              ArrayRef<char> bytes) {
  AsmResourceBlob blob(bytes, /*dataAlignment=*/1, /*deleter=*/{},
                       /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

WeightDataReleaser::WeightDataReleaser(Operation *root) {
  root->walk([&](WeightOp weight) { ++users[weight.getData()]; });
}

void WeightDataReleaser::release(ElementsAttr data) {
  if (--users[data] > 0)
    return;
  auto resource = dyn_cast<DenseResourceElementsAttr>(data);
  if (!resource)
    return;
  if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
    data.getContext()->getLoadedDialect<BitNetDialect>()->discardPages(
        blob->getData());
  resource.getRawHandle().getResource()->setBlob(AsmResourceBlob());
}

// The two enumerations have one order.
static_assert(getMaxEnumValForStorageKind() ==
              static_cast<unsigned>(WeightFormat::PackedRows));

WeightFormat mlir::bitnet::getWeightFormat(StorageKind kind) {
  return static_cast<WeightFormat>(kind);
}

StorageKind mlir::bitnet::getStorageKind(WeightFormat format) {
  return static_cast<StorageKind>(format);
}
