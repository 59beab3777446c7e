//===- DecodeQ6_K.cpp - Blocks of 256 numbers of 6 bits -------------------===//
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
#include "CodeBlocks.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

void mlir::bitnet::unpackQ6K(const char *block, int8_t *codes, float *scales,
                             float *) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(block);
  float scale = decodeF16(llvm::support::endian::read16le(block + 208));
  for (int group = 0; group < 16; ++group)
    scales[group] =
        scale * static_cast<float>(static_cast<int8_t>(bytes[192 + group]));
  for (int half = 0; half < 2; ++half)
    for (int part = 0; part < 4; ++part)
      for (int lane = 0; lane < 32; ++lane) {
        int low = bytes[64 * half + 32 * (part % 2) + lane] >> (4 * (part / 2));
        int high = bytes[128 + 32 * half + lane] >> (2 * part);
        codes[128 * half + 32 * part + lane] =
            static_cast<int8_t>(((low & 15) | (high & 3) << 4) - 32);
      }
}
