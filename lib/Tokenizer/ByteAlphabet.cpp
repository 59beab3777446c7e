//===- ByteAlphabet.cpp - GPT-2's spelling of bytes -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ByteAlphabet.h"

#include <array>
#include <cstdint>

using namespace llvm;

/// One past the last character of the alphabet.
static constexpr uint32_t alphabetEnd = 0x144;
static constexpr int16_t noByte = -1;

/// The byte of every character below alphabetEnd.
static std::array<int16_t, alphabetEnd> makeBytes() {
  std::array<int16_t, alphabetEnd> bytes;
  bytes.fill(noByte);
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    bool standsForItself = (byte >= 0x21 && byte <= 0x7e) ||
                           (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    bytes[standsForItself ? byte : next++] = byte;
  }
  return bytes;
}

std::optional<std::string>
mlir::bitnet::decodeByteAlphabet(StringRef spelling) {
  static const std::array<int16_t, alphabetEnd> bytes = makeBytes();
  std::string decoded;
  for (size_t i = 0; i < spelling.size(); ++i) {
    uint32_t character = static_cast<uint8_t>(spelling[i]);
    if (character >= 0x80) {
      // The alphabet ends at U+0143: no sequence is longer than two bytes.
      if (character < 0xc2 || character > 0xc5 || i + 1 == spelling.size() ||
          (static_cast<uint8_t>(spelling[i + 1]) & 0xc0) != 0x80)
        return std::nullopt;
      character = (character & 0x1f) << 6 |
                  (static_cast<uint8_t>(spelling[++i]) & 0x3f);
    }
    if (character >= alphabetEnd || bytes[character] == noByte)
      return std::nullopt;
    decoded.push_back(static_cast<char>(bytes[character]));
  }
  return decoded;
}
