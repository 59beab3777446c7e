//===- TextStream.h - Text on its way to the reader ---------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_TEXTSTREAM_H
#define BITNET_LIB_RUNTIME_TEXTSTREAM_H

#include "bitnet/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A stop string and how much of it has been seen.
typedef struct StopString {
  const uint8_t *text;
  uint32_t length;
  /// The longest beginning of it that the text ends with; less than `length`.
  uint32_t matched;
  /// borders[i]: the longest beginning that text[0, i] ends with, other than
  /// itself.
  uint32_t *borders;
} StopString;

/// Passes text on in whole characters, up to the first stop string.
typedef struct TextStream {
  bitnet_text_callback callback; ///< May be null.
  void *user;
  StopString *stops;
  uint32_t stopCount;
  uint32_t capacity;
  /// Bytes that are held back, because they are a part of a character or of
  /// what may be a stop string: bytes[0, size).
  uint32_t size;
  uint8_t *bytes;
} TextStream;

typedef enum TextResult {
  TextGoesOn,
  TextStopped, ///< By a stop string, which was not passed on.
  TextRefused  ///< By the callback.
} TextResult;

/// Bytes of memory that a stream takes with these stop strings, whose lengths
/// have been checked; a multiple of 8.
uint64_t bitnetTextStreamSize(const bitnet_generation_options *options);

/// Makes a stream in 8-byte aligned memory of that size.
void bitnetOpenTextStream(TextStream *stream,
                          const bitnet_generation_options *options,
                          void *memory);

/// Appends text. After another result than TextGoesOn nothing may follow.
TextResult bitnetWriteText(TextStream *stream, const uint8_t *text,
                           uint32_t size);

/// Passes on what is held back: the text has ended. Returns TextGoesOn or
/// TextRefused.
TextResult bitnetFlushText(TextStream *stream);

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_TEXTSTREAM_H
