//===- ChatValue.h - Values of chat templates ---------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All memory of a run comes from ChatMemory and is given back at its end.
//
// Functions that can fail return 0 after bitnetChatFail, so that the first
// error is the one that is reported.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CHATVALUE_H
#define BITNET_LIB_RUNTIME_CHATVALUE_H

#include "bitnet/common.h"

#include <stddef.h>
#include <stdint.h>

/// Most levels of lists and dicts that are written or compared.
#define BITNET_CHAT_DEEPEST_VALUE 32u

typedef enum ChatKind {
  /// An argument that is not given.
  ChatMissing,
  ChatUndefined,
  ChatNone,
  ChatBool,
  ChatInteger,
  ChatFloat,
  ChatText,
  ChatList,
  ChatDict,
  ChatNamespace,
  ChatLoop,
  /// The name of a function: something that is defined, and nothing else.
  ChatFunction
} ChatKind;

typedef struct ChatValue {
  uint16_t kind;
  /// Of a text without `marks`: what they would all be.
  uint16_t mark;
  /// Bytes of a text.
  uint32_t size;
  union {
    int64_t integer; ///< Of booleans, too.
    double number;
    const uint8_t *bytes;
    struct ChatItems *items;
    struct ChatLoopState *loop;
  } as;
  /// One for each byte of a text: 1 if it comes from a message, 0 if it comes
  /// from the template. Null: see `mark`.
  const uint8_t *marks;
} ChatValue;

/// Items of a list; keys and values in turn of a dict or a namespace.
typedef struct ChatItems {
  ChatValue *values;
  uint32_t count;
  uint32_t capacity;
} ChatItems;

typedef struct ChatLoopState {
  ChatItems *items;
  /// One more than the index of the current item.
  uint32_t next;
} ChatLoopState;

typedef struct ChatBlock {
  struct ChatBlock *before;
} ChatBlock;

/// Memory of a run, and its end.
typedef struct ChatMemory {
  uint8_t *next;
  uint8_t *end;
  /// Blocks that are to be freed; null: the memory is the caller's.
  ChatBlock *blocks;
  /// Bytes that may still be asked for; 0 if the memory is the caller's.
  uint64_t left;
  /// Work that may still be done.
  uint64_t steps;
  /// Texts say where they come from.
  int keepsMarks;
  /// The template's line that is being run.
  uint32_t line;
  bitnet_status status;
  /// What bitnetChatFail was told.
  ChatValue message;
  uint8_t messageBytes[256];
} ChatMemory;

/// Text that is being written.
typedef struct ChatOutput {
  uint8_t *bytes;
  uint8_t *marks; ///< Null: not wanted.
  uint64_t size;  ///< Written so far, also what there was no room for.
  uint64_t capacity;
  int grows; ///< Room is made in the run's memory.
} ChatOutput;

static inline ChatValue bitnetChatPlain(ChatKind kind) {
  ChatValue value = {.kind = (uint16_t)kind};
  return value;
}

static inline ChatValue bitnetChatBool(int truth) {
  ChatValue value = {.kind = ChatBool, .as = {.integer = truth != 0}};
  return value;
}

static inline ChatValue bitnetChatInteger(int64_t integer) {
  ChatValue value = {.kind = ChatInteger, .as = {.integer = integer}};
  return value;
}

static inline ChatValue bitnetChatText(const void *bytes, uint32_t size,
                                       int mark) {
  ChatValue value = {.kind = ChatText,
                     .mark = (uint16_t)mark,
                     .size = size,
                     .as = {.bytes = bytes}};
  return value;
}

/// A text of the runtime itself.
#define BITNET_CHAT_LITERAL(literal)                                           \
  bitnetChatText(literal, sizeof(literal) - 1, 0)

/// Bytes [begin, end) of a text.
static inline ChatValue bitnetChatPart(ChatValue text, uint32_t begin,
                                       uint32_t end) {
  text.as.bytes += begin;
  if (text.marks)
    text.marks += begin;
  text.size = end - begin;
  return text;
}

static inline int bitnetChatIsNumber(const ChatValue *value) {
  return value->kind == ChatBool || value->kind == ChatInteger ||
         value->kind == ChatFloat;
}

/// Undefined, or an argument that is not given.
static inline int bitnetChatIsUndefined(const ChatValue *value) {
  return value->kind <= ChatUndefined;
}

/// Ends the run with an error of the template. Returns 0.
int bitnetChatFail(ChatMemory *memory, const char *message);

/// As bitnetChatFail: "<before>'<text>'<after>". What is too long is cut.
int bitnetChatFailText(ChatMemory *memory, const char *before, ChatValue text,
                       const char *after);

/// Counts work; fails if there was too much.
int bitnetChatSpend(ChatMemory *memory, uint64_t steps);

/// Memory of 8-byte alignment, or null after an error.
void *bitnetChatAllocate(ChatMemory *memory, uint64_t size);

/// An empty list, dict or namespace with room for `capacity` values.
int bitnetChatMakeItems(ChatMemory *memory, ChatKind kind, uint32_t capacity,
                        ChatValue *made);
int bitnetChatAppendItem(ChatMemory *memory, ChatItems *items, ChatValue value);

/// The value of a key; null: there is none.
ChatValue *bitnetChatFind(const ChatItems *dict, const ChatValue *key);
/// Sets the value of a key.
int bitnetChatSetItem(ChatMemory *memory, ChatItems *dict, ChatValue key,
                      ChatValue value);

int bitnetChatIsTrue(const ChatValue *value);

/// Whether two values are equal, as Python compares them. `depth` is that of
/// the values; deeper than BITNET_CHAT_DEEPEST_VALUE they are not.
int bitnetChatEqual(const ChatValue *a, const ChatValue *b, uint32_t depth);

/// *order becomes negative, 0 or positive; fails for values without order.
int bitnetChatCompare(ChatMemory *memory, const ChatValue *a,
                      const ChatValue *b, int *order);

/// What a loop over `value` runs through, as a list: characters of a text, keys
/// of a dict, nothing of what is undefined.
int bitnetChatIterate(ChatMemory *memory, const ChatValue *value,
                      ChatItems **items);

/// Bytes of the character that text[begin ..] begins with.
uint32_t bitnetChatCharacterSize(const ChatValue *text, uint32_t begin);
uint32_t bitnetChatCharacters(const ChatValue *text);

/// Where `part` is in `text` at `begin` or later; text->size: nowhere. Counts
/// the work.
int bitnetChatSearch(ChatMemory *memory, const ChatValue *text,
                     const ChatValue *part, uint32_t begin, uint32_t *found);

/// Writes a part of a text, or a value as Jinja writes it (ChatOutput.c).
int bitnetChatWriteText(ChatMemory *memory, ChatOutput *output, ChatValue text);
int bitnetChatWrite(ChatMemory *memory, ChatOutput *output,
                    const ChatValue *value);

/// What has been written to an output that grows. Fails if it is too long.
int bitnetChatWritten(ChatMemory *memory, const ChatOutput *output,
                      ChatValue *text);

/// How JSON is written.
typedef struct ChatJsonStyle {
  /// Blanks for each level; negative: all in one line.
  int64_t indent;
  ChatValue itemSeparator;
  ChatValue keySeparator;
  int asciiOnly;
  int sortsKeys;
} ChatJsonStyle;

int bitnetChatWriteJson(ChatMemory *memory, ChatOutput *output,
                        const ChatValue *value, const ChatJsonStyle *style);

#endif // BITNET_LIB_RUNTIME_CHATVALUE_H
