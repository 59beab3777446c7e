//===- TestTokenizer.h - Vocabularies and models to test with ---*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_TOKENIZER_TESTTOKENIZER_H
#define BITNET_TEST_UNIT_TOKENIZER_TESTTOKENIZER_H

#include "ModelDescriptor.h"
#include "bitnet/Tokenizer/TokenizerTables.h"
#include "bitnet/runtime.h"

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir::bitnet::test {

/// A TokenizerDescription that owns its strings.
struct TestVocabulary {
  std::vector<std::string> tokens;
  std::vector<int32_t> types;
  std::vector<std::string> merges;
  std::vector<double> scores;
  TokenizerDescription options;

  /// Appends a token and returns its id.
  uint32_t addToken(std::string text, int32_t type = 1);
  /// Appends a merge, and its result if there is no such token. Returns the
  /// result's id.
  uint32_t addMerge(const std::string &left, const std::string &right);
  llvm::Expected<std::vector<char>> build() const;
};

/// Cuts text as the pre-tokenizer `name`, which exists.
void setPreTokenizer(TokenizerDescription &description, llvm::StringRef name);

/// One token for every byte, in the order of GPT-2's alphabet: printable ASCII
/// comes first, '!' is 0.
TestVocabulary makeByteVocabulary();

/// The unknown token 0 and, if asked for, a token for every byte (byte b is
/// 1 + b), for the kinds SentencePiece and Unigram. Scores are all 0.
TestVocabulary makeCharacterVocabulary(TokenizerKind kind, bool hasBytes);

/// The vocabulary of the model storyteller-27m, with 4096 tokens.
TestVocabulary loadStoryteller();

/// A model that has a tokenizer and nothing else.
class TokenizerModel {
public:
  explicit TokenizerModel(const TestVocabulary &vocabulary);
  TokenizerModel(const TokenizerModel &) = delete;

  std::vector<int32_t> tokenize(llvm::StringRef text, uint32_t flags = 0) const;
  std::string detokenize(llvm::ArrayRef<int32_t> tokens,
                         uint32_t flags = 0) const;
  /// What the tokens of `text` stand for, separated by '|'.
  std::string pieces(llvm::StringRef text, uint32_t flags = 0) const;

  bitnet_model model;

private:
  std::vector<char> tables;
  bitnet_model_descriptor descriptor = {};
};

/// The encoding of `text` as one piece, straight from its definition.
std::vector<int32_t> encodeByDefinition(const TestVocabulary &vocabulary,
                                        llvm::StringRef text);

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_TOKENIZER_TESTTOKENIZER_H
