//===- PackTrits.cpp - Trits into packed layouts --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Packing/Packing.h"
#include "llvm/Support/Endian.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

/// Row-major trits keep column 4 f + j of 16 in bits 2 j of byte f; a layout
/// keeps it in bits 2 f of byte j: a transposed 4 x 4 matrix of 2-bit fields,
/// by two rounds of swaps.
static uint32_t transposeFields(uint32_t fields) {
  uint32_t swap = ((fields >> 6) ^ fields) & 0x00CC00CC;
  fields ^= swap ^ (swap << 6);
  swap = ((fields >> 12) ^ fields) & 0x0000F0F0;
  return fields ^ swap ^ (swap << 12);
}

std::vector<char> mlir::bitnet::packTrits(const TernaryView &matrix,
                                          LayoutAttr layout) {
  constexpr int64_t laneBytes = 4;
  int64_t tiles = layout.getTileCount(matrix.rows);
  int64_t steps = layout.getStepCount(matrix.columns);
  int64_t tileRows = layout.getTileRows();
  int64_t rowBytes = matrix.getRowBytes();
  std::vector<char> packed(tiles * steps * layout.getStepBytes(), zeroTritByte);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    const char *source = matrix.getRow(row).data();
    char *target = packed.data() +
                   (row / tileRows) * steps * tileRows * laneBytes +
                   (row % tileRows) * laneBytes;
    for (int64_t step = 0; step < steps; ++step) {
      // The last step of a row may have fewer bytes.
      char fields[laneBytes] = {zeroTritByte, zeroTritByte, zeroTritByte,
                                zeroTritByte};
      int64_t bytes = std::min(laneBytes, rowBytes - step * laneBytes);
      std::memcpy(fields, source + step * laneBytes, bytes);
      llvm::support::endian::write32le(
          target + step * tileRows * laneBytes,
          transposeFields(llvm::support::endian::read32le(fields)));
    }
  }
  return packed;
}
