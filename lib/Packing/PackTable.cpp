//===- PackTable.cpp - Embeddings and output heads into packed layouts ----===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Packing/Packing.h"
#include "llvm/ADT/STLExtras.h"

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
static int32_t roundHalfEven(double value) {
  constexpr double magic = 6755399441055744.0; // 1.5 · 2^52
  double shifted = value + magic;
  return static_cast<int32_t>(shifted - magic);
}

/// The largest magnitude of a row, or the error about its first value that is
/// not below `limit` in magnitude.
static llvm::Expected<float> findLargest(llvm::ArrayRef<float> values,
                                         int64_t row, float limit,
                                         llvm::StringRef expected) {
  float largest = 0;
  bool isValid = true;
  for (float value : values) {
    float magnitude = std::fabs(value);
    isValid &= magnitude < limit; // false for not-a-number
    largest = magnitude > largest ? magnitude : largest;
  }
  if (isValid)
    return largest;
  const float *bad = llvm::find_if(
      values, [&](float value) { return !(std::fabs(value) < limit); });
  return makeRangeError(row, bad - values.begin(), *bad, expected);
}

/// Writes a row of halves, one for each step of `stepBytes`.
static void packHalves(llvm::ArrayRef<float> values, char *lane,
                       int64_t stepBytes) {
  for (float value : values) {
    auto half = static_cast<_Float16>(value);
    std::memcpy(lane, &half, sizeof(half));
    lane += stepBytes;
  }
}

/// Writes a row of bytes, four for each step of `stepBytes`. The multiplier of
/// a row of subnormal numbers would be infinite in f32.
static void packBytes(llvm::ArrayRef<float> values, double multiplier,
                      char *lane, int64_t stepBytes) {
  for (auto [k, value] : llvm::enumerate(values))
    lane[k / 4 * stepBytes + k % 4] =
        char(roundHalfEven(value * multiplier) + 128);
}

llvm::Expected<PackedData> mlir::bitnet::packTable(const StoredMatrix &matrix,
                                                   LayoutAttr layout) {
  bool isHalf = layout.getElement() == ElementKind::F16;
  int64_t rows = matrix.getRows(), columns = matrix.getColumns();
  int64_t tileRows = layout.getTileRows();
  int64_t tileBytes = layout.getStepCount(columns) * layout.getStepBytes();
  PackedData packed;
  packed.bytes.assign(layout.getTileCount(rows) * tileBytes,
                      isHalf ? 0 : char(128));
  if (!isHalf)
    packed.scales.resize(rows);

  std::vector<float> values(columns);
  for (int64_t row = 0; row < rows; ++row) {
    matrix.decodeRow(row, values);
    char *lane = packed.bytes.data() + (row / tileRows) * tileBytes +
                 (row % tileRows) * layout.getLaneBytes();
    // 65520 is the first number that rounds to infinity in half precision.
    llvm::Expected<float> largest =
        findLargest(values, row, isHalf ? 65520.0f : INFINITY,
                    isHalf ? "half precision" : "finite");
    if (!largest)
      return largest.takeError();
    if (isHalf) {
      packHalves(values, lane, layout.getStepBytes());
    } else {
      packed.scales[row] = *largest / 127.0f;
      packBytes(values, *largest > 0 ? 127.0 / *largest : 0.0, lane,
                layout.getStepBytes());
    }
  }
  return packed;
}
