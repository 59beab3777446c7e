//===- BytePairMerge.c - Byte pair encoding of one piece ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The encoding E(text): begin with one token per byte; as long as neighbours
// can be merged, merge those whose merge comes first in the list, the leftmost
// ones among equals.
//
// Up to ShortPiece bytes this is done as it is written. Above, a tournament
// tree over the positions finds the next merge in O(log n). Its arrays are on
// the stack and have room for WindowSize bytes. Longer pieces are encoded
// window by window, by these facts, which hold for every list of merges:
//
//   (A) If E(xy) has a border between x and y, then E(xy) = E(x) E(y), because
//       merges inside x and inside y do not see each other.
//   (B) If E(x) ends with the token a, E(y) begins with the token b, and the
//       encoding of a's and b's bytes together has a border between them, then
//       E(xy) = E(x) E(y).
//
// Let E(window) = t1 ... tk. Some token of E(piece) contains the first byte
// after the window or begins with it; it begins at a place i where the text
// goes on with a token that reaches over the window's end (or i is that end).
// By (A), E(piece) begins with E(text[0, i)) for one of these i. Let q be a
// border of E(window), well before its end. If for every i the encoding of
// text[q, i) begins with the token that follows q in E(window), then by (B) all
// E(text[0, i)) share the border after that token, and so does E(piece): what
// is before it is done, and by (A) what is after it can be encoded on its own.
//
// If that fails for every q, the first token depends on text that is thousands
// of bytes away, for which lists of merges can be built but are not found by
// training. The piece is then refused.
//
//===----------------------------------------------------------------------===//
#include "Tokenizer.h"

enum { ShortPiece = 32, WindowSize = 4096 };
_Static_assert(WindowSize >= 4 * BITNET_TOKENIZER_LONGEST_TOKEN,
               "a window has to have room for several tokens");

/// Writes what is left of a piece: a token, or a byte that has none.
static void pushSymbol(TokenSink *sink, uint32_t token) {
  if (token != BITNET_TOKENIZER_NO_TOKEN)
    bitnetPushToken(sink, token);
}

/// Encodes 2 to ShortPiece bytes.
static void mergeShort(const Tokenizer *tokenizer, const uint8_t *text,
                       uint32_t size, TokenSink *sink) {
  uint32_t tokens[ShortPiece];
  // merges[i] is the merge of tokens i and i + 1.
  uint32_t merges[ShortPiece];
  for (uint32_t i = 0; i < size; ++i)
    tokens[i] = tokenizer->byteTokens[text[i]];
  for (uint32_t i = 0; i + 1 < size; ++i)
    merges[i] = bitnetFindMerge(tokenizer, tokens[i], tokens[i + 1]);
  while (size > 1) {
    uint32_t best = 0;
    for (uint32_t i = 1; i + 1 < size; ++i)
      if (merges[i] < merges[best])
        best = i;
    if (merges[best] == BITNET_NO_INDEX)
      break;
    tokens[best] = tokenizer->merges[merges[best]].result;
    --size;
    for (uint32_t i = best + 1; i < size; ++i) {
      tokens[i] = tokens[i + 1];
      merges[i - 1] = merges[i];
    }
    if (best > 0)
      merges[best - 1] =
          bitnetFindMerge(tokenizer, tokens[best - 1], tokens[best]);
    if (best + 1 < size)
      merges[best] = bitnetFindMerge(tokenizer, tokens[best], tokens[best + 1]);
  }
  for (uint32_t i = 0; i < size; ++i)
    pushSymbol(sink, tokens[i]);
}

/// The state of an encoding. A token is at the position of its first byte;
/// positions are linked to a list.
typedef struct MergeState {
  uint32_t tokens[WindowSize];
  /// The merge of the token here with the next one.
  uint32_t merges[WindowSize];
  /// The position of the token after or before; `size` at the end.
  uint16_t next[WindowSize];
  uint16_t previous[WindowSize];
  /// A binary tree in an array: node n's children are 2n and 2n + 1, the leaves
  /// (not stored) are the positions. A node holds the position below it with
  /// the first merge.
  uint16_t winners[WindowSize];
  /// Number of leaves, a power of two, at least 2.
  uint32_t leaves;
} MergeState;

static uint32_t nodeWinner(const MergeState *state, uint32_t node) {
  return node >= state->leaves ? node - state->leaves : state->winners[node];
}

static void playMatch(MergeState *state, uint32_t node) {
  uint32_t left = nodeWinner(state, 2 * node);
  uint32_t right = nodeWinner(state, 2 * node + 1);
  state->winners[node] =
      (uint16_t)(state->merges[left] <= state->merges[right] ? left : right);
}

static void setMerge(MergeState *state, uint32_t position, uint32_t merge) {
  if (state->merges[position] == merge)
    return;
  state->merges[position] = merge;
  for (uint32_t node = (position + state->leaves) / 2; node != 0; node /= 2)
    playMatch(state, node);
}

/// Encodes 1 to WindowSize bytes. The list of tokens begins at position 0.
static void mergeWindow(const Tokenizer *tokenizer, const uint8_t *text,
                        uint32_t size, MergeState *state) {
  state->leaves = 2;
  while (state->leaves < size)
    state->leaves *= 2;
  for (uint32_t i = 0; i < size; ++i) {
    state->tokens[i] = tokenizer->byteTokens[text[i]];
    state->next[i] = (uint16_t)(i + 1);
    state->previous[i] = (uint16_t)(i - 1);
  }
  for (uint32_t i = 0; i < state->leaves; ++i)
    state->merges[i] =
        i + 1 < size
            ? bitnetFindMerge(tokenizer, state->tokens[i], state->tokens[i + 1])
            : BITNET_NO_INDEX;
  for (uint32_t node = state->leaves - 1; node != 0; --node)
    playMatch(state, node);

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
    setMerge(state, merged, BITNET_NO_INDEX);
    if (after != size) {
      state->previous[after] = (uint16_t)position;
      setMerge(state, position,
               bitnetFindMerge(tokenizer, result, state->tokens[after]));
    } else {
      setMerge(state, position, BITNET_NO_INDEX);
    }
    if (position != 0) {
      uint32_t before = state->previous[position];
      setMerge(state, before,
               bitnetFindMerge(tokenizer, state->tokens[before], result));
    }
  }
}

static void pushWindow(const MergeState *state, uint32_t size,
                       TokenSink *sink) {
  for (uint32_t i = 0; i != size; i = state->next[i])
    pushSymbol(sink, state->tokens[i]);
}

/// Whether a token of at least `shortest` bytes begins at text[0].
static int longTokenBegins(const Tokenizer *tokenizer, const uint8_t *text,
                           size_t size, uint32_t shortest) {
  uint32_t hash = 0;
  for (uint32_t i = 0; i < size && i < tokenizer->header->longest_token; ++i) {
    hash = bitnetExtendTextHash(hash, text[i]);
    if (i + 1 >= shortest &&
        bitnetFindText(tokenizer, text, i + 1, bitnetFinishTextHash(hash)) !=
            BITNET_NO_INDEX)
      return 1;
  }
  return 0;
}

/// Whether the piece's encoding has, after the border at `border`, the token
/// `token`, whatever comes after the window.
static int isCertain(const Tokenizer *tokenizer, const uint8_t *text,
                     size_t size, uint32_t border, uint32_t token,
                     MergeState *state) {
  uint32_t reach = tokenizer->header->longest_token;
  for (uint32_t i = WindowSize - reach + 1; i < WindowSize; ++i) {
    if (!longTokenBegins(tokenizer, text + i, size - i, WindowSize - i + 1))
      continue;
    mergeWindow(tokenizer, text + border, i - border, state);
    if (state->tokens[0] != token)
      return 0;
  }
  return 1;
}

/// Bytes at the start of a piece longer than a window that can be encoded on
/// their own, or 0 if that is not known.
static uint32_t findCertainBorder(const Tokenizer *tokenizer,
                                  const uint8_t *text, size_t size,
                                  MergeState *state) {
  uint32_t reach = tokenizer->header->longest_token;
  // Few tokens back is enough nearly always, and makes for short encodings.
  for (uint32_t distance = 2 * reach;; distance *= 2) {
    uint32_t limit = distance < WindowSize ? WindowSize - distance : 0;
    mergeWindow(tokenizer, text, WindowSize, state);
    uint32_t border = 0;
    while (state->next[border] <= limit)
      border = state->next[border];
    uint32_t token = state->tokens[border];
    uint32_t end = state->next[border];
    if (isCertain(tokenizer, text, size, border, token, state))
      return end;
    if (limit == 0)
      return 0;
  }
}

int bitnetMergePiece(const Tokenizer *tokenizer, const uint8_t *text,
                     size_t size, TokenSink *sink) {
  if (size == 1) {
    pushSymbol(sink, tokenizer->byteTokens[text[0]]);
    return 1;
  }
  if (size <= tokenizer->header->longest_token) {
    uint32_t hash = 0;
    for (size_t i = 0; i < size; ++i)
      hash = bitnetExtendTextHash(hash, text[i]);
    uint32_t token =
        bitnetFindText(tokenizer, text, size, bitnetFinishTextHash(hash));
    if (token != BITNET_NO_INDEX) {
      bitnetPushToken(sink, token);
      return 1;
    }
  }
  if (size <= ShortPiece) {
    mergeShort(tokenizer, text, (uint32_t)size, sink);
    return 1;
  }
  MergeState state;
  while (size > WindowSize) {
    uint32_t done = findCertainBorder(tokenizer, text, size, &state);
    if (done == 0)
      return 0;
    mergeWindow(tokenizer, text, done, &state);
    pushWindow(&state, done, sink);
    text += done;
    size -= done;
  }
  mergeWindow(tokenizer, text, (uint32_t)size, &state);
  pushWindow(&state, (uint32_t)size, sink);
  return 1;
}
