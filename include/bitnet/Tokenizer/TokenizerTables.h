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
  BytePair
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
  /// The text of every token; the index is the id. Normal tokens are spelled in
  /// GPT-2's alphabet of one character per byte, tokens of other types as plain
  /// text.
  llvm::ArrayRef<llvm::StringRef> tokens;
  /// The type of every token as GGUF numbers them: 1 normal, 2 unknown,
  /// 3 control, 4 user-defined, 5 unused. Empty: all are normal.
  llvm::ArrayRef<int32_t> types;
  /// Pairs of tokens that become one token, the first first: "left right".
  llvm::ArrayRef<llvm::StringRef> merges;
  std::optional<uint32_t> bosToken;
  std::optional<uint32_t> eosToken;
  /// End of a turn; ends a generation like the EOS token.
  std::optional<uint32_t> eotToken;
  /// Stands for the bytes that have no token. Without it, all have one.
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
/// A generation ends at the EOS and the EOT token and at control tokens with
/// the texts that mean an end in known models, because files often name only
/// one of them.
llvm::Expected<std::vector<char>>
buildTokenizerTables(const TokenizerDescription &description);

} // namespace mlir::bitnet

#endif // BITNET_TOKENIZER_TOKENIZERTABLES_H
