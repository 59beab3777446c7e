//===- PreTokenizer.c - Cutting text into pieces --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tokens never reach over the border between two pieces. The pieces are the
// matches of this regular expression, whose alternatives are tried in order at
// every position:
//
//   1  (?i:'s|'t|'re|'ve|'m|'ll|'d)
//   2  [^\r\n\p{L}\p{N}]?\p{L}+
//   3  \p{N}{1,3}
//   4   ?[^\s\p{L}\p{N}]+[\r\n]*
//   5  \s*[\r\n]+
//   6  \s+(?!\S)
//   7  \s+
//
// The class of the first character leaves few alternatives open, and where the
// expression would go back, the place to go back to is known. Bytes that are
// not UTF-8 are characters of no class, like punctuation.
//
//===----------------------------------------------------------------------===//
#include "Tokenizer.h"
#include "UnicodeTables.h"
#include "Utf8.h"

/// One character: its class (UnicodeTables.h) and the number of its bytes.
typedef struct Character {
  uint32_t class;
  uint32_t size;
} Character;

static uint32_t findClass(uint32_t codePoint) {
  // The last range that begins at or below the code point.
  uint32_t low = 0;
  uint32_t high = sizeof(bitnetUnicodeRanges) / sizeof(bitnetUnicodeRanges[0]);
  while (high - low > 1) {
    uint32_t middle = (low + high) / 2;
    if (bitnetUnicodeRanges[middle] >> 2 <= codePoint)
      low = middle;
    else
      high = middle;
  }
  return bitnetUnicodeRanges[low] & 3;
}

static Character readCharacter(const uint8_t *text, size_t size) {
  uint8_t lead = text[0];
  if (lead < 0x80)
    return (Character){bitnetAsciiClasses[lead], 1};
  uint32_t length = bitnetUtf8Length(lead);
  if (length == 1 || bitnetUtf8Present(text, size) != length)
    return (Character){UnicodeOther, 1};
  uint32_t codePoint = lead & (0x7fu >> length);
  for (uint32_t i = 1; i < length; ++i)
    codePoint = codePoint << 6 | (text[i] & 0x3fu);
  return (Character){findClass(codePoint), length};
}

/// End of the run of characters of one class that begins at `position`.
static size_t endOfRun(const uint8_t *text, size_t size, size_t position,
                       uint32_t class) {
  while (position < size) {
    Character character = readCharacter(text + position, size - position);
    if (character.class != class)
      break;
    position += character.size;
  }
  return position;
}

static int isNewline(uint8_t byte) { return byte == '\n' || byte == '\r'; }

/// Bytes of the contraction that text begins with (alternative 1), or 0.
static size_t matchContraction(const uint8_t *text, size_t size) {
  if (size < 2 || text[0] != '\'')
    return 0;
  // U+017F, the long s, is a lower-case form of S.
  if (size >= 3 && text[1] == 0xc5 && text[2] == 0xbf)
    return 3;
  uint8_t first = text[1] | 0x20;
  if (first == 's' || first == 't' || first == 'm' || first == 'd')
    return 2;
  if (size < 3)
    return 0;
  uint8_t second = text[2] | 0x20;
  if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
      (first == 'l' && second == 'l'))
    return 3;
  return 0;
}

/// End of the piece that begins with white space which belongs to no following
/// word or punctuation (alternatives 5 to 7).
static size_t matchSpace(const uint8_t *text, size_t size) {
  size_t end = 0;
  size_t lastSize = 0;
  size_t newlineEnd = 0;
  while (end < size) {
    Character character = readCharacter(text + end, size - end);
    if (character.class != UnicodeSpace)
      break;
    if (isNewline(text[end]))
      newlineEnd = end + 1;
    lastSize = character.size;
    end += character.size;
  }
  if (newlineEnd != 0)
    return newlineEnd;
  // The last one is left to what follows, unless it is the only one.
  if (end == size || end == lastSize)
    return end;
  return end - lastSize;
}

size_t bitnetNextPiece(const uint8_t *text, size_t size) {
  size_t contraction = matchContraction(text, size);
  if (contraction != 0)
    return contraction;

  Character first = readCharacter(text, size);
  if (first.class == UnicodeLetter)
    return endOfRun(text, size, first.size, UnicodeLetter);

  if (first.class == UnicodeNumber) {
    size_t end = first.size;
    for (int i = 1; i < 3 && end < size; ++i) {
      Character next = readCharacter(text + end, size - end);
      if (next.class != UnicodeNumber)
        break;
      end += next.size;
    }
    return end;
  }

  Character second = {UnicodeOther, 0};
  if (first.size < size)
    second = readCharacter(text + first.size, size - first.size);
  if (second.size != 0 && second.class == UnicodeLetter && !isNewline(text[0]))
    return endOfRun(text, size, first.size, UnicodeLetter);

  if (first.class == UnicodeOther ||
      (text[0] == ' ' && second.size != 0 && second.class == UnicodeOther)) {
    size_t end = endOfRun(text, size, first.size, UnicodeOther);
    while (end < size && isNewline(text[end]))
      ++end;
    return end;
  }
  return matchSpace(text, size);
}
