//===- ChatOperators.h - Operators of chat templates --------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CHATOPERATORS_H
#define BITNET_LIB_RUNTIME_CHATOPERATORS_H

#include "ChatTemplateFormat.h"
#include "ChatValue.h"

/// values[0] + .. + values[count - 1], from left to right; count is at least 1.
int bitnetChatSum(ChatMemory *memory, const ChatValue *values, uint32_t count,
                  ChatValue *result);

/// The values as texts, one behind the other.
int bitnetChatJoinTexts(ChatMemory *memory, const ChatValue *values,
                        uint32_t count, ChatValue *result);

/// BitNetChatSubtract to BitNetChatModulo.
int bitnetChatArithmetic(ChatMemory *memory, enum BitNetChatOp op,
                         const ChatValue *a, const ChatValue *b,
                         ChatValue *result);

int bitnetChatNegate(ChatMemory *memory, const ChatValue *value,
                     ChatValue *result);

/// object.name
int bitnetChatGetAttribute(ChatMemory *memory, const ChatValue *object,
                           const ChatValue *name, ChatValue *result);

/// object[index]
int bitnetChatGetItem(ChatMemory *memory, const ChatValue *object,
                      const ChatValue *index, ChatValue *result);

/// object[bounds[0]:bounds[1]:bounds[2]]; none: not given.
int bitnetChatGetSlice(ChatMemory *memory, const ChatValue *object,
                       const ChatValue *bounds, ChatValue *result);

#endif // BITNET_LIB_RUNTIME_CHATOPERATORS_H
