//===- TQ2_0.cpp - Blocks of 256 trits, 4 to a byte -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 256 elements in 66 bytes:
//
//   bytes  0-31  elements   0 .. 127        bits 1-0  element p of the half
//         32-63  elements 128 .. 255             3-2          32 + p
//         64-65  f16 d                           5-4          64 + p
//                                                7-6          96 + p
//
// Byte p of a half holds the four elements on the right. Codes 0, 1, 2 are -1,
// 0, +1; code 3 would be +2. weight = d * trit, exact in a float.
//
//===----------------------------------------------------------------------===//
#include "TernaryBlocks.h"

using namespace mlir::bitnet;

namespace {
struct TQ2_0 {
  static constexpr int64_t elements = 256, bytes = 66, scaleOffset = 64;

  static uint32_t unpack(const char *block, char *codes) {
    return unpackInterleaved<32, /*topFirst=*/false>(block, codes) |
           unpackInterleaved<32, /*topFirst=*/false>(block + 32, codes + 32);
  }
};
} // namespace

void mlir::bitnet::decodeRowTQ20(const char *row, FloatRow output) {
  decodeTernaryBlocks<TQ2_0>(row, output);
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readTQ20(const StoredMatrix &matrix) {
  return readTernaryBlocks<TQ2_0>(matrix);
}
