//===- TritTables.h - Bytes of five trits -----------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A byte is the fraction v / 243 in 1/256, rounded up, where v has the codes of
// five trits as base-3 digits. Multiplying the fraction by 3^n and dropping the
// integer part leaves the digit of weight 3^(4-n) as the next one, which is
//
//   ((byte * 3^n mod 256) * 3) / 256
//
// The tables hold what this gives for bytes of no fraction, too.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_WEIGHTS_TRITTABLES_H
#define BITNET_LIB_WEIGHTS_TRITTABLES_H

#include <array>
#include <cstdint>

namespace mlir::bitnet {

/// For each byte, the code of digit n, 0 for the most significant of the five,
/// at bit getShift(n).
template <typename Word, typename GetShift>
constexpr std::array<Word, 256> makeTritTable(GetShift getShift) {
  std::array<Word, 256> table = {};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned power = 1;
    for (unsigned digit = 0; digit < 5; ++digit, power *= 3)
      table[byte] |= static_cast<Word>((byte * power % 256 * 3) >> 8)
                     << getShift(digit);
  }
  return table;
}

/// Digit n in byte n.
inline constexpr std::array<uint64_t, 256> spreadTrits =
    makeTritTable<uint64_t>([](unsigned digit) { return 8 * digit; });

/// Unpacks `count` bytes, a multiple of 4, of `digits` trits, the first the
/// most significant: element n * count + m is trit n of byte m. Writes digits *
/// count / 4 bytes in the order of TernaryMatrix.
template <int count, int digits>
inline void unpackTrits(const char *source, char *codes) {
  auto lookUp = [&](int byte) {
    return spreadTrits[static_cast<uint8_t>(source[byte])];
  };
  for (int byte = 0; byte < count; byte += 4) {
    uint64_t four = lookUp(byte) | lookUp(byte + 1) << 2 |
                    lookUp(byte + 2) << 4 | lookUp(byte + 3) << 6;
    for (int digit = 0; digit < digits; ++digit)
      codes[(digit * count + byte) / 4] =
          static_cast<char>(four >> (8 * digit));
  }
}

} // namespace mlir::bitnet

#endif // BITNET_LIB_WEIGHTS_TRITTABLES_H
