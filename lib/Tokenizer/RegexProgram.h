//===- RegexProgram.h - Regular expressions as places to be -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_REGEXPROGRAM_H
#define BITNET_LIB_TOKENIZER_REGEXPROGRAM_H

#include "RegexParser.h"

#include <vector>

namespace mlir::bitnet {

/// A place in a regular expression.
struct RegexPlace {
  enum class Kind {
    /// A character of `set` leads to `next`.
    Character,
    /// Is `next` where a character of `set` follows, or the end if `orEnd`.
    Lookahead,
    /// Is `next`, or else `other`.
    Split,
    /// The end of the expression.
    Match
  };

  Kind kind;
  uint32_t next = 0;
  uint32_t other = 0;
  CharacterSet set = {};
  bool orEnd = false;
};

/// A regular expression as a nondeterministic automaton. Its ways in order of
/// preference are those of an engine that goes back.
struct RegexProgram {
  std::vector<RegexPlace> places;
  uint32_t start = 0;

  /// Nothing if the expression is too large.
  static std::optional<RegexProgram> build(const RegexNode &root);
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_REGEXPROGRAM_H
