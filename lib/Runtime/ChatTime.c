//===- ChatTime.c - Dates in chat templates -------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ChatFunctions.h"

typedef struct CalendarTime {
  int64_t year;
  uint32_t month;   ///< 0 to 11
  uint32_t day;     ///< 1 to 31
  uint32_t yearDay; ///< 0 to 365
  uint32_t weekDay; ///< 0 to 6, Sunday is 0
  uint32_t hour, minute, second;
} CalendarTime;

static CalendarTime makeCalendarTime(int64_t time) {
  int64_t days = time / 86400;
  int64_t seconds = time % 86400;
  if (seconds < 0) {
    seconds += 86400;
    --days;
  }
  CalendarTime made;
  made.hour = (uint32_t)(seconds / 3600);
  made.minute = (uint32_t)(seconds / 60 % 60);
  made.second = (uint32_t)(seconds % 60);
  made.weekDay = (uint32_t)(((days + 4) % 7 + 7) % 7);
  // The Gregorian calendar repeats itself every 400 years. Years that begin in
  // March have their leap day at the end. 719468 days lie between 0000-03-01
  // and 1970-01-01.
  int64_t shifted = days + 719468;
  int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  int64_t day = shifted - era * 146097;
  int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  day -= 365 * year + year / 4 - year / 100;
  int64_t month = (5 * day + 2) / 153;
  made.day = (uint32_t)(day - (153 * month + 2) / 5 + 1);
  made.month = (uint32_t)((month + 2) % 12);
  made.year = year + era * 400 + (made.month < 2);
  static const uint16_t before[] = {0,   31,  59,  90,  120, 151,
                                    181, 212, 243, 273, 304, 334};
  int isLeap =
      made.year % 4 == 0 && (made.year % 100 != 0 || made.year % 400 == 0);
  made.yearDay =
      before[made.month] + made.day - 1 + (uint32_t)(isLeap && made.month > 1);
  return made;
}

/// Writes at least `width` digits; fills up with `fill` unless it is 0.
static int writeNumber(ChatMemory *memory, ChatOutput *output, int64_t number,
                       uint32_t width, uint8_t fill) {
  uint8_t digits[20];
  uint32_t begin = sizeof(digits);
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do
    digits[--begin] = (uint8_t)('0' + rest % 10);
  while ((rest /= 10) != 0);
  while (fill && sizeof(digits) - begin < width)
    digits[--begin] = fill;
  if (number < 0)
    digits[--begin] = '-';
  return bitnetChatWriteText(
      memory, output,
      bitnetChatText(digits + begin, sizeof(digits) - begin, 0));
}

/// Writes name `index` of `names`, which are separated by commas; its first
/// three letters if it is to be short.
static int writeName(ChatMemory *memory, ChatOutput *output, const char *names,
                     uint32_t index, int isShort) {
  for (; index != 0; ++names)
    index -= *names == ',';
  uint32_t size = 0;
  while (names[size] != ',' && names[size] != '\0' && !(isShort && size == 3))
    ++size;
  return bitnetChatWriteText(memory, output, bitnetChatText(names, size, 0));
}

static int writeField(ChatMemory *memory, ChatOutput *output,
                      const CalendarTime *time, char field, uint8_t fill) {
  static const char months[] =
      "January,February,March,April,May,June,July,August,September,October,"
      "November,December";
  static const char days[] =
      "Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday";
  uint32_t hour12 = time->hour % 12 ? time->hour % 12 : 12;
  switch (field) {
  case 'A':
  case 'a':
    return writeName(memory, output, days, time->weekDay, field == 'a');
  case 'B':
  case 'b':
  case 'h':
    return writeName(memory, output, months, time->month, field != 'B');
  case 'd':
    return writeNumber(memory, output, time->day, 2, fill);
  case 'e':
    return writeNumber(memory, output, time->day, 2, fill ? ' ' : 0);
  case 'H':
    return writeNumber(memory, output, time->hour, 2, fill);
  case 'I':
    return writeNumber(memory, output, hour12, 2, fill);
  case 'j':
    return writeNumber(memory, output, time->yearDay + 1, 3, fill);
  case 'M':
    return writeNumber(memory, output, time->minute, 2, fill);
  case 'm':
    return writeNumber(memory, output, time->month + 1, 2, fill);
  case 'p':
    return bitnetChatWriteText(
        memory, output, bitnetChatText(time->hour < 12 ? "AM" : "PM", 2, 0));
  case 'S':
    return writeNumber(memory, output, time->second, 2, fill);
  case 'u':
    return writeNumber(memory, output, time->weekDay ? time->weekDay : 7, 1, 0);
  case 'w':
    return writeNumber(memory, output, time->weekDay, 1, 0);
  case 'Y':
    return writeNumber(memory, output, time->year, 1, 0);
  case 'y':
    return writeNumber(memory, output, (time->year % 100 + 100) % 100, 2, fill);
  case '%':
    return bitnetChatWriteText(memory, output, BITNET_CHAT_LITERAL("%"));
  default:
    return bitnetChatFailText(memory, "the date's field ",
                              bitnetChatText(&field, 1, 0),
                              " is not supported");
  }
}

/// The fields that a field stands for; null: it stands for itself.
static const char *expandField(char field) {
  switch (field) {
  case 'D':
    return "m/d/y";
  case 'F':
    return "Y-m-d";
  case 'R':
    return "H:M";
  case 'T':
    return "H:M:S";
  default:
    return (void *)0;
  }
}

int bitnetChatFormatTime(ChatMemory *memory, int64_t time,
                         const ChatValue *format, ChatValue *result) {
  // Years of more than four digits are nobody's wall clock.
  const int64_t limit = INT64_C(253402300800);
  if (time < -limit || time >= limit)
    return bitnetChatFail(memory, "the time is out of range");
  CalendarTime calendar = makeCalendarTime(time);
  ChatOutput output = {.grows = 1};
  for (uint32_t i = 0; i < format->size; ++i) {
    uint8_t byte = format->as.bytes[i];
    if (byte != '%') {
      if (!bitnetChatWriteText(memory, &output,
                               bitnetChatPart(*format, i, i + 1)))
        return 0;
      continue;
    }
    uint8_t fill = '0';
    if (i + 2 < format->size && format->as.bytes[i + 1] == '-') {
      fill = 0;
      ++i;
    }
    if (++i == format->size)
      return bitnetChatFail(memory, "a date's format ends with '%'");
    char field = (char)format->as.bytes[i];
    const char *fields = expandField(field);
    if (!fields) {
      if (!writeField(memory, &output, &calendar, field, fill))
        return 0;
      continue;
    }
    for (; *fields != '\0'; ++fields) {
      int isField = (*fields | 0x20) >= 'a' && (*fields | 0x20) <= 'z';
      if (!(isField ? writeField(memory, &output, &calendar, *fields, '0')
                    : bitnetChatWriteText(memory, &output,
                                          bitnetChatText(fields, 1, 0))))
        return 0;
    }
  }
  return bitnetChatWritten(memory, &output, result);
}
