//===- ChatMachine.h - Runs chat templates ------------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CHATMACHINE_H
#define BITNET_LIB_RUNTIME_CHATMACHINE_H

#include "ChatFunctions.h"

/// Runs a compiled template. `inputs` has a value for each BitNetChatInput.
/// What the template writes goes to `output`. Returns 0 after an error, which
/// is in context->memory.
int bitnetChatRun(ChatContext *context, const void *program,
                  const ChatValue *inputs, ChatOutput *output);

#endif // BITNET_LIB_RUNTIME_CHATMACHINE_H
