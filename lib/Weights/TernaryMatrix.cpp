//===- TernaryMatrix.cpp - Trits in a plain order -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Weights/TernaryMatrix.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

#include <cassert>

using namespace mlir::bitnet;

/// Calls `visit` with all bytes of `row` in words of 8; the last word is filled
/// with zero trits.
template <typename Visit>
static void forEachWord(llvm::ArrayRef<char> row, Visit visit) {
  namespace endian = llvm::support::endian;
  for (; row.size() >= 8; row = row.drop_front(8))
    visit(endian::read64le(row.data()));
  uint64_t last = 0x5555555555555555;
  for (size_t index = 0; index < row.size(); ++index) {
    last &= ~(uint64_t(0xff) << (8 * index));
    last |= static_cast<uint64_t>(static_cast<uint8_t>(row[index]))
            << (8 * index);
  }
  if (!row.empty())
    visit(last);
}

static constexpr uint64_t lowBits = 0x5555555555555555;

TritCounts TernaryView::countTrits() const {
  TritCounts counts;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t positive = 0, negative = 0;
    forEachWord(getRow(row), [&](uint64_t word) {
      positive += llvm::popcount(word & ~lowBits);
      negative += llvm::popcount(~(word | (word >> 1)) & lowBits);
    });
    counts.positive += positive;
    counts.negative += negative;
    counts.zero += columns - positive - negative;
  }
  return counts;
}

std::optional<std::pair<int64_t, int64_t>>
TernaryView::findInvalidCode() const {
  int padding = static_cast<int>(columns % 4);
  for (int64_t row = 0; row < rows; ++row) {
    llvm::ArrayRef<char> bytes = getRow(row);
    uint64_t invalid = 0;
    forEachWord(
        bytes, [&](uint64_t word) { invalid |= word & (word >> 1) & lowBits; });
    char last = bytes.empty() ? zeroTritByte : bytes.back();
    bool badPadding =
        padding != 0 && ((last ^ zeroTritByte) & 0xff) >> (2 * padding) != 0;
    if (!invalid && !badPadding)
      continue;
    for (int64_t column = 0; column < getRowBytes() * 4; ++column) {
      int trit = getTrit(row, column);
      if (trit == 2 || (column >= columns && trit != 0))
        return std::pair(row, column);
    }
  }
  return std::nullopt;
}

void TernaryMatrix::setTrit(int64_t row, int64_t column, int trit) {
  assert(trit >= -1 && trit <= 1 && "not a trit");
  char &byte = codes[row * ((columns + 3) / 4) + column / 4];
  int shift = static_cast<int>(column % 4 * 2);
  byte = static_cast<char>((byte & ~(3 << shift)) | ((trit + 1) << shift));
}
