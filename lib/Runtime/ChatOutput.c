//===- ChatOutput.c - What chat templates write ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ChatValue.h"
#include "Utf8.h"

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

static int growOutput(ChatMemory *memory, ChatOutput *output, uint64_t size) {
  uint64_t capacity = 2 * output->capacity;
  if (capacity < 256)
    capacity = 256;
  if (capacity < size)
    capacity = size;
  uint8_t *bytes = bitnetChatAllocate(memory, capacity);
  uint8_t *marks =
      memory->keepsMarks ? bitnetChatAllocate(memory, capacity) : (void *)0;
  if (!bytes || (memory->keepsMarks && !marks))
    return 0;
  for (uint64_t i = 0; i < output->size; ++i)
    bytes[i] = output->bytes[i];
  for (uint64_t i = 0; marks && i < output->size; ++i)
    marks[i] = output->marks[i];
  output->bytes = bytes;
  output->marks = marks;
  output->capacity = capacity;
  return 1;
}

int bitnetChatWriteText(ChatMemory *memory, ChatOutput *output,
                        ChatValue text) {
  uint64_t end = output->size + text.size;
  if (!bitnetChatSpend(memory, text.size / 16) ||
      (output->grows && end > output->capacity &&
       !growOutput(memory, output, end)))
    return 0;
  uint64_t room =
      output->size < output->capacity ? output->capacity - output->size : 0;
  uint64_t count = text.size < room ? text.size : room;
  for (uint64_t i = 0; i < count; ++i)
    output->bytes[output->size + i] = text.as.bytes[i];
  for (uint64_t i = 0; output->marks && i < count; ++i)
    output->marks[output->size + i] =
        text.marks ? text.marks[i] : (uint8_t)text.mark;
  output->size = end;
  return 1;
}

int bitnetChatWritten(ChatMemory *memory, const ChatOutput *output,
                      ChatValue *text) {
  if (output->size > UINT32_MAX)
    return bitnetChatFail(memory, "a text is too long");
  *text = bitnetChatText(output->bytes, (uint32_t)output->size, 0);
  text->marks = output->marks;
  return 1;
}

static int writeByte(ChatMemory *memory, ChatOutput *output, uint8_t byte) {
  return bitnetChatWriteText(memory, output, bitnetChatText(&byte, 1, 0));
}

#define WRITE_LITERAL(memory, output, literal)                                 \
  bitnetChatWriteText(memory, output, BITNET_CHAT_LITERAL(literal))

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

static int writeInteger(ChatMemory *memory, ChatOutput *output,
                        int64_t integer) {
  uint8_t digits[20];
  uint32_t begin = sizeof(digits);
  uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
  do
    digits[--begin] = (uint8_t)('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (integer < 0)
    digits[--begin] = '-';
  return bitnetChatWriteText(
      memory, output,
      bitnetChatText(digits + begin, sizeof(digits) - begin, 0));
}

/// Whole numbers only: the shortest digits of others would take long
/// arithmetic, and no template writes them.
static int writeFloat(ChatMemory *memory, ChatOutput *output, double number) {
  if (!(number > -1e15 && number < 1e15) || (double)(int64_t)number != number)
    return bitnetChatFail(memory,
                          "fractions are not supported where they are written");
  return writeInteger(memory, output, (int64_t)number) &&
         WRITE_LITERAL(memory, output, ".0");
}

//===----------------------------------------------------------------------===//
// Texts in quotes
//===----------------------------------------------------------------------===//

static int writeHex(ChatMemory *memory, ChatOutput *output, uint32_t code,
                    uint32_t digits) {
  while (digits-- != 0)
    if (!writeByte(memory, output,
                   (uint8_t)"0123456789abcdef"[code >> 4 * digits & 15]))
      return 0;
  return 1;
}

/// Writes `code` as \uXXXX, as a pair of them if it takes more than 16 bits.
static int writeUnicodeEscape(ChatMemory *memory, ChatOutput *output,
                              uint32_t code) {
  if (code >= 0x10000) {
    code -= 0x10000;
    if (!WRITE_LITERAL(memory, output, "\\u") ||
        !writeHex(memory, output, 0xd800 + (code >> 10), 4))
      return 0;
    code = 0xdc00 + (code & 0x3ff);
  }
  return WRITE_LITERAL(memory, output, "\\u") &&
         writeHex(memory, output, code, 4);
}

static uint32_t decodeCharacter(const uint8_t *bytes, uint32_t size) {
  if (size == 1)
    return bytes[0];
  uint32_t code = bytes[0] & (0x7fu >> size);
  for (uint32_t i = 1; i < size; ++i)
    code = code << 6 | (bytes[i] & 0x3f);
  return code;
}

static int writeJsonText(ChatMemory *memory, ChatOutput *output,
                         const ChatValue *text, int asciiOnly) {
  static const char letters[] = "\b\f\n\r\t\"\\";
  static const char names[] = "bfnrt\"\\";
  if (!writeByte(memory, output, '"'))
    return 0;
  for (uint32_t i = 0; i < text->size;) {
    uint32_t size = bitnetChatCharacterSize(text, i);
    uint8_t byte = text->as.bytes[i];
    uint32_t letter = 0;
    while (letter < sizeof(letters) - 1 && (uint8_t)letters[letter] != byte)
      ++letter;
    int done;
    if (letter < sizeof(letters) - 1)
      done = writeByte(memory, output, '\\') &&
             writeByte(memory, output, (uint8_t)names[letter]);
    else if (byte < 0x20 || (asciiOnly && size > 1))
      done = writeUnicodeEscape(memory, output,
                                decodeCharacter(text->as.bytes + i, size));
    else
      done = bitnetChatWriteText(memory, output,
                                 bitnetChatPart(*text, i, i + size));
    if (!done)
      return 0;
    i += size;
  }
  return writeByte(memory, output, '"');
}

/// As Python writes a text within a list.
static int writeQuotedText(ChatMemory *memory, ChatOutput *output,
                           const ChatValue *text) {
  int single = 0, twofold = 0;
  for (uint32_t i = 0; i < text->size; ++i) {
    single |= text->as.bytes[i] == '\'';
    twofold |= text->as.bytes[i] == '"';
  }
  uint8_t quote = single && !twofold ? '"' : '\'';
  if (!writeByte(memory, output, quote))
    return 0;
  for (uint32_t i = 0; i < text->size;) {
    uint32_t size = bitnetChatCharacterSize(text, i);
    uint8_t byte = text->as.bytes[i];
    int done;
    if (byte == quote || byte == '\\')
      done = writeByte(memory, output, '\\') && writeByte(memory, output, byte);
    else if (byte == '\n')
      done = WRITE_LITERAL(memory, output, "\\n");
    else if (byte == '\r')
      done = WRITE_LITERAL(memory, output, "\\r");
    else if (byte == '\t')
      done = WRITE_LITERAL(memory, output, "\\t");
    else if (byte < 0x20 || byte == 0x7f ||
             (byte == 0xc2 && size == 2 && text->as.bytes[i + 1] <= 0xa0))
      done = WRITE_LITERAL(memory, output, "\\x") &&
             writeHex(memory, output, decodeCharacter(text->as.bytes + i, size),
                      2);
    else
      done = bitnetChatWriteText(memory, output,
                                 bitnetChatPart(*text, i, i + size));
    if (!done)
      return 0;
    i += size;
  }
  return writeByte(memory, output, quote);
}

//===----------------------------------------------------------------------===//
// Lists and dicts
//===----------------------------------------------------------------------===//

/// Writes a value as it appears within another one; as JSON if there is a
/// style, else as Python does.
static int writeNested(ChatMemory *memory, ChatOutput *output,
                       const ChatValue *value, const ChatJsonStyle *style,
                       uint32_t depth);

static int startLine(ChatMemory *memory, ChatOutput *output,
                     const ChatJsonStyle *style, uint32_t depth) {
  if (!style || style->indent < 0)
    return 1;
  if (!writeByte(memory, output, '\n'))
    return 0;
  for (uint64_t i = 0; i < (uint64_t)style->indent * depth; ++i)
    if (!writeByte(memory, output, ' '))
      return 0;
  return 1;
}

/// The keys of a dict in their order: writes its items sorted to *sorted.
static int sortItems(ChatMemory *memory, const ChatItems *items,
                     ChatItems **sorted) {
  ChatValue copy;
  if (!bitnetChatMakeItems(memory, ChatDict, items->count, &copy))
    return 0;
  ChatItems *made = copy.as.items;
  for (uint32_t i = 0; i < items->count; i += 2) {
    uint32_t place = i;
    for (; place > 0; place -= 2) {
      int order;
      if (!bitnetChatSpend(memory, 1) ||
          !bitnetChatCompare(memory, &made->values[place - 2],
                             &items->values[i], &order))
        return 0;
      if (order <= 0)
        break;
      made->values[place] = made->values[place - 2];
      made->values[place + 1] = made->values[place - 1];
    }
    made->values[place] = items->values[i];
    made->values[place + 1] = items->values[i + 1];
  }
  made->count = items->count;
  *sorted = made;
  return 1;
}

static int writeItems(ChatMemory *memory, ChatOutput *output,
                      const ChatValue *value, const ChatJsonStyle *style,
                      uint32_t depth) {
  ChatItems *items = value->as.items;
  int isDict = value->kind != ChatList;
  if (depth == BITNET_CHAT_DEEPEST_VALUE)
    return bitnetChatFail(memory, "lists and dicts are nested too deep");
  if (isDict && style && style->sortsKeys && !sortItems(memory, items, &items))
    return 0;
  if (!writeByte(memory, output, isDict ? '{' : '['))
    return 0;
  ChatValue itemSeparator =
      style ? style->itemSeparator : BITNET_CHAT_LITERAL(", ");
  ChatValue keySeparator =
      style ? style->keySeparator : BITNET_CHAT_LITERAL(": ");
  for (uint32_t i = 0; i < items->count; i += isDict ? 2 : 1) {
    if ((i != 0 && !bitnetChatWriteText(memory, output, itemSeparator)) ||
        !startLine(memory, output, style, depth + 1) ||
        !writeNested(memory, output, &items->values[i], style, depth + 1))
      return 0;
    if (isDict &&
        (!bitnetChatWriteText(memory, output, keySeparator) ||
         !writeNested(memory, output, &items->values[i + 1], style, depth + 1)))
      return 0;
  }
  if (items->count != 0 && !startLine(memory, output, style, depth))
    return 0;
  return writeByte(memory, output, isDict ? '}' : ']');
}

static int writeNested(ChatMemory *memory, ChatOutput *output,
                       const ChatValue *value, const ChatJsonStyle *style,
                       uint32_t depth) {
  switch (value->kind) {
  case ChatNone:
    return style ? WRITE_LITERAL(memory, output, "null")
                 : WRITE_LITERAL(memory, output, "None");
  case ChatBool:
    if (!style)
      return value->as.integer ? WRITE_LITERAL(memory, output, "True")
                               : WRITE_LITERAL(memory, output, "False");
    return value->as.integer ? WRITE_LITERAL(memory, output, "true")
                             : WRITE_LITERAL(memory, output, "false");
  case ChatInteger:
    return writeInteger(memory, output, value->as.integer);
  case ChatFloat:
    return writeFloat(memory, output, value->as.number);
  case ChatText:
    return style ? writeJsonText(memory, output, value, style->asciiOnly)
                 : writeQuotedText(memory, output, value);
  case ChatList:
  case ChatDict:
    return writeItems(memory, output, value, style, depth);
  case ChatMissing:
  case ChatUndefined:
    if (!style)
      return WRITE_LITERAL(memory, output, "Undefined");
    return bitnetChatFail(memory, "an undefined value has no JSON");
  default:
    return bitnetChatFail(memory, "expects a value that can be written");
  }
}

int bitnetChatWrite(ChatMemory *memory, ChatOutput *output,
                    const ChatValue *value) {
  if (value->kind == ChatText)
    return bitnetChatWriteText(memory, output, *value);
  if (bitnetChatIsUndefined(value))
    return 1;
  return writeNested(memory, output, value, (void *)0, 0);
}

int bitnetChatWriteJson(ChatMemory *memory, ChatOutput *output,
                        const ChatValue *value, const ChatJsonStyle *style) {
  return writeNested(memory, output, value, style, 0);
}
