//===- TestChat.cpp - Models that have a chat template --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestChat.h"
#include "TestTokenizer.h"
#include "bitnet/ChatTemplate/ChatTemplate.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

extern "C" const bitnet_model_functions bitnet_runtime_functions;

static std::vector<uint32_t> toWords(const std::vector<char> &bytes) {
  std::vector<uint32_t> words((bytes.size() + 3) / 4);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

test::ChatModel::ChatModel(llvm::StringRef chatTemplate, bool addBos) {
  TestVocabulary vocabulary = makeByteVocabulary();
  EXPECT_EQ(vocabulary.addToken("<s>", 3), uint32_t(bos));
  EXPECT_EQ(vocabulary.addToken("</s>", 3), uint32_t(eos));
  EXPECT_EQ(vocabulary.addToken("<|eot_id|>", 3), uint32_t(eot));
  vocabulary.options.bosToken = bos;
  vocabulary.options.eosToken = eos;
  vocabulary.options.addBos = addBos;
  tables = toWords(llvm::cantFail(vocabulary.build()));
  descriptor.vocabulary_size = 259;
  descriptor.tokenizer = tables.data();
  llvm::Expected<std::vector<char>> compiled =
      compileChatTemplate(chatTemplate);
  if (compiled) {
    program = toWords(*compiled);
    descriptor.chat_template = program.data();
  } else {
    error = llvm::toString(compiled.takeError());
  }
  model = {&bitnet_runtime_functions, &descriptor};
}

std::vector<bitnet_message>
test::makeMessages(const Conversation &conversation) {
  std::vector<bitnet_message> messages;
  for (const auto &[role, content] : conversation)
    messages.push_back(
        {role.data(), role.size(), content.data(), content.size()});
  return messages;
}

std::string test::ChatModel::apply(const Conversation &conversation,
                                   bitnet_status &status,
                                   bitnet_chat_options options) const {
  std::vector<bitnet_message> messages = makeMessages(conversation);
  size_t length = 0;
  std::string text;
  // Measured first, then written.
  for (int turn = 0; turn < 2; ++turn) {
    status =
        bitnet_apply_chat_template(&model, messages.data(), messages.size(),
                                   &options, text.data(), text.size(), &length);
    text.resize(length);
  }
  return text;
}

std::vector<int32_t>
test::ChatModel::tokenize(const Conversation &conversation,
                          bitnet_chat_options options) const {
  std::vector<bitnet_message> messages = makeMessages(conversation);
  size_t count = 0;
  EXPECT_EQ(bitnet_tokenize_chat(&model, messages.data(), messages.size(),
                                 &options, nullptr, 0, &count),
            count == 0 ? BITNET_OK : BITNET_BUFFER_TOO_SMALL);
  std::vector<int32_t> tokens(count);
  EXPECT_EQ(bitnet_tokenize_chat(&model, messages.data(), messages.size(),
                                 &options, tokens.data(), count, &count),
            BITNET_OK);
  return tokens;
}
