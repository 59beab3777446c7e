//===- DecodeQ5_0.cpp - Blocks of 32 numbers of 5 bits --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 32 elements in 22 bytes:
//
//   bytes 0-1   f16 d
//         2-5   bit k is the highest of the 5 of q[k]
//         6-21  the others: q[k] in the low, q[16 + k] in the high 4 bits of
//               byte 6 + k
//
// weight = d * (q - 16), exact in a float.
//
//===----------------------------------------------------------------------===//
#include "CodeBlocks.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

namespace endian = llvm::support::endian;

void mlir::bitnet::unpackQ50(const char *block, int8_t *codes, float *scales,
                             float *) {
  scales[0] = decodeF16(endian::read16le(block));
  uint32_t high = endian::read32le(block + 2);
  unpackNibbles(reinterpret_cast<const uint8_t *>(block + 6), 16, codes);
  for (int index = 0; index < 32; ++index)
    codes[index] =
        static_cast<int8_t>((codes[index] | (high >> index & 1) << 4) - 16);
}
