//===- SymbolMerge.c - Merging neighbours by the score of the result ------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The encoding E(symbols) of SentencePiece's byte pair encoding: as long as
// neighbours can be merged, merge those whose result has the highest score, the
// leftmost ones among equals. Merges are sorted, and the compiler leaves one
// for each token, so that the score is that of the merge.
//
// Up to ShortRun symbols this is done as it is written. Above, a tournament
// tree over the positions finds the next merge in O(log n). More symbols than a
// window has are encoded window by window, by the facts in BytePairMerge.c,
// which hold for equal scores too: what is leftmost among the merges of a part
// does not depend on what is around it.
//
//===----------------------------------------------------------------------===//
#include "Characters.h"

enum { ShortRun = 24 };
_Static_assert(BitNetSymbolWindow >= 4 * BITNET_TOKENIZER_LONGEST_TOKEN,
               "a window has to have room for several tokens");

/// Whether merge `a` is applied before merge `b` to its left.
static inline int precedes(const Tokenizer *tokenizer, uint32_t a, uint32_t b) {
  return a < b &&
         (b == BITNET_NO_INDEX || tokenizer->orders[a] != tokenizer->orders[b]);
}

/// Encodes 1 to ShortRun symbols.
static void mergeShort(const Tokenizer *tokenizer, const uint32_t *symbols,
                       uint32_t count, SymbolSink *sink) {
  uint32_t tokens[ShortRun];
  // merges[i] is the merge of tokens i and i + 1.
  uint32_t merges[ShortRun];
  for (uint32_t i = 0; i < count; ++i)
    tokens[i] = symbols[i];
  for (uint32_t i = 0; i + 1 < count; ++i)
    merges[i] = bitnetFindMerge(tokenizer, tokens[i], tokens[i + 1]);
  while (count > 1) {
    uint32_t best = 0;
    for (uint32_t i = 1; i + 1 < count; ++i)
      if (precedes(tokenizer, merges[i], merges[best]))
        best = i;
    if (merges[best] == BITNET_NO_INDEX)
      break;
    tokens[best] = tokenizer->merges[merges[best]].result;
    --count;
    for (uint32_t i = best + 1; i < count; ++i) {
      tokens[i] = tokens[i + 1];
      merges[i - 1] = merges[i];
    }
    if (best > 0)
      merges[best - 1] =
          bitnetFindMerge(tokenizer, tokens[best - 1], tokens[best]);
    if (best + 1 < count)
      merges[best] = bitnetFindMerge(tokenizer, tokens[best], tokens[best + 1]);
  }
  for (uint32_t i = 0; i < count; ++i)
    bitnetPushSymbol(sink, tokens[i]);
}

/// The state of an encoding. A token is at the position of its first symbol;
/// positions are linked to a list.
typedef struct MergeState {
  uint32_t tokens[BitNetSymbolWindow];
  /// The merge of the token here with the next one.
  uint32_t merges[BitNetSymbolWindow];
  /// The position of the token after or before; the count at the end.
  uint16_t next[BitNetSymbolWindow];
  uint16_t previous[BitNetSymbolWindow];
  /// A binary tree in an array: node n's children are 2n and 2n + 1, the leaves
  /// (not stored) are the positions. A node holds the position below it with
  /// the first merge.
  uint16_t winners[BitNetSymbolWindow];
  /// Number of leaves, a power of two, at least 2.
  uint32_t leaves;
} MergeState;

static uint32_t nodeWinner(const MergeState *state, uint32_t node) {
  return node >= state->leaves ? node - state->leaves : state->winners[node];
}

static void playMatch(const Tokenizer *tokenizer, MergeState *state,
                      uint32_t node) {
  uint32_t left = nodeWinner(state, 2 * node);
  uint32_t right = nodeWinner(state, 2 * node + 1);
  int rightWins =
      precedes(tokenizer, state->merges[right], state->merges[left]);
  state->winners[node] = (uint16_t)(rightWins ? right : left);
}

static void setMerge(const Tokenizer *tokenizer, MergeState *state,
                     uint32_t position, uint32_t merge) {
  if (state->merges[position] == merge)
    return;
  state->merges[position] = merge;
  for (uint32_t node = (position + state->leaves) / 2; node != 0; node /= 2)
    playMatch(tokenizer, state, node);
}

/// Encodes 1 to BitNetSymbolWindow symbols. The list of tokens begins at
/// position 0.
static void mergeWindow(const Tokenizer *tokenizer, const uint32_t *symbols,
                        uint32_t count, MergeState *state) {
  state->leaves = 2;
  while (state->leaves < count)
    state->leaves *= 2;
  for (uint32_t i = 0; i < count; ++i) {
    state->tokens[i] = symbols[i];
    state->next[i] = (uint16_t)(i + 1);
    state->previous[i] = (uint16_t)(i - 1);
  }
  for (uint32_t i = 0; i < state->leaves; ++i)
    state->merges[i] =
        i + 1 < count ? bitnetFindMerge(tokenizer, symbols[i], symbols[i + 1])
                      : BITNET_NO_INDEX;
  for (uint32_t node = state->leaves - 1; node != 0; --node)
    playMatch(tokenizer, state, node);

  for (;;) {
    uint32_t position = state->winners[1];
    uint32_t merge = state->merges[position];
    if (merge == BITNET_NO_INDEX)
      return;
    uint32_t merged = state->next[position];
    uint32_t after = state->next[merged];
    uint32_t result = tokenizer->merges[merge].result;
    state->tokens[position] = result;
    state->next[position] = (uint16_t)after;
    setMerge(tokenizer, state, merged, BITNET_NO_INDEX);
    uint32_t following = BITNET_NO_INDEX;
    if (after != count) {
      state->previous[after] = (uint16_t)position;
      following = bitnetFindMerge(tokenizer, result, state->tokens[after]);
    }
    setMerge(tokenizer, state, position, following);
    if (position != 0) {
      uint32_t before = state->previous[position];
      setMerge(tokenizer, state, before,
               bitnetFindMerge(tokenizer, state->tokens[before], result));
    }
  }
}

/// Whether the encoding of all symbols has, after the border at `border`, the
/// token `token`, whatever comes after the window.
static int isCertain(const Tokenizer *tokenizer, const uint32_t *symbols,
                     uint32_t border, uint32_t token, MergeState *state) {
  uint32_t reach = tokenizer->characters->longest_token;
  for (uint32_t i = BitNetSymbolWindow - reach + 1; i < BitNetSymbolWindow;
       ++i) {
    mergeWindow(tokenizer, symbols + border, i - border, state);
    if (state->tokens[0] != token)
      return 0;
  }
  return 1;
}

/// Symbols at the start of a full window that can be encoded on their own, or 0
/// if that is not known.
static uint32_t findCertainBorder(const Tokenizer *tokenizer,
                                  const uint32_t *symbols, MergeState *state) {
  // Few tokens back is enough nearly always, and makes for short encodings.
  uint32_t distance = 2 * tokenizer->characters->longest_token;
  for (;; distance *= 2) {
    uint32_t limit =
        distance < BitNetSymbolWindow ? BitNetSymbolWindow - distance : 0;
    mergeWindow(tokenizer, symbols, BitNetSymbolWindow, state);
    uint32_t border = 0;
    while (state->next[border] <= limit)
      border = state->next[border];
    uint32_t token = state->tokens[border];
    uint32_t end = state->next[border];
    if (isCertain(tokenizer, symbols, border, token, state))
      return end;
    if (limit == 0)
      return 0;
  }
}

uint32_t bitnetMergeSymbols(const Tokenizer *tokenizer, const uint32_t *symbols,
                            uint32_t count, int isAll, SymbolSink *sink) {
  if (count <= ShortRun) {
    mergeShort(tokenizer, symbols, count, sink);
    return count;
  }
  MergeState state;
  if (!isAll)
    count = findCertainBorder(tokenizer, symbols, &state);
  if (count == 0)
    return 0;
  mergeWindow(tokenizer, symbols, count, &state);
  for (uint32_t i = 0; i != count; i = state.next[i])
    bitnetPushSymbol(sink, state.tokens[i]);
  return count;
}
