//===- RoundTripTest.cpp - Every text comes back --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The environment variable BITNET_ROUND_TRIPS is the number of texts, by
// default some thousands.
//
//===----------------------------------------------------------------------===//
#include "TestTokenizer.h"

#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>

using namespace llvm;
using namespace mlir::bitnet::test;

/// One pre-tokenizer of each way of cutting text.
static const StringLiteral names[] = {
    "llama-bpe", "qwen2",        "gpt-2",          "falcon",
    "starcoder", "deepseek-llm", "deepseek-v3",    "default",
    "gpt-4o",    "bailingmoe",   "deepseek-coder", "bloom"};

static size_t getCount() {
  const char *text = std::getenv("BITNET_ROUND_TRIPS");
  size_t count = 0;
  return text && !StringRef(text).getAsInteger(10, count) ? count : 12000;
}

static void appendUtf8(std::string &text, uint32_t character) {
  auto add = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (character < 0x80) {
    add(character);
  } else if (character < 0x800) {
    add(0xc0 | character >> 6);
    add(0x80 | (character & 0x3f));
  } else if (character < 0x10000) {
    add(0xe0 | character >> 12);
    add(0x80 | (character >> 6 & 0x3f));
    add(0x80 | (character & 0x3f));
  } else {
    add(0xf0 | character >> 18);
    add(0x80 | (character >> 12 & 0x3f));
    add(0x80 | (character >> 6 & 0x3f));
    add(0x80 | (character & 0x3f));
  }
}

/// A character of any plane, more often one of the first ones.
static uint32_t randomCharacter(std::mt19937_64 &random) {
  static constexpr uint32_t ends[] = {0x80,   0x80,    0x250,
                                      0x3000, 0x10000, 0x110000};
  uint32_t character = random() % ends[random() % std::size(ends)];
  bool isSurrogate = character >= 0xd800 && character < 0xe000;
  return isSurrogate ? 0x20 : character;
}

/// Characters, bytes, both, or characters of few kinds, which make runs.
static std::string randomText(std::mt19937_64 &random) {
  std::string text;
  size_t length = random() % 48;
  uint64_t kind = random() % 4;
  uint32_t few[3];
  for (uint32_t &character : few)
    character = randomCharacter(random);
  for (size_t i = 0; i < length; ++i) {
    if (kind == 1 || (kind == 2 && random() % 4 == 0))
      text += static_cast<char>(random());
    else
      appendUtf8(text, kind == 3 ? few[random() % 3] : randomCharacter(random));
  }
  return text;
}

TEST(RoundTrip, RandomTexts) {
  TestVocabulary vocabulary = loadStoryteller();
  std::vector<std::unique_ptr<TokenizerModel>> models;
  for (StringRef name : names) {
    setPreTokenizer(vocabulary.options, name);
    models.push_back(std::make_unique<TokenizerModel>(vocabulary));
  }
  std::mt19937_64 random(6);
  size_t count = getCount();
  for (size_t i = 0; i < count; ++i) {
    const TokenizerModel &model = *models[i % models.size()];
    std::string text = randomText(random);
    uint32_t flags = random() % 2 ? BITNET_TOKENIZE_SPECIAL : 0;
    ASSERT_EQ(model.detokenize(model.tokenize(text, flags),
                               BITNET_DETOKENIZE_SPECIAL),
              text)
        << names[i % models.size()].str() << ": "
        << toHex(text, /*LowerCase=*/true);
  }
  RecordProperty("texts", std::to_string(count));
}
