//===- story.c - Writes a continuation; C and C++ -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "story.h"

#include <stdio.h>

static int write(void *user, const char *text, size_t length) {
  FILE *file = (FILE *)user;
  return fwrite(text, 1, length, file) != length;
}

int main(void) {
  static const char prompt[] = "Once upon a time, there was a little girl";
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  options.max_tokens = 24;
  options.callback = write;
  options.user = stdout;
  bitnet_session *session;
  bitnet_status status = bitnet_session_create(&story, NULL, &session);
  if (status == BITNET_OK)
    status =
        bitnet_generate(session, prompt, sizeof(prompt) - 1, &options, NULL);
  bitnet_session_destroy(session);
  puts("");
  if (status != BITNET_OK)
    fprintf(stderr, "%s\n", bitnet_status_text(status));
  return status;
}
