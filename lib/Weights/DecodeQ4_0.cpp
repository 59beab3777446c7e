//===- DecodeQ4_0.cpp - Blocks of 32 nibbles ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 32 elements in 18 bytes:
//
//   bytes 0-1   f16 d
//         2-17  q[k] in the low, q[16 + k] in the high 4 bits of byte 2 + k
//
// weight = d * (q - 8), exact in a float.
//
//===----------------------------------------------------------------------===//
#include "CodeBlocks.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

void mlir::bitnet::unpackQ40(const char *block, int8_t *codes, float *scales,
                             float *) {
  scales[0] = decodeF16(llvm::support::endian::read16le(block));
  unpackNibbles(reinterpret_cast<const uint8_t *>(block + 2), 16, codes);
  for (int index = 0; index < 32; ++index)
    codes[index] = static_cast<int8_t>(codes[index] - 8);
}
