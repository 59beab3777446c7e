//===- PTQ1_0.cpp - Blocks of 128 trits, 5 to a byte ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 128 elements in 28 bytes (see TritTables.h):
//
//   bytes  0-15  elements   0 ..  79   5 to a byte: 16 * n + m is trit n of
//                                      byte m
//         16-23  elements  80 .. 119   5 to a byte: 80 + 8 * n + m is trit n of
//                                      byte 16 + m
//         24-25  elements 120 .. 127   4 to a byte: 120 + 2 * n + m is trit n
//         of
//                                      byte 24 + m
//         26-27  f16 d
//
// Trit 0 is the most significant. Codes 0, 1, 2 are -1, 0, +1; weight = d *
// trit.
//
//===----------------------------------------------------------------------===//
#include "TernaryBlocks.h"
#include "TritTables.h"

using namespace mlir::bitnet;

namespace {
struct PTQ1_0 {
  static constexpr int64_t elements = 128, bytes = 28, scaleOffset = 26;

  static uint32_t unpack(const char *block, char *codes) {
    unpackTrits<16, 5>(block, codes);
    unpackTrits<8, 5>(block + 16, codes + 20);
    // Two trits in each of the low four bytes; two bytes are four trits.
    uint64_t pairs = spreadTrits[static_cast<uint8_t>(block[24])] |
                     spreadTrits[static_cast<uint8_t>(block[25])] << 2;
    codes[30] = static_cast<char>((pairs & 15) | (pairs >> 8 & 15) << 4);
    codes[31] = static_cast<char>((pairs >> 16 & 15) | (pairs >> 24 & 15) << 4);
    return 0;
  }
};
} // namespace

void mlir::bitnet::decodeRowPTQ10(const char *row, FloatRow output) {
  decodeTernaryBlocks<PTQ1_0>(row, output);
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readPTQ10(const StoredMatrix &matrix) {
  return readTernaryBlocks<PTQ1_0>(matrix);
}
