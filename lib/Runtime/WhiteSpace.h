//===- WhiteSpace.h - White space in UTF-8 ------------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Unicode's property White_Space:
//
//   U+0009..000D, 0020     09..0d, 20
//   U+0085, 00A0           c2 85, c2 a0
//   U+1680                 e1 9a 80
//   U+2000..200A           e2 80 80..8a
//   U+2028, 2029, 202F     e2 80 a8, e2 80 a9, e2 80 af
//   U+205F                 e2 81 9f
//   U+3000                 e3 80 80
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_WHITESPACE_H
#define BITNET_LIB_RUNTIME_WHITESPACE_H

#include <stddef.h>
#include <stdint.h>

/// Whether text[0, size), size 1 to 3, is one character of white space.
static inline int bitnetIsSpace(const uint8_t *text, size_t size) {
  if (size == 1)
    return text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r');
  if (size == 2)
    return text[0] == 0xc2 && (text[1] == 0x85 || text[1] == 0xa0);
  uint32_t character =
      (uint32_t)text[0] << 16 | (uint32_t)text[1] << 8 | text[2];
  return character == 0xe19a80 ||
         (character >= 0xe28080 && character <= 0xe2808a) ||
         character == 0xe280a8 || character == 0xe280a9 ||
         character == 0xe280af || character == 0xe2819f ||
         character == 0xe38080;
}

/// Bytes of white space at the start of text[0, size).
static inline size_t bitnetSpaceAtStart(const uint8_t *text, size_t size) {
  size_t space = 0;
  for (size_t length = 1; length <= 3 && length <= size - space; ++length)
    if (bitnetIsSpace(text + space, length)) {
      space += length;
      length = 0;
    }
  return space;
}

/// Bytes of white space at the end of text[0, size).
static inline size_t bitnetSpaceAtEnd(const uint8_t *text, size_t size) {
  size_t space = 0;
  for (size_t length = 1; length <= 3 && length <= size - space; ++length)
    if (bitnetIsSpace(text + size - space - length, length)) {
      space += length;
      length = 0;
    }
  return space;
}

#endif // BITNET_LIB_RUNTIME_WHITESPACE_H
