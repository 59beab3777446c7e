//===- TernaryRows.h - Formats of rows of trits -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What formats of rows of trits with a scale in front have in common. A Format
// has
//
//   elements, bytes      of a block
//   headBytes            in front of the blocks of a row
//   getScale(row)        the scale of the row
//   unpack(block, codes) writes the elements / 4 bytes of the block in the
//   order of
//                        TernaryMatrix; non-zero: one of the codes is 3
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_WEIGHTS_TERNARYROWS_H
#define BITNET_LIB_WEIGHTS_TERNARYROWS_H

#include "TernaryBlocks.h"

namespace mlir::bitnet {

/// Adds the scale of a row whose codes have been read, unless all are zeros.
/// `invalid`: some code is 3.
inline llvm::Error addRowScale(const TernaryMatrix &matrix, int64_t row,
                               float scale, bool invalid, BlockScales &scales) {
  llvm::ArrayRef<char> codes = matrix.getView().getRow(row);
  if (invalid)
    return makeInvalidCodeError(row, findInvalidCode(codes.data()));
  if (isZeroBlock(codes.data(), static_cast<int64_t>(codes.size())))
    return llvm::Error::success();
  return scales.add(row, /*firstColumn=*/0, scale);
}

template <typename Format>
void decodeTernaryRow(const char *row, FloatRow output) {
  float scale = Format::getScale(row);
  const char *block = row + Format::headBytes;
  char codes[Format::elements / 4];
  for (; !output.empty(); output = output.drop_front(Format::elements)) {
    Format::unpack(block, codes);
    decodeCodes(codes, scale, output.take_front(Format::elements));
    block += Format::bytes;
  }
}

template <typename Format>
llvm::Expected<TernaryMatrix> readTernaryRows(const StoredMatrix &matrix) {
  TernaryMatrix result(matrix.getRows(), matrix.getColumns());
  BlockScales scales(result.rows, result.columns, result.columns);
  const char *block = matrix.getBytes().data();
  char *codes = result.codes.data();
  for (int64_t row = 0; row < result.rows; ++row) {
    float scale = Format::getScale(block);
    block += Format::headBytes;
    uint32_t invalid = 0;
    for (int64_t column = 0; column < result.columns;
         column += Format::elements, block += Format::bytes,
                 codes += Format::elements / 4)
      invalid |= Format::unpack(block, codes);
    if (llvm::Error error =
            addRowScale(result, row, scale, invalid != 0, scales))
      return error;
  }
  std::move(scales).fold(result);
  return result;
}

} // namespace mlir::bitnet

#endif // BITNET_LIB_WEIGHTS_TERNARYROWS_H
