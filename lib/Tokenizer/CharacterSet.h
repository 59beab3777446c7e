//===- CharacterSet.h - Sets of code points ---------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_CHARACTERSET_H
#define BITNET_LIB_TOKENIZER_CHARACTERSET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace mlir::bitnet {

/// A set of code points. Bytes that are not UTF-8 count as one more character,
/// which has no property, so that it is in negated classes only.
class CharacterSet {
public:
  static constexpr uint32_t malformedByte = 0x110000;

  /// Both ends included.
  struct Range {
    uint32_t first;
    uint32_t last;
    bool operator==(const Range &) const = default;
  };

  CharacterSet() = default;
  CharacterSet(uint32_t first, uint32_t last) : ranges{{first, last}} {}
  explicit CharacterSet(uint32_t character)
      : CharacterSet(character, character) {}

  /// The code points of a general category ("Lu") or of a group of them ("L"),
  /// or nothing if there is none of this name.
  static std::optional<CharacterSet> findProperty(llvm::StringRef name);
  /// The property White_Space.
  static CharacterSet getSpaces();

  /// Ascending, not touching each other.
  llvm::ArrayRef<Range> getRanges() const { return ranges; }
  bool isEmpty() const { return ranges.empty(); }
  bool contains(uint32_t character) const;
  void add(const CharacterSet &other);
  CharacterSet complement() const;
  /// With the characters that differ from one in the set only in case, as
  /// Unicode's simple folding sees it.
  CharacterSet foldCase() const;

  bool operator==(const CharacterSet &) const = default;

private:
  std::vector<Range> ranges;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_CHARACTERSET_H
