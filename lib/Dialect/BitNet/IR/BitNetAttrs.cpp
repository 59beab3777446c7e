//===- BitNetAttrs.cpp - Encodings, layouts and models --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/BitNet/IR/PlanesTable.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Stored
//===----------------------------------------------------------------------===//

int64_t StoredAttr::getByteSize(int64_t rows, int64_t columns) const {
  return getMatrixBytes(getWeightFormat(getKind()), rows, columns).value_or(-1);
}

//===----------------------------------------------------------------------===//
// Trits
//===----------------------------------------------------------------------===//

int64_t TritsAttr::getByteSize(int64_t rows, int64_t columns) const {
  return rows * llvm::divideCeil(columns, 4);
}

//===----------------------------------------------------------------------===//
// Bits
//===----------------------------------------------------------------------===//

int64_t BitsAttr::getByteSize(int64_t rows, int64_t columns) const {
  return rows * llvm::divideCeil(columns, 8);
}

//===----------------------------------------------------------------------===//
// Int8
//===----------------------------------------------------------------------===//

int64_t Int8Attr::getByteSize(int64_t rows, int64_t columns) const {
  return rows * columns;
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 ElementKind element, int64_t lanes,
                                 int64_t groups, int64_t block) {
  if (lanes < 1 || lanes > 64 || !llvm::isPowerOf2_64(lanes))
    return emitError() << "expects lanes to be a power of two up to 64, found "
                       << lanes;
  if (groups < 1 || groups > 16)
    return emitError() << "expects 1 to 16 groups, found " << groups;
  if (block < 0 || block > (1 << 20))
    return emitError() << "expects a block of 1 to " << (1 << 20)
                       << " steps, or 0 for all, found " << block;
  return success();
}

int64_t LayoutAttr::getByteSize(int64_t rows, int64_t columns) const {
  if (getElement() == ElementKind::Planes)
    return PlanesTable(*this, rows, columns).getByteSize();
  return getTileCount(rows) * getStepCount(columns) * getStepBytes();
}

//===----------------------------------------------------------------------===//
// Machine
//===----------------------------------------------------------------------===//

LogicalResult MachineAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t threads, int64_t clock,
                                  int64_t l2Bytes, int64_t l3Bytes,
                                  int64_t l2Bandwidth, int64_t l3Bandwidth,
                                  int64_t memoryBandwidthOne,
                                  int64_t memoryBandwidth) {
  if (l2Bytes < 0 || l3Bytes < 0)
    return emitError() << "expects caches of at least 0 bytes";
  for (int64_t value : {threads, clock, l2Bandwidth, l3Bandwidth,
                        memoryBandwidthOne, memoryBandwidth})
    if (value < 1)
      return emitError() << "expects threads, clock and bandwidths to be "
                            "positive, found "
                         << value;
  return success();
}

//===----------------------------------------------------------------------===//
// Model
//===----------------------------------------------------------------------===//

LogicalResult ModelAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringRef name, int64_t vocabularySize,
                                int64_t contextLength, int64_t embeddingLength,
                                int64_t layerCount, int64_t chunkSize,
                                Pooling /*pooling*/) {
  auto check = [&](StringRef what, int64_t value,
                   int64_t maximum) -> LogicalResult {
    if (value < 1 || value > maximum)
      return emitError() << "expects " << what << " in [1, " << maximum
                         << "], found " << value;
    return success();
  };
  return success(
      succeeded(check("vocabulary_size", vocabularySize, 1 << 24)) &&
      succeeded(check("context_length", contextLength, 1 << 24)) &&
      succeeded(check("embedding_length", embeddingLength, 1 << 20)) &&
      succeeded(check("layer_count", layerCount, 1 << 12)) &&
      succeeded(check("chunk_size", chunkSize, 1 << 12)));
}
