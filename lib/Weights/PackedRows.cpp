//===- PackedRows.cpp - Trits of four rows to a byte ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A matrix of M x K elements as M / 4 rows of K bytes, as transformers packs
// it:
//
//   element k of row i * M / 4 + r is the two bits 2 * i of byte k of row r
//
// Codes 0, 1, 2 are -1, 0, +1; code 3 would be +2. There is no scale: weight =
// trit.
//
//===----------------------------------------------------------------------===//
#include "TernaryBlocks.h"

using namespace mlir::bitnet;

/// The bytes with the codes of `row`, and the bit of those codes.
static const char *findBytes(const StoredMatrix &matrix, int64_t row,
                             int &shift) {
  int64_t byteRows = matrix.getRows() / 4;
  shift = static_cast<int>(2 * (row / byteRows));
  return matrix.getBytes().data() + row % byteRows * matrix.getColumns();
}

void mlir::bitnet::decodeRowPackedRows(const StoredMatrix &matrix, int64_t row,
                                       FloatRow output) {
  int shift;
  const char *bytes = findBytes(matrix, row, shift);
  for (size_t column = 0; column < output.size(); ++column)
    output[column] = static_cast<float>((bytes[column] >> shift & 3) - 1);
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readPackedRows(const StoredMatrix &matrix) {
  TernaryMatrix result(matrix.getRows(), matrix.getColumns());
  result.scales = {1};
  int64_t byteRows = result.rows / 4, rowBytes = result.getView().getRowBytes();
  int64_t whole = result.columns / 4;
  uint32_t invalid = 0;
  for (int64_t byteRow = 0; byteRow < byteRows; ++byteRow) {
    const char *bytes = matrix.getBytes().data() + byteRow * result.columns;
    char *codes = result.codes.data() + byteRow * rowBytes;
    for (int64_t index = 0; index < whole; ++index) {
      uint32_t four =
          transposeCodes(llvm::support::endian::read32le(bytes + 4 * index));
      invalid |= findInvalid(four);
      for (int part = 0; part < 4; ++part)
        codes[part * byteRows * rowBytes + index] =
            static_cast<char>(four >> (8 * part));
    }
  }
  for (int64_t row = 0; row < result.rows && result.columns % 4 != 0; ++row) {
    int shift;
    const char *bytes = findBytes(matrix, row, shift);
    for (int64_t column = 4 * whole; column < result.columns; ++column) {
      int code = bytes[column] >> shift & 3;
      if (code == 3)
        return makeInvalidCodeError(row, column);
      result.setTrit(row, column, code - 1);
    }
  }
  if (!invalid)
    return result;
  std::pair<int64_t, int64_t> place = *result.getView().findInvalidCode();
  return makeInvalidCodeError(place.first, place.second);
}
