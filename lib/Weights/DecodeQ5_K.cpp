//===- DecodeQ5_K.cpp - 256 numbers of 5 bits with minima -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 256 elements in 176 bytes:
//
//   bytes  0-15   scales and offsets of 32 elements, see unpackGroupScales
//         16-47   the highest bit of q: bit r of byte l for element 32 * r + l
//         48-175  the others, 32 bytes for 64 elements: element l in the low,
//                 element 32 + l in the high 4 bits of byte l
//
// weight = q * scale + offset, rounded once.
//
//===----------------------------------------------------------------------===//
#include "CodeBlocks.h"

using namespace mlir::bitnet;

void mlir::bitnet::unpackQ5K(const char *block, int8_t *codes, float *scales,
                             float *offsets) {
  unpackGroupScales(block, scales, offsets);
  const auto *bytes = reinterpret_cast<const uint8_t *>(block);
  for (int quarter = 0; quarter < 4; ++quarter)
    unpackNibbles(bytes + 48 + 32 * quarter, 32, codes + 64 * quarter);
  for (int run = 0; run < 8; ++run)
    for (int lane = 0; lane < 32; ++lane)
      codes[32 * run + lane] = static_cast<int8_t>(
          codes[32 * run + lane] | (bytes[16 + lane] >> run & 1) << 4);
}
