//===- TernaryBlocks.h - Formats of blocks of trits -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What formats of blocks of trits with an f16 scale have in common. A Format
// has
//
//   elements, bytes, scaleOffset    of a block
//   unpack(block, codes)            writes the elements / 4 bytes of the block
//   in
//                                   the order of TernaryMatrix; non-zero: one
//                                   of the codes is 3
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_WEIGHTS_TERNARYBLOCKS_H
#define BITNET_LIB_WEIGHTS_TERNARYBLOCKS_H

#include "BlockScales.h"
#include "CodePacking.h"
#include "Codecs.h"
#include "bitnet/Weights/HalfFloat.h"

namespace mlir::bitnet {

/// weight = scale * (code - 1), exact in a float.
inline void decodeCodes(const char *codes, float scale, FloatRow output) {
  for (size_t index = 0; index < output.size(); ++index)
    output[index] = scale * static_cast<float>(
                                (codes[index / 4] >> (index % 4 * 2) & 3) - 1);
}

/// The column of the first code 3.
inline int64_t findInvalidCode(const char *codes) {
  int64_t column = 0;
  while ((codes[column / 4] >> (column % 4 * 2) & 3) != 3)
    ++column;
  return column;
}

template <typename Format>
void decodeTernaryBlocks(const char *row, FloatRow output) {
  char codes[Format::elements / 4];
  for (; !output.empty(); output = output.drop_front(Format::elements)) {
    Format::unpack(row, codes);
    uint16_t scale = llvm::support::endian::read16le(row + Format::scaleOffset);
    decodeCodes(codes, decodeF16(scale), output.take_front(Format::elements));
    row += Format::bytes;
  }
}

template <typename Format>
llvm::Expected<TernaryMatrix> readTernaryBlocks(const StoredMatrix &matrix) {
  TernaryMatrix result(matrix.getRows(), matrix.getColumns());
  BlockScales scales(result.rows, result.columns, Format::elements);
  const char *block = matrix.getBytes().data();
  char *codes = result.codes.data();
  for (int64_t row = 0; row < result.rows; ++row)
    for (int64_t column = 0; column < result.columns;
         column += Format::elements, block += Format::bytes,
                 codes += Format::elements / 4) {
      float scale = decodeF16(
          llvm::support::endian::read16le(block + Format::scaleOffset));
      // The result begins as zeros, which is what a zero scale means.
      if (scale == 0)
        continue;
      if (Format::unpack(block, codes))
        return makeInvalidCodeError(row, column + findInvalidCode(codes));
      if (isZeroBlock(codes, Format::elements / 4))
        continue;
      if (llvm::Error error = scales.add(row, column, scale))
        return error;
    }
  std::move(scales).fold(result);
  return result;
}

} // namespace mlir::bitnet

#endif // BITNET_LIB_WEIGHTS_TERNARYBLOCKS_H
