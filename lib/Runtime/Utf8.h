//===- Utf8.h - Reading UTF-8 -------------------------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Well-formed sequences as in table 3-7 of the Unicode standard:
//
//   00..7f
//   c2..df 80..bf
//   e0     a0..bf 80..bf
//   e1..ef 80..bf 80..bf         (ed: second byte 80..9f)
//   f0     90..bf 80..bf 80..bf
//   f1..f4 80..bf 80..bf 80..bf  (f4: second byte 80..8f)
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_UTF8_H
#define BITNET_LIB_RUNTIME_UTF8_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of the sequence that `lead` begins; 1 if it begins none.
static inline uint32_t bitnetUtf8Length(uint8_t lead) {
  if (lead < 0xc2 || lead > 0xf4)
    return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/// Whether `second` may follow `lead`, which begins a sequence of 2 to 4 bytes.
static inline int bitnetUtf8SecondFits(uint8_t lead, uint8_t second) {
  uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

/// How many of the first `size` bytes of `text` belong to the sequence that
/// text[0] begins. Less than bitnetUtf8Length(text[0]) if it is cut off or
/// wrong.
static inline uint32_t bitnetUtf8Present(const uint8_t *text, size_t size) {
  uint32_t length = bitnetUtf8Length(text[0]);
  uint32_t present = 1;
  while (present < length && present < size &&
         (present == 1 ? bitnetUtf8SecondFits(text[0], text[1])
                       : (text[present] & 0xc0) == 0x80))
    ++present;
  return present;
}

#endif // BITNET_LIB_RUNTIME_UTF8_H
