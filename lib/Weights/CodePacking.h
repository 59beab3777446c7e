//===- CodePacking.h - 2-bit codes between orders ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_WEIGHTS_CODEPACKING_H
#define BITNET_LIB_WEIGHTS_CODEPACKING_H

#include "bitnet/Weights/TernaryMatrix.h"

#include "llvm/Support/Endian.h"

#include <cstdint>

namespace mlir::bitnet {

/// Moves the low 2 bits of the 4 bytes of `spread` into one byte:
///
///   spread  000000dd 000000cc 000000bb 000000aa   (the top bits are zero)
///   result                             ddccbbaa
inline char gatherCodes(uint32_t spread) {
  spread |= spread >> 6;
  return static_cast<char>(spread | (spread >> 12));
}

/// Packs `count` codes, one to a byte, into ceil(count / 4) bytes. The rest of
/// the last byte is filled with zero trits.
inline void packCodes(const uint8_t *codes, int64_t count, char *packed) {
  namespace endian = llvm::support::endian;
  int64_t whole = count / 4;
  for (int64_t index = 0; index < whole; ++index)
    packed[index] = gatherCodes(endian::read32le(codes + 4 * index));
  if (count % 4 == 0)
    return;
  uint32_t last = zeroTritByte;
  for (int64_t index = 4 * whole; index < count; ++index) {
    last &= ~(3u << (index % 4 * 2));
    last |= static_cast<uint32_t>(codes[index]) << (index % 4 * 2);
  }
  packed[whole] = static_cast<char>(last);
}

/// Whether `count` packed bytes hold zero trits only.
inline bool isZeroBlock(const char *packed, int64_t count) {
  char differences = 0;
  for (int64_t index = 0; index < count; ++index)
    differences |= packed[index] ^ zeroTritByte;
  return differences == 0;
}

/// Non-zero if one of the codes is 3.
inline uint32_t findInvalid(uint32_t codes) {
  return codes & (codes >> 1) & 0x55555555;
}

/// Exchanges code j of byte i and code i of byte j, for all i and j.
inline uint32_t transposeCodes(uint32_t codes) {
  uint32_t swapped = (codes ^ (codes >> 6)) & 0x00cc00cc;
  codes ^= swapped ^ (swapped << 6);
  swapped = (codes ^ (codes >> 12)) & 0x0000f0f0;
  return codes ^ swapped ^ (swapped << 12);
}

/// Puts the codes of one interleaved group into plain order. The group is
/// `stride` bytes of 4 codes; element g * stride + p is in byte p, with g = 0
/// in the top bits if `topFirst`, in the low bits otherwise. Writes `stride`
/// bytes and returns non-zero if a code is 3.
template <int stride, bool topFirst>
inline uint32_t unpackInterleaved(const char *group, char *packed) {
  constexpr int words = stride / 4;
  uint32_t invalid = 0, runs[words];
  for (int word = 0; word < words; ++word) {
    uint32_t codes = llvm::support::endian::read32le(group + 4 * word);
    invalid |= findInvalid(codes);
    runs[word] = transposeCodes(codes);
  }
  for (int part = 0; part < 4; ++part)
    for (int word = 0; word < words; ++word)
      packed[part * words + word] =
          static_cast<char>(runs[word] >> (8 * (topFirst ? 3 - part : part)));
  return invalid;
}

} // namespace mlir::bitnet

#endif // BITNET_LIB_WEIGHTS_CODEPACKING_H
