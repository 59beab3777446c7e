//===- IQ2_BN.cpp - Rows of trits, 4 to a byte ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row of K elements in 4 + K / 4 bytes:
//
//   bytes 0-3  f32 d
//         4-   blocks of 64 elements in 16 bytes; element 16 * g + p is the two
//              bits 2 * g of byte p
//
// Codes 0, 1, 2 are -1, 0, +1; code 3 would be +2. weight = d * trit.
//
//===----------------------------------------------------------------------===//
#include "TernaryRows.h"

using namespace mlir::bitnet;

namespace {
struct IQ2_BN {
  static constexpr int64_t elements = 64, bytes = 16, headBytes = 4;

  static float getScale(const char *row) {
    return std::bit_cast<float>(llvm::support::endian::read32le(row));
  }

  static uint32_t unpack(const char *block, char *codes) {
    return unpackInterleaved<16, /*topFirst=*/false>(block, codes);
  }
};
} // namespace

void mlir::bitnet::decodeRowIQ2BN(const char *row, FloatRow output) {
  decodeTernaryRow<IQ2_BN>(row, output);
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readIQ2BN(const StoredMatrix &matrix) {
  return readTernaryRows<IQ2_BN>(matrix);
}
