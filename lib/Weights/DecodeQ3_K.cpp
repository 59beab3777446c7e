//===- DecodeQ3_K.cpp - Blocks of 256 numbers of 3 bits -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 256 elements in 110 bytes:
//
//   bytes   0-31   the highest bit of q: bit r of byte l for element 32 * r + l
//          32-95   the others, 32 bytes per half: bits 2 * p of byte l for
//          element
//                  32 * p + l of the half
//          96-103  low 4 bits of the scales s_g of 16 elements: of s_g in the
//          low,
//                  of s_{g+8} in the high bits of byte 96 + g
//         104-107  high 2 bits: of s_g at bits 2 * (g / 4) of byte 104 + g % 4
//         108-109  f16 d
//
// weight = d * (s - 32) * (q - 4), exact in a float.
//
//===----------------------------------------------------------------------===//
#include "CodeBlocks.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

void mlir::bitnet::unpackQ3K(const char *block, int8_t *codes, float *scales,
                             float *) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(block);
  float scale = decodeF16(llvm::support::endian::read16le(block + 108));
  for (int group = 0; group < 16; ++group) {
    int low = bytes[96 + group % 8] >> (4 * (group / 8)) & 15;
    int high = bytes[104 + group % 4] >> (2 * (group / 4)) & 3;
    scales[group] = scale * static_cast<float>((low | high << 4) - 32);
  }
  for (int run = 0; run < 8; ++run)
    for (int lane = 0; lane < 32; ++lane) {
      int low = bytes[32 + 32 * (run / 4) + lane] >> (2 * (run % 4)) & 3;
      int high = bytes[lane] >> run & 1;
      codes[32 * run + lane] = static_cast<int8_t>((low | high << 2) - 4);
    }
}
