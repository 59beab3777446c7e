//===- SplitAutomaton.h - Regular expressions as automata -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A regular expression engine that goes back tries the ways through an
// expression in an order of preference and takes the first that leads to a
// match. The automaton follows all ways at once: its states are lists of places
// in the expression, those of preferred ways first. Where a way reaches the
// end of the expression, the ways behind it in the list are dropped, while
// those before it go on, because they win if they match later. So the last
// match that is seen before the list is empty is the one that the engine takes,
// and every state's list is all that matters for what follows.
//
// Lookahead needs the next character. Therefore the list holds places before
// lookahead, which are resolved when the next character is known, and a match
// is seen one character late: a transition says whether the text *before* its
// character is a match. The end of the text is one more class of characters.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_SPLITAUTOMATON_H
#define BITNET_LIB_TOKENIZER_SPLITAUTOMATON_H

#include "CharacterSet.h"

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

/// The automata of patterns that are applied one after another.
struct SplitAutomaton {
  /// Where a range of characters of one class begins; ascending from 0 to
  /// CharacterSet::malformedByte. No expression tells characters of one class
  /// apart.
  struct ClassRange {
    uint32_t first;
    uint32_t characterClass;
  };

  struct Transition {
    /// Whether what comes before the character is a match.
    bool isMatch = false;
    uint32_t next = dead;
    bool operator==(const Transition &) const = default;
    auto operator<=>(const Transition &) const = default;
  };

  /// The state that nothing leads out of.
  static constexpr uint32_t dead = 0;

  std::vector<ClassRange> classRanges;
  uint32_t classCount = 0;
  /// [state][class], the class after the last one being the end of the text.
  std::vector<std::vector<Transition>> transitions;
  /// The first state of each pattern.
  std::vector<uint32_t> starts;

  /// Errors name the pattern: malformed, not supported, able to match the empty
  /// text, or too large.
  static llvm::Expected<SplitAutomaton>
  build(llvm::ArrayRef<std::string> patterns);

  uint32_t getClass(uint32_t character) const;

  /// Whether cutting any text by pattern `index` takes a bounded number of
  /// steps per character. False may be a false alarm.
  ///
  /// A text is cut by one attempt to match after another. An attempt may read
  /// on behind the match that it finds. That takes more than linear time only
  /// if an attempt can begin where another one reads on, and both can read on
  /// without limit.
  bool isLinear(uint32_t index) const;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_SPLITAUTOMATON_H
