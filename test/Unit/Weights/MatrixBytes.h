//===- MatrixBytes.h - Stored matrices for the tests ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Encoders that follow the description of each format element by element, with
// nothing in common with the decoders under test.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_WEIGHTS_MATRIXBYTES_H
#define BITNET_TEST_UNIT_WEIGHTS_MATRIXBYTES_H

#include "bitnet/Weights/Ternarize.h"

#include <bit>
#include <random>
#include <string>
#include <vector>

namespace mlir::bitnet::test {

inline std::string u16(uint16_t value) {
  return {static_cast<char>(value), static_cast<char>(value >> 8)};
}
inline std::string f32(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  return u16(static_cast<uint16_t>(bits)) +
         u16(static_cast<uint16_t>(bits >> 16));
}

/// Row `row` of a matrix whose bytes are right.
inline std::vector<float> decodeRow(WeightFormat format, int64_t rows,
                                    int64_t columns, const std::string &bytes,
                                    int64_t row) {
  std::vector<float> output(columns);
  llvm::cantFail(StoredMatrix::get(format, rows, columns, bytes))
      .decodeRow(row, output);
  return output;
}

/// `count` trits, the same for the same seed.
inline std::vector<int> makeTrits(int64_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<int> trits(count);
  for (int &trit : trits)
    trit = static_cast<int>(random() % 3) - 1;
  return trits;
}

/// I2_S with groups of 4 * `stride` elements.
inline std::string encodeI2S(const std::vector<int> &trits, int stride,
                             float scale) {
  std::string bytes(trits.size() / 4, '\0');
  for (size_t element = 0; element < trits.size(); ++element) {
    size_t group = element / (4 * stride), inside = element % (4 * stride);
    bytes[group * stride + inside % stride] |= (trits[element] + 1)
                                               << (6 - 2 * (inside / stride));
  }
  return bytes + f32(scale) + std::string(28, '\0');
}

/// Ors `value` into a byte at bit `shift`.
inline void addBits(std::string &bytes, size_t byte, int shift, int value) {
  bytes[byte] = static_cast<char>(bytes[byte] | value << shift);
}

/// One block of TQ2_0 from 256 trits; `scale` is the bits of an f16.
inline std::string encodeTQ20(const int *trits, uint16_t scale) {
  std::string bytes(64, '\0');
  for (int element = 0; element < 256; ++element)
    addBits(bytes, 32 * (element / 128) + element % 32,
            2 * (element % 128 / 32), trits[element] + 1);
  return bytes + u16(scale);
}

/// Five digits from 0 to 2, the first the most significant, in a byte.
inline char encodeDigits(const std::vector<int> &digits) {
  int value = 0;
  for (int digit : digits)
    value = 3 * value + digit;
  return static_cast<char>((value * 256 + 242) / 243);
}

/// `stride` bytes of `count` trits each: trit n of byte m is element
/// n * stride + m.
inline std::string encodeStrided(const int *trits, int stride, int count) {
  std::string bytes;
  for (int byte = 0; byte < stride; ++byte) {
    std::vector<int> digits(5);
    for (int digit = 0; digit < count; ++digit)
      digits[digit] = trits[digit * stride + byte] + 1;
    bytes += encodeDigits(digits);
  }
  return bytes;
}

/// One block of TQ1_0 from 256 trits.
inline std::string encodeTQ10(const int *trits, uint16_t scale) {
  return encodeStrided(trits, 32, 5) + encodeStrided(trits + 160, 16, 5) +
         encodeStrided(trits + 240, 4, 4) + u16(scale);
}

/// One block of PTQ1_0 from 128 trits.
inline std::string encodePTQ10(const int *trits, uint16_t scale) {
  return encodeStrided(trits, 16, 5) + encodeStrided(trits + 80, 8, 5) +
         encodeStrided(trits + 120, 2, 4) + u16(scale);
}

/// One block of Q2_0 or PQ2_0 from `size` trits.
template <int size>
inline std::string encodeQ20(const int *trits, uint16_t scale) {
  std::string bytes(size / 4, '\0');
  for (int element = 0; element < size; ++element)
    addBits(bytes, element / 4, element % 4 * 2, trits[element] + 1);
  return u16(scale) + bytes;
}

/// One block of IQ1_BN from 64 trits.
inline std::string encodeIQ1BN(const int *trits) {
  std::string bytes;
  std::vector<int> last(5);
  for (int group = 0; group < 4; ++group) {
    const int *first = trits + 16 * group;
    for (int byte = 0; byte < 3; ++byte) {
      std::vector<int> digits;
      for (int digit = 4; digit >= 0; --digit)
        digits.push_back(first[5 * byte + digit] + 1);
      bytes += encodeDigits(digits);
    }
    last[4 - group] = first[15] + 1;
  }
  return bytes + encodeDigits(last);
}

/// One block of IQ2_BN from 64 trits.
inline std::string encodeIQ2BN(const int *trits) {
  std::string bytes(16, '\0');
  for (int element = 0; element < 64; ++element)
    addBits(bytes, element % 16, element / 16 * 2, trits[element] + 1);
  return bytes;
}

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_WEIGHTS_MATRIXBYTES_H
