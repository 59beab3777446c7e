//===- DecodeQ8_0.cpp - Blocks of 32 bytes --------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 32 elements in 34 bytes:
//
//   bytes 0-1   f16 d
//         2-33  int8 q[32]                 weight = d * q
//
// 11 significant bits times 8 are exact in a float.
//
//===----------------------------------------------------------------------===//
#include "CodeBlocks.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

#include <cstring>

using namespace mlir::bitnet;

void mlir::bitnet::unpackQ80(const char *block, int8_t *codes, float *scales,
                             float *) {
  scales[0] = decodeF16(llvm::support::endian::read16le(block));
  std::memcpy(codes, block + 2, 32);
}
