//===- ChatOperators.c - Operators of chat templates ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ChatOperators.h"

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

static double toDouble(const ChatValue *value) {
  return value->kind == ChatFloat ? value->as.number
                                  : (double)value->as.integer;
}

static ChatValue makeFloat(double number) {
  ChatValue value = bitnetChatPlain(ChatFloat);
  value.as.number = number;
  return value;
}

/// Rounds towards minus infinity.
static double roundDown(double number) {
  if (!(number > -9e15 && number < 9e15))
    return number;
  double whole = (double)(int64_t)number;
  return whole > number ? whole - 1 : whole;
}

static int floatArithmetic(ChatMemory *memory, enum BitNetChatOp op, double a,
                           double b, ChatValue *result) {
  switch (op) {
  case BitNetChatSum:
    *result = makeFloat(a + b);
    return 1;
  case BitNetChatSubtract:
    *result = makeFloat(a - b);
    return 1;
  case BitNetChatMultiply:
    *result = makeFloat(a * b);
    return 1;
  default:
    break;
  }
  if (b == 0)
    return bitnetChatFail(memory, "a division by 0");
  if (op == BitNetChatDivide)
    *result = makeFloat(a / b);
  else if (op == BitNetChatFloorDivide)
    *result = makeFloat(roundDown(a / b));
  else
    *result = makeFloat(a - roundDown(a / b) * b);
  return 1;
}

static int integerArithmetic(ChatMemory *memory, enum BitNetChatOp op,
                             int64_t a, int64_t b, ChatValue *result) {
  int64_t value = 0;
  int overflows = 0;
  switch (op) {
  case BitNetChatSum:
    overflows = __builtin_add_overflow(a, b, &value);
    break;
  case BitNetChatSubtract:
    overflows = __builtin_sub_overflow(a, b, &value);
    break;
  case BitNetChatMultiply:
    // __builtin_mul_overflow may call a function of the compiler's library.
    overflows =
        a > INT32_MAX || a < -INT32_MAX || b > INT32_MAX || b < -INT32_MAX;
    if (!overflows)
      value = a * b;
    break;
  default:
    if (b == 0)
      return bitnetChatFail(memory, "a division by 0");
    overflows = a == INT64_MIN && b == -1;
    if (overflows)
      break;
    // Python rounds down, C towards 0.
    int isRounded = a % b != 0 && (a < 0) != (b < 0);
    value = op == BitNetChatFloorDivide ? a / b - isRounded
                                        : a % b + (isRounded ? b : 0);
    break;
  }
  if (overflows)
    return bitnetChatFail(memory, "a number is too large");
  *result = bitnetChatInteger(value);
  return 1;
}

static int repeatText(ChatMemory *memory, const ChatValue *text, int64_t count,
                      ChatValue *result) {
  ChatOutput output = {.grows = 1};
  for (int64_t i = 0; i < count && text->size != 0; ++i)
    if (!bitnetChatSpend(memory, 1) ||
        !bitnetChatWriteText(memory, &output, *text))
      return 0;
  return bitnetChatWritten(memory, &output, result);
}

int bitnetChatArithmetic(ChatMemory *memory, enum BitNetChatOp op,
                         const ChatValue *a, const ChatValue *b,
                         ChatValue *result) {
  if (op == BitNetChatMultiply) {
    if (a->kind == ChatText && b->kind == ChatInteger)
      return repeatText(memory, a, b->as.integer, result);
    if (b->kind == ChatText && a->kind == ChatInteger)
      return repeatText(memory, b, a->as.integer, result);
  }
  if (!bitnetChatIsNumber(a) || !bitnetChatIsNumber(b))
    return bitnetChatFail(memory,
                          bitnetChatIsUndefined(a) || bitnetChatIsUndefined(b)
                              ? "an undefined value in arithmetic"
                              : "expects numbers in arithmetic");
  if (op == BitNetChatDivide || a->kind == ChatFloat || b->kind == ChatFloat)
    return floatArithmetic(memory, op, toDouble(a), toDouble(b), result);
  return integerArithmetic(memory, op, a->as.integer, b->as.integer, result);
}

int bitnetChatNegate(ChatMemory *memory, const ChatValue *value,
                     ChatValue *result) {
  ChatValue zero = bitnetChatInteger(0);
  if (value->kind == ChatFloat) {
    *result = makeFloat(-value->as.number);
    return 1;
  }
  return bitnetChatArithmetic(memory, BitNetChatSubtract, &zero, value, result);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

int bitnetChatJoinTexts(ChatMemory *memory, const ChatValue *values,
                        uint32_t count, ChatValue *result) {
  ChatOutput output = {.grows = 1};
  for (uint32_t i = 0; i < count; ++i)
    if (!bitnetChatWrite(memory, &output, &values[i]))
      return 0;
  return bitnetChatWritten(memory, &output, result);
}

static int addLists(ChatMemory *memory, const ChatItems *a, const ChatItems *b,
                    ChatValue *result) {
  if (a->count > UINT32_MAX / 2 || b->count > UINT32_MAX / 2)
    return bitnetChatFail(memory, "a list is too long");
  if (!bitnetChatMakeItems(memory, ChatList, a->count + b->count, result))
    return 0;
  for (uint32_t i = 0; i < a->count; ++i)
    bitnetChatAppendItem(memory, result->as.items, a->values[i]);
  for (uint32_t i = 0; i < b->count; ++i)
    bitnetChatAppendItem(memory, result->as.items, b->values[i]);
  return 1;
}

int bitnetChatSum(ChatMemory *memory, const ChatValue *values, uint32_t count,
                  ChatValue *result) {
  uint32_t texts = 0;
  while (texts < count && values[texts].kind == ChatText)
    ++texts;
  if (texts == count)
    return bitnetChatJoinTexts(memory, values, count, result);
  ChatValue sum = values[0];
  for (uint32_t i = 1; i < count; ++i) {
    const ChatValue *next = &values[i];
    int done;
    if (sum.kind == ChatText && next->kind == ChatText) {
      ChatValue pair[2] = {sum, *next};
      done = bitnetChatJoinTexts(memory, pair, 2, &sum);
    } else if (sum.kind == ChatList && next->kind == ChatList) {
      done = addLists(memory, sum.as.items, next->as.items, &sum);
    } else if (bitnetChatIsNumber(&sum) && bitnetChatIsNumber(next)) {
      done = bitnetChatArithmetic(memory, BitNetChatSum, &sum, next, &sum);
    } else {
      done = bitnetChatFail(
          memory, bitnetChatIsUndefined(&sum) || bitnetChatIsUndefined(next)
                      ? "an undefined value is added"
                      : "expects two texts, two lists or two numbers to add");
    }
    if (!done)
      return 0;
  }
  *result = sum;
  return 1;
}

//===----------------------------------------------------------------------===//
// Parts of values
//===----------------------------------------------------------------------===//

static int sameText(const ChatValue *text, const char *other) {
  uint32_t i = 0;
  for (; i < text->size && other[i] != '\0'; ++i)
    if (text->as.bytes[i] != (uint8_t)other[i])
      return 0;
  return i == text->size && other[i] == '\0';
}

static ChatValue getLoopAttribute(const ChatLoopState *loop,
                                  const ChatValue *name) {
  int64_t count = loop->items->count;
  int64_t index = (int64_t)loop->next - 1;
  if (sameText(name, "index"))
    return bitnetChatInteger(index + 1);
  if (sameText(name, "index0"))
    return bitnetChatInteger(index);
  if (sameText(name, "revindex"))
    return bitnetChatInteger(count - index);
  if (sameText(name, "revindex0"))
    return bitnetChatInteger(count - index - 1);
  if (sameText(name, "first"))
    return bitnetChatBool(index == 0);
  if (sameText(name, "last"))
    return bitnetChatBool(index + 1 == count);
  if (sameText(name, "length"))
    return bitnetChatInteger(count);
  if (sameText(name, "previtem") && index > 0)
    return loop->items->values[index - 1];
  if (sameText(name, "nextitem") && index + 1 < count)
    return loop->items->values[index + 1];
  return bitnetChatPlain(ChatUndefined);
}

int bitnetChatGetAttribute(ChatMemory *memory, const ChatValue *object,
                           const ChatValue *name, ChatValue *result) {
  *result = bitnetChatPlain(ChatUndefined);
  if (bitnetChatIsUndefined(object))
    return bitnetChatFailText(memory, "the attribute ", *name,
                              " of an undefined value");
  if (object->kind == ChatLoop) {
    *result = getLoopAttribute(object->as.loop, name);
  } else if (object->kind == ChatDict || object->kind == ChatNamespace) {
    if (!bitnetChatSpend(memory, object->as.items->count / 16))
      return 0;
    const ChatValue *found = bitnetChatFind(object->as.items, name);
    if (found)
      *result = *found;
  }
  return 1;
}

/// The byte where character `index` of a text begins; text->size if there are
/// fewer.
static uint32_t findCharacter(const ChatValue *text, int64_t index) {
  uint32_t position = 0;
  while (index-- > 0 && position < text->size)
    position += bitnetChatCharacterSize(text, position);
  return position;
}

int bitnetChatGetItem(ChatMemory *memory, const ChatValue *object,
                      const ChatValue *index, ChatValue *result) {
  int isInteger = index->kind == ChatInteger || index->kind == ChatBool;
  if (bitnetChatIsUndefined(object))
    return index->kind == ChatText
               ? bitnetChatGetAttribute(memory, object, index, result)
               : bitnetChatFail(memory, "an item of an undefined value");
  *result = bitnetChatPlain(ChatUndefined);
  int64_t at = isInteger ? index->as.integer : 0;
  if (object->kind == ChatList && isInteger) {
    const ChatItems *items = object->as.items;
    if (at < 0)
      at += items->count;
    if (at >= 0 && at < (int64_t)items->count)
      *result = items->values[at];
    return 1;
  }
  if (object->kind == ChatText && isInteger) {
    if (!bitnetChatSpend(memory, object->size / 16))
      return 0;
    if (at < 0)
      at += bitnetChatCharacters(object);
    uint32_t begin = at < 0 ? object->size : findCharacter(object, at);
    if (begin < object->size)
      *result = bitnetChatPart(*object, begin,
                               begin + bitnetChatCharacterSize(object, begin));
    return 1;
  }
  if (object->kind == ChatDict) {
    if (!bitnetChatSpend(memory, object->as.items->count / 16))
      return 0;
    const ChatValue *found = bitnetChatFind(object->as.items, index);
    if (found)
      *result = *found;
    return 1;
  }
  return index->kind == ChatText
             ? bitnetChatGetAttribute(memory, object, index, result)
             : 1;
}

/// A bound of a slice of `count` items: from the end if negative, and in
/// [low, high].
static int readBound(ChatMemory *memory, const ChatValue *bound, int64_t count,
                     int64_t low, int64_t high, int64_t *value) {
  if (bound->kind == ChatNone)
    return 1;
  if (bound->kind != ChatInteger && bound->kind != ChatBool)
    return bitnetChatFail(memory, "expects integers as bounds of a slice");
  int64_t at = bound->as.integer;
  if (at < 0)
    at = at < -count ? low : at + count;
  *value = at < low ? low : at > high ? high : at;
  return 1;
}

int bitnetChatGetSlice(ChatMemory *memory, const ChatValue *object,
                       const ChatValue *bounds, ChatValue *result) {
  ChatItems *items;
  if (object->kind != ChatText && object->kind != ChatList)
    return bitnetChatFail(memory, bitnetChatIsUndefined(object)
                                      ? "a slice of an undefined value"
                                      : "expects a text or a list to slice");
  int64_t step = 1;
  if (bounds[2].kind == ChatInteger)
    step = bounds[2].as.integer;
  if (step == 0 ||
      (bounds[2].kind != ChatInteger && bounds[2].kind != ChatNone))
    return bitnetChatFail(memory, "expects a slice's step that is not 0");
  const int64_t most = INT64_C(1) << 32;
  step = step > most ? most : step < -most ? -most : step;
  int64_t count = object->kind == ChatText ? bitnetChatCharacters(object)
                                           : object->as.items->count;
  int64_t low = step > 0 ? 0 : -1;
  int64_t high = step > 0 ? count : count - 1;
  int64_t start = step > 0 ? low : high;
  int64_t stop = step > 0 ? high : low;
  if (!readBound(memory, &bounds[0], count, low, high, &start) ||
      !readBound(memory, &bounds[1], count, low, high, &stop) ||
      !bitnetChatSpend(memory, (uint64_t)count / 16))
    return 0;
  if (object->kind == ChatText && step == 1) {
    uint32_t begin = findCharacter(object, start);
    ChatValue rest = bitnetChatPart(*object, begin, object->size);
    uint32_t size = stop > start ? findCharacter(&rest, stop - start) : 0;
    *result = bitnetChatPart(*object, begin, begin + size);
    return 1;
  }
  ChatValue list;
  if (!bitnetChatIterate(memory, object, &items) ||
      !bitnetChatMakeItems(memory, ChatList, 4, &list))
    return 0;
  for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step)
    if (!bitnetChatAppendItem(memory, list.as.items, items->values[i]))
      return 0;
  if (object->kind == ChatText)
    return bitnetChatJoinTexts(memory, list.as.items->values,
                               list.as.items->count, result);
  *result = list;
  return 1;
}
