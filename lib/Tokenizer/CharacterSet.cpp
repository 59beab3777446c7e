//===- CharacterSet.cpp - Sets of code points -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "CharacterSet.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Unicode.h"

#include <algorithm>

#include "UnicodeCategories.inc"

using namespace llvm;
using namespace mlir::bitnet;

static constexpr uint32_t categoryBits = 5;
static constexpr uint32_t lastCodePoint = 0x10ffff;

std::optional<CharacterSet> CharacterSet::findProperty(StringRef name) {
  uint32_t wanted = 0;
  for (auto [index, category] : enumerate(categoryNames))
    if (category == name || category.take_front() == name)
      wanted |= 1u << index;
  if (wanted == 0)
    return std::nullopt;
  CharacterSet set;
  ArrayRef<uint32_t> words(categoryRanges);
  for (size_t i = 0; i < words.size(); ++i) {
    uint32_t category = words[i] & ((1u << categoryBits) - 1);
    if (!(wanted >> category & 1))
      continue;
    uint32_t first = words[i] >> categoryBits;
    uint32_t last = i + 1 == words.size() ? lastCodePoint
                                          : (words[i + 1] >> categoryBits) - 1;
    if (!set.ranges.empty() && set.ranges.back().last + 1 == first)
      set.ranges.back().last = last;
    else
      set.ranges.push_back({first, last});
  }
  return set;
}

CharacterSet CharacterSet::getSpaces() {
  CharacterSet set('\t', '\r');
  set.add(CharacterSet(0x85));
  set.add(*findProperty("Z"));
  return set;
}

bool CharacterSet::contains(uint32_t character) const {
  auto after = llvm::partition_point(
      ranges, [&](const Range &range) { return range.last < character; });
  return after != ranges.end() && after->first <= character;
}

void CharacterSet::add(const CharacterSet &other) {
  std::vector<Range> all = ranges;
  all.insert(all.end(), other.ranges.begin(), other.ranges.end());
  llvm::sort(all,
             [](const Range &a, const Range &b) { return a.first < b.first; });
  ranges.clear();
  for (const Range &range : all) {
    if (!ranges.empty() && range.first <= ranges.back().last + 1)
      ranges.back().last = std::max(ranges.back().last, range.last);
    else
      ranges.push_back(range);
  }
}

CharacterSet CharacterSet::complement() const {
  CharacterSet set;
  uint32_t next = 0;
  for (const Range &range : ranges) {
    if (range.first > next)
      set.ranges.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= malformedByte)
    set.ranges.push_back({next, malformedByte});
  return set;
}

/// From a folded character to the characters that it is folded from.
static DenseMap<int, std::vector<uint32_t>> makeUnfoldings() {
  // Letters with cases are in the first two planes.
  constexpr uint32_t end = 0x20000;
  DenseMap<int, std::vector<uint32_t>> unfoldings;
  for (uint32_t c = 0; c < end; ++c)
    if (int folded = sys::unicode::foldCharSimple(c); folded != int(c))
      unfoldings[folded].push_back(c);
  return unfoldings;
}

CharacterSet CharacterSet::foldCase() const {
  static const DenseMap<int, std::vector<uint32_t>> unfoldings =
      makeUnfoldings();
  CharacterSet set = *this;
  for (const Range &range : ranges)
    for (uint32_t c = range.first; c <= std::min(range.last, lastCodePoint);
         ++c) {
      int folded = sys::unicode::foldCharSimple(c);
      set.add(CharacterSet(folded));
      auto found = unfoldings.find(folded);
      if (found != unfoldings.end())
        for (uint32_t other : found->second)
          set.add(CharacterSet(other));
    }
  return set;
}
