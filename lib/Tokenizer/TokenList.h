//===- TokenList.h - Checked tokens -----------------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_TOKENLIST_H
#define BITNET_LIB_TOKENIZER_TOKENLIST_H

#include "bitnet/Tokenizer/TokenizerTables.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace mlir::bitnet {

/// A token's text for messages: printable, not too long.
std::string quoteToken(llvm::StringRef text);

/// An error "tokenizer: ...".
template <typename... Arguments>
llvm::Error makeTokenizerError(fmt::format_string<Arguments...> format,
                               Arguments &&...arguments) {
  return llvm::createStringError(
      llvm::Twine("tokenizer: ") +
      fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// What all kinds of vocabularies have: tokens and their types.
class TokenList {
public:
  uint32_t size() const { return texts.size(); }
  /// The bytes that a token stands for.
  llvm::StringRef getText(uint32_t token) const { return texts[token]; }
  /// One of BitNetTokenNormal etc.
  uint32_t getType(uint32_t token) const { return types[token]; }

protected:
  /// Reads and checks the tokens of `description`, of types up to `lastType`.
  /// `decode` turns a token's spelling and type into the bytes it stands for.
  llvm::Error
  readTokens(const TokenizerDescription &description, int32_t lastType,
             llvm::function_ref<llvm::Expected<std::string>(
                 uint32_t token, llvm::StringRef spelling, uint32_t type)>
                 decode);

private:
  std::vector<std::string> texts;
  std::vector<uint32_t> types;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_TOKENLIST_H
