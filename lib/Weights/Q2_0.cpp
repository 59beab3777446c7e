//===- Q2_0.cpp - Blocks of 64 or 128 codes of 2 bits ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 64 elements in 18 bytes (Q2_0), or of 128 in 34 (PQ2_0):
//
//   bytes 0-1  f16 d
//         2-   element k is the two bits 2 * (k mod 4) of byte 2 + k / 4
//
// Codes 0, 1, 2, 3 are -1, 0, +1, +2; weight = d * value, exact in a float. The
// order is that of TernaryMatrix.
//
//===----------------------------------------------------------------------===//
#include "TernaryBlocks.h"

#include <cstring>

using namespace mlir::bitnet;

namespace {
template <int64_t size> struct Q2_0 {
  static constexpr int64_t elements = size, bytes = 2 + size / 4,
                           scaleOffset = 0;

  static uint32_t unpack(const char *block, char *codes) {
    std::memcpy(codes, block + 2, size / 4);
    uint32_t invalid = 0;
    for (int64_t byte = 0; byte < size / 4; byte += 4)
      invalid |= findInvalid(llvm::support::endian::read32le(codes + byte));
    return invalid;
  }
};
} // namespace

void mlir::bitnet::decodeRowQ20(const char *row, FloatRow output) {
  decodeTernaryBlocks<Q2_0<64>>(row, output);
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readQ20(const StoredMatrix &matrix) {
  return readTernaryBlocks<Q2_0<64>>(matrix);
}

void mlir::bitnet::decodeRowPQ20(const char *row, FloatRow output) {
  decodeTernaryBlocks<Q2_0<128>>(row, output);
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readPQ20(const StoredMatrix &matrix) {
  return readTernaryBlocks<Q2_0<128>>(matrix);
}
