//===- ChatTemplate.c - Conversations to prompts --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ChatTemplate.h"
#include "ChatMachine.h"
#include "Session.h"
#include "System.h"
#include "Tokenizer.h"

/// A run of a template on messages.
typedef struct ChatRun {
  ChatMemory memory;
  ChatContext context;
  ChatValue inputs[BitNetChatInputs];
} ChatRun;

static const bitnet_chat_options defaults = BITNET_CHAT_OPTIONS_DEFAULT;

static bitnet_status checkArguments(const bitnet_model *model,
                                    const bitnet_message *messages,
                                    size_t count,
                                    const bitnet_chat_options *options) {
  const uint32_t allFlags = BITNET_CHAT_ADD_GENERATION_PROMPT |
                            BITNET_CHAT_HAS_TIME | BITNET_CHAT_NO_THINKING |
                            BITNET_CHAT_TRUST_MESSAGES;
  if ((!messages && count != 0) || count > UINT32_MAX / 8 ||
      (options->flags & ~allFlags) || options->reserved != 0 ||
      (options->memory && (uintptr_t)options->memory % 8 != 0))
    return BITNET_INVALID_ARGUMENT;
  for (size_t i = 0; i < count; ++i)
    if ((!messages[i].role && messages[i].role_length != 0) ||
        (!messages[i].content && messages[i].content_length != 0) ||
        messages[i].role_length > UINT32_MAX ||
        messages[i].content_length > UINT32_MAX)
      return BITNET_INVALID_ARGUMENT;
  return bitnetDescriptor(model)->chat_template ? BITNET_OK
                                                : BITNET_NO_CHAT_TEMPLATE;
}

static ChatValue makeMessageText(const char *bytes, size_t size) {
  return bitnetChatText(bytes ? bytes : "", (uint32_t)size, 1);
}

static int makeMessages(ChatMemory *memory, const bitnet_message *messages,
                        size_t count, ChatValue *list) {
  if (!bitnetChatMakeItems(memory, ChatList, (uint32_t)count, list))
    return 0;
  for (size_t i = 0; i < count; ++i) {
    const bitnet_message *message = &messages[i];
    ChatValue dict;
    if (!bitnetChatMakeItems(memory, ChatDict, 4, &dict) ||
        !bitnetChatSetItem(
            memory, dict.as.items, BITNET_CHAT_LITERAL("role"),
            makeMessageText(message->role, message->role_length)) ||
        !bitnetChatSetItem(
            memory, dict.as.items, BITNET_CHAT_LITERAL("content"),
            makeMessageText(message->content, message->content_length)) ||
        !bitnetChatAppendItem(memory, list->as.items, dict))
      return 0;
  }
  return 1;
}

static ChatValue getTokenText(const void *tables, int isBos) {
  if (!tables)
    return bitnetChatPlain(ChatUndefined);
  Tokenizer tokenizer;
  bitnetOpenTokenizer(&tokenizer, tables);
  int32_t token =
      isBos ? tokenizer.header->bos_token : tokenizer.header->eos_token;
  if (token < 0)
    return bitnetChatPlain(ChatUndefined);
  uint32_t size;
  const uint8_t *bytes = bitnetTokenText(&tokenizer, (uint32_t)token, &size);
  return bitnetChatText(bytes, size, 0);
}

/// Gets ready to run. endRun gives the memory back.
static int beginRun(ChatRun *run, const bitnet_model *model,
                    const bitnet_message *messages, size_t count,
                    const bitnet_chat_options *options, int keepsMarks) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < count; ++i)
    bytes += messages[i].role_length + messages[i].content_length;
  // What templates of published models take is far below: they copy a message
  // a few times.
  ChatMemory *memory = &run->memory;
  memory->next = options->memory;
  memory->end = memory->next;
  if (options->memory)
    memory->end += options->memory_size;
  memory->blocks = (void *)0;
  memory->left = options->memory ? 0 : (UINT64_C(64) << 20) + 64 * bytes;
  memory->steps = (UINT64_C(1) << 24) + 64 * bytes;
  memory->keepsMarks = keepsMarks;
  memory->line = 1;
  memory->status = BITNET_OK;
  run->context = (ChatContext){
      .memory = memory,
      .time = options->time,
      .hasTime = (options->flags & BITNET_CHAT_HAS_TIME) != 0,
  };
  const void *tokenizer = bitnetDescriptor(model)->tokenizer;
  run->inputs[BitNetChatInputAddGenerationPrompt] =
      bitnetChatBool(options->flags & BITNET_CHAT_ADD_GENERATION_PROMPT);
  run->inputs[BitNetChatInputBosToken] = getTokenText(tokenizer, 1);
  run->inputs[BitNetChatInputEosToken] = getTokenText(tokenizer, 0);
  run->inputs[BitNetChatInputEnableThinking] =
      options->flags & BITNET_CHAT_NO_THINKING ? bitnetChatBool(0)
                                               : bitnetChatPlain(ChatUndefined);
  return makeMessages(memory, messages, count,
                      &run->inputs[BitNetChatInputMessages]);
}

static void endRun(ChatRun *run) {
  while (run->memory.blocks) {
    ChatBlock *block = run->memory.blocks;
    run->memory.blocks = block->before;
    bitnetSystemFree(block);
  }
}

bitnet_status bitnetApplyChatTemplate(const bitnet_model *model,
                                      const bitnet_message *messages,
                                      size_t count,
                                      const bitnet_chat_options *options,
                                      char *text, size_t capacity,
                                      size_t *length) {
  if (!options)
    options = &defaults;
  if (!length || (!text && capacity != 0))
    return BITNET_INVALID_ARGUMENT;
  bitnet_status status = checkArguments(model, messages, count, options);
  if (status != BITNET_OK)
    return status;
  ChatRun run;
  ChatOutput output = {.bytes = (uint8_t *)text, .capacity = capacity};
  if (beginRun(&run, model, messages, count, options, /*keepsMarks=*/0) &&
      bitnetChatRun(&run.context, bitnetDescriptor(model)->chat_template,
                    run.inputs, &output)) {
    *length = output.size;
    status = output.size > capacity ? BITNET_BUFFER_TOO_SMALL : BITNET_OK;
  } else {
    status = run.memory.status;
    if (status == BITNET_TEMPLATE_ERROR) {
      ChatValue message = run.memory.message;
      for (uint32_t i = 0; i < message.size && i < capacity; ++i)
        text[i] = (char)message.as.bytes[i];
      *length = message.size;
    }
  }
  endRun(&run);
  return status;
}

bitnet_status bitnetTokenizeChat(const bitnet_model *model,
                                 const bitnet_message *messages, size_t count,
                                 const bitnet_chat_options *options,
                                 int32_t *tokens, size_t capacity,
                                 size_t *tokenCount) {
  if (!options)
    options = &defaults;
  if (!tokenCount || (!tokens && capacity != 0))
    return BITNET_INVALID_ARGUMENT;
  bitnet_status status = checkArguments(model, messages, count, options);
  if (status != BITNET_OK)
    return status;
  int keepsMarks = !(options->flags & BITNET_CHAT_TRUST_MESSAGES);
  ChatRun run;
  ChatOutput output = {.grows = 1};
  if (beginRun(&run, model, messages, count, options, keepsMarks) &&
      bitnetChatRun(&run.context, bitnetDescriptor(model)->chat_template,
                    run.inputs, &output))
    status = bitnetTokenizeMarked(model, output.bytes, output.marks,
                                  output.size, tokens, capacity, tokenCount);
  else
    status = run.memory.status;
  endRun(&run);
  return status;
}
