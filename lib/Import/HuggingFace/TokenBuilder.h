//===- TokenBuilder.h - Collecting the tokens of a folder -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_HUGGINGFACE_TOKENBUILDER_H
#define BITNET_LIB_IMPORT_HUGGINGFACE_TOKENBUILDER_H

#include "JSONPlace.h"
#include "bitnet/Import/HuggingFace/TokenizerFolder.h"

#include "llvm/ADT/StringMap.h"

namespace mlir::bitnet {

/// Types of tokens, numbered as in TokenizerDescription.
enum FolderTokenType : int32_t {
  NormalToken = 1,
  UnknownToken = 2,
  ControlToken = 3,
  UserDefinedToken = 4,
  UnusedToken = 5,
  ByteToken = 6
};

/// Fills a FolderTokenizer's tokens. Files name tokens by texts and by ids, in
/// any order.
class TokenBuilder {
public:
  TokenBuilder(FolderTokenizer &tokenizer, int64_t vocabularySize)
      : tokenizer(tokenizer), vocabularySize(vocabularySize) {}

  FolderTokenizer &tokenizer;

  /// A copy of `text` that lives as long as the tokenizer.
  llvm::StringRef save(llvm::StringRef text);
  /// The token with this text.
  std::optional<uint32_t> find(llvm::StringRef text) const;
  llvm::StringRef getText(uint32_t token) const {
    return tokenizer.tokens[token];
  }
  /// Puts a token into the vocabulary. Errors at `place`: an id that the model
  /// does not have or that another text has, a text that another id has.
  llvm::Error setToken(const JSONPlace &place, uint32_t token,
                       llvm::StringRef text, int32_t type = NormalToken);
  void setType(uint32_t token, int32_t type) { tokenizer.types[token] = type; }
  /// Adds a token that is recognised in text, from an entry of "added_tokens"
  /// or "added_tokens_decoder". `isPrefixed`: text that tokens are recognised
  /// in after normalizing begins with a space that it did not have. A token
  /// that is there already stays as it is.
  llvm::Error addToken(const JSONPlace &place, uint32_t token, bool isPrefixed);
  /// Makes bytes of tokens such as <0x0A>.
  void markByteTokens();
  /// Sets the description's arrays, with unused tokens for all other ids.
  void finish();

private:
  int64_t vocabularySize;
  llvm::StringMap<uint32_t> ids;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_HUGGINGFACE_TOKENBUILDER_H
