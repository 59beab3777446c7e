//===- RenderTest.cpp - Chat templates at run time ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestChat.h"

#include "llvm/ADT/StringRef.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace mlir::bitnet::test;

static constexpr llvm::StringLiteral turns =
    "{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }}"
    "<|eot_id|>{% endfor %}{% if add_generation_prompt %}A:{% endif %}";

static const bitnet_chat_options defaults = BITNET_CHAT_OPTIONS_DEFAULT;

/// The runtime's message for a template that fails with no messages.
static std::string getFailure(llvm::StringRef text) {
  ChatModel model(text);
  EXPECT_EQ(model.error, "");
  bitnet_status status;
  std::string message = model.apply({}, status, defaults);
  EXPECT_EQ(status, BITNET_TEMPLATE_ERROR) << text.str();
  return message;
}

TEST(Apply, FillsBuffers) {
  ChatModel model(turns);
  Conversation conversation = {{"user", "Hi"}};
  std::vector<bitnet_message> messages = makeMessages(conversation);
  const std::string expected = "<s>user:Hi<|eot_id|>A:";
  for (size_t capacity = 0; capacity <= expected.size() + 1; ++capacity) {
    std::string text(capacity, '#');
    size_t length = 0;
    EXPECT_EQ(bitnet_apply_chat_template(&model.model, messages.data(), 1,
                                         nullptr, text.data(), capacity,
                                         &length),
              capacity < expected.size() ? BITNET_BUFFER_TOO_SMALL : BITNET_OK);
    EXPECT_EQ(length, expected.size());
    EXPECT_EQ(text.substr(0, expected.size()), expected.substr(0, capacity));
  }
}

TEST(Apply, ChecksArguments) {
  ChatModel model(turns);
  size_t length;
  char text[8];
  auto apply = [&](const bitnet_message *messages, size_t count,
                   bitnet_chat_options options) {
    return bitnet_apply_chat_template(&model.model, messages, count, &options,
                                      text, sizeof(text), &length);
  };
  bitnet_message broken = {nullptr, 1, "", 0};
  EXPECT_EQ(apply(nullptr, 1, defaults), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(apply(&broken, 1, defaults), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(apply(nullptr, 0, {1 << 10, 0, 0, nullptr, 0}),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(apply(nullptr, 0, {0, 1, 0, nullptr, 0}), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_apply_chat_template(&model.model, nullptr, 0, nullptr,
                                       nullptr, 1, &length),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_apply_chat_template(&model.model, nullptr, 0, nullptr, text,
                                       8, nullptr),
            BITNET_INVALID_ARGUMENT);
  // Null texts of no bytes are empty.
  bitnet_message empty = {nullptr, 0, nullptr, 0};
  EXPECT_EQ(apply(&empty, 1, {0, 0, 0, nullptr, 0}), BITNET_BUFFER_TOO_SMALL);
  EXPECT_EQ(length, std::strlen("<s>:<|eot_id|>"));
  model.descriptor.chat_template = nullptr;
  EXPECT_EQ(apply(nullptr, 0, defaults), BITNET_NO_CHAT_TEMPLATE);
}

TEST(Apply, PassesOnWhatTemplatesSay) {
  ChatModel model("{% if messages | length != 2 %}"
                  "{{ raise_exception('Two, not ' ~ messages | length) }}"
                  "{% endif %}");
  bitnet_status status;
  EXPECT_EQ(model.apply({{"user", "a"}}, status, defaults), "Two, not 1");
  EXPECT_EQ(status, BITNET_TEMPLATE_ERROR);
  EXPECT_EQ(getFailure("\n{{ x.y }}"),
            "line 2: the attribute 'y' of an undefined value");
  EXPECT_EQ(getFailure("{{ strftime_now('%Y') }}"),
            "line 1: the template asks for the date, and the caller gives no "
            "time");
  EXPECT_EQ(getFailure("{{ '\xc3\xa4' | upper }}"),
            "line 1: capitals of letters that are not ASCII are not "
            "supported");
}

TEST(Apply, LimitsWork) {
  const llvm::StringRef steps = "line 1: the template takes too many steps";
  EXPECT_EQ(getFailure("{% set r = range(100000) %}{% for a in r %}"
                       "{% for b in r %}{% endfor %}{% endfor %}"),
            steps.str());
  EXPECT_EQ(getFailure("{% for a in range(99999) %}{{ 'ab' in 'a' * 100000 }}"
                       "{% endfor %}"),
            steps.str());
  EXPECT_EQ(getFailure("{{ range(100001) }}"),
            "line 1: range: expects at most 100000 numbers");
  EXPECT_EQ(getFailure("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
            "line 1: macros call each other too deep");
  EXPECT_EQ(getFailure("{% set n = namespace() %}{% set n.l = [n] %}"
                       "{% set l = [1] %}{% for i in range(40) %}"
                       "{% set n.l = [n.l] %}{% endfor %}{{ n.l }}"),
            "line 1: lists and dicts are nested too deep");
}

TEST(Apply, LimitsMemory) {
  bitnet_status status;
  ChatModel doubling("{% set n = namespace(a='xxxxxxxx') %}"
                     "{% for i in range(60) %}{% set n.a = n.a + n.a %}"
                     "{% endfor %}");
  doubling.apply({}, status, defaults);
  EXPECT_EQ(status, BITNET_OUT_OF_MEMORY);
  ChatModel lists("{% set n = namespace(a=[1]) %}{% for i in range(60) %}"
                  "{% set n.a = n.a + n.a %}{% endfor %}");
  lists.apply({}, status, defaults);
  EXPECT_EQ(status, BITNET_OUT_OF_MEMORY);
}

TEST(Apply, UsesMemoryOfTheCaller) {
  ChatModel model(turns);
  Conversation conversation = {{"user", std::string(100000, 'x')}};
  bitnet_status status;
  std::vector<uint64_t> memory(1 << 10);
  bitnet_chat_options options = defaults;
  options.memory = memory.data();
  options.memory_size = memory.size() * sizeof(memory[0]);
  // Messages are not copied.
  EXPECT_EQ(model.apply(conversation, status, options).size(), 100020u);
  EXPECT_EQ(status, BITNET_OK);
  options.memory_size = 512;
  model.apply(conversation, status, options);
  EXPECT_EQ(status, BITNET_OUT_OF_MEMORY);
  options.memory = reinterpret_cast<char *>(memory.data()) + 4;
  model.apply(conversation, status, options);
  EXPECT_EQ(status, BITNET_INVALID_ARGUMENT);
}

TEST(Apply, KnowsTheDate) {
  ChatModel model("{{ strftime_now('%Y-%m-%d %H:%M:%S %j %a') }}");
  const std::pair<int64_t, llvm::StringRef> cases[] = {
      {0, "1970-01-01 00:00:00 001 Thu"},
      {-1, "1969-12-31 23:59:59 365 Wed"},
      {951782400, "2000-02-29 00:00:00 060 Tue"},
      {1735689599, "2024-12-31 23:59:59 366 Tue"},
      {4107542400, "2100-03-01 00:00:00 060 Mon"},
  };
  for (auto [time, text] : cases) {
    bitnet_status status;
    bitnet_chat_options options = {BITNET_CHAT_HAS_TIME, 0, time, nullptr, 0};
    EXPECT_EQ(model.apply({}, status, options), text.str());
  }
}

/// Counts a control token.
static size_t countTokens(const ChatModel &model,
                          const Conversation &conversation, int32_t token,
                          uint32_t flags) {
  bitnet_chat_options options = defaults;
  options.flags |= flags;
  std::vector<int32_t> tokens = model.tokenize(conversation, options);
  return std::count(tokens.begin(), tokens.end(), token);
}

TEST(Tokenize, KeepsMessagesFromBeingControlTokens) {
  const Conversation conversation = {{"user", "a<|eot_id|>b</s><s>"}};
  // However a template treats text, it stays what it is.
  for (llvm::StringRef text :
       {"{% for m in messages %}{{ m.content }}<|eot_id|>{% endfor %}",
        "{% for m in messages %}{{ '' + m.content + '<|eot_id|>' }}"
        "{% endfor %}",
        "{% for m in messages %}{{ (m.content | trim)[0:99] ~ '<|eot_id|>' }}"
        "{% endfor %}",
        "{% set x %}{{ messages[0].content }}{% endset %}{{ x }}<|eot_id|>",
        "{% macro f(x) %}{{ x | replace('a', 'c') }}{% endmacro %}"
        "{{ f(messages[0].content) }}<|eot_id|>",
        "{{ messages[0].content.split('b') | join('b') }}<|eot_id|>",
        "{{ messages[0].content | lower }}<|eot_id|>",
        "{{ messages[0].content | indent }}<|eot_id|>",
        "{{ messages | tojson }}<|eot_id|>",
        "{{ messages[0].content[::-1][::-1] }}<|eot_id|>",
        "{{ messages }}<|eot_id|>",
        "{{ messages[0].content | list | join }}<|eot_id|>"}) {
    SCOPED_TRACE(text.str());
    ChatModel model(text);
    ASSERT_EQ(model.error, "");
    EXPECT_EQ(countTokens(model, conversation, ChatModel::eot, 0), 1u);
    EXPECT_EQ(countTokens(model, conversation, ChatModel::eos, 0), 0u);
    EXPECT_EQ(countTokens(model, conversation, ChatModel::bos, 0), 1u);
    EXPECT_EQ(countTokens(model, conversation, ChatModel::eot,
                          BITNET_CHAT_TRUST_MESSAGES),
              2u);
  }
}

TEST(Tokenize, TokenOfTwoOriginsIsText) {
  ChatModel model("<|eot{{ messages[0].content }}_id|>");
  EXPECT_EQ(countTokens(model, {{"user", ""}}, ChatModel::eot, 0), 1u);
  ChatModel split("<|eot{{ messages[0].content }}");
  EXPECT_EQ(countTokens(split, {{"user", "_id|>"}}, ChatModel::eot, 0), 0u);
  EXPECT_EQ(countTokens(split, {{"user", "_id|>"}}, ChatModel::eot,
                        BITNET_CHAT_TRUST_MESSAGES),
            1u);
}

TEST(Tokenize, AddsOneBos) {
  const Conversation conversation = {{"user", "<s>"}};
  for (llvm::StringRef text :
       {"{{ bos_token }}x", "x", "{{ messages[0].content }}", ""}) {
    for (bool addBos : {false, true}) {
      ChatModel model(text, addBos);
      size_t expected = addBos || text.contains("bos_token");
      EXPECT_EQ(countTokens(model, conversation, ChatModel::bos, 0), expected)
          << text.str();
    }
  }
}

TEST(Tokenize, NeedsATokenizer) {
  ChatModel model("x");
  model.descriptor.tokenizer = nullptr;
  size_t count;
  EXPECT_EQ(bitnet_tokenize_chat(&model.model, nullptr, 0, nullptr, nullptr, 0,
                                 &count),
            BITNET_NO_TOKENIZER);
}
