//===- DecodeQ6_K.cpp - Q6_K to float -------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 256 elements in 210 bytes:
//
//   bytes   0-127  ql, low 4 bits of the values    64 bytes per half
//         128-191  qh, high 2 bits of the values   32 bytes per half
//         192-207  int8 scales of 16 elements       8 per half
//         208-209  f16 d
//
// Element 32 * g + l (g 0..3, l 0..31) of a half of 128 has its low bits in
// nibble g / 2 of ql[32 * (g % 2) + l], its high bits at bit 2 * g of qh[l],
// and scale 2 * g + l / 16:
//
//   weight = d * scale * (value - 32)      rounded once, at the second product
//
//===----------------------------------------------------------------------===//
#include "Codecs.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

/// Decodes 128 elements.
static void decodeHalf(const uint8_t *low, const uint8_t *high,
                       const int8_t *scales, float blockScale, float *output) {
  for (int part = 0; part < 4; ++part) {
    const uint8_t *nibbles = low + 32 * (part % 2);
    int shift = 4 * (part / 2);
    for (int run = 0; run < 2; ++run) {
      float scale = blockScale * static_cast<float>(scales[2 * part + run]);
      for (int index = 16 * run; index < 16 * run + 16; ++index) {
        int value = ((nibbles[index] >> shift) & 15) |
                    (((high[index] >> (2 * part)) & 3) << 4);
        output[32 * part + index] = scale * static_cast<float>(value - 32);
      }
    }
  }
}

void mlir::bitnet::decodeRowQ6K(const char *row, FloatRow output) {
  constexpr size_t blockElements = 256, blockBytes = 210;
  for (; !output.empty(); output = output.drop_front(blockElements)) {
    const auto *bytes = reinterpret_cast<const uint8_t *>(row);
    const auto *scales = reinterpret_cast<const int8_t *>(row + 192);
    float scale = decodeF16(llvm::support::endian::read16le(row + 208));
    decodeHalf(bytes, bytes + 128, scales, scale, output.data());
    decodeHalf(bytes + 64, bytes + 160, scales + 8, scale, output.data() + 128);
    row += blockBytes;
  }
}
