//===- DecodeQ4_1.cpp - Blocks of 32 nibbles with a minimum ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 32 elements in 20 bytes:
//
//   bytes 0-1   f16 d
//         2-3   f16 m
//         4-19  q[k] in the low, q[16 + k] in the high 4 bits of byte 4 + k
//
// weight = d * q + m, rounded once.
//
//===----------------------------------------------------------------------===//
#include "CodeBlocks.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

namespace endian = llvm::support::endian;

void mlir::bitnet::unpackQ41(const char *block, int8_t *codes, float *scales,
                             float *offsets) {
  scales[0] = decodeF16(endian::read16le(block));
  offsets[0] = decodeF16(endian::read16le(block + 2));
  unpackNibbles(reinterpret_cast<const uint8_t *>(block + 4), 16, codes);
}
