//===- TokenizerFormat.h - Tables of a tokenizer ------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The contract between the compiler, which writes the tables
// (lib/Tokenizer/TokenizerTables.cpp), and the runtime, which reads them
// (Tokenizer.c). They are one block of read-only data, trusted because the
// compiler made it, of 32-bit little-endian words:
//
//   BitNetTokenizerHeader
//   tokens      u32 [token_count + 1]   bits 28..0: where the token's text
//                                       begins in `texts`; 31..29: its type
//   byte_tokens u32 [256]               the token of each single byte, or the
//                                       unknown token, or all ones: none
//   merges      BitNetTokenizerMerge [merge_count], the first is applied first
//   pair_slots  u32 [pair_slot_count]   hash table: (left, right) -> merge
//   text_slots  u32 [text_slot_count]   hash table: text -> token that a
//                                       piece with this text becomes
//   specials    BitNetTokenizerSpecial [special_count], tokens recognised in
//                                       text, ascending by their texts' bytes
//   end_tokens  u32 [end_token_count]   tokens that end a generation
//   texts       u8  [text_size]         the bytes that tokens stand for, padded
//                                       to a multiple of 4
//
// Byte pair encoding cuts text into pieces first, by automata:
//
//   splits      u32 [split_count]       where each automaton begins in
//                                       `transitions`
//   transitions u16 [states][class_count + 1]
//   ascii_classes u8 [128]              the class of each ASCII character
//   class_planes u16 [0x110]            classes of code points
//   class_rows  u16 [rows][64]
//   class_leaves u8 [leaves][64]
//
// An automaton reads characters, by their classes, from where a piece begins,
// and at last the end of the text, whose class is class_count. A transition
// holds in bits 15..1 where the next state begins in `transitions` (0: none;
// the automaton stops) and in bit 0 whether the text before the character is a
// match. The last match counts.
//
// The class of code point c is
//
//   leaves[rows[planes[c >> 12]][c >> 6 & 63]][c & 63]
//
// Tokenizers of characters instead of bytes (SentencePiece) have at
// `character_offset`
//
//   BitNetTokenizerCharacters
//   neighbours  u32 [2^neighbour_bits / 32]  bit h is set if h is the hash of
//                                       two symbols that are side by side in
//                                       some token
//   orders      u32 [merge_count]       merges of the same order are equal: the
//                                       leftmost in the text is applied first
//   node_tokens u32 [node_count]        the token that each node spells, or all
//                                       ones
//   scores      f64 [token_count]
//
// Their symbols are characters: a token, or, for characters that are in tokens
// but are none themselves, a number from token_count on, with an entry of its
// own in `tokens`. `text_slots` find symbols only; U+2581, which stands for a
// space, is written as a space in all texts. The kinds differ in `merges`:
//
//   SentencePiece   two tokens become one; has `orders`
//   Unigram         the edges of a trie from a node, by a symbol, to a node;
//                   node 0 is the root; has `node_tokens` and `scores`
//
// Offsets in the header are in bytes from the block's start; every part begins
// at a multiple of 4.
//
// Hash tables use open addressing with linear probing. A hash h belongs to slot
// h * slot_count >> 32. A slot is empty (all ones), or holds an index in its
// low `slot_index_bits` bits and the low bits of the hash above them, which
// rule out nearly all comparisons in vain.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_TOKENIZERFORMAT_H
#define BITNET_LIB_RUNTIME_TOKENIZERFORMAT_H

#include <stdint.h>

/// "BNTK"
#define BITNET_TOKENIZER_MAGIC UINT32_C(0x4b544e42)
#define BITNET_TOKENIZER_VERSION 2u

/// Most bytes of one token's text.
#define BITNET_TOKENIZER_LONGEST_TOKEN 1024u

/// Most automata that text is cut by.
#define BITNET_TOKENIZER_MOST_SPLITS 16u

/// Entries of a block of `class_rows` and `class_leaves`.
#define BITNET_TOKENIZER_CLASS_BLOCK 64u

#define BITNET_TOKENIZER_TEXT_OFFSET_BITS 29u
#define BITNET_TOKENIZER_EMPTY_SLOT UINT32_MAX
/// In `byte_tokens`: text goes without these bytes.
#define BITNET_TOKENIZER_NO_TOKEN UINT32_MAX

/// Flags of the header.
enum {
  BitNetTokenizerAddBos = 1,
  BitNetTokenizerAddEos = 2
};

/// Flags of BitNetTokenizerCharacters. A segment is what is left between
/// special tokens.
enum {
  /// Every segment begins with a space that is not in the text.
  BitNetCharactersPrefix = 1,
  /// So does one at the beginning of the text.
  BitNetCharactersPrefixFirst = 2,
  /// Not if it begins with a space anyway.
  BitNetCharactersPrefixUnlessSpace = 4,
  /// No token has a space anywhere but at its beginning.
  BitNetCharactersSplitSpaces = 8,
  /// Unknown characters side by side are one unknown token.
  BitNetCharactersFuseUnknown = 16,
  /// Spaces at the ends of a segment are dropped, others become one.
  BitNetCharactersCollapseSpaces = 32,
  /// Text made of tokens loses a space at its beginning.
  BitNetCharactersDropFirstSpace = 64,
  /// Unigram: sums of scores are rounded to single precision.
  BitNetCharactersSinglePrecision = 128
};

/// Flags of BitNetTokenizerSpecial.
enum {
  /// Recognised on request only.
  BitNetSpecialOnRequest = 1,
  /// Takes white space before or after it along.
  BitNetSpecialStripLeft = 2,
  BitNetSpecialStripRight = 4
};

/// Kinds of tokenizers.
enum {
  /// Byte-level byte pair encoding.
  BitNetTokenizerBytePair = 1,
  /// Neighbours are merged, characters at first, by the score of the result.
  BitNetTokenizerSentencePiece = 2,
  /// The tokens with the highest sum of scores.
  BitNetTokenizerUnigram = 3
};

/// Types of tokens, numbered as in GGUF files.
enum {
  BitNetTokenNormal = 1,
  BitNetTokenUnknown = 2,
  BitNetTokenControl = 3,
  BitNetTokenUserDefined = 4,
  BitNetTokenUnused = 5,
  /// Stands for a byte of a character that has no token.
  BitNetTokenByte = 6
};

typedef struct BitNetTokenizerHeader {
  uint32_t magic;
  uint32_t version;
  uint32_t flags;
  /// BitNetTokenizerBytePair etc.
  uint32_t kind;
  uint32_t token_count;
  uint32_t merge_count;
  uint32_t pair_slot_count;
  uint32_t text_slot_count;
  uint32_t special_count;
  uint32_t end_token_count;
  uint32_t text_size;
  /// Bytes of the longest text in `text_slots`; at most
  /// BITNET_TOKENIZER_LONGEST_TOKEN.
  uint32_t longest_token;
  uint32_t slot_index_bits;
  /// -1: none.
  int32_t bos_token;
  int32_t eos_token;
  uint32_t tokens_offset;
  uint32_t byte_tokens_offset;
  uint32_t merges_offset;
  uint32_t pair_slots_offset;
  uint32_t text_slots_offset;
  uint32_t specials_offset;
  uint32_t end_tokens_offset;
  uint32_t texts_offset;
  /// Bit b of word w is set if a special token begins with byte 32 w + b.
  uint32_t special_first_bytes[8];
  /// 0 for BitNetTokenizerBytePair.
  uint32_t character_offset;
  /// At most BITNET_TOKENIZER_MOST_SPLITS.
  uint32_t split_count;
  uint32_t class_count;
  /// The class of a byte that is not UTF-8.
  uint32_t malformed_class;
  uint32_t splits_offset;
  uint32_t transitions_offset;
  uint32_t ascii_classes_offset;
  uint32_t class_planes_offset;
  uint32_t class_rows_offset;
  uint32_t class_leaves_offset;
} BitNetTokenizerHeader;

/// The tokens `left` and `right`, side by side, become `result`.
typedef struct BitNetTokenizerMerge {
  uint32_t left;
  uint32_t right;
  uint32_t result;
} BitNetTokenizerMerge;

/// A token that is recognised in text as a whole, before anything else.
typedef struct BitNetTokenizerSpecial {
  uint32_t token;
  uint32_t flags;
  /// What is recognised, in `texts`.
  uint32_t text_offset;
  uint32_t text_size;
} BitNetTokenizerSpecial;

typedef struct BitNetTokenizerCharacters {
  uint32_t flags;
  /// The token of characters that have neither a token nor tokens for their
  /// bytes; all ones: there is none, because all bytes have one.
  uint32_t unknown_token;
  /// The symbol of a space; all ones: a space is unknown.
  uint32_t space_symbol;
  uint32_t neighbour_bits;
  /// Symbols of the longest token.
  uint32_t longest_token;
  uint32_t neighbours_offset;
  uint32_t orders_offset;
  uint32_t node_tokens_offset;
  uint32_t scores_offset;
  uint32_t reserved;
  /// Unigram: what an unknown character scores.
  double unknown_score;
} BitNetTokenizerCharacters;

#ifdef __cplusplus
static_assert(sizeof(BitNetTokenizerHeader) == 164, "no padding");
static_assert(sizeof(BitNetTokenizerCharacters) == 48, "no padding");
#else
_Static_assert(sizeof(BitNetTokenizerHeader) == 164, "no padding");
_Static_assert(sizeof(BitNetTokenizerCharacters) == 48, "no padding");
#endif

/// Hash of a text, to be extended byte by byte; begins with 0 and ends with
/// bitnetFinishTextHash.
static inline uint32_t bitnetExtendTextHash(uint32_t hash, uint8_t byte) {
  return (hash + byte + 1) * UINT32_C(0x9e3779b1);
}

static inline uint32_t bitnetFinishTextHash(uint32_t hash) {
  hash = (hash ^ hash >> 15) * UINT32_C(0x85ebca77);
  return hash ^ hash >> 13;
}

/// Hash of a pair of neighbours.
static inline uint32_t bitnetPairHash(uint32_t left, uint32_t right) {
  uint64_t pair = (uint64_t)left << 32 | right;
  pair = (pair ^ pair >> 32) * UINT64_C(0x9e3779b97f4a7c15);
  return (uint32_t)(pair >> 32) ^ (uint32_t)(pair >> 11);
}

/// Bit of two neighbouring symbols in `neighbours`.
static inline uint32_t bitnetNeighbourBit(uint32_t left, uint32_t right,
                                          uint32_t bits) {
  return (left * UINT32_C(0x9e3779b1) ^ right) * UINT32_C(0x85ebca77) >>
         (32 - bits);
}

/// The slot that a hash belongs to.
static inline uint32_t bitnetHashSlot(uint32_t hash, uint32_t slotCount) {
  return (uint32_t)((uint64_t)hash * slotCount >> 32);
}

/// What a slot for `index` holds.
static inline uint32_t bitnetMakeSlot(uint32_t hash, uint32_t index,
                                      uint32_t indexBits) {
  return hash << indexBits | index;
}

#endif // BITNET_LIB_RUNTIME_TOKENIZERFORMAT_H
