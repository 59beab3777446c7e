//===- ChatFunctions.c - What chat templates can call ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ChatFunctions.h"

uint32_t bitnetChatArity(enum BitNetChatFunction function) {
  // What it is applied to, and one more than there are commas between
  // parameters.
  static const struct {
    char kind;
    const char *parameters;
  } functions[] = {
#define BITNET_CHAT_ROW(identifier, kind, names, parameters)                   \
  {#kind[1], parameters},
      BITNET_CHAT_FUNCTIONS(BITNET_CHAT_ROW)
#undef BITNET_CHAT_ROW
  };
  // The second letters of Filter, Test, Method and Function differ.
  uint32_t count = functions[function].kind != 'u';
  const char *parameters = functions[function].parameters;
  if (*parameters != '\0')
    ++count;
  for (; *parameters != '\0'; ++parameters)
    count += *parameters == ',';
  return count;
}

int bitnetChatIsIn(ChatMemory *memory, const ChatValue *part,
                   const ChatValue *whole, int *isIn) {
  *isIn = 0;
  uint32_t found;
  switch (whole->kind) {
  case ChatMissing:
  case ChatUndefined:
    return 1;
  case ChatText:
    if (part->kind != ChatText)
      return bitnetChatFail(memory, "expects a text to look for in a text");
    if (!bitnetChatSearch(memory, whole, part, 0, &found))
      return 0;
    *isIn = found < whole->size || part->size == 0;
    return 1;
  case ChatList:
    for (uint32_t i = 0; i < whole->as.items->count && !*isIn; ++i)
      *isIn = bitnetChatEqual(&whole->as.items->values[i], part, 0);
    return bitnetChatSpend(memory, whole->as.items->count);
  case ChatDict:
    *isIn = bitnetChatFind(whole->as.items, part) != (void *)0;
    return bitnetChatSpend(memory, whole->as.items->count);
  default:
    return bitnetChatFail(memory,
                          "expects a text, a list or a dict to look in");
  }
}

//===----------------------------------------------------------------------===//
// Lists and dicts
//===----------------------------------------------------------------------===//

/// Keys (`first` 0, `step` 1), values (1, 1) or both in lists (0, 2) of a dict.
static int listDict(ChatMemory *memory, const ChatItems *dict, uint32_t first,
                    uint32_t step, ChatValue *result) {
  if (!bitnetChatMakeItems(memory, ChatList, dict->count / 2, result))
    return 0;
  for (uint32_t i = 0; i < dict->count; i += 2) {
    ChatValue item = dict->values[i + first];
    if (step == 2) {
      if (!bitnetChatMakeItems(memory, ChatList, 2, &item) ||
          !bitnetChatAppendItem(memory, item.as.items, dict->values[i]) ||
          !bitnetChatAppendItem(memory, item.as.items, dict->values[i + 1]))
        return 0;
    }
    if (!bitnetChatAppendItem(memory, result->as.items, item))
      return 0;
  }
  return bitnetChatSpend(memory, dict->count);
}

static int listItems(ChatMemory *memory, const ChatValue *value, int reversed,
                     ChatValue *result) {
  ChatItems *items;
  if (!bitnetChatIterate(memory, value, &items) ||
      !bitnetChatMakeItems(memory, ChatList, items->count, result))
    return 0;
  for (uint32_t i = 0; i < items->count; ++i)
    bitnetChatAppendItem(memory, result->as.items,
                         items->values[reversed ? items->count - 1 - i : i]);
  return 1;
}

static int joinItems(ChatMemory *memory, const ChatValue *value,
                     const ChatValue *separator, const ChatValue *attribute,
                     ChatValue *result) {
  ChatItems *items;
  ChatOutput output = {.grows = 1};
  if (!bitnetChatIterate(memory, value, &items) ||
      !bitnetChatSpend(memory, items->count))
    return 0;
  for (uint32_t i = 0; i < items->count; ++i) {
    const ChatValue *item = &items->values[i];
    ChatValue undefined = bitnetChatPlain(ChatUndefined);
    if (attribute->kind == ChatText) {
      if (item->kind == ChatDict || item->kind == ChatNamespace)
        item = bitnetChatFind(item->as.items, attribute);
      else
        item = (void *)0;
      if (!item)
        item = &undefined;
    }
    if ((i != 0 && separator->kind != ChatMissing &&
         !bitnetChatWrite(memory, &output, separator)) ||
        !bitnetChatWrite(memory, &output, item))
      return 0;
  }
  return bitnetChatWritten(memory, &output, result);
}

static int getLength(ChatMemory *memory, const ChatValue *value,
                     ChatValue *result) {
  int64_t length;
  if (bitnetChatIsUndefined(value))
    length = 0;
  else if (value->kind == ChatText)
    length = bitnetChatCharacters(value);
  else if (value->kind == ChatList)
    length = value->as.items->count;
  else if (value->kind == ChatDict)
    length = value->as.items->count / 2;
  else
    return bitnetChatFail(memory, "length: expects a text, a list or a dict");
  *result = bitnetChatInteger(length);
  return bitnetChatSpend(memory,
                         value->kind == ChatText ? value->size / 16 : 0);
}

static int getEnd(ChatMemory *memory, const ChatValue *value, int last,
                  ChatValue *result) {
  ChatItems *items;
  if (!bitnetChatIterate(memory, value, &items))
    return 0;
  *result = items->count == 0 ? bitnetChatPlain(ChatUndefined)
                              : items->values[last ? items->count - 1 : 0];
  return 1;
}

static int makeRange(ChatMemory *memory, const ChatValue *arguments,
                     ChatValue *result) {
  int64_t bounds[3] = {0, 0, 1};
  for (uint32_t i = 0; i < 3; ++i) {
    if (arguments[i].kind == ChatMissing)
      continue;
    if (arguments[i].kind != ChatInteger && arguments[i].kind != ChatBool)
      return bitnetChatFail(memory, "range: expects integers");
    bounds[i] = arguments[i].as.integer;
  }
  // The only argument is the end.
  if (arguments[1].kind == ChatMissing) {
    bounds[1] = bounds[0];
    bounds[0] = 0;
  }
  int64_t step = bounds[2];
  const int64_t limit = INT64_C(1) << 40;
  for (uint32_t i = 0; i < 3; ++i)
    if (bounds[i] < -limit || bounds[i] > limit)
      return bitnetChatFail(memory, "range: a number is too large");
  if (step == 0)
    return bitnetChatFail(memory, "range: expects a step that is not 0");
  int64_t distance = step > 0 ? bounds[1] - bounds[0] : bounds[0] - bounds[1];
  int64_t stride = step > 0 ? step : -step;
  int64_t count = distance > 0 ? (distance - 1) / stride + 1 : 0;
  if (count > BITNET_CHAT_LONGEST_RANGE)
    return bitnetChatFail(memory, "range: expects at most 100000 numbers");
  if (!bitnetChatMakeItems(memory, ChatList, (uint32_t)count, result))
    return 0;
  for (int64_t i = 0; i < count; ++i)
    bitnetChatAppendItem(memory, result->as.items,
                         bitnetChatInteger(bounds[0] + i * step));
  return 1;
}

//===----------------------------------------------------------------------===//
// Other values
//===----------------------------------------------------------------------===//

static int makeText(ChatMemory *memory, const ChatValue *value,
                    ChatValue *result) {
  ChatOutput output = {.grows = 1};
  if (value->kind == ChatText) {
    *result = *value;
    return 1;
  }
  return bitnetChatWrite(memory, &output, value) &&
         bitnetChatWritten(memory, &output, result);
}

/// Reads "[blanks][sign]digits[.digits][blanks]"; what follows the point is
/// dropped.
static int parseInteger(const ChatValue *text, int64_t *integer) {
  const uint8_t *bytes = text->as.bytes;
  uint32_t i = 0;
  uint32_t end = text->size;
  while (i < end && (bytes[i] == ' ' || (bytes[i] >= 9 && bytes[i] <= 13)))
    ++i;
  while (end > i && (bytes[end - 1] == ' ' ||
                     (bytes[end - 1] >= 9 && bytes[end - 1] <= 13)))
    --end;
  int isNegative = i < end && bytes[i] == '-';
  if (i < end && (bytes[i] == '-' || bytes[i] == '+'))
    ++i;
  int64_t value = 0;
  uint32_t digits = 0;
  int isFraction = 0;
  for (; i < end; ++i) {
    if (bytes[i] == '.' && !isFraction) {
      isFraction = 1;
      continue;
    }
    if (bytes[i] < '0' || bytes[i] > '9')
      return 0;
    ++digits;
    if (isFraction)
      continue;
    if (value > (INT64_MAX - 9) / 10)
      return 0;
    value = value * 10 + (bytes[i] - '0');
  }
  *integer = isNegative ? -value : value;
  return digits != 0;
}

static int makeInteger(ChatMemory *memory, const ChatValue *value,
                       const ChatValue *otherwise, ChatValue *result) {
  int64_t integer;
  if (value->kind == ChatBool || value->kind == ChatInteger)
    *result = bitnetChatInteger(value->as.integer);
  else if (value->kind == ChatFloat && value->as.number > -9e18 &&
           value->as.number < 9e18)
    *result = bitnetChatInteger((int64_t)value->as.number);
  else if (value->kind == ChatText && parseInteger(value, &integer))
    *result = bitnetChatInteger(integer);
  else if (otherwise->kind == ChatMissing)
    *result = bitnetChatInteger(0);
  else
    *result = *otherwise;
  return bitnetChatSpend(memory, 1);
}

static int makeJson(ChatMemory *memory, const ChatValue *arguments,
                    ChatValue *result) {
  ChatJsonStyle style = {.indent = -1,
                         .itemSeparator = BITNET_CHAT_LITERAL(", "),
                         .keySeparator = BITNET_CHAT_LITERAL(": ")};
  const ChatValue *indent = &arguments[1];
  const ChatValue *separators = &arguments[3];
  if (indent->kind == ChatInteger) {
    if (indent->as.integer < 0 || indent->as.integer > 100)
      return bitnetChatFail(memory, "tojson: expects an indent from 0 to 100");
    style.indent = indent->as.integer;
    style.itemSeparator = BITNET_CHAT_LITERAL(",");
  } else if (indent->kind != ChatMissing && indent->kind != ChatNone) {
    return bitnetChatFail(memory, "tojson: expects a number as indent");
  }
  style.asciiOnly = bitnetChatIsTrue(&arguments[2]);
  style.sortsKeys = bitnetChatIsTrue(&arguments[4]);
  if (separators->kind != ChatMissing && separators->kind != ChatNone) {
    if (separators->kind != ChatList || separators->as.items->count != 2 ||
        separators->as.items->values[0].kind != ChatText ||
        separators->as.items->values[1].kind != ChatText)
      return bitnetChatFail(memory, "tojson: expects two separators");
    style.itemSeparator = separators->as.items->values[0];
    style.keySeparator = separators->as.items->values[1];
  }
  ChatOutput output = {.grows = 1};
  return bitnetChatWriteJson(memory, &output, &arguments[0], &style) &&
         bitnetChatWritten(memory, &output, result);
}

static int makeDict(ChatMemory *memory, const ChatValue *values, ChatKind kind,
                    ChatValue *result) {
  if (values->kind != ChatDict && values->kind != ChatMissing)
    return bitnetChatFail(memory, "expects values with names");
  uint32_t count = values->kind == ChatDict ? values->as.items->count : 0;
  if (!bitnetChatMakeItems(memory, kind, count, result))
    return 0;
  for (uint32_t i = 0; i < count; ++i)
    bitnetChatAppendItem(memory, result->as.items, values->as.items->values[i]);
  return 1;
}

static int raise(ChatMemory *memory, const ChatValue *message) {
  ChatValue text;
  if (!makeText(memory, message, &text))
    return 0;
  memory->status = BITNET_TEMPLATE_ERROR;
  memory->message = text;
  return 0;
}

static int tellNow(ChatContext *context, const ChatValue *format,
                   ChatValue *result) {
  if (format->kind != ChatText)
    return bitnetChatFail(context->memory, "strftime_now: expects a format");
  if (!context->hasTime)
    return bitnetChatFail(context->memory,
                          "the template asks for the date, and the caller "
                          "gives no time");
  return bitnetChatFormatTime(context->memory, context->time, format, result);
}

//===----------------------------------------------------------------------===//
// Tests
//===----------------------------------------------------------------------===//

/// The test's truth, or -1 if it is none that cannot fail.
static int testKind(enum BitNetChatFunction function, const ChatValue *value) {
  uint32_t kind = value->kind;
  switch (function) {
  case BitNetChatTestDefined:
    return !bitnetChatIsUndefined(value);
  case BitNetChatTestUndefined:
    return bitnetChatIsUndefined(value);
  case BitNetChatTestNone:
    return kind == ChatNone;
  case BitNetChatTestString:
    return kind == ChatText;
  case BitNetChatTestMapping:
    return kind == ChatDict;
  case BitNetChatTestIterable:
  case BitNetChatTestSequence:
    // Undefined values count as empty sequences.
    return kind == ChatText || kind == ChatList || kind == ChatDict ||
           bitnetChatIsUndefined(value);
  case BitNetChatTestNumber:
    return bitnetChatIsNumber(value);
  case BitNetChatTestInteger:
    return kind == ChatInteger;
  case BitNetChatTestFloat:
    return kind == ChatFloat;
  case BitNetChatTestBoolean:
    return kind == ChatBool;
  case BitNetChatTestTrue:
    return kind == ChatBool && value->as.integer != 0;
  case BitNetChatTestFalse:
    return kind == ChatBool && value->as.integer == 0;
  default:
    return -1;
  }
}

static int testDivision(ChatMemory *memory, const ChatValue *value,
                        const ChatValue *divisor, int64_t remainder,
                        ChatValue *result) {
  if ((value->kind != ChatInteger && value->kind != ChatBool) ||
      divisor->kind != ChatInteger)
    return bitnetChatFail(memory, "expects integers to divide");
  if (divisor->as.integer == 0)
    return bitnetChatFail(memory, "a division by 0");
  int64_t rest =
      divisor->as.integer == -1 ? 0 : value->as.integer % divisor->as.integer;
  *result = bitnetChatBool((rest < 0 ? -rest : rest) == remainder);
  return 1;
}

static int testOther(ChatMemory *memory, enum BitNetChatFunction function,
                     const ChatValue *arguments, ChatValue *result) {
  ChatValue two = bitnetChatInteger(2);
  int truth = 0;
  int order = 0;
  switch (function) {
  case BitNetChatTestEqual:
  case BitNetChatTestNotEqual:
    truth = bitnetChatEqual(&arguments[0], &arguments[1], 0);
    *result = bitnetChatBool(function == BitNetChatTestEqual ? truth : !truth);
    return 1;
  case BitNetChatTestIn:
    if (!bitnetChatIsIn(memory, &arguments[0], &arguments[1], &truth))
      return 0;
    *result = bitnetChatBool(truth);
    return 1;
  case BitNetChatTestOdd:
    return testDivision(memory, &arguments[0], &two, 1, result);
  case BitNetChatTestEven:
    return testDivision(memory, &arguments[0], &two, 0, result);
  case BitNetChatTestDivisibleBy:
    return testDivision(memory, &arguments[0], &arguments[1], 0, result);
  default:
    break;
  }
  if (!bitnetChatCompare(memory, &arguments[0], &arguments[1], &order))
    return 0;
  if (function == BitNetChatTestGreater)
    truth = order > 0;
  else if (function == BitNetChatTestGreaterEqual)
    truth = order >= 0;
  else if (function == BitNetChatTestLess)
    truth = order < 0;
  else
    truth = order <= 0;
  *result = bitnetChatBool(truth);
  return 1;
}

//===----------------------------------------------------------------------===//
// All of them
//===----------------------------------------------------------------------===//

static int callMethodOfDict(ChatMemory *memory,
                            enum BitNetChatFunction function,
                            const ChatValue *arguments, ChatValue *result) {
  const ChatItems *dict = arguments[0].as.items;
  const ChatValue *found;
  switch (function) {
  case BitNetChatFilterItems:
  case BitNetChatMethodItems:
    return listDict(memory, dict, 0, 2, result);
  case BitNetChatMethodKeys:
    return listDict(memory, dict, 0, 1, result);
  case BitNetChatMethodValues:
    return listDict(memory, dict, 1, 1, result);
  default:
    if (!bitnetChatSpend(memory, dict->count))
      return 0;
    found = bitnetChatFind(dict, &arguments[1]);
    if (found)
      *result = *found;
    else
      *result = arguments[2].kind == ChatMissing ? bitnetChatPlain(ChatNone)
                                                 : arguments[2];
    return 1;
  }
}

int bitnetChatCall(ChatContext *context, enum BitNetChatFunction function,
                   const ChatValue *arguments, ChatValue *result) {
  ChatMemory *memory = context->memory;
  const ChatValue *value = &arguments[0];
  ChatValue text;
  int truth = testKind(function, value);
  if (truth >= 0) {
    *result = bitnetChatBool(truth);
    return 1;
  }
  switch (function) {
  case BitNetChatTestEqual:
  case BitNetChatTestNotEqual:
  case BitNetChatTestGreater:
  case BitNetChatTestGreaterEqual:
  case BitNetChatTestLess:
  case BitNetChatTestLessEqual:
  case BitNetChatTestIn:
  case BitNetChatTestOdd:
  case BitNetChatTestEven:
  case BitNetChatTestDivisibleBy:
    return testOther(memory, function, arguments, result);
  case BitNetChatFilterLength:
    return getLength(memory, value, result);
  case BitNetChatFilterJoin:
    return joinItems(memory, value, &arguments[1], &arguments[2], result);
  case BitNetChatMethodJoin:
    text = bitnetChatPlain(ChatMissing);
    if (value->kind != ChatText)
      return bitnetChatFail(memory, "join: expects a text between the parts");
    return joinItems(memory, &arguments[1], value, &text, result);
  case BitNetChatFilterDefault:
    *result =
        bitnetChatIsUndefined(value) ||
                (bitnetChatIsTrue(&arguments[2]) && !bitnetChatIsTrue(value))
            ? arguments[1]
            : *value;
    if (result->kind == ChatMissing)
      *result = BITNET_CHAT_LITERAL("");
    return 1;
  case BitNetChatFilterFirst:
    return getEnd(memory, value, 0, result);
  case BitNetChatFilterLast:
    return getEnd(memory, value, 1, result);
  case BitNetChatFilterList:
    return listItems(memory, value, 0, result);
  case BitNetChatFilterReverse:
    if (!listItems(memory, value, 1, result))
      return 0;
    if (value->kind != ChatText)
      return 1;
    text = bitnetChatPlain(ChatMissing);
    return joinItems(memory, result, &text, &text, result);
  case BitNetChatFilterString:
    return makeText(memory, value, result);
  case BitNetChatFilterInt:
    return makeInteger(memory, value, &arguments[1], result);
  case BitNetChatFilterAbs:
    if (!bitnetChatIsNumber(value))
      return bitnetChatFail(memory, "abs: expects a number");
    *result = *value;
    if (value->kind == ChatFloat)
      result->as.number =
          value->as.number < 0 ? -value->as.number : value->as.number;
    else
      *result = bitnetChatInteger(value->as.integer < 0 &&
                                          value->as.integer != INT64_MIN
                                      ? -value->as.integer
                                      : value->as.integer);
    return 1;
  case BitNetChatFilterJson:
    return makeJson(memory, arguments, result);
  case BitNetChatFunctionRange:
    return makeRange(memory, arguments, result);
  case BitNetChatFunctionNamespace:
    return makeDict(memory, value, ChatNamespace, result);
  case BitNetChatFunctionDict:
    return makeDict(memory, value, ChatDict, result);
  case BitNetChatFunctionRaise:
    return raise(memory, value);
  case BitNetChatFunctionNow:
    return tellNow(context, value, result);
  case BitNetChatFilterItems:
    if (bitnetChatIsUndefined(value))
      return bitnetChatMakeItems(memory, ChatList, 0, result);
    break;
  case BitNetChatFilterTrim:
  case BitNetChatFilterUpper:
  case BitNetChatFilterLower:
  case BitNetChatFilterTitle:
  case BitNetChatFilterCapitalize:
  case BitNetChatFilterReplace:
  case BitNetChatFilterIndent: {
    // Filters make a text of what is none; what is undefined is empty.
    ChatValue values[4];
    uint32_t count = bitnetChatArity(function);
    for (uint32_t i = 0; i < count; ++i)
      values[i] = arguments[i];
    if (!makeText(memory, value, &values[0]))
      return 0;
    return bitnetChatCallText(memory, function, values, result);
  }
  default:
    break;
  }
  if (value->kind == ChatDict)
    switch (function) {
    case BitNetChatFilterItems:
    case BitNetChatMethodItems:
    case BitNetChatMethodKeys:
    case BitNetChatMethodValues:
    case BitNetChatMethodGet:
      return callMethodOfDict(memory, function, arguments, result);
    default:
      break;
    }
  if (value->kind == ChatText)
    return bitnetChatCallText(memory, function, arguments, result);
  return bitnetChatFail(memory, bitnetChatIsUndefined(value)
                                    ? "an undefined value has no methods"
                                    : "a value has no such method");
}
