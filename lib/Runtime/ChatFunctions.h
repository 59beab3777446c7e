//===- ChatFunctions.h - What chat templates can call -------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CHATFUNCTIONS_H
#define BITNET_LIB_RUNTIME_CHATFUNCTIONS_H

#include "ChatTemplateFormat.h"
#include "ChatValue.h"

/// Most numbers of `range`: as many as Jinja's sandbox allows.
#define BITNET_CHAT_LONGEST_RANGE 100000

/// What functions know besides their arguments.
typedef struct ChatContext {
  ChatMemory *memory;
  /// Seconds of the wall clock since 1970, if there is a time.
  int64_t time;
  int hasTime;
} ChatContext;

/// Calls `function`. What it is applied to and its arguments are in
/// `arguments`, as many as it has parameters.
int bitnetChatCall(ChatContext *context, enum BitNetChatFunction function,
                   const ChatValue *arguments, ChatValue *result);

/// Number of values that a function is called with.
uint32_t bitnetChatArity(enum BitNetChatFunction function);

/// Whether `part` is in `whole`: a text, a list, or a key of a dict.
int bitnetChatIsIn(ChatMemory *memory, const ChatValue *part,
                   const ChatValue *whole, int *isIn);

/// The functions that make texts of a text, `arguments[0]` (ChatText.c).
int bitnetChatCallText(ChatMemory *memory, enum BitNetChatFunction function,
                       const ChatValue *arguments, ChatValue *result);

/// The time in words, as strftime of C does it in its own locale (ChatTime.c).
int bitnetChatFormatTime(ChatMemory *memory, int64_t time,
                         const ChatValue *format, ChatValue *result);

#endif // BITNET_LIB_RUNTIME_CHATFUNCTIONS_H
