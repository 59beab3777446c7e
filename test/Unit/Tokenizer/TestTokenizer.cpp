//===- TestTokenizer.cpp - Vocabularies and models to test with -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestTokenizer.h"

#include "bitnet/Tokenizer/PreTokenizers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

using namespace llvm;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

extern "C" const bitnet_model_functions bitnet_runtime_functions;

/// The character that stands for each byte in GPT-2's alphabet, in UTF-8.
static std::vector<std::string> makeAlphabet() {
  std::vector<std::string> alphabet;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    bool isPrintable =
        (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte != 0xad);
    uint32_t character = isPrintable ? byte : next++;
    std::string text;
    if (character < 0x80) {
      text += char(character);
    } else {
      text += char(0xc0 | character >> 6);
      text += char(0x80 | (character & 0x3f));
    }
    alphabet.push_back(text);
  }
  return alphabet;
}

uint32_t TestVocabulary::addToken(std::string text, int32_t type) {
  tokens.push_back(std::move(text));
  types.push_back(type);
  return tokens.size() - 1;
}

uint32_t TestVocabulary::addMerge(const std::string &left,
                                  const std::string &right) {
  merges.push_back(left + " " + right);
  auto found = std::find(tokens.begin(), tokens.end(), left + right);
  return found != tokens.end() ? found - tokens.begin()
                               : addToken(left + right);
}

Expected<std::vector<char>> TestVocabulary::build() const {
  std::vector<StringRef> tokenRefs(tokens.begin(), tokens.end());
  std::vector<StringRef> mergeRefs(merges.begin(), merges.end());
  TokenizerDescription description = options;
  description.tokens = tokenRefs;
  description.types = types;
  description.merges = mergeRefs;
  description.scores = scores;
  return buildTokenizerTables(description);
}

void mlir::bitnet::test::setPreTokenizer(TokenizerDescription &description,
                                         StringRef name) {
  const PreTokenizer *preTokenizer = findPreTokenizer(name);
  description.splitPatterns.assign(preTokenizer->splitPatterns.begin(),
                                   preTokenizer->splitPatterns.end());
  description.ignoreMerges = preTokenizer->ignoreMerges;
}

TestVocabulary mlir::bitnet::test::makeByteVocabulary() {
  TestVocabulary vocabulary;
  setPreTokenizer(vocabulary.options, "llama-bpe");
  std::vector<std::string> alphabet = makeAlphabet();
  for (uint32_t byte = 0x21; byte < 0x21 + 256; ++byte)
    vocabulary.addToken(alphabet[byte % 256]);
  return vocabulary;
}

TestVocabulary mlir::bitnet::test::makeCharacterVocabulary(TokenizerKind kind,
                                                           bool hasBytes) {
  TestVocabulary vocabulary;
  vocabulary.options.kind = kind;
  vocabulary.options.unknownToken = vocabulary.addToken("<unk>", 2);
  for (uint32_t byte = 0; hasBytes && byte < 256; ++byte)
    vocabulary.addToken("<0x" + utohexstr(byte, false, 2) + ">", 6);
  vocabulary.scores.resize(vocabulary.tokens.size());
  return vocabulary;
}

TestVocabulary mlir::bitnet::test::loadStoryteller() {
  auto buffer = cantFail(errorOrToExpected(
      MemoryBuffer::getFile(BITNET_TEST_DATA "/storyteller-tokenizer.json")));
  json::Value file = cantFail(json::parse(buffer->getBuffer()));
  const json::Object &root = *file.getAsObject();
  const json::Object &model = *root.getObject("model");
  const json::Object &ids = *model.getObject("vocab");
  const json::Array &added = *root.getArray("added_tokens");

  TestVocabulary vocabulary;
  vocabulary.tokens.resize(ids.size() + added.size());
  vocabulary.types.assign(vocabulary.tokens.size(), 1);
  for (const auto &[text, id] : ids)
    vocabulary.tokens[*id.getAsInteger()] = text.str();
  for (const json::Value &token : added) {
    int64_t id = *token.getAsObject()->getInteger("id");
    vocabulary.tokens[id] = token.getAsObject()->getString("content")->str();
    vocabulary.types[id] = 3;
  }
  for (const json::Value &merge : *model.getArray("merges")) {
    const json::Array &parts = *merge.getAsArray();
    vocabulary.merges.push_back(
        (*parts[0].getAsString() + " " + *parts[1].getAsString()).str());
  }
  setPreTokenizer(vocabulary.options, "llama-bpe");
  vocabulary.options.bosToken = 4094;
  vocabulary.options.eosToken = 4095;
  vocabulary.options.addBos = true;
  return vocabulary;
}

TokenizerModel::TokenizerModel(const TestVocabulary &vocabulary) {
  Expected<std::vector<char>> built = vocabulary.build();
  EXPECT_TRUE(bool(built)) << toString(built.takeError());
  tables = std::move(*built);
  descriptor.vocabulary_size = vocabulary.tokens.size();
  descriptor.tokenizer = tables.data();
  descriptor.tokenizer_size = tables.size();
  model = {&bitnet_runtime_functions, &descriptor};
}

std::vector<int32_t> TokenizerModel::tokenize(StringRef text,
                                              uint32_t flags) const {
  // A space may become three byte tokens.
  std::vector<int32_t> tokens(3 * text.size() + 4);
  size_t count = 0;
  EXPECT_EQ(bitnet_tokenize(&model, text.data(), text.size(), flags,
                            tokens.data(), tokens.size(), &count),
            BITNET_OK);
  tokens.resize(count);
  return tokens;
}

std::string TokenizerModel::detokenize(ArrayRef<int32_t> tokens,
                                       uint32_t flags) const {
  size_t length = 0;
  bitnet_status status = bitnet_detokenize(&model, tokens.data(), tokens.size(),
                                           flags, nullptr, 0, &length);
  EXPECT_EQ(status, length ? BITNET_BUFFER_TOO_SMALL : BITNET_OK);
  std::string text(length, '\0');
  EXPECT_EQ(bitnet_detokenize(&model, tokens.data(), tokens.size(), flags,
                              text.data(), text.size(), &length),
            BITNET_OK);
  EXPECT_EQ(length, text.size());
  return text;
}

std::string TokenizerModel::pieces(StringRef text, uint32_t flags) const {
  std::string joined;
  for (int32_t token : tokenize(text, flags)) {
    if (!joined.empty())
      joined += '|';
    joined += detokenize(token, BITNET_DETOKENIZE_SPECIAL);
  }
  return joined;
}

std::vector<int32_t>
mlir::bitnet::test::encodeByDefinition(const TestVocabulary &vocabulary,
                                       StringRef text) {
  std::map<std::string, uint32_t> ids;
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id)
    ids[vocabulary.tokens[id]] = id;
  // (left, right) -> (rank, result)
  std::map<std::pair<uint32_t, uint32_t>, std::pair<size_t, uint32_t>> merges;
  for (size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    auto [left, right] = StringRef(vocabulary.merges[rank]).split(' ');
    merges[{ids.at(left.str()), ids.at(right.str())}] = {
        rank, ids.at((left + right).str())};
  }

  std::vector<std::string> alphabet = makeAlphabet();
  size_t size = text.size();
  std::vector<uint32_t> tokens;
  for (char byte : text)
    tokens.push_back(ids.at(alphabet[uint8_t(byte)]));
  std::vector<size_t> next(size), previous(size);
  for (size_t i = 0; i < size; ++i) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  // The merges that can be applied, by rank and place.
  std::set<std::pair<size_t, size_t>> applicable;
  auto forPair = [&](size_t left, auto function) {
    if (left >= size || next[left] >= size)
      return;
    auto found = merges.find({tokens[left], tokens[next[left]]});
    if (found != merges.end())
      function(std::make_pair(found->second.first, left));
  };
  auto add = [&](auto entry) { applicable.insert(entry); };
  auto remove = [&](auto entry) { applicable.erase(entry); };
  for (size_t i = 0; i < size; ++i)
    forPair(i, add);
  while (!applicable.empty()) {
    size_t left = applicable.begin()->second;
    size_t right = next[left];
    uint32_t result = merges.at({tokens[left], tokens[right]}).second;
    forPair(previous[left], remove);
    forPair(left, remove);
    forPair(right, remove);
    tokens[left] = result;
    next[left] = next[right];
    if (next[left] < size)
      previous[next[left]] = left;
    forPair(previous[left], add);
    forPair(left, add);
  }
  std::vector<int32_t> encoded;
  for (size_t i = 0; i < size; i = next[i])
    encoded.push_back(tokens[i]);
  return encoded;
}
