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

/// One block of TQ2_0 from 256 trits; `scale` is the bits of an f16.
inline std::string encodeTQ20(const int *trits, uint16_t scale) {
  std::string bytes(64, '\0');
  for (int element = 0; element < 256; ++element)
    bytes[32 * (element / 128) + element % 32] |= (trits[element] + 1)
                                                  << (2 * (element % 128 / 32));
  return bytes + u16(scale);
}

/// One block of TQ1_0 from 256 trits.
inline std::string encodeTQ10(const int *trits, uint16_t scale) {
  std::string bytes;
  auto addDigits = [&](int first, int stride, int digits) {
    for (int byte = 0; byte < stride; ++byte) {
      int value = 0;
      for (int digit = 0; digit < 5; ++digit)
        value = 3 * value +
                (digit < digits ? trits[first + digit * stride + byte] + 1 : 0);
      bytes += static_cast<char>((value * 256 + 242) / 243);
    }
  };
  addDigits(0, 32, 5);
  addDigits(160, 16, 5);
  addDigits(240, 4, 4);
  return bytes + u16(scale);
}

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_WEIGHTS_MATRIXBYTES_H
