//===- TestChat.h - Models that have a chat template ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_CHATTEMPLATE_TESTCHAT_H
#define BITNET_TEST_UNIT_CHATTEMPLATE_TESTCHAT_H

#include "ModelDescriptor.h"
#include "bitnet/runtime.h"

#include "llvm/ADT/StringRef.h"

#include <string>
#include <utility>
#include <vector>

namespace mlir::bitnet::test {

/// Roles and contents.
using Conversation = std::vector<std::pair<std::string, std::string>>;

/// A model that has a chat template, a tokenizer and nothing else. The
/// tokenizer has a token for every byte and these control tokens.
class ChatModel {
public:
  static constexpr int32_t bos = 256; ///< <s>
  static constexpr int32_t eos = 257; ///< </s>
  static constexpr int32_t eot = 258; ///< <|eot_id|>

  explicit ChatModel(llvm::StringRef chatTemplate, bool addBos = true);
  ChatModel(const ChatModel &) = delete;

  /// The prompt, or what comes with an error.
  std::string apply(const Conversation &conversation, bitnet_status &status,
                    bitnet_chat_options options) const;
  std::vector<int32_t> tokenize(const Conversation &conversation,
                                bitnet_chat_options options) const;

  /// Of compiling the template; empty: none.
  std::string error;
  bitnet_model_descriptor descriptor = {};
  bitnet_model model;

private:
  /// 32-bit words, for their alignment.
  std::vector<uint32_t> program;
  std::vector<uint32_t> tables;
};

/// As C has it; refers to the strings of `conversation`.
std::vector<bitnet_message> makeMessages(const Conversation &conversation);

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_CHATTEMPLATE_TESTCHAT_H
