//===- CompileTest.cpp - What templates the compiler takes ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestChat.h"
#include "bitnet/ChatTemplate/ChatTemplate.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

#include <random>

using namespace llvm;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static std::string getError(StringRef text) {
  Expected<std::vector<char>> compiled = compileChatTemplate(text);
  return compiled ? "" : toString(compiled.takeError());
}

static std::string repeat(StringRef text, size_t count) {
  std::string repeated;
  for (size_t i = 0; i < count; ++i)
    repeated += text;
  return repeated;
}

TEST(Compile, SaysWhatIsNotSupported) {
  const std::pair<StringRef, StringRef> cases[] = {
      {"a\n{{ x | wordwrap }}",
       "line 2: the filter 'wordwrap' is not supported"},
      {"{% if x is prime %}{% endif %}",
       "line 1: the test 'prime' is not supported"},
      {"{{ x.isalpha() }}", "line 1: the method 'isalpha' is not supported"},
      {"{{ lipsum() }}", "line 1: the function 'lipsum' is not supported"},
      {"\n\n{% include 'x' %}",
       "line 3: the statement 'include' is not supported"},
      {"{% for x in y recursive %}{% endfor %}",
       "line 1: recursive loops are not supported"},
      {"{{ 2 ** 3 }}", "line 1: powers ('**') are not supported"},
      {"{{ 1 < 2 < 3 }}", "line 1: chains of comparisons are not supported"},
      {"{{ f(*x) }}", "line 1: arguments from lists ('*') are not supported"},
      {"{{ x | map(y) }}", "line 1: the filter 'map' without a constant name "
                           "is not supported"},
      {"{{ x | trim(1, 2) }}",
       "line 1: filter 'trim': expects at most 1 arguments, found 2"},
      {"{{ x | trim(which=1) }}", "line 1: filter 'trim': has no argument "
                                  "'which', or it is not supported"},
      {"{% for i in x %}{% macro f() %}{% endmacro %}{% endfor %}",
       "line 1: macros in loops, blocks and macros are not supported"},
  };
  for (auto [text, error] : cases)
    EXPECT_EQ(getError(text), error.str()) << text.str();
}

TEST(Compile, SaysWhatIsWrong) {
  const std::pair<StringRef, StringRef> cases[] = {
      {"a {{ b", "line 1: expects '}}', found the template's end"},
      {"\n{% if a", "line 2: expects '%}', found the template's end"},
      {"{# a", "line 1: expects '#}' after '{#', found the template's end"},
      {"{% raw %}a", "line 1: expects '{% endraw %}' after '{% raw %}', found "
                     "the template's end"},
      {"{{ 'a }}", "line 1: expects a quote that ends the string, found the "
                   "template's end"},
      {"{% if a %}b", "line 1: expects '{% endif %}', found the template's "
                      "end"},
      {"{% for a in b %}{% endif %}",
       "line 1: found 'endif' without its beginning"},
      {"{% break %}", "line 1: 'break' is not in a loop, or in another text "
                      "than its loop"},
      {"{{ }}", "line 1: expects a value, found '}}'"},
      {"{{ a b }}", "line 1: expects '}}', found 'b'"},
      {"{{ (a] }}", "line 1: found ']' without its opening bracket"},
      {"{{ a $ b }}", "line 1: found '$', which has no meaning"},
      {"{{ '\\xZZ' }}", "line 1: expects hexadecimal digits of a character "
                        "after '\\x'"},
      {"{{ 99999999999999999999 }}",
       "line 1: expects an integer below 2^63, found '99999999999999999999'"},
      {"{% set %}", "line 1: expects a variable, found '%}'"},
      {"{% for in x %}", "line 1: expects 'in', found 'x'"},
  };
  for (auto [text, error] : cases)
    EXPECT_EQ(getError(text), error.str()) << text.str();
}

TEST(Compile, LimitsNesting) {
  const StringRef error = "expects at most 200 levels of nesting";
  for (const std::string &text :
       {"{{ " + repeat("(", 50000) + "x" + repeat(")", 50000) + " }}",
        "{{ " + repeat("[", 50000) + repeat("]", 50000) + " }}",
        "{{ " + repeat("{1:", 50000) + "x" + repeat("}", 50000) + " }}",
        "{{ " + repeat("not ", 100000) + "x }}",
        "{{ " + repeat("-", 100000) + "x }}",
        "{{ x" + repeat(".a", 100000) + " }}",
        "{{ x" + repeat("|trim", 100000) + " }}",
        "{{ x" + repeat(" and x", 100000) + " }}",
        "{{ x" + repeat(" - x", 100000) + " }}",
        "{{ x" + repeat(" if x", 100000) + " }}",
        "{{ x" + repeat("[0]", 100000) + " }}",
        "{{ x" + repeat(" is defined", 50000) + " }}",
        repeat("{% if x %}", 50000), repeat("{% for x in y %}", 50000),
        repeat("{% set x %}", 50000)})
    EXPECT_NE(getError(text).find(error), std::string::npos)
        << text.substr(0, 40) << getError(text);
}

TEST(Compile, LimitsSize) {
  std::string text(longestChatTemplate + 1, 'x');
  EXPECT_EQ(getError(text),
            "line 1: expects at most 1048576 bytes, found 1048577");
  text.pop_back();
  EXPECT_EQ(getError(text), "");
  EXPECT_EQ(getError(repeat("{{ x }}", longestChatTemplate / 7)), "");
  EXPECT_EQ(getError("{{ " + repeat("x + ", 100000) + "x }}"), "");
  EXPECT_EQ(getError("{{ [" + repeat("x, ", 100000) + "x] }}"), "");
  EXPECT_EQ(
      getError("{% if x %}" + repeat("{% elif x %}", 50000) + "{% endif %}"),
      "");
}

/// Whatever a template holds, it compiles and runs to an end.
TEST(Compile, SurvivesMutations) {
  auto buffer = cantFail(errorOrToExpected(
      MemoryBuffer::getFile(BITNET_TEST_DATA "/chat-expectations.json")));
  json::Value cases = cantFail(json::parse(buffer->getBuffer()));
  std::vector<std::string> texts;
  for (const json::Value &value : *cases.getAsArray()) {
    std::string text = value.getAsObject()->getString("template")->str();
    if (texts.empty() || texts.back() != text)
      texts.push_back(text);
  }
  std::mt19937 random(1);
  const Conversation conversation = {{"system", "S"}, {"user", "U </think> "}};
  size_t compiled = 0, rendered = 0;
  for (int turn = 0; turn < 1000; ++turn) {
    std::string text = texts[random() % texts.size()];
    const std::string &other = texts[random() % texts.size()];
    for (uint32_t edits = random() % 3 + 1; edits != 0; --edits) {
      size_t at = random() % (text.size() + 1);
      size_t from = random() % other.size();
      switch (random() % 3) {
      case 0:
        text.erase(at, random() % 8);
        break;
      case 1:
        text.insert(at, other.substr(from, random() % 24));
        break;
      case 2:
        if (at < text.size())
          text[at] = "{}%-'()[]|.,=x0 \n\xff"[random() % 18];
        break;
      }
    }
    ChatModel model(text);
    if (!model.error.empty()) {
      EXPECT_EQ(StringRef(model.error).take_front(5), "line ");
      continue;
    }
    ++compiled;
    bitnet_status status;
    model.apply(conversation, status, {BITNET_CHAT_HAS_TIME, 0, 0, nullptr, 0});
    EXPECT_TRUE(status == BITNET_OK || status == BITNET_TEMPLATE_ERROR ||
                status == BITNET_OUT_OF_MEMORY)
        << status;
    rendered += status == BITNET_OK;
  }
  EXPECT_GT(compiled, 100u);
  EXPECT_GT(rendered, 50u);
}

TEST(Choose, ReplacesWhatIsWrong) {
  std::vector<StringRef> tokens(128256);
  tokens[128009] = "<|eot_id|>";
  const StringRef wrong = "{{ 'Human: ' + '\\n\\nBITNETAssistant: ' }}";
  std::string note;
  std::optional<std::string> text =
      chooseChatTemplate(wrong, {"bitnet-b1.58", tokens}, note);
  EXPECT_NE(note.find("is replaced"), std::string::npos);
  ChatModel model(text.value_or(""));
  bitnet_status status;
  EXPECT_EQ(model.apply({{"system", "S"}, {"user", " U "}}, status,
                        BITNET_CHAT_OPTIONS_DEFAULT),
            "<s>System: S<|eot_id|>User: U<|eot_id|>Assistant: ");
  EXPECT_EQ(status, BITNET_OK);

  note.clear();
  EXPECT_EQ(chooseChatTemplate(std::nullopt, {"bitnet-25", tokens}, note),
            text);
  EXPECT_NE(note.find("has no chat template"), std::string::npos);
  // Others keep what they have.
  note.clear();
  EXPECT_EQ(chooseChatTemplate(wrong, {"llama", tokens}, note), wrong.str());
  EXPECT_EQ(chooseChatTemplate(StringRef("x"), {"bitnet-b1.58", tokens}, note),
            "x");
  tokens.pop_back();
  EXPECT_EQ(chooseChatTemplate(std::nullopt, {"bitnet-b1.58", tokens}, note),
            std::nullopt);
  EXPECT_EQ(note, "");
}
