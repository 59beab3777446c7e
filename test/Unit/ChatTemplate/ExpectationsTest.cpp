//===- ExpectationsTest.cpp - The same text as Jinja's --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The expectations are written by python/make_chat_expectations.py. The
// environment variable BITNET_CHAT_EXPECTATIONS may name another file of them.
//
//===----------------------------------------------------------------------===//
#include "TestChat.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace llvm;
using namespace mlir::bitnet::test;

static json::Value readExpectations() {
  const char *other = std::getenv("BITNET_CHAT_EXPECTATIONS");
  auto buffer = cantFail(errorOrToExpected(MemoryBuffer::getFile(
      other ? other : BITNET_TEST_DATA "/chat-expectations.json")));
  return cantFail(json::parse(buffer->getBuffer()));
}

static Conversation readConversation(const json::Array &messages) {
  Conversation conversation;
  for (const json::Value &value : messages) {
    const json::Object &message = *value.getAsObject();
    conversation.emplace_back(message.getString("role")->str(),
                              message.getString("content")->str());
  }
  return conversation;
}

TEST(Expectations, RendersAsJinja) {
  json::Value expectations = readExpectations();
  ASSERT_GE(expectations.getAsArray()->size(), 1u);
  for (const json::Value &value : *expectations.getAsArray()) {
    const json::Object &expected = *value.getAsObject();
    SCOPED_TRACE(expected.getString("name")->str());
    ChatModel model(*expected.getString("template"));
    EXPECT_EQ(model.error, "");
    if (!model.error.empty())
      continue;
    bitnet_chat_options options = {};
    options.flags = static_cast<uint32_t>(*expected.getInteger("flags"));
    options.time = *expected.getInteger("time");
    bitnet_status status;
    std::string text = model.apply(
        readConversation(*expected.getArray("messages")), status, options);
    if (std::optional<StringRef> raised = expected.getString("raises")) {
      EXPECT_EQ(status, BITNET_TEMPLATE_ERROR);
      EXPECT_EQ(text, raised->str());
    } else if (expected.getString("fails")) {
      EXPECT_EQ(status, BITNET_TEMPLATE_ERROR) << text;
      EXPECT_EQ(StringRef(text).take_front(5), "line ") << text;
    } else {
      EXPECT_EQ(status, BITNET_OK) << text;
      EXPECT_EQ(text, expected.getString("text")->str());
    }
  }
}
