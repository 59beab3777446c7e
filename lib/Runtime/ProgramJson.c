//===- ProgramJson.c - JSON from a compiled model -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Program.h"
#include "Utf8.h"

#include <stdio.h>

void printJsonString(const char *text, size_t size) {
  const uint8_t *bytes = (const uint8_t *)text;
  putchar('"');
  for (size_t i = 0; i < size;) {
    uint32_t length = bitnetUtf8Length(bytes[i]);
    if (length == 1 && bytes[i] < 0x80) {
      if (bytes[i] == '"' || bytes[i] == '\\')
        printf("\\%c", bytes[i]);
      else if (bytes[i] < 0x20)
        printf("\\u%04x", bytes[i]);
      else
        putchar(bytes[i]);
    } else if (length == 1 || bitnetUtf8Present(bytes + i, size - i) < length) {
      // Models may generate bytes that are no character.
      fputs("\\ufffd", stdout);
      length = 1;
    } else {
      fwrite(bytes + i, 1, length, stdout);
    }
    i += length;
  }
  putchar('"');
}
