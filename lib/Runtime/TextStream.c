//===- TextStream.c - Text on its way to the reader -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tokens may end within a character, and stop strings may lie across tokens.
// Each stop string is searched for as Knuth, Morris and Pratt do: however it
// repeats itself, a byte costs few comparisons. The memory of a stream:
//
//   | StopString of each | borders of each | bytes that are held back |
//
//===----------------------------------------------------------------------===//
#include "TextStream.h"
#include "Utf8.h"

/// Text that is passed on at once if nothing needs to be held back.
enum { PieceSize = 256, MostUnfinished = 3 };

uint64_t bitnetTextStreamSize(const bitnet_generation_options *options) {
  uint64_t size = 0;
  uint64_t longest = 0;
  // Each takes less than 2^19 bytes, and they exist: no sum overflows.
  for (size_t i = 0; i < options->stop_count; ++i) {
    uint64_t length = options->stops[i].length;
    size += sizeof(StopString) + length * sizeof(uint32_t);
    if (longest < length)
      longest = length;
  }
  size += longest + MostUnfinished + PieceSize;
  return (size + 7) / 8 * 8;
}

static void findBorders(StopString *stop) {
  stop->borders[0] = 0;
  for (uint32_t i = 1, border = 0; i < stop->length; ++i) {
    while (border != 0 && stop->text[i] != stop->text[border])
      border = stop->borders[border - 1];
    border += stop->text[i] == stop->text[border];
    stop->borders[i] = border;
  }
}

void bitnetOpenTextStream(TextStream *stream,
                          const bitnet_generation_options *options,
                          void *memory) {
  *stream = (TextStream){.callback = options->callback,
                         .user = options->user,
                         .stops = memory,
                         .stopCount = (uint32_t)options->stop_count};
  uint32_t *borders = (uint32_t *)(stream->stops + stream->stopCount);
  uint32_t longest = 0;
  for (uint32_t i = 0; i < stream->stopCount; ++i) {
    const bitnet_stop_string *given = &options->stops[i];
    StopString *stop = &stream->stops[i];
    *stop = (StopString){.text = (const uint8_t *)given->text,
                         .length = (uint32_t)given->length,
                         .borders = borders};
    findBorders(stop);
    borders += stop->length;
    if (longest < stop->length)
      longest = stop->length;
  }
  stream->bytes = (uint8_t *)borders;
  stream->capacity = longest + MostUnfinished + PieceSize;
}

/// Bytes at the end of text[0, size) that may become a character when more
/// bytes come.
static uint32_t unfinishedBytes(const uint8_t *text, uint32_t size) {
  for (uint32_t back = 1; back <= MostUnfinished && back <= size; ++back) {
    const uint8_t *last = text + size - back;
    uint32_t length = bitnetUtf8Length(*last);
    if (length > back)
      return bitnetUtf8Present(last, back) == back ? back : 0;
    // A byte that begins a character, or that none contains.
    if ((*last & 0xc0) != 0x80)
      return 0;
  }
  return 0;
}

/// Passes on the first `size` bytes that are held back.
static TextResult passOn(TextStream *stream, uint32_t size) {
  TextResult result = TextGoesOn;
  if (size != 0 && stream->callback &&
      stream->callback(stream->user, (const char *)stream->bytes, size))
    result = TextRefused;
  stream->size -= size;
  for (uint32_t i = 0; i < stream->size; ++i)
    stream->bytes[i] = stream->bytes[size + i];
  return result;
}

/// Appends a byte to what is searched. Returns the length of the longest stop
/// string that it completes; 0: none.
static uint32_t matchByte(TextStream *stream, uint8_t byte) {
  uint32_t complete = 0;
  for (uint32_t i = 0; i < stream->stopCount; ++i) {
    StopString *stop = &stream->stops[i];
    while (stop->matched != 0 && stop->text[stop->matched] != byte)
      stop->matched = stop->borders[stop->matched - 1];
    stop->matched += stop->text[stop->matched] == byte;
    if (stop->matched < stop->length)
      continue;
    stop->matched = 0;
    if (complete < stop->length)
      complete = stop->length;
  }
  return complete;
}

/// Passes on what is decided.
static TextResult passOnDecided(TextStream *stream) {
  uint32_t matched = 0;
  for (uint32_t i = 0; i < stream->stopCount; ++i)
    if (matched < stream->stops[i].matched)
      matched = stream->stops[i].matched;
  uint32_t decided = stream->size - matched;
  return passOn(stream, decided - unfinishedBytes(stream->bytes, decided));
}

TextResult bitnetWriteText(TextStream *stream, const uint8_t *text,
                           uint32_t size) {
  for (uint32_t i = 0; i < size; ++i) {
    stream->bytes[stream->size++] = text[i];
    uint32_t complete = matchByte(stream, text[i]);
    if (complete != 0) {
      stream->size -= complete;
      // What comes before ends the text, even if it ends within a character.
      TextResult result = bitnetFlushText(stream);
      return result == TextGoesOn ? TextStopped : result;
    }
    if (stream->size == stream->capacity) {
      TextResult result = passOnDecided(stream);
      if (result != TextGoesOn)
        return result;
    }
  }
  return passOnDecided(stream);
}

TextResult bitnetFlushText(TextStream *stream) {
  return passOn(stream, stream->size);
}
