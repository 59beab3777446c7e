//===- IQ1_BN.cpp - Rows of trits, 5 to a byte ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row of K elements in 2 + 13 * K / 64 bytes (see TritTables.h):
//
//   bytes 0-1  f16 d
//         2-   blocks of 64 elements in 13 bytes
//
//   element 16 * g + 5 * b + n of a block is trit n of byte 3 * g + b  (b 0..2)
//           16 * g + 15                      trit g of byte 12
//
// Trit 0 is the least significant. Codes 0, 1, 2 are -1, 0, +1; weight = d *
// trit.
//
//===----------------------------------------------------------------------===//
#include "TernaryRows.h"
#include "TritTables.h"

using namespace mlir::bitnet;
namespace endian = llvm::support::endian;

/// Digits of a byte in the order of TernaryMatrix, the least significant first.
static constexpr std::array<uint16_t, 256> packedTrits =
    makeTritTable<uint16_t>([](unsigned digit) { return 2 * (4 - digit); });

namespace {
struct IQ1_BN {
  static constexpr int64_t elements = 64, bytes = 13, headBytes = 2;

  static float getScale(const char *row) {
    return decodeF16(endian::read16le(row));
  }

  static uint32_t unpack(const char *block, char *codes) {
    auto lookUp = [&](int byte) -> uint32_t {
      return packedTrits[static_cast<uint8_t>(block[byte])];
    };
    uint32_t last = lookUp(12);
    for (int group = 0; group < 4; ++group)
      endian::write32le(codes + 4 * group, lookUp(3 * group) |
                                               lookUp(3 * group + 1) << 10 |
                                               lookUp(3 * group + 2) << 20 |
                                               (last >> (2 * group) & 3) << 30);
    return 0;
  }
};
} // namespace

void mlir::bitnet::decodeRowIQ1BN(const char *row, FloatRow output) {
  decodeTernaryRow<IQ1_BN>(row, output);
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readIQ1BN(const StoredMatrix &matrix) {
  return readTernaryRows<IQ1_BN>(matrix);
}
