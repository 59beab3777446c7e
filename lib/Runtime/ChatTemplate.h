//===- ChatTemplate.h - Conversations to prompts ------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CHATTEMPLATE_H
#define BITNET_LIB_RUNTIME_CHATTEMPLATE_H

#include "bitnet/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/// bitnet_apply_chat_template and bitnet_tokenize_chat of runtime.h.
bitnet_status bitnetApplyChatTemplate(const bitnet_model *model,
                                      const bitnet_message *messages,
                                      size_t count,
                                      const bitnet_chat_options *options,
                                      char *text, size_t capacity,
                                      size_t *length);
bitnet_status bitnetTokenizeChat(const bitnet_model *model,
                                 const bitnet_message *messages, size_t count,
                                 const bitnet_chat_options *options,
                                 int32_t *tokens, size_t capacity,
                                 size_t *tokenCount);

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_CHATTEMPLATE_H
