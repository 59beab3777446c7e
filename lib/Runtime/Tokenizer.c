//===- Tokenizer.c - Text to tokens and back ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Tokenizer.h"
#include "Session.h"

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
  tokenizer->specials = (const uint32_t *)(base + header->specials_offset);
  tokenizer->endTokens = (const uint32_t *)(base + header->end_tokens_offset);
  tokenizer->texts = base + header->texts_offset;
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

int bitnetIsEndToken(const Tokenizer *tokenizer, uint32_t token) {
  for (uint32_t i = 0; i < tokenizer->header->end_token_count; ++i)
    if (tokenizer->endTokens[i] == token)
      return 1;
  return 0;
}

/// The longest special token that text[0, size) begins with, or
/// BITNET_NO_INDEX.
static uint32_t findSpecial(const Tokenizer *tokenizer, const uint8_t *text,
                            size_t size, uint32_t flags) {
  const BitNetTokenizerHeader *header = tokenizer->header;
  if (!(header->special_first_bytes[text[0] / 32] >> text[0] % 32 & 1))
    return BITNET_NO_INDEX;
  for (uint32_t i = 0; i < header->special_count; ++i) {
    uint32_t token = tokenizer->specials[i];
    if (bitnetTokenType(tokenizer, token) == BitNetTokenControl &&
        !(flags & BITNET_TOKENIZE_SPECIAL))
      continue;
    uint32_t tokenSize;
    const uint8_t *tokenText = bitnetTokenText(tokenizer, token, &tokenSize);
    if (tokenSize <= size && sameBytes(tokenText, text, tokenSize))
      return token;
  }
  return BITNET_NO_INDEX;
}

/// Tokenizes text without special tokens.
static int tokenizePlain(const Tokenizer *tokenizer, const uint8_t *text,
                         size_t size, TokenSink *sink) {
  while (size != 0) {
    size_t piece = bitnetNextPiece(text, size);
    if (!bitnetMergePiece(tokenizer, text, piece, sink))
      return 0;
    text += piece;
    size -= piece;
  }
  return 1;
}

static int tokenizeAll(const Tokenizer *tokenizer, const uint8_t *text,
                       size_t size, uint32_t flags, TokenSink *sink) {
  if (tokenizer->header->special_count == 0)
    return tokenizePlain(tokenizer, text, size, sink);
  size_t begin = 0;
  for (size_t i = 0; i < size;) {
    uint32_t special = findSpecial(tokenizer, text + i, size - i, flags);
    if (special == BITNET_NO_INDEX) {
      ++i;
      continue;
    }
    if (!tokenizePlain(tokenizer, text + begin, i - begin, sink))
      return 0;
    bitnetPushToken(sink, special);
    uint32_t specialSize;
    bitnetTokenText(tokenizer, special, &specialSize);
    i += specialSize;
    begin = i;
  }
  return tokenizePlain(tokenizer, text + begin, size - begin, sink);
}

bitnet_status bitnetTokenize(const bitnet_model *model, const char *text,
                             size_t length, uint32_t flags, int32_t *tokens,
                             size_t capacity, size_t *count) {
  const uint32_t allFlags = BITNET_TOKENIZE_ADD_BOS | BITNET_TOKENIZE_SPECIAL;
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
  if (!tokenizeAll(&tokenizer, (const uint8_t *)text, length, flags, &sink))
    return BITNET_OUT_OF_MEMORY;
  *count = sink.count;
  return sink.count > capacity ? BITNET_BUFFER_TOO_SMALL : BITNET_OK;
}

bitnet_status bitnetDetokenize(const bitnet_model *model, const int32_t *tokens,
                               size_t count, uint32_t flags, char *text,
                               size_t capacity, size_t *length) {
  const uint32_t allFlags = BITNET_DETOKENIZE_SPECIAL;
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
    for (uint32_t k = 0; k < size; ++k, ++written)
      if (written < capacity)
        text[written] = (char)bytes[k];
  }
  *length = written;
  return written > capacity ? BITNET_BUFFER_TOO_SMALL : BITNET_OK;
}
