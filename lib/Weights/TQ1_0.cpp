//===- TQ1_0.cpp - Trits in base 3 with block scales ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 256 elements in 54 bytes:
//
//   bytes  0-31  elements   0 .. 159   5 to a byte: 32 * n + m is trit n of
//                                      byte m
//         32-47  elements 160 .. 239   5 to a byte: 160 + 16 * n + m is trit n
//                                      of byte 32 + m
//         48-51  elements 240 .. 255   4 to a byte: 240 + 4 * n + m is trit n
//                                      of byte 48 + m
//         52-53  f16 d
//
// A byte is the fraction v / 243 in 1/256, rounded up, where v has the codes of
// its trits as base-3 digits, trit 0 the most significant. Multiplying the
// fraction by 3^n and dropping the integer part leaves trit n as the next
// digit, so trit n = ((byte * 3^n mod 256) * 3) / 256. Codes 0, 1, 2 are -1, 0,
// +1. weight = d * trit, exact in a float.
//
//===----------------------------------------------------------------------===//
#include "BlockScales.h"
#include "CodePacking.h"
#include "Codecs.h"
#include "bitnet/Weights/HalfFloat.h"

using namespace mlir::bitnet;
namespace endian = llvm::support::endian;

static constexpr int64_t blockElements = 256, blockBytes = 54, scaleOffset = 52;

/// Decodes `count` bytes of `digits` trits: trit n of byte m becomes
/// codes[n * count + m].
template <int count, int digits>
static void decodeDigits(const char *source, uint8_t *codes) {
  uint8_t power = 1;
  for (int digit = 0; digit < digits; ++digit) {
    for (int byte = 0; byte < count; ++byte) {
      auto fraction =
          static_cast<uint8_t>(static_cast<uint8_t>(source[byte]) * power);
      codes[digit * count + byte] = static_cast<uint8_t>((fraction * 3) >> 8);
    }
    power *= 3;
  }
}

static void decodeBlock(const char *block, uint8_t *codes) {
  decodeDigits<32, 5>(block, codes);
  decodeDigits<16, 5>(block + 32, codes + 160);
  decodeDigits<4, 4>(block + 48, codes + 240);
}

void mlir::bitnet::decodeRowTQ10(const char *row, FloatRow output) {
  uint8_t codes[blockElements];
  for (; !output.empty(); output = output.drop_front(blockElements)) {
    float scale = decodeF16(endian::read16le(row + scaleOffset));
    decodeBlock(row, codes);
    for (int64_t index = 0; index < blockElements; ++index)
      output[index] = scale * static_cast<float>(codes[index] - 1);
    row += blockBytes;
  }
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readTQ10(const StoredMatrix &matrix) {
  TernaryMatrix result(matrix.getRows(), matrix.getColumns());
  BlockScales scales(result.rows, result.columns, blockElements);
  const char *block = matrix.getBytes().data();
  char *packed = result.codes.data();
  uint8_t codes[blockElements];
  for (int64_t row = 0; row < result.rows; ++row)
    for (int64_t column = 0; column < result.columns; column += blockElements,
                 block += blockBytes, packed += blockElements / 4) {
      float scale = decodeF16(endian::read16le(block + scaleOffset));
      // The result begins as zeros, which is what a zero scale means.
      if (scale == 0)
        continue;
      decodeBlock(block, codes);
      packCodes(codes, blockElements, packed);
      if (isZeroBlock(packed, blockElements / 4))
        continue;
      if (llvm::Error error = scales.add(row, column, scale))
        return error;
    }
  std::move(scales).fold(result);
  return result;
}
