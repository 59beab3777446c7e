//===- DecodeQ2_K.cpp - Blocks of 256 numbers of 2 bits -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 256 elements in 84 bytes:
//
//   bytes  0-15  scale s_g in the low, minimum m_g in the high 4 bits of byte
//   g,
//                for the 16 elements of group g
//         16-79  q, 32 bytes per half
//         80-81  f16 d
//         82-83  f16 e
//
// Element 32 * p + l (p 0..3, l 0..31) of a half of 128 is bits 2 * p of byte
// l. weight = d * s * q - e * m, rounded once.
//
//===----------------------------------------------------------------------===//
#include "CodeBlocks.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

namespace endian = llvm::support::endian;

void mlir::bitnet::unpackQ2K(const char *block, int8_t *codes, float *scales,
                             float *offsets) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(block);
  float scale = decodeF16(endian::read16le(block + 80));
  float minimum = decodeF16(endian::read16le(block + 82));
  for (int group = 0; group < 16; ++group) {
    scales[group] = scale * static_cast<float>(bytes[group] & 15);
    offsets[group] = -(minimum * static_cast<float>(bytes[group] >> 4));
  }
  for (int run = 0; run < 8; ++run)
    for (int lane = 0; lane < 32; ++lane)
      codes[32 * run + lane] = static_cast<int8_t>(
          bytes[16 + 32 * (run / 4) + lane] >> (2 * (run % 4)) & 3);
}
