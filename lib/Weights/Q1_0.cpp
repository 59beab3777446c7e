//===- Q1_0.cpp - Signs in a bit each with block scales -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 128 elements in 18 bytes:
//
//   bytes  0-1   f16 d
//          2-17  element k is bit k mod 8 of byte 2 + k / 8
//
// A bit 1 is +d, 0 is -d, exact in a float. The order is that of BinaryMatrix.
//
//===----------------------------------------------------------------------===//
#include "BlockScales.h"
#include "Codecs.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

#include <cstring>

using namespace mlir::bitnet;
namespace endian = llvm::support::endian;

static constexpr int64_t blockElements = 128, blockBytes = 18, scaleBytes = 2,
                         bitBytes = blockElements / 8;

void mlir::bitnet::decodeRowQ10(const char *row, FloatRow output) {
  for (; !output.empty(); output = output.drop_front(blockElements)) {
    float scale = decodeF16(endian::read16le(row));
    const char *bits = row + scaleBytes;
    for (int64_t index = 0; index < blockElements; ++index)
      output[index] = bits[index / 8] >> (index % 8) & 1 ? scale : -scale;
    row += blockBytes;
  }
}

llvm::Expected<BinaryMatrix> mlir::bitnet::readQ10(const StoredMatrix &matrix) {
  BinaryMatrix result(matrix.getRows(), matrix.getColumns());
  BlockScales scales(result.rows, result.columns, blockElements);
  const char *block = matrix.getBytes().data();
  char *bits = result.bytes.data();
  for (int64_t row = 0; row < result.rows; ++row)
    for (int64_t column = 0; column < result.columns;
         column += blockElements, block += blockBytes, bits += bitBytes) {
      float scale = decodeF16(endian::read16le(block));
      if (llvm::Error error = scales.add(row, column, scale))
        return error;
      std::memcpy(bits, block + scaleBytes, bitBytes);
    }
  std::move(scales).fold(result);
  return result;
}
