//===- PackTable.cpp - Embeddings and output heads into packed layouts ----===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Packing/Packing.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

/// A number that is not finite, or that overflows half precision.
static llvm::Error makeRangeError(int64_t row, int64_t column, float value,
                                  llvm::StringRef expected) {
  return llvm::createStringError(llvm::Twine("expects ") + expected +
                                 " values, found " + std::to_string(value) +
                                 " in row " + llvm::Twine(row) + ", column " +
                                 llvm::Twine(column));
}

/// Half to even, whatever the rounding mode of the C library.
static int32_t roundHalfEven(float value) {
  constexpr float magic = 12582912.0f; // 1.5 · 2^23
  volatile float shifted = value + magic;
  return static_cast<int32_t>(shifted - magic);
}

llvm::Expected<PackedData> mlir::bitnet::packTable(const StoredMatrix &matrix,
                                                   LayoutAttr layout) {
  bool isHalf = layout.getElement() == ElementKind::F16;
  int64_t rows = matrix.getRows(), columns = matrix.getColumns();
  int64_t tileRows = layout.getTileRows();
  int64_t stepColumns = layout.getStepColumns();
  int64_t elementBytes = isHalf ? 2 : 1;
  int64_t tileBytes = layout.getStepCount(columns) * layout.getStepBytes();
  PackedData packed;
  packed.bytes.assign(layout.getTileCount(rows) * tileBytes,
                      isHalf ? 0 : char(128));
  if (!isHalf)
    packed.scales.resize(rows);

  std::vector<float> values(columns);
  for (int64_t row = 0; row < rows; ++row) {
    matrix.decodeRow(row, values);
    float largest = 0;
    for (int64_t k = 0; k < columns; ++k) {
      float magnitude = std::fabs(values[k]);
      // 65520 is the first number that rounds to infinity in half precision.
      if (!(magnitude < (isHalf ? 65520.0f : INFINITY)))
        return makeRangeError(row, k, values[k],
                              isHalf ? "half precision" : "finite");
      largest = std::max(largest, magnitude);
    }
    float multiplier = largest > 0 ? 127.0f / largest : 0.0f;
    if (!isHalf)
      packed.scales[row] = largest / 127.0f;
    char *lane = packed.bytes.data() + (row / tileRows) * tileBytes +
                 (row % tileRows) * stepColumns * elementBytes;
    for (int64_t k = 0; k < columns; ++k) {
      char *element = lane + (k / stepColumns) * layout.getStepBytes() +
                      (k % stepColumns) * elementBytes;
      if (isHalf) {
        auto half = static_cast<_Float16>(values[k]);
        std::memcpy(element, &half, sizeof(half));
      } else {
        *element = char(roundHalfEven(values[k] * multiplier) + 128);
      }
    }
  }
  return packed;
}
