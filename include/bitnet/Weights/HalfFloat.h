//===- HalfFloat.h - 16-bit floats to float and back ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_HALFFLOAT_H
#define BITNET_WEIGHTS_HALFFLOAT_H

#include <bit>
#include <cstdint>

namespace mlir::bitnet {

/// IEEE binary16 to float, exact for every input; a not-a-number keeps its sign
/// and payload.
///
///   binary16  s eeeee mmmmmmmmmm              bias 15
///   binary32  s eeeeeeee mmmmmmmmmm0000...0   bias 127
///
/// Without branches, so that loops over it vectorise on every target.
inline float decodeF16(uint16_t bits) {
  constexpr uint32_t exponentMask = 0x1fu << 23;
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  uint32_t magnitude = static_cast<uint32_t>(bits & 0x7fff) << 13;
  uint32_t exponent = magnitude & exponentMask;
  uint32_t normal = magnitude + ((127u - 15u) << 23);
  // Infinity and not-a-number have the largest exponent in both formats.
  uint32_t special = magnitude + ((255u - 31u) << 23);
  // A subnormal m * 2^-24 is what remains of (1 + m * 2^-10) * 2^-14 without
  // its leading one.
  uint32_t withOne = magnitude + ((127u - 14u) << 23);
  float subnormal = std::bit_cast<float>(withOne) - 0x1p-14f;
  uint32_t result = exponent == exponentMask ? special : normal;
  result = exponent == 0 ? std::bit_cast<uint32_t>(subnormal) : result;
  return std::bit_cast<float>(result | sign);
}

/// The nearest IEEE binary16, half to even, of a number below 65520 in
/// magnitude: the first that rounds to infinity.
///
/// Without branches, as decodeF16.
inline uint16_t encodeF16(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  uint32_t magnitude = bits & 0x7fffffff;
  // Adding all but the last of the bits that go, and the last one that stays,
  // carries exactly if the number has to be rounded up.
  uint32_t rounded = magnitude + 0x0fff + ((magnitude >> 13) & 1);
  uint32_t normal = (rounded - ((127u - 15u) << 23)) >> 13;
  // The sum with 0.5 has steps of 2^-24, those of subnormal numbers.
  uint32_t subnormal =
      std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) -
      std::bit_cast<uint32_t>(0.5f);
  uint32_t result = magnitude < ((127u - 14u) << 23) ? subnormal : normal;
  return static_cast<uint16_t>(result | ((bits >> 16) & 0x8000));
}

/// bfloat16, the upper half of a float, to float.
inline float decodeBF16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

/// The nearest bfloat16, half to even, of a finite number; the largest ones
/// become infinity.
inline uint16_t encodeBF16(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_HALFFLOAT_H
