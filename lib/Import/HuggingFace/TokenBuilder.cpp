//===- TokenBuilder.cpp - Collecting the tokens of a folder ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TokenBuilder.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir::bitnet;
using llvm::Error;
using llvm::StringRef;
using llvm::Twine;

StringRef TokenBuilder::save(StringRef text) {
  return text.copy(*tokenizer.strings);
}

std::optional<uint32_t> TokenBuilder::find(StringRef text) const {
  auto found = ids.find(text);
  if (found == ids.end())
    return std::nullopt;
  return found->second;
}

Error TokenBuilder::setToken(const JSONPlace &place, uint32_t token,
                             StringRef text, int32_t type) {
  if (token >= vocabularySize)
    return place.fail("an id below " + Twine(vocabularySize) +
                      ", the number of the model's tokens, for " +
                      quoteName(text));
  auto [found, isNew] = ids.try_emplace(text, token);
  if (!isNew && found->second != token)
    return place.fail("token " + Twine(found->second) + " for " +
                      quoteName(text));
  if (tokenizer.tokens.size() <= token) {
    tokenizer.tokens.resize(token + 1);
    tokenizer.types.resize(token + 1, UnusedToken);
  }
  StringRef present = tokenizer.tokens[token];
  if (!present.empty() && present != text)
    return place.fail("another id for " + quoteName(text) + " than that of " +
                      quoteName(present));
  tokenizer.tokens[token] = save(text);
  tokenizer.types[token] = type;
  return Error::success();
}

Error TokenBuilder::addToken(const JSONPlace &place, uint32_t token,
                             bool isPrefixed) {
  if (Error error =
          place.expectOnly({"id", "content", "single_word", "lstrip", "rstrip",
                            "normalized", "special", "__type"}))
    return error;
  StringRef text;
  bool isSpecial, isNormalized;
  AddedToken added;
  if (Error error = place["content"].getString().moveInto(text))
    return error;
  if (Error error = place["single_word"].expectUnset())
    return error;
  if (Error error = place["lstrip"].getFlag().moveInto(added.stripsLeft))
    return error;
  if (Error error = place["rstrip"].getFlag().moveInto(added.stripsRight))
    return error;
  if (Error error = place["special"].getFlag().moveInto(isSpecial))
    return error;
  if (Error error = place["normalized"].getFlag().moveInto(isNormalized))
    return error;
  // Special tokens are meant to be recognised wherever they are.
  if (isNormalized && isPrefixed && !isSpecial)
    return place["normalized"].fail(
        "false, because text is normalized by a space before it");
  if (text.empty())
    return place["content"].fail("a text that is not empty");
  auto &list = tokenizer.description.addedTokens;
  if (!list)
    list.emplace();
  if (llvm::any_of(*list, [&](const AddedToken &other) {
        return other.token == token && other.text == text;
      }))
    return Error::success();
  int32_t type = isSpecial ? ControlToken : UserDefinedToken;
  if (Error error = setToken(place, token, text, type))
    return error;
  added.token = token;
  added.text = tokenizer.tokens[token];
  list->push_back(added);
  return Error::success();
}

void TokenBuilder::markByteTokens() {
  for (auto [token, text] : llvm::enumerate(tokenizer.tokens)) {
    StringRef digits = text;
    uint32_t byte;
    if (tokenizer.types[token] == NormalToken && digits.size() == 6 &&
        digits.consume_front("<0x") && digits.consume_back(">") &&
        !digits.getAsInteger(16, byte))
      tokenizer.types[token] = ByteToken;
  }
}

void TokenBuilder::finish() {
  tokenizer.tokens.resize(vocabularySize);
  tokenizer.types.resize(vocabularySize, UnusedToken);
  if (!tokenizer.scores.empty())
    tokenizer.scores.resize(vocabularySize);
  TokenizerDescription &description = tokenizer.description;
  description.tokens = tokenizer.tokens;
  description.types = tokenizer.types;
  description.merges = tokenizer.merges;
  description.scores = tokenizer.scores;
}
