//===- ChatValue.c - Values of chat templates -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ChatValue.h"
#include "System.h"
#include "Utf8.h"

//===----------------------------------------------------------------------===//
// Errors and memory
//===----------------------------------------------------------------------===//

static uint32_t appendMessage(ChatMemory *memory, uint32_t size,
                              const void *bytes, size_t count) {
  for (size_t i = 0; i < count && size < sizeof(memory->messageBytes); ++i)
    memory->messageBytes[size++] = ((const uint8_t *)bytes)[i];
  return size;
}

static size_t textSize(const char *text) {
  size_t size = 0;
  while (text[size] != '\0')
    ++size;
  return size;
}

static uint32_t beginMessage(ChatMemory *memory) {
  uint8_t digits[10];
  uint32_t begin = sizeof(digits);
  uint32_t line = memory->line;
  do
    digits[--begin] = (uint8_t)('0' + line % 10);
  while ((line /= 10) != 0);
  uint32_t size = appendMessage(memory, 0, "line ", 5);
  size = appendMessage(memory, size, digits + begin, sizeof(digits) - begin);
  return appendMessage(memory, size, ": ", 2);
}

int bitnetChatFail(ChatMemory *memory, const char *message) {
  if (memory->status != BITNET_OK)
    return 0;
  uint32_t size = beginMessage(memory);
  size = appendMessage(memory, size, message, textSize(message));
  memory->status = BITNET_TEMPLATE_ERROR;
  memory->message = bitnetChatText(memory->messageBytes, size, 0);
  return 0;
}

int bitnetChatFailText(ChatMemory *memory, const char *before, ChatValue text,
                       const char *after) {
  if (memory->status != BITNET_OK)
    return 0;
  uint32_t size = beginMessage(memory);
  size = appendMessage(memory, size, before, textSize(before));
  size = appendMessage(memory, size, "'", 1);
  size = appendMessage(memory, size, text.as.bytes,
                       text.size < 100 ? text.size : 100);
  size = appendMessage(memory, size, "'", 1);
  size = appendMessage(memory, size, after, textSize(after));
  memory->status = BITNET_TEMPLATE_ERROR;
  memory->message = bitnetChatText(memory->messageBytes, size, 0);
  return 0;
}

int bitnetChatSpend(ChatMemory *memory, uint64_t steps) {
  if (memory->steps >= steps) {
    memory->steps -= steps;
    return 1;
  }
  memory->steps = 0;
  return bitnetChatFail(memory, "the template takes too many steps");
}

/// Begins a block with room for `size` bytes.
static int addBlock(ChatMemory *memory, uint64_t size) {
  const uint64_t usual = 64 << 10;
  uint64_t blockSize = size + sizeof(ChatBlock) + BITNET_ALIGNMENT;
  if (blockSize < usual)
    blockSize = usual;
  blockSize =
      (blockSize + BITNET_ALIGNMENT - 1) & ~(uint64_t)(BITNET_ALIGNMENT - 1);
  ChatBlock *block =
      blockSize <= memory->left ? bitnetSystemAllocate(blockSize) : (void *)0;
  if (!block) {
    if (memory->status == BITNET_OK)
      memory->status = BITNET_OUT_OF_MEMORY;
    return 0;
  }
  memory->left -= blockSize;
  block->before = memory->blocks;
  memory->blocks = block;
  memory->next = (uint8_t *)(block + 1);
  memory->end = (uint8_t *)block + blockSize;
  return 1;
}

void *bitnetChatAllocate(ChatMemory *memory, uint64_t size) {
  size = (size + 7) & ~UINT64_C(7);
  if (size > (uint64_t)(memory->end - memory->next) && !addBlock(memory, size))
    return (void *)0;
  void *allocated = memory->next;
  memory->next += size;
  return allocated;
}

//===----------------------------------------------------------------------===//
// Lists and dicts
//===----------------------------------------------------------------------===//

int bitnetChatMakeItems(ChatMemory *memory, ChatKind kind, uint32_t capacity,
                        ChatValue *made) {
  ChatItems *items = bitnetChatAllocate(memory, sizeof(*items));
  if (!items)
    return 0;
  items->count = 0;
  items->capacity = capacity;
  items->values =
      bitnetChatAllocate(memory, (uint64_t)capacity * sizeof(ChatValue));
  if (!items->values || !bitnetChatSpend(memory, capacity / 16))
    return 0;
  *made = bitnetChatPlain(kind);
  made->as.items = items;
  return 1;
}

int bitnetChatAppendItem(ChatMemory *memory, ChatItems *items,
                         ChatValue value) {
  if (items->count == items->capacity) {
    uint32_t capacity = items->capacity < 4 ? 8 : 2 * items->capacity;
    if (items->capacity > UINT32_MAX / 4)
      return bitnetChatFail(memory, "a list is too long");
    ChatValue *values =
        bitnetChatAllocate(memory, (uint64_t)capacity * sizeof(ChatValue));
    if (!values)
      return 0;
    for (uint32_t i = 0; i < items->count; ++i)
      values[i] = items->values[i];
    items->values = values;
    items->capacity = capacity;
  }
  items->values[items->count++] = value;
  return 1;
}

ChatValue *bitnetChatFind(const ChatItems *dict, const ChatValue *key) {
  for (uint32_t i = 0; i < dict->count; i += 2)
    if (bitnetChatEqual(&dict->values[i], key, 0))
      return &dict->values[i + 1];
  return (void *)0;
}

int bitnetChatSetItem(ChatMemory *memory, ChatItems *dict, ChatValue key,
                      ChatValue value) {
  if (!bitnetChatSpend(memory, dict->count))
    return 0;
  ChatValue *found = bitnetChatFind(dict, &key);
  if (found) {
    *found = value;
    return 1;
  }
  return bitnetChatAppendItem(memory, dict, key) &&
         bitnetChatAppendItem(memory, dict, value);
}

int bitnetChatIterate(ChatMemory *memory, const ChatValue *value,
                      ChatItems **items) {
  ChatValue list;
  switch (value->kind) {
  case ChatList:
    *items = value->as.items;
    return 1;
  case ChatMissing:
  case ChatUndefined:
    if (!bitnetChatMakeItems(memory, ChatList, 0, &list))
      return 0;
    break;
  case ChatDict:
    if (!bitnetChatMakeItems(memory, ChatList, value->as.items->count / 2,
                             &list))
      return 0;
    for (uint32_t i = 0; i < value->as.items->count; i += 2)
      bitnetChatAppendItem(memory, list.as.items, value->as.items->values[i]);
    break;
  case ChatText:
    if (!bitnetChatMakeItems(memory, ChatList, bitnetChatCharacters(value),
                             &list))
      return 0;
    for (uint32_t i = 0; i < value->size;) {
      uint32_t size = bitnetChatCharacterSize(value, i);
      bitnetChatAppendItem(memory, list.as.items,
                           bitnetChatPart(*value, i, i + size));
      i += size;
    }
    break;
  default:
    return bitnetChatFail(memory, "expects a list, a dict or a text to run "
                                  "through");
  }
  *items = list.as.items;
  return 1;
}

//===----------------------------------------------------------------------===//
// Truth and order
//===----------------------------------------------------------------------===//

static double toDouble(const ChatValue *value) {
  return value->kind == ChatFloat ? value->as.number
                                  : (double)value->as.integer;
}

int bitnetChatIsTrue(const ChatValue *value) {
  switch (value->kind) {
  case ChatMissing:
  case ChatUndefined:
  case ChatNone:
    return 0;
  case ChatBool:
  case ChatInteger:
    return value->as.integer != 0;
  case ChatFloat:
    return value->as.number != 0;
  case ChatText:
    return value->size != 0;
  case ChatList:
  case ChatDict:
    return value->as.items->count != 0;
  default:
    return 1;
  }
}

static int compareTexts(const ChatValue *a, const ChatValue *b) {
  for (uint32_t i = 0; i < a->size && i < b->size; ++i)
    if (a->as.bytes[i] != b->as.bytes[i])
      return a->as.bytes[i] < b->as.bytes[i] ? -1 : 1;
  return a->size < b->size ? -1 : a->size > b->size;
}

static int equalItems(const ChatValue *a, const ChatValue *b, uint32_t depth) {
  const ChatItems *left = a->as.items;
  const ChatItems *right = b->as.items;
  if (left == right)
    return 1;
  if (left->count != right->count || depth == BITNET_CHAT_DEEPEST_VALUE)
    return 0;
  if (a->kind == ChatList) {
    for (uint32_t i = 0; i < left->count; ++i)
      if (!bitnetChatEqual(&left->values[i], &right->values[i], depth + 1))
        return 0;
    return 1;
  }
  for (uint32_t i = 0; i < left->count; i += 2) {
    const ChatValue *other = bitnetChatFind(right, &left->values[i]);
    if (!other || !bitnetChatEqual(&left->values[i + 1], other, depth + 1))
      return 0;
  }
  return 1;
}

int bitnetChatEqual(const ChatValue *a, const ChatValue *b, uint32_t depth) {
  if (bitnetChatIsNumber(a) && bitnetChatIsNumber(b))
    return a->kind == ChatFloat || b->kind == ChatFloat
               ? toDouble(a) == toDouble(b)
               : a->as.integer == b->as.integer;
  if (bitnetChatIsUndefined(a) && bitnetChatIsUndefined(b))
    return 1;
  if (a->kind != b->kind)
    return 0;
  switch (a->kind) {
  case ChatNone:
    return 1;
  case ChatText:
    return a->size == b->size && compareTexts(a, b) == 0;
  case ChatList:
  case ChatDict:
    return equalItems(a, b, depth);
  case ChatNamespace:
    return a->as.items == b->as.items;
  default:
    return a->as.loop == b->as.loop;
  }
}

int bitnetChatCompare(ChatMemory *memory, const ChatValue *a,
                      const ChatValue *b, int *order) {
  if (a->kind == ChatText && b->kind == ChatText) {
    *order = compareTexts(a, b);
    return bitnetChatSpend(memory, a->size / 16);
  }
  if (!bitnetChatIsNumber(a) || !bitnetChatIsNumber(b))
    return bitnetChatFail(memory,
                          "expects two numbers or two texts to compare");
  if (a->kind == ChatFloat || b->kind == ChatFloat)
    *order = toDouble(a) < toDouble(b) ? -1 : toDouble(a) > toDouble(b);
  else
    *order = a->as.integer < b->as.integer ? -1 : a->as.integer > b->as.integer;
  return 1;
}

//===----------------------------------------------------------------------===//
// Texts
//===----------------------------------------------------------------------===//

uint32_t bitnetChatCharacterSize(const ChatValue *text, uint32_t begin) {
  const uint8_t *bytes = text->as.bytes + begin;
  uint32_t length = bitnetUtf8Length(*bytes);
  // Each byte that is not UTF-8 is a character of its own.
  return bitnetUtf8Present(bytes, text->size - begin) == length ? length : 1;
}

uint32_t bitnetChatCharacters(const ChatValue *text) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < text->size; i += bitnetChatCharacterSize(text, i))
    ++count;
  return count;
}

int bitnetChatSearch(ChatMemory *memory, const ChatValue *text,
                     const ChatValue *part, uint32_t begin, uint32_t *found) {
  *found = text->size;
  uint64_t work = 0;
  for (uint32_t i = begin; (uint64_t)i + part->size <= text->size; ++i) {
    uint32_t k = 0;
    while (k < part->size && text->as.bytes[i + k] == part->as.bytes[k])
      ++k;
    work += k + 1;
    if (k == part->size) {
      *found = i;
      break;
    }
    if (work >= 4096) {
      if (!bitnetChatSpend(memory, work / 16))
        return 0;
      work = 0;
    }
  }
  return bitnetChatSpend(memory, work / 16);
}
