//===- ChatText.c - Functions of chat templates on texts ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Parts of a text share its bytes; only what changes is copied.
//
//===----------------------------------------------------------------------===//
#include "ChatFunctions.h"

//===----------------------------------------------------------------------===//
// Characters
//===----------------------------------------------------------------------===//

/// Whether a character of `size` bytes is blank in Python's sense.
static int isBlank(const uint8_t *bytes, uint32_t size) {
  if (size == 1)
    return (bytes[0] >= 0x09 && bytes[0] <= 0x0d) ||
           (bytes[0] >= 0x1c && bytes[0] <= 0x20);
  if (size == 2)
    return bytes[0] == 0xc2 && (bytes[1] == 0x85 || bytes[1] == 0xa0);
  if (size != 3)
    return 0;
  if (bytes[0] == 0xe2 && bytes[1] == 0x80)
    return bytes[2] <= 0x8a || bytes[2] == 0xa8 || bytes[2] == 0xa9 ||
           bytes[2] == 0xaf;
  return (bytes[0] == 0xe1 && bytes[1] == 0x9a && bytes[2] == 0x80) ||
         (bytes[0] == 0xe2 && bytes[1] == 0x81 && bytes[2] == 0x9f) ||
         (bytes[0] == 0xe3 && bytes[1] == 0x80 && bytes[2] == 0x80);
}

/// Where the character that ends at `end` begins.
static uint32_t previousCharacter(const ChatValue *text, uint32_t end) {
  for (uint32_t size = 4; size > 1; --size)
    if (size <= end && bitnetChatCharacterSize(text, end - size) == size)
      return end - size;
  return end - 1;
}

static int isLetter(uint8_t byte) {
  return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

/// Whether the character at [begin, begin + size) is one of `characters`, or
/// blank if they are not given.
static int isOneOf(const ChatValue *text, uint32_t begin, uint32_t size,
                   const ChatValue *characters) {
  const uint8_t *bytes = text->as.bytes + begin;
  if (characters->kind != ChatText)
    return isBlank(bytes, size);
  for (uint32_t i = 0; i < characters->size;) {
    uint32_t otherSize = bitnetChatCharacterSize(characters, i);
    uint32_t k = 0;
    while (k < size && k < otherSize && characters->as.bytes[i + k] == bytes[k])
      ++k;
    if (k == size && k == otherSize)
      return 1;
    i += otherSize;
  }
  return 0;
}

//===----------------------------------------------------------------------===//
// Parts of a text
//===----------------------------------------------------------------------===//

static ChatValue strip(const ChatValue *text, const ChatValue *characters,
                       int left, int right) {
  uint32_t begin = 0;
  uint32_t end = text->size;
  while (left && begin < end) {
    uint32_t size = bitnetChatCharacterSize(text, begin);
    if (!isOneOf(text, begin, size, characters))
      break;
    begin += size;
  }
  while (right && end > begin) {
    uint32_t previous = previousCharacter(text, end);
    if (!isOneOf(text, previous, end - previous, characters))
      break;
    end = previous;
  }
  return bitnetChatPart(*text, begin, end);
}

static int hasPrefix(const ChatValue *text, const ChatValue *prefix) {
  if (prefix->size > text->size)
    return 0;
  ChatValue part = bitnetChatPart(*text, 0, prefix->size);
  return bitnetChatEqual(&part, prefix, 0);
}

static int hasSuffix(const ChatValue *text, const ChatValue *suffix) {
  if (suffix->size > text->size)
    return 0;
  ChatValue part = bitnetChatPart(*text, text->size - suffix->size, text->size);
  return bitnetChatEqual(&part, suffix, 0);
}

/// Whether the text has one of the affixes, a text or a list of texts.
static int hasAffix(ChatMemory *memory, const ChatValue *text,
                    const ChatValue *affixes, int isPrefix, int *has) {
  const ChatValue *values = affixes;
  uint32_t count = 1;
  if (affixes->kind == ChatList) {
    values = affixes->as.items->values;
    count = affixes->as.items->count;
  }
  *has = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (values[i].kind != ChatText)
      return bitnetChatFail(memory, "expects a text to compare a part with");
    *has |=
        isPrefix ? hasPrefix(text, &values[i]) : hasSuffix(text, &values[i]);
  }
  return bitnetChatSpend(memory, count);
}

//===----------------------------------------------------------------------===//
// Lists of parts
//===----------------------------------------------------------------------===//

static int splitAtBlanks(ChatMemory *memory, const ChatValue *text,
                         int64_t most, ChatItems *parts) {
  ChatValue blanks = bitnetChatPlain(ChatMissing);
  ChatValue rest = strip(text, &blanks, 1, 0);
  while (rest.size != 0) {
    uint32_t end = 0;
    if (most == 0) {
      end = strip(&rest, &blanks, 0, 1).size;
    } else {
      for (uint32_t size; end < rest.size; end += size) {
        size = bitnetChatCharacterSize(&rest, end);
        if (isOneOf(&rest, end, size, &blanks))
          break;
      }
    }
    if (!bitnetChatAppendItem(memory, parts, bitnetChatPart(rest, 0, end)))
      return 0;
    rest = bitnetChatPart(rest, end, rest.size);
    rest = strip(&rest, &blanks, 1, 0);
    --most;
  }
  return bitnetChatSpend(memory, text->size / 16);
}

static int splitAt(ChatMemory *memory, const ChatValue *text,
                   const ChatValue *separator, int64_t most, ChatItems *parts) {
  uint32_t begin = 0;
  for (; most != 0; --most) {
    uint32_t found;
    if (!bitnetChatSearch(memory, text, separator, begin, &found))
      return 0;
    if (found == text->size)
      break;
    if (!bitnetChatAppendItem(memory, parts,
                              bitnetChatPart(*text, begin, found)))
      return 0;
    begin = found + separator->size;
  }
  return bitnetChatAppendItem(memory, parts,
                              bitnetChatPart(*text, begin, text->size));
}

/// As splitAt, counted from the end.
static int splitAtFromEnd(ChatMemory *memory, const ChatValue *text,
                          const ChatValue *separator, int64_t most,
                          ChatItems *parts) {
  uint32_t end = text->size;
  uint32_t position = end;
  while (most != 0 && position >= separator->size) {
    position -= separator->size;
    ChatValue rest = bitnetChatPart(*text, position, end);
    if (!bitnetChatSpend(memory, 1))
      return 0;
    if (!hasPrefix(&rest, separator)) {
      position += separator->size - 1;
      continue;
    }
    rest = bitnetChatPart(*text, position + separator->size, end);
    if (!bitnetChatAppendItem(memory, parts, rest))
      return 0;
    end = position;
    --most;
  }
  if (!bitnetChatAppendItem(memory, parts, bitnetChatPart(*text, 0, end)))
    return 0;
  for (uint32_t i = 0; i < parts->count / 2; ++i) {
    ChatValue swapped = parts->values[i];
    parts->values[i] = parts->values[parts->count - 1 - i];
    parts->values[parts->count - 1 - i] = swapped;
  }
  return 1;
}

static int split(ChatMemory *memory, const ChatValue *arguments, int fromEnd,
                 ChatValue *result) {
  const ChatValue *separator = &arguments[1];
  int64_t most = -1;
  if (arguments[2].kind == ChatInteger)
    most = arguments[2].as.integer;
  else if (arguments[2].kind != ChatMissing)
    return bitnetChatFail(memory, "split: expects a number of parts");
  if (!bitnetChatMakeItems(memory, ChatList, 4, result))
    return 0;
  ChatItems *parts = result->as.items;
  if (separator->kind == ChatMissing || separator->kind == ChatNone) {
    if (fromEnd && most >= 0)
      return bitnetChatFail(memory, "rsplit: a number of parts without a "
                                    "separator is not supported");
    return splitAtBlanks(memory, &arguments[0], most, parts);
  }
  if (separator->kind != ChatText || separator->size == 0)
    return bitnetChatFail(memory,
                          "split: expects a separator that is not empty");
  return (fromEnd ? splitAtFromEnd : splitAt)(memory, &arguments[0], separator,
                                              most, parts);
}

/// Whether a character of `size` bytes ends a line in Python's sense.
static int endsLine(const uint8_t *bytes, uint32_t size) {
  if (size == 1)
    return (bytes[0] >= 0x0a && bytes[0] <= 0x0d) ||
           (bytes[0] >= 0x1c && bytes[0] <= 0x1e);
  if (size == 2)
    return bytes[0] == 0xc2 && bytes[1] == 0x85;
  return size == 3 && bytes[0] == 0xe2 && bytes[1] == 0x80 &&
         (bytes[2] == 0xa8 || bytes[2] == 0xa9);
}

static int splitLines(ChatMemory *memory, const ChatValue *text,
                      ChatItems *lines) {
  uint32_t begin = 0;
  for (uint32_t i = 0; i < text->size;) {
    uint32_t size = bitnetChatCharacterSize(text, i);
    uint32_t end = i;
    const uint8_t *bytes = text->as.bytes + i;
    i += size;
    if (!endsLine(bytes, size))
      continue;
    if (bytes[0] == '\r' && i < text->size && text->as.bytes[i] == '\n')
      ++i;
    if (!bitnetChatAppendItem(memory, lines, bitnetChatPart(*text, begin, end)))
      return 0;
    begin = i;
  }
  if (begin < text->size &&
      !bitnetChatAppendItem(memory, lines,
                            bitnetChatPart(*text, begin, text->size)))
    return 0;
  return bitnetChatSpend(memory, text->size / 16);
}

//===----------------------------------------------------------------------===//
// Changed texts
//===----------------------------------------------------------------------===//

/// Which letters become capitals.
typedef enum LetterCase {
  AllCapitals,
  NoCapitals,
  FirstCapital,
  /// Of every run of letters, as Python's str.title.
  WordCapitals,
  /// Behind blanks, hyphens and opening brackets, as Jinja's filter.
  TitleCapitals
} LetterCase;

static int isCapital(LetterCase letterCase, const ChatValue *text,
                     uint32_t index) {
  uint8_t before = index == 0 ? ' ' : text->as.bytes[index - 1];
  switch (letterCase) {
  case AllCapitals:
    return 1;
  case NoCapitals:
    return 0;
  case FirstCapital:
    return index == 0;
  case WordCapitals:
    return !isLetter(before);
  case TitleCapitals:
    return before == '-' || before == '(' || before == '{' || before == '[' ||
           before == '<' || isBlank(&before, 1);
  }
  return 0;
}

static int changeCase(ChatMemory *memory, const ChatValue *text,
                      LetterCase letterCase, ChatValue *result) {
  uint8_t *bytes = bitnetChatAllocate(memory, text->size);
  if (!bytes || !bitnetChatSpend(memory, text->size / 16))
    return 0;
  for (uint32_t i = 0; i < text->size; ++i) {
    uint8_t byte = text->as.bytes[i];
    if (byte >= 0x80)
      return bitnetChatFail(memory, "capitals of letters that are not ASCII "
                                    "are not supported");
    if (isLetter(byte))
      byte = isCapital(letterCase, text, i) ? byte & ~0x20 : byte | 0x20;
    bytes[i] = byte;
  }
  *result = *text;
  result->as.bytes = bytes;
  return 1;
}

static int replace(ChatMemory *memory, const ChatValue *arguments,
                   ChatValue *result) {
  const ChatValue *text = &arguments[0];
  const ChatValue *old = &arguments[1];
  int64_t most = -1;
  if (arguments[3].kind == ChatInteger)
    most = arguments[3].as.integer;
  else if (arguments[3].kind != ChatMissing && arguments[3].kind != ChatNone)
    return bitnetChatFail(memory, "replace: expects a number of replacements");
  if (old->kind != ChatText || old->size == 0 || arguments[2].kind != ChatText)
    return bitnetChatFail(memory, "replace: expects a text to replace that is "
                                  "not empty, and another text");
  ChatOutput output = {.grows = 1};
  uint32_t begin = 0;
  for (; most != 0; --most) {
    uint32_t found;
    if (!bitnetChatSearch(memory, text, old, begin, &found))
      return 0;
    if (found == text->size)
      break;
    if (!bitnetChatWriteText(memory, &output,
                             bitnetChatPart(*text, begin, found)) ||
        !bitnetChatWriteText(memory, &output, arguments[2]))
      return 0;
    begin = found + old->size;
  }
  if (begin == 0) {
    *result = *text;
    return 1;
  }
  return bitnetChatWriteText(memory, &output,
                             bitnetChatPart(*text, begin, text->size)) &&
         bitnetChatWritten(memory, &output, result);
}

/// Puts blanks in front of the lines, as Jinja's filter.
static int indent(ChatMemory *memory, const ChatValue *arguments,
                  ChatValue *result) {
  ChatValue four = bitnetChatInteger(4);
  const ChatValue *width =
      arguments[1].kind == ChatMissing ? &four : &arguments[1];
  int first = bitnetChatIsTrue(&arguments[2]);
  int blank = bitnetChatIsTrue(&arguments[3]);
  if (width->kind != ChatText &&
      !(width->kind == ChatInteger && width->as.integer >= 0 &&
        width->as.integer <= 1000))
    return bitnetChatFail(memory, "indent: expects a width from 0 to 1000");
  ChatValue lines;
  ChatOutput output = {.grows = 1};
  // A line end at the text's end begins another, empty line.
  ChatValue text = arguments[0];
  if (!bitnetChatMakeItems(memory, ChatList, 4, &lines) ||
      !splitLines(memory, &text, lines.as.items))
    return 0;
  if (text.size != 0) {
    uint32_t last = previousCharacter(&text, text.size);
    if (endsLine(text.as.bytes + last, text.size - last) &&
        !bitnetChatAppendItem(memory, lines.as.items,
                              bitnetChatPart(text, text.size, text.size)))
      return 0;
  }
  for (uint32_t i = 0; i < lines.as.items->count; ++i) {
    ChatValue line = lines.as.items->values[i];
    if (i != 0 &&
        !bitnetChatWriteText(memory, &output, BITNET_CHAT_LITERAL("\n")))
      return 0;
    if (i == 0 ? first : blank || line.size != 0) {
      if (width->kind == ChatText) {
        if (!bitnetChatWriteText(memory, &output, *width))
          return 0;
      } else {
        for (int64_t k = 0; k < width->as.integer; ++k)
          if (!bitnetChatWriteText(memory, &output, BITNET_CHAT_LITERAL(" ")))
            return 0;
      }
    }
    if (!bitnetChatWriteText(memory, &output, line))
      return 0;
  }
  return bitnetChatWritten(memory, &output, result);
}

static int removeAffix(ChatMemory *memory, const ChatValue *arguments,
                       int isPrefix, ChatValue *result) {
  const ChatValue *text = &arguments[0];
  int has;
  if (arguments[1].kind != ChatText)
    return bitnetChatFail(memory, "expects a text to remove");
  if (!hasAffix(memory, text, &arguments[1], isPrefix, &has))
    return 0;
  *result = *text;
  if (has)
    *result = isPrefix
                  ? bitnetChatPart(*text, arguments[1].size, text->size)
                  : bitnetChatPart(*text, 0, text->size - arguments[1].size);
  return 1;
}

/// Index of the character at byte `position`.
static int64_t characterIndex(const ChatValue *text, uint32_t position) {
  ChatValue before = bitnetChatPart(*text, 0, position);
  return bitnetChatCharacters(&before);
}

static int count(ChatMemory *memory, const ChatValue *text,
                 const ChatValue *part, ChatValue *result) {
  if (part->kind != ChatText || part->size == 0)
    return bitnetChatFail(memory, "count: expects a text that is not empty");
  int64_t found = 0;
  for (uint32_t i = 0;; ++found) {
    if (!bitnetChatSearch(memory, text, part, i, &i))
      return 0;
    if (i == text->size)
      break;
    i += part->size;
  }
  *result = bitnetChatInteger(found);
  return 1;
}

int bitnetChatCallText(ChatMemory *memory, enum BitNetChatFunction function,
                       const ChatValue *arguments, ChatValue *result) {
  const ChatValue *text = &arguments[0];
  int truth;
  uint32_t found;
  // Every character may be compared with every one of an argument.
  uint64_t work = bitnetChatArity(function) > 1 && arguments[1].kind == ChatText
                      ? arguments[1].size / 16 + 1
                      : 1;
  if (!bitnetChatSpend(memory, (text->size / 16 + 1) * work))
    return 0;
  switch (function) {
  case BitNetChatFilterTrim:
  case BitNetChatMethodStrip:
    *result = strip(text, &arguments[1], 1, 1);
    return 1;
  case BitNetChatMethodLeftStrip:
    *result = strip(text, &arguments[1], 1, 0);
    return 1;
  case BitNetChatMethodRightStrip:
    *result = strip(text, &arguments[1], 0, 1);
    return 1;
  case BitNetChatMethodSplit:
    return split(memory, arguments, 0, result);
  case BitNetChatMethodRightSplit:
    return split(memory, arguments, 1, result);
  case BitNetChatMethodSplitLines:
    return bitnetChatMakeItems(memory, ChatList, 4, result) &&
           splitLines(memory, text, result->as.items);
  case BitNetChatMethodStartsWith:
  case BitNetChatMethodEndsWith:
    if (!hasAffix(memory, text, &arguments[1],
                  function == BitNetChatMethodStartsWith, &truth))
      return 0;
    *result = bitnetChatBool(truth);
    return 1;
  case BitNetChatMethodRemovePrefix:
    return removeAffix(memory, arguments, 1, result);
  case BitNetChatMethodRemoveSuffix:
    return removeAffix(memory, arguments, 0, result);
  case BitNetChatFilterUpper:
  case BitNetChatMethodUpper:
    return changeCase(memory, text, AllCapitals, result);
  case BitNetChatFilterLower:
  case BitNetChatMethodLower:
    return changeCase(memory, text, NoCapitals, result);
  case BitNetChatFilterCapitalize:
  case BitNetChatMethodCapitalize:
    return changeCase(memory, text, FirstCapital, result);
  case BitNetChatFilterTitle:
    return changeCase(memory, text, TitleCapitals, result);
  case BitNetChatMethodTitle:
    return changeCase(memory, text, WordCapitals, result);
  case BitNetChatFilterReplace:
  case BitNetChatMethodReplace:
    return replace(memory, arguments, result);
  case BitNetChatFilterIndent:
    return indent(memory, arguments, result);
  case BitNetChatMethodFind:
    if (arguments[1].kind != ChatText)
      return bitnetChatFail(memory, "find: expects a text");
    if (!bitnetChatSearch(memory, text, &arguments[1], 0, &found))
      return 0;
    *result = bitnetChatInteger(found == text->size && arguments[1].size != 0
                                    ? -1
                                    : characterIndex(text, found));
    return 1;
  case BitNetChatMethodCount:
    return count(memory, text, &arguments[1], result);
  default:
    return bitnetChatFail(memory, "this does not apply to a text");
  }
}
