//===- TokenizerTables.h - From a vocabulary to the runtime -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOKENIZER_TOKENIZERTABLES_H
#define BITNET_TOKENIZER_TOKENIZERTABLES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlir::bitnet {

enum class TokenizerKind {
  /// Byte-level byte pair encoding.
  BytePair,
  /// Byte pair encoding of characters: of all neighbours, those are merged that
  /// make the token with the highest score.
  SentencePiece,
  /// The tokens with the highest sum of scores.
  Unigram
};

/// A token that is recognised in text as a whole, before anything else.
struct AddedToken {
  uint32_t token = 0;
  /// What is recognised.
  llvm::StringRef text;
  /// Whether white space before or after it belongs to it.
  bool stripsLeft = false;
  bool stripsRight = false;
};

/// How text becomes the characters of SentencePiece and Unigram. A segment is
/// what is left between added tokens.
struct CharacterOptions {
  enum Prefix {
    NoPrefix,
    /// A space is put before the text.
    BeforeText,
    /// A space is put before every segment.
    BeforeSegments
  };
  Prefix prefix = NoPrefix;
  /// No space is put before a segment that begins with one.
  bool prefixUnlessSpace = false;
  /// Tokens have spaces at their beginnings only, and only one.
  bool splitSpaces = false;
  /// Unknown characters side by side become one unknown token.
  bool fuseUnknown = false;
  /// Spaces at the ends of a segment are dropped, others become one.
  bool collapseSpaces = false;
  /// Text made of tokens loses a space at its beginning.
  bool dropFirstSpace = false;
  /// Unigram: scores are added in single precision, as SentencePiece does.
  /// What differs are ties between the same tokens in another order.
  bool singlePrecision = false;
  /// Unigram: the score of a character without a token. By default 10 less than
  /// the lowest score of a normal token.
  std::optional<double> unknownScore;
};

/// A tokenizer as model files describe it. Nothing in it is trusted. The
/// strings belong to the caller.
struct TokenizerDescription {
  TokenizerKind kind = TokenizerKind::BytePair;
  /// How text is cut into pieces before merging: regular expressions, applied
  /// one after another to the pieces that the one before left. Matches become
  /// pieces, and so does what is between them. None: text is one piece.
  /// PreTokenizers.h has those that go by a name.
  std::vector<std::string> splitPatterns;
  /// For the kinds SentencePiece and Unigram.
  CharacterOptions characters;
  /// The text of every token; the index is the id. BytePair: Normal tokens are
  /// spelled in GPT-2's alphabet of one character per byte, tokens of other
  /// types as plain text. Otherwise: U+2581 stands for a space, <0x0A> for a
  /// byte in tokens of type 6.
  llvm::ArrayRef<llvm::StringRef> tokens;
  /// The type of every token as GGUF numbers them: 1 normal, 2 unknown,
  /// 3 control, 4 user-defined, 5 unused, 6 byte. Empty: all are normal.
  llvm::ArrayRef<int32_t> types;
  /// Pairs of tokens that become one token, the first first: "left right".
  /// SentencePiece: if there are none, scores decide.
  llvm::ArrayRef<llvm::StringRef> merges;
  /// The score of every token. Not for BytePair.
  llvm::ArrayRef<double> scores;
  /// Tokens that are recognised in text. Without them: those of type
  /// user-defined and, on request, control; not for BytePair: also unknown.
  std::optional<std::vector<AddedToken>> addedTokens;
  std::optional<uint32_t> bosToken;
  std::optional<uint32_t> eosToken;
  /// End of a turn; ends a generation like the EOS token.
  std::optional<uint32_t> eotToken;
  /// More tokens that end a generation.
  std::vector<uint32_t> endTokens;
  /// Stands for bytes or characters that have no token. Without it, all bytes
  /// have one.
  std::optional<uint32_t> unknownToken;
  std::optional<uint32_t> paddingToken;
  bool addBos = false;
  bool addEos = false;
  /// A piece of text that is a token as a whole becomes that token without
  /// merging.
  bool ignoreMerges = false;
};

/// Checks a description and lays it out for the runtime, as
/// lib/Runtime/TokenizerFormat.h describes. To be placed at an address that is
/// a multiple of 64.
///
/// A generation ends at the EOS, EOT and end tokens, and at special tokens with
/// the texts that mean an end in known models, because files often name only
/// one of them.
llvm::Expected<std::vector<char>>
buildTokenizerTables(const TokenizerDescription &description);

} // namespace mlir::bitnet

#endif // BITNET_TOKENIZER_TOKENIZERTABLES_H
