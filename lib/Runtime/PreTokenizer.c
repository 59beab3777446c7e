//===- PreTokenizer.c - Cutting text into pieces --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tokens never reach over the border between two pieces. Each automaton
// (TokenizerFormat.h) cuts the pieces that the one before left: what it matches
// is a piece, and so is what lies between matches.
//
//===----------------------------------------------------------------------===//
#include "Tokenizer.h"
#include "Utf8.h"

/// The class of the character that text[0, size) begins with, size >= 1; the
/// number of its bytes goes to *length.
static uint32_t readClass(const Tokenizer *tokenizer, const uint8_t *text,
                          size_t size, uint32_t *length) {
  uint8_t lead = text[0];
  *length = 1;
  if (lead < 0x80)
    return tokenizer->asciiClasses[lead];
  uint32_t expected = bitnetUtf8Length(lead);
  if (expected == 1 || bitnetUtf8Present(text, size) != expected)
    return tokenizer->header->malformed_class;
  *length = expected;
  uint32_t codePoint = lead & (0x7fu >> expected);
  for (uint32_t i = 1; i < expected; ++i)
    codePoint = codePoint << 6 | (text[i] & 0x3fu);
  uint32_t row =
      tokenizer->classPlanes[codePoint >> 12] * BITNET_TOKENIZER_CLASS_BLOCK +
      (codePoint >> 6 & 63);
  uint32_t leaf = tokenizer->classRows[row] * BITNET_TOKENIZER_CLASS_BLOCK +
                  (codePoint & 63);
  return tokenizer->classLeaves[leaf];
}

/// Bytes of the match that text[0, size) begins with; 0: there is none.
static size_t findMatch(const Tokenizer *tokenizer, uint32_t state,
                        const uint8_t *text, size_t size) {
  const uint16_t *transitions = tokenizer->transitions;
  size_t match = 0;
  size_t position = 0;
  for (;;) {
    uint32_t class = tokenizer->header->class_count;
    uint32_t length = 0;
    if (position < size)
      class = readClass(tokenizer, text + position, size - position, &length);
    uint32_t transition = transitions[state + class];
    if (transition & 1)
      match = position;
    state = transition >> 1;
    if (state == 0)
      return match;
    position += length;
  }
}

/// End of the piece of text[0, size), size >= 1, that begins it.
static size_t findEnd(const Tokenizer *tokenizer, uint32_t state,
                      const uint8_t *text, size_t size) {
  size_t end = findMatch(tokenizer, state, text, size);
  if (end != 0)
    return end;
  do {
    uint32_t length;
    readClass(tokenizer, text + end, size - end, &length);
    end += length;
  } while (end < size &&
           findMatch(tokenizer, state, text + end, size - end) == 0);
  return end;
}

void bitnetBeginPieces(Splitter *splitter, const Tokenizer *tokenizer,
                       const uint8_t *text, size_t size) {
  splitter->tokenizer = tokenizer;
  splitter->text = text;
  splitter->ends[0] = size;
  for (uint32_t i = 0; i < tokenizer->header->split_count; ++i)
    splitter->ends[i + 1] = 0;
}

size_t bitnetEndOfPiece(Splitter *splitter, size_t position) {
  const Tokenizer *tokenizer = splitter->tokenizer;
  uint32_t count = tokenizer->header->split_count;
  // Skip the automata whose pieces go on.
  uint32_t level = count;
  while (splitter->ends[level] == position)
    --level;
  for (; level < count; ++level)
    splitter->ends[level + 1] =
        position + findEnd(tokenizer, tokenizer->splits[level],
                           splitter->text + position,
                           splitter->ends[level] - position);
  return splitter->ends[count];
}
