//===- BitNetAttrs.cpp - Encodings, layouts and models -*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Stored
//===----------------------------------------------------------------------===//

namespace {
/// Size of a format that stores rows as blocks; see ggml's type table.
struct BlockFormat {
  int64_t elements;
  int64_t bytes;
};
} // namespace

static BlockFormat getBlockFormat(StorageKind kind) {
  switch (kind) {
  case StorageKind::F32:
    return {1, 4};
  case StorageKind::F16:
  case StorageKind::BF16:
    return {1, 2};
  case StorageKind::Q8_0:
    return {32, 34};
  case StorageKind::Q6_K:
    return {256, 210};
  case StorageKind::TQ1_0:
    return {256, 54};
  case StorageKind::TQ2_0:
    return {256, 66};
  case StorageKind::I2_S:
    return {128, 32};
  case StorageKind::I2_S64:
    return {64, 16};
  }
  llvm_unreachable("unknown storage kind");
}

int64_t StoredAttr::getByteSize(int64_t rows, int64_t columns) const {
  BlockFormat format = getBlockFormat(getKind());
  if (columns % format.elements != 0)
    return -1;
  int64_t bytes = rows * (columns / format.elements) * format.bytes;
  bool hasScaleTail =
      getKind() == StorageKind::I2_S || getKind() == StorageKind::I2_S64;
  return hasScaleTail ? bytes + 32 : bytes;
}

//===----------------------------------------------------------------------===//
// Trits
//===----------------------------------------------------------------------===//

int64_t TritsAttr::getByteSize(int64_t rows, int64_t columns) const {
  return rows * llvm::divideCeil(columns, 4);
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 ElementKind element, int64_t lanes,
                                 int64_t groups) {
  if (lanes < 1 || lanes > 64 || !llvm::isPowerOf2_64(lanes))
    return emitError() << "expects lanes to be a power of two up to 64, found "
                       << lanes;
  if (groups < 1 || groups > 16)
    return emitError() << "expects 1 to 16 groups, found " << groups;
  return success();
}

int64_t LayoutAttr::getStepColumns() const {
  switch (getElement()) {
  case ElementKind::Trit:
    return 16;
  case ElementKind::Int8:
    return 4;
  case ElementKind::F16:
    return 1;
  }
  llvm_unreachable("unknown element kind");
}

int64_t LayoutAttr::getByteSize(int64_t rows, int64_t columns) const {
  return getTileCount(rows) * getStepCount(columns) * getStepBytes();
}

//===----------------------------------------------------------------------===//
// Model
//===----------------------------------------------------------------------===//

LogicalResult ModelAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringRef name, int64_t vocabularySize,
                                int64_t contextLength, int64_t embeddingLength,
                                int64_t layerCount, int64_t chunkSize) {
  auto check = [&](StringRef what, int64_t value,
                   int64_t maximum) -> LogicalResult {
    if (value < 1 || value > maximum)
      return emitError() << "expects " << what << " in [1, " << maximum
                         << "], found " << value;
    return success();
  };
  return success(succeeded(check("vocabulary_size", vocabularySize, 1 << 24)) &&
                 succeeded(check("context_length", contextLength, 1 << 24)) &&
                 succeeded(check("embedding_length", embeddingLength,
                                 1 << 20)) &&
                 succeeded(check("layer_count", layerCount, 1 << 12)) &&
                 succeeded(check("chunk_size", chunkSize, 1 << 12)));
}
