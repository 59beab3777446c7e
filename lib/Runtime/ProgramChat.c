//===- ProgramChat.c - Questions to a compiled model ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Program.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/// Seconds since 1970 as the wall clock shows them.
static bool readWallClock(int64_t *seconds) {
  time_t now = time(NULL);
  struct tm local;
  if (now == (time_t)-1 || !localtime_r(&now, &local))
    return false;
  *seconds = (int64_t)now + local.tm_gmtoff;
  return true;
}

/// Writes what the template says against the messages.
static bool reportTemplateError(const bitnet_message *messages, size_t count,
                                const bitnet_chat_options *options) {
  char text[1024];
  size_t length = 0;
  bitnet_apply_chat_template(&bitnet_program_model, messages, count, options,
                             text, sizeof(text), &length);
  if (length > sizeof(text))
    length = sizeof(text);
  return reportError("the chat template fails: %.*s", (int)length, text);
}

bool tokenizeMessages(const ProgramOptions *options,
                      const bitnet_message *messages, size_t count,
                      TokenList *list) {
  bitnet_chat_options chat = BITNET_CHAT_OPTIONS_DEFAULT;
  if (options->special)
    chat.flags |= BITNET_CHAT_TRUST_MESSAGES;
  if (options->noThinking)
    chat.flags |= BITNET_CHAT_NO_THINKING;
  if (readWallClock(&chat.time))
    chat.flags |= BITNET_CHAT_HAS_TIME;
  bitnet_status status = bitnet_tokenize_chat(
      &bitnet_program_model, messages, count, &chat, NULL, 0, &list->count);
  list->tokens = NULL;
  if (status == BITNET_BUFFER_TOO_SMALL) {
    list->tokens = malloc(list->count * sizeof(*list->tokens));
    if (!list->tokens)
      return reportError("out of memory");
    status = bitnet_tokenize_chat(&bitnet_program_model, messages, count, &chat,
                                  list->tokens, list->count, &list->count);
  }
  if (status == BITNET_OK)
    return true;
  free(list->tokens);
  if (status == BITNET_TEMPLATE_ERROR)
    return reportTemplateError(messages, count, &chat);
  return reportError("%s", bitnet_status_text(status));
}

bool tokenizeQuestion(const ProgramOptions *options, const char *question,
                      size_t size, TokenList *list) {
  bitnet_message messages[2];
  size_t count = 0;
  if (options->system)
    messages[count++] =
        (bitnet_message){"system", 6, options->system, strlen(options->system)};
  messages[count++] = (bitnet_message){"user", 4, question, size};
  return tokenizeMessages(options, messages, count, list);
}
