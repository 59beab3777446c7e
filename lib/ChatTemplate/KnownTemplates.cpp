//===- KnownTemplates.cpp - Templates that files get wrong ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/ChatTemplate/ChatTemplate.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace mlir::bitnet;

/// What BitNet b1.58 2B4T was trained with: "<|begin_of_text|>User: Hello
/// <|eot_id|>Assistant: ", without a line end.
static constexpr StringLiteral bitnet2B4T =
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ message.role | capitalize }}: {{ message.content | trim }}<|eot_id|>"
    "{% endfor %}"
    "{% if add_generation_prompt %}Assistant: {% endif %}";

std::optional<std::string>
mlir::bitnet::chooseChatTemplate(std::optional<StringRef> text,
                                 const ChatModelFacts &model,
                                 std::string &note) {
  // Models of other architectures may well use these words.
  bool isBitNet = model.architecture.starts_with("bitnet-b1.58") ||
                  model.architecture == "bitnet-25" ||
                  model.architecture == "bitnet";
  // Its vocabulary is that of Llama 3.
  bool hasTurns =
      model.tokens.size() == 128256 && model.tokens[128009] == "<|eot_id|>";
  // The converter of early files writes "Human: .. BITNETAssistant: " and an
  // end of text in front of the answer into all of them.
  bool isWrong = text && text->contains("BITNETAssistant");
  if (isBitNet && hasTurns && (!text || isWrong)) {
    note = isWrong ? "the chat template in the file is not the one that the "
                     "model was trained with; it is replaced by that of "
                     "bitnet-b1.58-2B-4T"
                   : "the file has no chat template; that of "
                     "bitnet-b1.58-2B-4T is used";
    return bitnet2B4T.str();
  }
  if (!text || text->empty())
    return std::nullopt;
  return text->str();
}

std::optional<std::vector<char>>
mlir::bitnet::importChatTemplate(std::optional<StringRef> text,
                                 const ChatModelFacts &model,
                                 function_ref<void(StringRef)> warn) {
  std::string note;
  std::optional<std::string> chosen = chooseChatTemplate(text, model, note);
  if (!note.empty())
    warn(note);
  if (!chosen)
    return std::nullopt;
  Expected<std::vector<char>> compiled = compileChatTemplate(*chosen);
  if (compiled)
    return std::move(*compiled);
  warn("the chat template is left out: " + toString(compiled.takeError()));
  return std::nullopt;
}
