//===- Unigram.c - The tokens with the highest sum of scores --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Viterbi's algorithm: for every position, the best way to reach it from the
// start. A character without a token of its own can be passed over at the
// price of `unknown_score`. Among equal sums the one whose last token is
// longest wins. Sums are continued from run to run, so that cutting changes
// nothing, not even their rounding.
//
// In a full window, all ways to the positions from which a token can reach over
// its end go through common positions; what is before the last of these is
// certain.
//
//===----------------------------------------------------------------------===//
#include "Characters.h"

/// The best way to each position.
typedef struct Lattice {
  double scores[BitNetSymbolWindow + 1];
  /// The token that ends here, or the symbol of an unknown character, and where
  /// it begins.
  uint32_t tokens[BitNetSymbolWindow + 1];
  uint16_t starts[BitNetSymbolWindow + 1];
} Lattice;

/// Marks a position that no token was found to end at.
enum { NoStart = UINT16_MAX };

static void offerToken(const Tokenizer *tokenizer, Lattice *lattice,
                       uint32_t start, uint32_t end, uint32_t token,
                       double score) {
  double sum = bitnetAddScore(tokenizer, lattice->scores[start], score);
  if (lattice->starts[end] != NoStart && sum <= lattice->scores[end])
    return;
  lattice->scores[end] = sum;
  lattice->tokens[end] = token;
  lattice->starts[end] = (uint16_t)start;
}

static void fillLattice(const Tokenizer *tokenizer, const uint32_t *symbols,
                        uint32_t count, double score, Lattice *lattice) {
  for (uint32_t i = 0; i <= count; ++i)
    lattice->starts[i] = NoStart;
  lattice->scores[0] = score;
  for (uint32_t start = 0; start < count; ++start) {
    int hasSingle = 0;
    uint32_t node = 0;
    for (uint32_t end = start; end < count;) {
      uint32_t edge = bitnetFindMerge(tokenizer, node, symbols[end++]);
      if (edge == BITNET_NO_INDEX)
        break;
      node = tokenizer->merges[edge].result;
      uint32_t token = tokenizer->nodeTokens[node];
      if (token == BITNET_NO_INDEX)
        continue;
      hasSingle |= end == start + 1;
      offerToken(tokenizer, lattice, start, end, token,
                 tokenizer->scores[token]);
    }
    if (!hasSingle)
      offerToken(tokenizer, lattice, start, start + 1, symbols[start],
                 tokenizer->characters->unknown_score);
  }
}

/// The last position that the best ways to all positions from which a token may
/// reach over the window's end have in common.
static uint32_t findCommonPosition(const Tokenizer *tokenizer,
                                   const Lattice *lattice) {
  uint8_t isReached[BitNetSymbolWindow + 1];
  uint32_t reached = tokenizer->characters->longest_token;
  for (uint32_t i = 0; i <= BitNetSymbolWindow; ++i)
    isReached[i] = i > BitNetSymbolWindow - reached;
  for (uint32_t i = BitNetSymbolWindow;; --i) {
    if (!isReached[i])
      continue;
    if (reached == 1)
      return i;
    uint8_t *start = &isReached[lattice->starts[i]];
    reached -= *start;
    *start = 1;
  }
}

uint32_t bitnetBestSymbols(const Tokenizer *tokenizer, const uint32_t *symbols,
                           uint32_t count, int isAll, SymbolSink *sink) {
  Lattice lattice;
  fillLattice(tokenizer, symbols, count, sink->score, &lattice);
  if (!isAll)
    count = findCommonPosition(tokenizer, &lattice);
  sink->score = lattice.scores[count];
  // Turn the links of the best way round: from here on, positions have their
  // successor.
  uint16_t *successors = lattice.starts;
  uint32_t successor = count;
  for (uint32_t end = count; end != 0;) {
    uint32_t start = lattice.starts[end];
    successors[end] = (uint16_t)successor;
    successor = end;
    end = start;
  }
  successors[0] = (uint16_t)successor;
  for (uint32_t position = 0; position != count;) {
    position = successors[position];
    bitnetPushSymbol(sink, lattice.tokens[position]);
  }
  return count;
}
