//===- DecodeQ4_K.cpp - Blocks of 256 nibbles with minima -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 256 elements in 144 bytes:
//
//   bytes  0-15   scales and offsets of 32 elements, see unpackGroupScales
//         16-143  q, 32 bytes for 64 elements: element l in the low, element
//                 32 + l in the high 4 bits of byte l
//
// weight = q * scale + offset, rounded once.
//
//===----------------------------------------------------------------------===//
#include "CodeBlocks.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

namespace endian = llvm::support::endian;

void mlir::bitnet::unpackGroupScales(const char *block, float *scales,
                                     float *offsets) {
  float scale = decodeF16(endian::read16le(block));
  float minimum = decodeF16(endian::read16le(block + 2));
  const auto *bytes = reinterpret_cast<const uint8_t *>(block + 4);
  for (int group = 0; group < 4; ++group) {
    int last = bytes[8 + group];
    int laterScale = (last & 15) | bytes[group] >> 6 << 4;
    int laterMinimum = last >> 4 | bytes[4 + group] >> 6 << 4;
    scales[group] = scale * static_cast<float>(bytes[group] & 63);
    offsets[group] = -(minimum * static_cast<float>(bytes[4 + group] & 63));
    scales[4 + group] = scale * static_cast<float>(laterScale);
    offsets[4 + group] = -(minimum * static_cast<float>(laterMinimum));
  }
}

void mlir::bitnet::unpackQ4K(const char *block, int8_t *codes, float *scales,
                             float *offsets) {
  unpackGroupScales(block, scales, offsets);
  for (int quarter = 0; quarter < 4; ++quarter)
    unpackNibbles(reinterpret_cast<const uint8_t *>(block + 16 + 32 * quarter),
                  32, codes + 64 * quarter);
}
