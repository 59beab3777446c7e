//===- Characters.h - Tokenizers of characters --------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the kinds SentencePiece and Unigram share: a segment of text becomes
// symbols, runs of which become tokens.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CHARACTERS_H
#define BITNET_LIB_RUNTIME_CHARACTERS_H

#include "Tokenizer.h"

/// Most symbols that are encoded together.
enum { BitNetSymbolWindow = 4096 };

/// Where the tokens of a segment go.
typedef struct SymbolSink {
  const Tokenizer *tokenizer;
  TokenSink *tokens;
  /// Whether the last token stands for an unknown character.
  int endsUnknown;
  /// Unigram: the score of the segment so far.
  double score;
} SymbolSink;

/// The score of a way that goes on with a token.
static inline double bitnetAddScore(const Tokenizer *tokenizer, double sum,
                                    double score) {
  // Rounding the sum of two floats twice gives the same.
  sum += score;
  return tokenizer->characters->flags & BitNetCharactersSinglePrecision
             ? (double)(float)sum
             : sum;
}

/// Pushes what a character without a token becomes, given its bytes: their
/// tokens, or the unknown token.
void bitnetPushUnknown(SymbolSink *sink, const uint8_t *text, uint32_t size);

/// Pushes a token, or what a symbol that is no token becomes.
void bitnetPushSymbol(SymbolSink *sink, uint32_t symbol);

/// Turns symbols[0, count), count >= 1, into tokens and pushes them. If they
/// are not all there are in the run, they are BitNetSymbolWindow; then pushes
/// those tokens that do not depend on what follows. Returns the number of
/// symbols whose tokens were pushed, 0 if none is certain, which needs a
/// vocabulary that no training makes (SymbolMerge.c).
uint32_t bitnetMergeSymbols(const Tokenizer *tokenizer, const uint32_t *symbols,
                            uint32_t count, int isAll, SymbolSink *sink);

/// The same for the kind Unigram (Unigram.c).
uint32_t bitnetBestSymbols(const Tokenizer *tokenizer, const uint32_t *symbols,
                           uint32_t count, int isAll, SymbolSink *sink);

#endif // BITNET_LIB_RUNTIME_CHARACTERS_H
