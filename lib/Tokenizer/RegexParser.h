//===- RegexParser.h - Reading regular expressions --------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The regular expressions of pre-tokenizers, in the syntax of Oniguruma, which
// Hugging Face tokenizers use:
//
//   alternation  := sequence ('|' sequence)*
//   sequence     := (atom quantifier?)*
//   atom         := character | '.' | '$' | escape | class
//                 | '(' alternation ')' | '(?:' alternation ')'
//                 | '(?i:' alternation ')'
//                 | '(?=' alternation ')' | '(?!' alternation ')'
//   quantifier   := ('*' | '+' | '?') ('?' | '+')? | bounds '?'?
//   bounds       := '{n}' | '{n,}' | '{,m}' | '{n,m}'
//   class        := '[' '^'? (item | item '-' item | escape | class)* ']'
//   escape       := \s \S \d \D \p{Lu} \P{L} \p{^L} \n \r \t \f \v \a \e \0
//                 | \xhh \x{h...} \uhhhh | \ and a character without meaning
//
// Lookahead looks at one character, and possessive quantifiers belong to one
// character: more is not needed to run them as automata. What is not listed is
// refused.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_REGEXPARSER_H
#define BITNET_LIB_TOKENIZER_REGEXPARSER_H

#include "CharacterSet.h"

#include "llvm/Support/Error.h"

#include <memory>
#include <vector>

namespace mlir::bitnet {

struct RegexNode;
using RegexNodePointer = std::unique_ptr<RegexNode>;

/// A part of a regular expression.
struct RegexNode {
  enum class Kind {
    /// One character of `set`.
    Character,
    /// Nothing, where a character of `set` follows, or the end if `orEnd`.
    Lookahead,
    /// The children, one after another.
    Sequence,
    /// One of the children, the first that leads to a match.
    Alternation,
    /// The only child `least` to `most` times, preferably often if `isGreedy`.
    Repetition
  };
  static constexpr uint32_t unlimited = UINT32_MAX;

  Kind kind;
  CharacterSet set = {};
  bool orEnd = false;
  bool isGreedy = true;
  uint32_t least = 1;
  uint32_t most = 1;
  std::vector<RegexNodePointer> children = {};
};

/// Reads a regular expression. Errors name it.
llvm::Expected<RegexNodePointer> parseRegex(llvm::StringRef pattern);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_REGEXPARSER_H
