//===- TQ2_0.cpp - Trits in 2 bits with block scales ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 256 elements in 66 bytes:
//
//   bytes  0-31  elements   0 .. 127        bits 1-0  element p of the half
//         32-63  elements 128 .. 255             3-2          32 + p
//         64-65  f16 d                           5-4          64 + p
//                                                7-6          96 + p
//
// Byte p of a half holds the four elements on the right. Codes 0, 1, 2 are -1,
// 0, +1; code 3 would be +2. weight = d * trit, exact in a float.
//
//===----------------------------------------------------------------------===//
#include "BlockScales.h"
#include "CodePacking.h"
#include "Codecs.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir::bitnet;
namespace endian = llvm::support::endian;

static constexpr int64_t blockElements = 256, blockBytes = 66, codeBytes = 64;

static int getCode(const char *block, int64_t element) {
  int64_t half = element / 128, part = element % 128 / 32;
  return (block[32 * half + element % 32] >> (2 * part)) & 3;
}

void mlir::bitnet::decodeRowTQ20(const char *row, FloatRow output) {
  for (; !output.empty(); output = output.drop_front(blockElements)) {
    float scale = decodeF16(endian::read16le(row + codeBytes));
    for (int64_t index = 0; index < blockElements; ++index)
      output[index] = scale * static_cast<float>(getCode(row, index) - 1);
    row += blockBytes;
  }
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readTQ20(const StoredMatrix &matrix) {
  TernaryMatrix result(matrix.getRows(), matrix.getColumns());
  BlockScales scales(result.rows, result.columns, blockElements);
  const char *block = matrix.getBytes().data();
  char *packed = result.codes.data();
  for (int64_t row = 0; row < result.rows; ++row)
    for (int64_t column = 0; column < result.columns;
         column += blockElements, block += blockBytes, packed += codeBytes) {
      float scale = decodeF16(endian::read16le(block + codeBytes));
      // The result begins as zeros, which is what a zero scale means.
      if (scale == 0)
        continue;
      uint32_t invalid = unpackInterleaved<32, false>(block, packed) |
                         unpackInterleaved<32, false>(block + 32, packed + 32);
      if (invalid) {
        int64_t element = 0;
        while (getCode(block, element) != 3)
          ++element;
        return makeInvalidCodeError(row, column + element);
      }
      if (isZeroBlock(packed, codeBytes))
        continue;
      if (llvm::Error error = scales.add(row, column, scale))
        return error;
    }
  std::move(scales).fold(result);
  return result;
}
