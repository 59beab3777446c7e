//===- TQ1_0.cpp - Blocks of 256 trits, 5 to a byte -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 256 elements in 54 bytes (see TritTables.h):
//
//   bytes  0-31  elements   0 .. 159   5 to a byte: 32 * n + m is trit n of
//                                      byte m
//         32-47  elements 160 .. 239   5 to a byte: 160 + 16 * n + m is trit n
//                                      of byte 32 + m
//         48-51  elements 240 .. 255   4 to a byte: 240 + 4 * n + m is trit n
//                                      of byte 48 + m
//         52-53  f16 d
//
// Trit 0 is the most significant. Codes 0, 1, 2 are -1, 0, +1; weight = d *
// trit.
//
//===----------------------------------------------------------------------===//
#include "TernaryBlocks.h"
#include "TritTables.h"

using namespace mlir::bitnet;

namespace {
struct TQ1_0 {
  static constexpr int64_t elements = 256, bytes = 54, scaleOffset = 52;

  static uint32_t unpack(const char *block, char *codes) {
    unpackTrits<32, 5>(block, codes);
    unpackTrits<16, 5>(block + 32, codes + 40);
    unpackTrits<4, 4>(block + 48, codes + 60);
    return 0;
  }
};
} // namespace

void mlir::bitnet::decodeRowTQ10(const char *row, FloatRow output) {
  decodeTernaryBlocks<TQ1_0>(row, output);
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readTQ10(const StoredMatrix &matrix) {
  return readTernaryBlocks<TQ1_0>(matrix);
}
