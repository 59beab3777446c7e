//===- TokenList.cpp - Checked tokens -------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TokenList.h"
#include "../Runtime/TokenizerFormat.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace mlir::bitnet;

std::string mlir::bitnet::quoteToken(StringRef text) {
  std::string quoted;
  raw_string_ostream stream(quoted);
  stream << '\'';
  printEscapedString(text.take_front(64), stream);
  stream << (text.size() > 64 ? "...'" : "'");
  return quoted;
}

Error TokenList::readTokens(
    const TokenizerDescription &description, int32_t lastType,
    function_ref<Expected<std::string>(uint32_t, StringRef, uint32_t)> decode) {
  // Ids are positive 32-bit integers.
  if (description.tokens.empty() || description.tokens.size() > INT32_MAX)
    return makeTokenizerError("expects 1 to {} tokens, found {}", INT32_MAX,
                              description.tokens.size());
  if (!description.types.empty() &&
      description.types.size() != description.tokens.size())
    return makeTokenizerError(
        "expects a type for each of {} tokens, found {} types",
        description.tokens.size(), description.types.size());
  uint64_t textSize = 0;
  for (auto [token, spelling] : enumerate(description.tokens)) {
    int32_t type = description.types.empty() ? int32_t(BitNetTokenNormal)
                                             : description.types[token];
    if (type < BitNetTokenNormal || type > lastType)
      return makeTokenizerError(
          "token {} {}: expects a type from {} to {}, found {}", token,
          quoteToken(spelling), int(BitNetTokenNormal), lastType, type);
    if (spelling.empty() && type != BitNetTokenUnused)
      return makeTokenizerError("token {}: expects a text, found none", token);
    Expected<std::string> text = decode(token, spelling, type);
    if (!text)
      return text.takeError();
    if (text->size() > BITNET_TOKENIZER_LONGEST_TOKEN)
      return makeTokenizerError("token {} {}: expects at most {} bytes, found "
                                "{}",
                                token, quoteToken(spelling),
                                BITNET_TOKENIZER_LONGEST_TOKEN, text->size());
    textSize += text->size();
    texts.push_back(std::move(*text));
    types.push_back(type);
  }
  if (textSize >> BITNET_TOKENIZER_TEXT_OFFSET_BITS)
    return makeTokenizerError(
        "expects tokens of less than {} bytes together, found {}",
        1u << BITNET_TOKENIZER_TEXT_OFFSET_BITS, textSize);
  return Error::success();
}
