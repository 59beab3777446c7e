//===- Elements.h - Elements of KV caches -------------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conversions by integer operations without branches: the runtime is for the
// architecture's baseline, which has no half-precision instructions, and loops
// over them become vectors. Rounding is to nearest even.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_ELEMENTS_H
#define BITNET_LIB_RUNTIME_ELEMENTS_H

#include <stdint.h>

static inline float bitnetFloatOfBits(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

static inline uint32_t bitnetBitsOfFloat(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof(bits));
  return bits;
}

static inline float bitnetFromHalf(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
  // The exponent's bias differs by 112; small numbers without a leading one
  // become normal by the multiplication.
  uint32_t bits = bitnetBitsOfFloat(bitnetFloatOfBits(magnitude) * 0x1p112f);
  uint32_t special = (half & 0x7c00) == 0x7c00 ? UINT32_C(0x7f800000) : 0;
  return bitnetFloatOfBits(bits | special | (uint32_t)(half & 0x8000) << 16);
}

static inline uint16_t bitnetToHalf(float value) {
  uint32_t bits = bitnetBitsOfFloat(value);
  uint32_t sign = bits >> 16 & 0x8000;
  bits &= UINT32_C(0x7fffffff);
  // The addition rounds to a multiple of 2^-24, the least half.
  uint32_t small =
      bitnetBitsOfFloat(bitnetFloatOfBits(bits) + 0.5f) - UINT32_C(0x3f000000);
  uint32_t normal =
      (bits + 0xfff + (bits >> 13 & 1) - (UINT32_C(112) << 23)) >> 13;
  // From half of the last place above the largest on: infinity.
  uint32_t result = bits < UINT32_C(0x38800000) ? small : normal;
  result = bits >= UINT32_C(0x477ff000) ? 0x7c00 : result;
  result = bits > UINT32_C(0x7f800000) ? 0x7e00 : result;
  return (uint16_t)(result | sign);
}

static inline float bitnetFromBfloat(uint16_t value) {
  return bitnetFloatOfBits((uint32_t)value << 16);
}

static inline uint16_t bitnetToBfloat(float value) {
  uint32_t bits = bitnetBitsOfFloat(value);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  uint32_t quiet = bits >> 16 | 0x40;
  return (uint16_t)((bits & UINT32_C(0x7fffffff)) > UINT32_C(0x7f800000)
                        ? quiet
                        : rounded);
}

/// Rounds |value| < 2^22 to nearest even.
static inline int32_t bitnetRoundSmall(float value) {
  // The sum has no places behind the point.
  return (int32_t)bitnetBitsOfFloat(value + 12582912.0f) -
         (int32_t)UINT32_C(0x4b400000);
}

#endif // BITNET_LIB_RUNTIME_ELEMENTS_H
