//===- ChatTemplate.h - Chat templates for the runtime ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_CHATTEMPLATE_CHATTEMPLATE_H
#define BITNET_CHATTEMPLATE_CHATTEMPLATE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// Most bytes of a template.
inline constexpr size_t longestChatTemplate = size_t(1) << 20;

/// Compiles a template in Jinja's language to what lib/Runtime/
/// ChatTemplateFormat.h describes; to be placed at an address that is a
/// multiple of 4. Blank space is treated as Hugging Face's transformers do
/// (trim_blocks and lstrip_blocks). The template is not trusted.
///
/// Errors begin with "line N: " and say what is wrong, or which part of the
/// language is not supported.
llvm::Expected<std::vector<char>> compileChatTemplate(llvm::StringRef text);

/// What is known of a model when its template is chosen.
struct ChatModelFacts {
  /// As files name it, such as "bitnet-b1.58".
  llvm::StringRef architecture;
  /// The texts of its tokens.
  llvm::ArrayRef<llvm::StringRef> tokens;
};

/// The template that a model's file should have: `text` is the file's own, if
/// it has one. Early files of BitNet b1.58 2B4T have one that the model was not
/// trained with, so that its answers do not end; they, and files of it without
/// any, get the right one, and `note` says so. Nothing if there is none.
std::optional<std::string>
chooseChatTemplate(std::optional<llvm::StringRef> text,
                   const ChatModelFacts &model, std::string &note);

/// Chooses a template and compiles it, for importers. `warn` is told of one
/// that is replaced, and of one that is not supported, which is left out.
std::optional<std::vector<char>>
importChatTemplate(std::optional<llvm::StringRef> text,
                   const ChatModelFacts &model,
                   llvm::function_ref<void(llvm::StringRef)> warn);

} // namespace mlir::bitnet

#endif // BITNET_CHATTEMPLATE_CHATTEMPLATE_H
