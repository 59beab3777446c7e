//===- I2_S.cpp - Trits as bitnet.cpp stores them -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The matrix is flattened row by row and cut into groups of 4 * S elements,
// S = 32 (I2_S) or 16 (I2_S64). A group is S bytes:
//
//   byte p    | element p | S + p | 2S + p | 3S + p |       p = 0 .. S-1
//   bits       7         6 5     4 3      2 1      0
//
// Codes 0, 1, 2 are -1, 0, +1. Behind the last group follow 32 bytes:
//
//   bytes 0-3  f32 scale of the whole matrix
//         4-31 unused
//
//===----------------------------------------------------------------------===//
#include "CodePacking.h"
#include "Codecs.h"

#include <cmath>

using namespace mlir::bitnet;
namespace endian = llvm::support::endian;

static int64_t getStride(const StoredMatrix &matrix) {
  return matrix.getFormat() == WeightFormat::I2_S ? 32 : 16;
}

/// The code of an element by its place in the flattened matrix.
static int getCode(const StoredMatrix &matrix, int64_t element) {
  int64_t stride = getStride(matrix);
  int64_t group = element / (4 * stride), inside = element % (4 * stride);
  char byte = matrix.getBytes()[group * stride + inside % stride];
  return (byte >> (6 - 2 * (inside / stride))) & 3;
}

static float getScale(const StoredMatrix &matrix) {
  constexpr int64_t tailBytes = 32;
  return std::bit_cast<float>(
      endian::read32le(matrix.getBytes().take_back(tailBytes).data()));
}

void mlir::bitnet::decodeRowI2S(const StoredMatrix &matrix, int64_t row,
                                FloatRow output) {
  float scale = getScale(matrix);
  int64_t first = row * matrix.getColumns();
  for (size_t index = 0; index < output.size(); ++index)
    output[index] =
        scale * static_cast<float>(getCode(matrix, first + index) - 1);
}

/// Unpacks all groups to `packed`, without row boundaries. Non-zero: some code
/// is 3.
template <int stride>
static uint32_t unpackAll(llvm::ArrayRef<char> groups, char *packed) {
  uint32_t invalid = 0;
  for (size_t offset = 0; offset < groups.size(); offset += stride)
    invalid |= unpackInterleaved<stride, /*topFirst=*/true>(
        groups.data() + offset, packed + offset);
  return invalid;
}

/// The rare matrix whose rows do not end at a byte boundary.
static void copyRagged(const StoredMatrix &matrix, TernaryMatrix &result) {
  int64_t element = 0;
  for (int64_t row = 0; row < result.rows; ++row)
    for (int64_t column = 0; column < result.columns; ++column)
      result.setTrit(row, column, getCode(matrix, element++) - 1);
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readI2S(const StoredMatrix &matrix) {
  float scale = getScale(matrix);
  if (!std::isfinite(scale))
    return llvm::createStringError(
        "scale of I2_S: expects a finite number, found " +
        llvm::Twine(std::isnan(scale) ? "not-a-number" : "infinity"));

  int64_t columns = matrix.getColumns();
  TernaryMatrix result(matrix.getRows(), columns);
  result.scales = {scale};
  llvm::ArrayRef<char> groups =
      matrix.getBytes().take_front(matrix.getRows() * columns / 4);
  // Codes of consecutive rows are consecutive in the result, too, if whole
  // bytes make a row.
  uint32_t invalid = 0;
  if (columns % 4 != 0) {
    for (char byte : groups)
      invalid |= byte & (byte >> 1) & 0x55;
    if (!invalid)
      copyRagged(matrix, result);
  } else if (matrix.getFormat() == WeightFormat::I2_S) {
    invalid = unpackAll<32>(groups, result.codes.data());
  } else {
    invalid = unpackAll<16>(groups, result.codes.data());
  }
  if (!invalid)
    return result;
  int64_t element = 0;
  while (getCode(matrix, element) != 3)
    ++element;
  return makeInvalidCodeError(element / columns, element % columns);
}
