//===- Tokenizer.h - Text to tokens and back ----------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_TOKENIZER_H
#define BITNET_LIB_RUNTIME_TOKENIZER_H

#include "TokenizerFormat.h"
#include "bitnet/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Returned where there is no token or no merge.
#define BITNET_NO_INDEX UINT32_MAX

/// The parts of a tokenizer's tables.
typedef struct Tokenizer {
  const BitNetTokenizerHeader *header;
  const uint32_t *tokens;
  const uint32_t *byteTokens;
  const BitNetTokenizerMerge *merges;
  const uint32_t *pairSlots;
  const uint32_t *textSlots;
  const BitNetTokenizerSpecial *specials;
  const uint32_t *endTokens;
  const uint8_t *texts;
  const uint32_t *splits;
  const uint16_t *transitions;
  const uint8_t *asciiClasses;
  const uint16_t *classPlanes;
  const uint16_t *classRows;
  const uint8_t *classLeaves;
  /// Null for BitNetTokenizerBytePair, like what follows.
  const BitNetTokenizerCharacters *characters;
  const uint32_t *neighbours;
  const uint32_t *orders;
  const uint32_t *nodeTokens;
  const double *scores;
} Tokenizer;

/// Where text is cut into pieces.
typedef struct Splitter {
  const Tokenizer *tokenizer;
  const uint8_t *text;
  /// ends[0] is the text's end. ends[k + 1] is the end of the piece that the
  /// automata 0 to k cut last.
  size_t ends[BITNET_TOKENIZER_MOST_SPLITS + 1];
} Splitter;

/// Takes token ids; counts those for which there is no room.
typedef struct TokenSink {
  int32_t *tokens;
  size_t capacity;
  size_t count;
} TokenSink;

static inline void bitnetPushToken(TokenSink *sink, uint32_t token) {
  if (sink->count < sink->capacity)
    sink->tokens[sink->count] = (int32_t)token;
  ++sink->count;
}

static inline uint32_t bitnetTokenType(const Tokenizer *tokenizer,
                                       uint32_t token) {
  return tokenizer->tokens[token] >> BITNET_TOKENIZER_TEXT_OFFSET_BITS;
}

/// The bytes that a token stands for; their number goes to *size.
static inline const uint8_t *bitnetTokenText(const Tokenizer *tokenizer,
                                             uint32_t token, uint32_t *size) {
  const uint32_t mask = (UINT32_C(1) << BITNET_TOKENIZER_TEXT_OFFSET_BITS) - 1;
  uint32_t begin = tokenizer->tokens[token] & mask;
  *size = (tokenizer->tokens[token + 1] & mask) - begin;
  return tokenizer->texts + begin;
}

/// Finds the parts of `tables`, which is not null.
void bitnetOpenTokenizer(Tokenizer *tokenizer, const void *tables);

/// The token whose text is these bytes, or BITNET_NO_INDEX. `hash` is the
/// finished hash of the text.
uint32_t bitnetFindText(const Tokenizer *tokenizer, const uint8_t *text,
                        size_t size, uint32_t hash);

/// Index of the merge of two neighbours, or BITNET_NO_INDEX. The lower it is,
/// the earlier they are merged.
uint32_t bitnetFindMerge(const Tokenizer *tokenizer, uint32_t left,
                         uint32_t right);

/// Whether `token` ends a generation.
int bitnetIsEndToken(const Tokenizer *tokenizer, uint32_t token);

/// Begins to cut text[0, size) (PreTokenizer.c).
void bitnetBeginPieces(Splitter *splitter, const Tokenizer *tokenizer,
                       const uint8_t *text, size_t size);

/// End of the piece that begins at `position`, which is below the text's size
/// and 0 or where the last piece ended.
size_t bitnetEndOfPiece(Splitter *splitter, size_t position);

/// Turns one piece, size >= 1, into tokens (BytePairMerge.c). Returns 0 if that
/// takes more memory than there is, which no vocabulary made by training does.
int bitnetMergePiece(const Tokenizer *tokenizer, const uint8_t *text,
                     size_t size, TokenSink *sink);

/// Turns a segment of text without special tokens into tokens, for all kinds
/// but BitNetTokenizerBytePair (Characters.c). `isFirst`: it begins the text.
/// Returns 0 as bitnetMergePiece does.
int bitnetTokenizeCharacters(const Tokenizer *tokenizer, const uint8_t *text,
                             size_t size, int isFirst, TokenSink *sink);

/// bitnet_tokenize and bitnet_detokenize of runtime.h.
bitnet_status bitnetTokenize(const bitnet_model *model, const char *text,
                             size_t length, uint32_t flags, int32_t *tokens,
                             size_t capacity, size_t *count);
bitnet_status bitnetDetokenize(const bitnet_model *model, const int32_t *tokens,
                               size_t count, uint32_t flags, char *text,
                               size_t capacity, size_t *length);

/// Tokenizes a prompt that a template made. Control tokens are recognised where
/// none of their bytes is marked, and everywhere if `marks` is null. BOS comes
/// first if the model wants it and the text does not begin with it.
bitnet_status bitnetTokenizeMarked(const bitnet_model *model,
                                   const uint8_t *text, const uint8_t *marks,
                                   size_t length, int32_t *tokens,
                                   size_t capacity, size_t *count);

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_TOKENIZER_H
