//===- Characters.c - Tokenizers of characters ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A segment is cut between two symbols that are side by side in no token, which
// changes nothing: there is a border between tokens in any case. So words are
// encoded one by one wherever a vocabulary keeps spaces at their beginning.
//
//===----------------------------------------------------------------------===//
#include "Characters.h"
#include "Utf8.h"

/// U+2581, which stands for a space.
static const uint8_t visibleSpace[3] = {0xe2, 0x96, 0x81};

/// The symbols of a segment that are not encoded yet.
typedef struct Segment {
  SymbolSink sink;
  uint32_t count;
  uint32_t symbols[BitNetSymbolWindow];
} Segment;

void bitnetPushUnknown(SymbolSink *sink, const uint8_t *text, uint32_t size) {
  const Tokenizer *tokenizer = sink->tokenizer;
  int hasBytes = 1;
  for (uint32_t i = 0; i < size; ++i)
    if (tokenizer->byteTokens[text[i]] == BITNET_NO_INDEX)
      hasBytes = 0;
  if (hasBytes) {
    for (uint32_t i = 0; i < size; ++i)
      bitnetPushToken(sink->tokens, tokenizer->byteTokens[text[i]]);
    sink->endsUnknown = 0;
    return;
  }
  int fuses = tokenizer->characters->flags & BitNetCharactersFuseUnknown;
  if (!fuses || !sink->endsUnknown)
    bitnetPushToken(sink->tokens, tokenizer->characters->unknown_token);
  sink->endsUnknown = 1;
}

void bitnetPushSymbol(SymbolSink *sink, uint32_t symbol) {
  const Tokenizer *tokenizer = sink->tokenizer;
  if (symbol < tokenizer->header->token_count) {
    bitnetPushToken(sink->tokens, symbol);
    sink->endsUnknown = 0;
    return;
  }
  uint32_t size = sizeof(visibleSpace);
  const uint8_t *text = visibleSpace;
  if (symbol != tokenizer->characters->space_symbol)
    text = bitnetTokenText(tokenizer, symbol, &size);
  bitnetPushUnknown(sink, text, size);
}

/// Encodes the segment's symbols, or, unless `isAll`, some at their front.
/// Returns 0 if that takes more memory than there is.
static int encode(Segment *segment, int isAll) {
  if (segment->count == 0)
    return 1;
  const Tokenizer *tokenizer = segment->sink.tokenizer;
  uint32_t done =
      tokenizer->header->kind == BitNetTokenizerUnigram
          ? bitnetBestSymbols(tokenizer, segment->symbols, segment->count,
                              isAll, &segment->sink)
          : bitnetMergeSymbols(tokenizer, segment->symbols, segment->count,
                               isAll, &segment->sink);
  for (uint32_t i = done; i < segment->count; ++i)
    segment->symbols[i - done] = segment->symbols[i];
  segment->count -= done;
  return done != 0;
}

/// Whether a token may have the symbols side by side.
static int areNeighbours(const Tokenizer *tokenizer, uint32_t left,
                         uint32_t right) {
  const BitNetTokenizerCharacters *characters = tokenizer->characters;
  if ((characters->flags & BitNetCharactersSplitSpaces) &&
      right == characters->space_symbol)
    return 0;
  uint32_t bit = bitnetNeighbourBit(left, right, characters->neighbour_bits);
  return tokenizer->neighbours[bit / 32] >> bit % 32 & 1;
}

static int addSymbol(Segment *segment, uint32_t symbol) {
  if (segment->count != 0 &&
      !areNeighbours(segment->sink.tokenizer,
                     segment->symbols[segment->count - 1], symbol) &&
      !encode(segment, 1))
    return 0;
  if (segment->count == BitNetSymbolWindow && !encode(segment, 0))
    return 0;
  segment->symbols[segment->count++] = symbol;
  return 1;
}

static int addUnknown(Segment *segment, const uint8_t *text, uint32_t size) {
  if (!encode(segment, 1))
    return 0;
  bitnetPushUnknown(&segment->sink, text, size);
  const Tokenizer *tokenizer = segment->sink.tokenizer;
  segment->sink.score = bitnetAddScore(tokenizer, segment->sink.score,
                                       tokenizer->characters->unknown_score);
  return 1;
}

static int addSpace(Segment *segment) {
  uint32_t space = segment->sink.tokenizer->characters->space_symbol;
  return space != BITNET_NO_INDEX
             ? addSymbol(segment, space)
             : addUnknown(segment, visibleSpace, sizeof(visibleSpace));
}

static int isVisibleSpace(const uint8_t *text, uint32_t size) {
  return size == 3 && text[0] == visibleSpace[0] &&
         text[1] == visibleSpace[1] && text[2] == visibleSpace[2];
}

/// Adds the character at text[0]; the number of its bytes goes to *length.
static int addCharacter(Segment *segment, const uint8_t *text, size_t size,
                        uint32_t *length) {
  *length = bitnetUtf8Length(text[0]);
  if (bitnetUtf8Present(text, size) != *length)
    *length = 1;
  if (text[0] == ' ' || isVisibleSpace(text, *length))
    return addSpace(segment);
  uint32_t hash = 0;
  for (uint32_t i = 0; i < *length; ++i)
    hash = bitnetExtendTextHash(hash, text[i]);
  uint32_t symbol = bitnetFindText(segment->sink.tokenizer, text, *length,
                                   bitnetFinishTextHash(hash));
  return symbol != BITNET_NO_INDEX ? addSymbol(segment, symbol)
                                   : addUnknown(segment, text, *length);
}

/// Whether a space is put before the segment text[0, size), size >= 1.
static int hasPrefix(uint32_t flags, const uint8_t *text, size_t size,
                     int isFirst) {
  if (!(flags & BitNetCharactersPrefix) &&
      !(isFirst && (flags & BitNetCharactersPrefixFirst)))
    return 0;
  int hasSpace = text[0] == ' ' || (size >= 3 && isVisibleSpace(text, 3));
  return !(hasSpace && (flags & BitNetCharactersPrefixUnlessSpace));
}

int bitnetTokenizeCharacters(const Tokenizer *tokenizer, const uint8_t *text,
                             size_t size, int isFirst, TokenSink *sink) {
  uint32_t flags = tokenizer->characters->flags;
  int collapses = (flags & BitNetCharactersCollapseSpaces) != 0;
  while (collapses && size != 0 && text[0] == ' ') {
    ++text;
    --size;
  }
  while (collapses && size != 0 && text[size - 1] == ' ')
    --size;
  if (size == 0)
    return 1;
  Segment segment;
  segment.sink = (SymbolSink){.tokenizer = tokenizer, .tokens = sink};
  segment.count = 0;
  if (hasPrefix(flags, text, size, isFirst) && !addSpace(&segment))
    return 0;
  for (size_t i = 0; i < size;) {
    uint32_t length = 1;
    int isRepeated = i != 0 && text[i] == ' ' && text[i - 1] == ' ';
    if (!(collapses && isRepeated) &&
        !addCharacter(&segment, text + i, size - i, &length))
      return 0;
    i += length;
  }
  return encode(&segment, 1);
}
