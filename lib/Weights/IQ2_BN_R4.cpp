//===- IQ2_BN_R4.cpp - Four interleaved rows of trits ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Four rows of K elements in 16 + K bytes:
//
//   bytes  0-15  f32 d of each row
//         16-    blocks of 64 columns in 64 bytes; column 16 * l + 4 * g + i of
//                row r is the two bits 2 * g of byte 16 * l + 4 * r + i
//
// Codes 0, 1, 2 are -1, 0, +1; code 3 would be +2. weight = d * trit.
//
//===----------------------------------------------------------------------===//
#include "TernaryRows.h"

using namespace mlir::bitnet;
namespace endian = llvm::support::endian;

static constexpr int64_t groupRows = 4;

/// The group of `row`, and its scale.
static const char *findGroup(const StoredMatrix &matrix, int64_t row,
                             float &scale) {
  int64_t groupBytes = groupRows * (4 + matrix.getColumns() / 4);
  const char *group = matrix.getBytes().data() + row / groupRows * groupBytes;
  scale = std::bit_cast<float>(endian::read32le(group + 4 * (row % groupRows)));
  return group + 16;
}

/// The codes of 16 columns, from `column` on, in plain order.
static uint32_t readWord(const char *group, int64_t row, int64_t column) {
  return transposeCodes(
      endian::read32le(group + column + 4 * (row % groupRows)));
}

void mlir::bitnet::decodeRowIQ2BNR4(const StoredMatrix &matrix, int64_t row,
                                    FloatRow output) {
  float scale;
  const char *group = findGroup(matrix, row, scale);
  for (int64_t column = 0; column < matrix.getColumns(); column += 16) {
    char codes[4];
    endian::write32le(codes, readWord(group, row, column));
    decodeCodes(codes, scale, output.slice(column, 16));
  }
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readIQ2BNR4(const StoredMatrix &matrix) {
  TernaryMatrix result(matrix.getRows(), matrix.getColumns());
  BlockScales scales(result.rows, result.columns, result.columns);
  char *codes = result.codes.data();
  for (int64_t row = 0; row < result.rows; ++row) {
    float scale;
    const char *group = findGroup(matrix, row, scale);
    uint32_t invalid = 0;
    for (int64_t column = 0; column < result.columns;
         column += 16, codes += 4) {
      uint32_t word = readWord(group, row, column);
      invalid |= findInvalid(word);
      endian::write32le(codes, word);
    }
    if (llvm::Error error =
            addRowScale(result, row, scale, invalid != 0, scales))
      return error;
  }
  std::move(scales).fold(result);
  return result;
}
