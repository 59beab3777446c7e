//===- ExpectationsTest.cpp - The same tokens as Hugging Face's -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The expectations are written by python/make_tokenizer_expectations.py.
//
//===----------------------------------------------------------------------===//
#include "TestTokenizer.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

using namespace llvm;
using namespace mlir::bitnet::test;

static std::vector<int32_t> readIds(const json::Array &array) {
  std::vector<int32_t> ids;
  for (const json::Value &id : array)
    ids.push_back(*id.getAsInteger());
  return ids;
}

static json::Value readExpectations() {
  auto buffer = cantFail(errorOrToExpected(MemoryBuffer::getFile(
      BITNET_TEST_DATA "/storyteller-tokenizer-expectations.json")));
  return cantFail(json::parse(buffer->getBuffer()));
}

TEST(Expectations, TokenizesAsHuggingFace) {
  TokenizerModel model(loadStoryteller());
  json::Value expectations = readExpectations();
  ASSERT_GT(expectations.getAsArray()->size(), 400u);
  for (const json::Value &value : *expectations.getAsArray()) {
    const json::Object &expected = *value.getAsObject();
    StringRef text = *expected.getString("text");
    std::vector<int32_t> ids = readIds(*expected.getArray("ids"));
    EXPECT_EQ(model.tokenize(text, BITNET_TOKENIZE_SPECIAL), ids) << text.str();
    if (const json::Array *plain = expected.getArray("plain_ids"))
      ids = readIds(*plain);
    EXPECT_EQ(model.tokenize(text), ids);
  }
}

TEST(Expectations, TextComesBack) {
  TokenizerModel model(loadStoryteller());
  json::Value expectations = readExpectations();
  for (const json::Value &value : *expectations.getAsArray()) {
    StringRef text = *value.getAsObject()->getString("text");
    for (uint32_t flags : {0u, uint32_t(BITNET_TOKENIZE_SPECIAL)})
      EXPECT_EQ(model.detokenize(model.tokenize(text, flags),
                                 BITNET_DETOKENIZE_SPECIAL),
                text.str());
  }
}
