//===- DecodeIQ4_NL.cpp - 32 places in a table of values ------------------===//
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
// weight = d * value[q], exact in a float.
//
//===----------------------------------------------------------------------===//
#include "CodeBlocks.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

void mlir::bitnet::unpackIQ4NL(const char *block, int8_t *codes, float *scales,
                               float *) {
  // Closer together around 0, where weights are.
  static constexpr int8_t values[16] = {
      -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  scales[0] = decodeF16(llvm::support::endian::read16le(block));
  for (int index = 0; index < 16; ++index) {
    auto pair = static_cast<uint8_t>(block[2 + index]);
    codes[index] = values[pair & 15];
    codes[16 + index] = values[pair >> 4];
  }
}
