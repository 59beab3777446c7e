//===- Tokenizer.c - Text to tokens and back ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Tokenizer.h"
#include "Session.h"
#include "WhiteSpace.h"

void bitnetOpenTokenizer(Tokenizer *tokenizer, const void *tables) {
  const BitNetTokenizerHeader *header = tables;
  const uint8_t *base = tables;
  tokenizer->header = header;
  tokenizer->tokens = (const uint32_t *)(base + header->tokens_offset);
  tokenizer->byteTokens = (const uint32_t *)(base + header->byte_tokens_offset);
  tokenizer->merges =
      (const BitNetTokenizerMerge *)(base + header->merges_offset);
  tokenizer->pairSlots = (const uint32_t *)(base + header->pair_slots_offset);
  tokenizer->textSlots = (const uint32_t *)(base + header->text_slots_offset);
  tokenizer->specials =
      (const BitNetTokenizerSpecial *)(base + header->specials_offset);
  tokenizer->endTokens = (const uint32_t *)(base + header->end_tokens_offset);
  tokenizer->texts = base + header->texts_offset;
  tokenizer->splits = (const uint32_t *)(base + header->splits_offset);
  tokenizer->transitions =
      (const uint16_t *)(base + header->transitions_offset);
  tokenizer->asciiClasses = base + header->ascii_classes_offset;
  tokenizer->classPlanes =
      (const uint16_t *)(base + header->class_planes_offset);
  tokenizer->classRows = (const uint16_t *)(base + header->class_rows_offset);
  tokenizer->classLeaves = base + header->class_leaves_offset;
  if (header->kind == BitNetTokenizerBytePair) {
    tokenizer->characters = 0;
    return;
  }
  const BitNetTokenizerCharacters *characters =
      (const BitNetTokenizerCharacters *)(base + header->character_offset);
  tokenizer->characters = characters;
  tokenizer->neighbours =
      (const uint32_t *)(base + characters->neighbours_offset);
  tokenizer->orders = (const uint32_t *)(base + characters->orders_offset);
  tokenizer->nodeTokens =
      (const uint32_t *)(base + characters->node_tokens_offset);
  tokenizer->scores = (const double *)(base + characters->scores_offset);
}

static int sameBytes(const uint8_t *a, const uint8_t *b, size_t size) {
  for (size_t i = 0; i < size; ++i)
    if (a[i] != b[i])
      return 0;
  return 1;
}

uint32_t bitnetFindText(const Tokenizer *tokenizer, const uint8_t *text,
                        size_t size, uint32_t hash) {
  const BitNetTokenizerHeader *header = tokenizer->header;
  uint32_t bits = header->slot_index_bits;
  uint32_t slot = bitnetHashSlot(hash, header->text_slot_count);
  for (;;) {
    uint32_t entry = tokenizer->textSlots[slot];
    if (entry == BITNET_TOKENIZER_EMPTY_SLOT)
      return BITNET_NO_INDEX;
    uint32_t token = entry & ((UINT32_C(1) << bits) - 1);
    if (bitnetMakeSlot(hash, token, bits) == entry) {
      uint32_t tokenSize;
      const uint8_t *tokenText = bitnetTokenText(tokenizer, token, &tokenSize);
      if (tokenSize == size && sameBytes(tokenText, text, size))
        return token;
    }
    if (++slot == header->text_slot_count)
      slot = 0;
  }
}

uint32_t bitnetFindMerge(const Tokenizer *tokenizer, uint32_t left,
                         uint32_t right) {
  const BitNetTokenizerHeader *header = tokenizer->header;
  uint32_t bits = header->slot_index_bits;
  uint32_t hash = bitnetPairHash(left, right);
  uint32_t slot = bitnetHashSlot(hash, header->pair_slot_count);
  for (;;) {
    uint32_t entry = tokenizer->pairSlots[slot];
    if (entry == BITNET_TOKENIZER_EMPTY_SLOT)
      return BITNET_NO_INDEX;
    uint32_t index = entry & ((UINT32_C(1) << bits) - 1);
    if (bitnetMakeSlot(hash, index, bits) == entry &&
        tokenizer->merges[index].left == left &&
        tokenizer->merges[index].right == right)
      return index;
    if (++slot == header->pair_slot_count)
      slot = 0;
  }
}

int bitnetIsEndToken(const Tokenizer *tokenizer, uint32_t token) {
  for (uint32_t i = 0; i < tokenizer->header->end_token_count; ++i)
    if (tokenizer->endTokens[i] == token)
      return 1;
  return 0;
}

/// The first of specials[low, high) whose text has at least `byte` at `depth`.
/// All are longer than `depth` and the same before it.
static uint32_t lowerBound(const Tokenizer *tokenizer, uint32_t low,
                           uint32_t high, uint32_t depth, uint32_t byte) {
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    uint32_t offset = tokenizer->specials[middle].text_offset;
    if (tokenizer->texts[offset + depth] < byte)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/// The longest special token that text[0, size) begins with, or null. Those
/// that are recognised on request have no bytes that are marked; none is if
/// `marks` is null.
static const BitNetTokenizerSpecial *
findSpecial(const Tokenizer *tokenizer, const uint8_t *text,
            const uint8_t *marks, size_t size, uint32_t flags) {
  const BitNetTokenizerHeader *header = tokenizer->header;
  if (!(header->special_first_bytes[text[0] / 32] >> text[0] % 32 & 1))
    return 0;
  const BitNetTokenizerSpecial *longest = 0;
  int isRequested = (flags & BITNET_TOKENIZE_SPECIAL) != 0;
  uint32_t low = 0;
  uint32_t high = header->special_count;
  for (uint32_t depth = 0; depth < size; ++depth) {
    low = lowerBound(tokenizer, low, high, depth, text[depth]);
    high = lowerBound(tokenizer, low, high, depth, text[depth] + 1u);
    if (low == high)
      break;
    isRequested = isRequested && !(marks && marks[depth]);
    // Texts are different: the shortest, which comes first, may end here.
    const BitNetTokenizerSpecial *special = &tokenizer->specials[low];
    if (special->text_size == depth + 1) {
      if (!(special->flags & BitNetSpecialOnRequest) || isRequested)
        longest = special;
      ++low;
    }
  }
  return longest;
}

/// Tokenizes text without special tokens. `isFirst`: it begins the text.
static int tokenizePlain(const Tokenizer *tokenizer, const uint8_t *text,
                         size_t size, int isFirst, TokenSink *sink) {
  if (tokenizer->characters)
    return bitnetTokenizeCharacters(tokenizer, text, size, isFirst, sink);
  Splitter splitter;
  bitnetBeginPieces(&splitter, tokenizer, text, size);
  for (size_t begin = 0, end; begin != size; begin = end) {
    end = bitnetEndOfPiece(&splitter, begin);
    if (!bitnetMergePiece(tokenizer, text + begin, end - begin, sink))
      return 0;
  }
  return 1;
}

static int tokenizeAll(const Tokenizer *tokenizer, const uint8_t *text,
                       const uint8_t *marks, size_t size, uint32_t flags,
                       TokenSink *sink) {
  if (tokenizer->header->special_count == 0)
    return tokenizePlain(tokenizer, text, size, 1, sink);
  size_t begin = 0;
  for (size_t i = 0; i < size;) {
    const BitNetTokenizerSpecial *special = findSpecial(
        tokenizer, text + i, marks ? marks + i : 0, size - i, flags);
    if (!special) {
      ++i;
      continue;
    }
    size_t end = i;
    if (special->flags & BitNetSpecialStripLeft)
      end -= bitnetSpaceAtEnd(text + begin, end - begin);
    if (!tokenizePlain(tokenizer, text + begin, end - begin, begin == 0, sink))
      return 0;
    bitnetPushToken(sink, special->token);
    i += special->text_size;
    if (special->flags & BitNetSpecialStripRight)
      i += bitnetSpaceAtStart(text + i, size - i);
    begin = i;
  }
  return tokenizePlain(tokenizer, text + begin, size - begin, begin == 0, sink);
}

bitnet_status bitnetTokenize(const bitnet_model *model, const char *text,
                             size_t length, uint32_t flags, int32_t *tokens,
                             size_t capacity, size_t *count) {
  const uint32_t allFlags = BITNET_TOKENIZE_ADD_BOS | BITNET_TOKENIZE_SPECIAL |
                            BITNET_TOKENIZE_ADD_EOS;
  if (!count || (!text && length != 0) || (!tokens && capacity != 0) ||
      (flags & ~allFlags))
    return BITNET_INVALID_ARGUMENT;
  const void *tables = bitnetDescriptor(model)->tokenizer;
  if (!tables)
    return BITNET_NO_TOKENIZER;
  Tokenizer tokenizer;
  bitnetOpenTokenizer(&tokenizer, tables);
  TokenSink sink = {tokens, capacity, 0};
  if ((flags & BITNET_TOKENIZE_ADD_BOS) &&
      (tokenizer.header->flags & BitNetTokenizerAddBos))
    bitnetPushToken(&sink, (uint32_t)tokenizer.header->bos_token);
  if (!tokenizeAll(&tokenizer, (const uint8_t *)text, /*marks=*/0, length,
                   flags, &sink))
    return BITNET_OUT_OF_MEMORY;
  if ((flags & BITNET_TOKENIZE_ADD_EOS) &&
      (tokenizer.header->flags & BitNetTokenizerAddEos))
    bitnetPushToken(&sink, (uint32_t)tokenizer.header->eos_token);
  *count = sink.count;
  return sink.count > capacity ? BITNET_BUFFER_TOO_SMALL : BITNET_OK;
}

bitnet_status bitnetTokenizeMarked(const bitnet_model *model,
                                   const uint8_t *text, const uint8_t *marks,
                                   size_t length, int32_t *tokens,
                                   size_t capacity, size_t *count) {
  const void *tables = bitnetDescriptor(model)->tokenizer;
  if (!tables)
    return BITNET_NO_TOKENIZER;
  Tokenizer tokenizer;
  bitnetOpenTokenizer(&tokenizer, tables);
  TokenSink sink = {tokens, capacity, 0};
  int addsBos = (tokenizer.header->flags & BitNetTokenizerAddBos) != 0;
  uint32_t bos = (uint32_t)tokenizer.header->bos_token;
  uint32_t bosSize = 0;
  const uint8_t *bosText =
      addsBos ? bitnetTokenText(&tokenizer, bos, &bosSize) : text;
  int beginsWithBos = bosSize != 0 && bosSize <= length &&
                      sameBytes(bosText, text, bosSize);
  for (uint32_t i = 0; beginsWithBos && marks && i < bosSize; ++i)
    beginsWithBos = !marks[i];
  if (addsBos && !beginsWithBos)
    bitnetPushToken(&sink, bos);
  if (!tokenizeAll(&tokenizer, text, marks, length, BITNET_TOKENIZE_SPECIAL,
                   &sink))
    return BITNET_OUT_OF_MEMORY;
  *count = sink.count;
  return sink.count > capacity ? BITNET_BUFFER_TOO_SMALL : BITNET_OK;
}

bitnet_status bitnetDetokenize(const bitnet_model *model, const int32_t *tokens,
                               size_t count, uint32_t flags, char *text,
                               size_t capacity, size_t *length) {
  const uint32_t allFlags =
      BITNET_DETOKENIZE_SPECIAL | BITNET_DETOKENIZE_CONTINUATION;
  if (!length || (!tokens && count != 0) || (!text && capacity != 0) ||
      (flags & ~allFlags))
    return BITNET_INVALID_ARGUMENT;
  const struct bitnet_model_descriptor *descriptor = bitnetDescriptor(model);
  if (!descriptor->tokenizer)
    return BITNET_NO_TOKENIZER;
  Tokenizer tokenizer;
  bitnetOpenTokenizer(&tokenizer, descriptor->tokenizer);
  // A model may have more logits than its tokenizer has tokens: ids above have
  // no text.
  for (size_t i = 0; i < count; ++i)
    if (tokens[i] < 0 || (uint32_t)tokens[i] >= descriptor->vocabulary_size)
      return BITNET_INVALID_TOKEN;
  int dropsSpace =
      tokenizer.characters && !(flags & BITNET_DETOKENIZE_CONTINUATION) &&
      (tokenizer.characters->flags & BitNetCharactersDropFirstSpace);
  size_t written = 0;
  for (size_t i = 0; i < count; ++i) {
    uint32_t token = (uint32_t)tokens[i];
    if (token >= tokenizer.header->token_count)
      continue;
    uint32_t type = bitnetTokenType(&tokenizer, token);
    if ((type == BitNetTokenControl || type == BitNetTokenUnknown) &&
        !(flags & BITNET_DETOKENIZE_SPECIAL))
      continue;
    uint32_t size;
    const uint8_t *bytes = bitnetTokenText(&tokenizer, token, &size);
    uint32_t first = dropsSpace && size != 0 && bytes[0] == ' ';
    dropsSpace = dropsSpace && size == 0;
    for (uint32_t k = first; k < size; ++k, ++written)
      if (written < capacity)
        text[written] = (char)bytes[k];
  }
  *length = written;
  return written > capacity ? BITNET_BUFFER_TOO_SMALL : BITNET_OK;
}
