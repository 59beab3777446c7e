//===- SplitTables.cpp - Cutting text, for the runtime --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "SplitTables.h"

#include "llvm/ADT/STLExtras.h"

#include <fmt/format.h>

#include <array>
#include <map>

using namespace llvm;
using namespace mlir::bitnet;

static constexpr uint32_t blockSize = BITNET_TOKENIZER_CLASS_BLOCK;

/// Cuts `values` into blocks, appends each block that is not there yet to
/// `blocks`, and returns the number of each one's block.
template <typename T>
static std::vector<uint16_t> shareBlocks(const std::vector<T> &values,
                                         std::vector<T> &blocks) {
  std::map<std::vector<T>, uint16_t> known;
  std::vector<uint16_t> numbers;
  for (size_t i = 0; i < values.size(); i += blockSize) {
    std::vector<T> block(values.begin() + i, values.begin() + i + blockSize);
    auto [found, isNew] = known.try_emplace(block, known.size());
    if (isNew)
      blocks.insert(blocks.end(), block.begin(), block.end());
    numbers.push_back(found->second);
  }
  return numbers;
}

namespace {

/// The class of every code point, as lib/Runtime/TokenizerFormat.h lays it out.
struct ClassTables {
  std::array<uint8_t, 128> ascii;
  std::vector<uint16_t> planes;
  std::vector<uint16_t> rows;
  std::vector<uint8_t> leaves;

  explicit ClassTables(const SplitAutomaton &automaton) {
    std::vector<uint8_t> classes(CharacterSet::malformedByte);
    for (size_t i = 0; i < automaton.classRanges.size(); ++i) {
      size_t begin = automaton.classRanges[i].first;
      size_t end = i + 1 < automaton.classRanges.size()
                       ? automaton.classRanges[i + 1].first
                       : classes.size();
      for (size_t c = begin; c < end; ++c)
        classes[c] = automaton.classRanges[i].characterClass;
    }
    std::copy_n(classes.begin(), ascii.size(), ascii.begin());
    planes = shareBlocks(shareBlocks(classes, leaves), rows);
  }
};

} // namespace

Expected<SplitAutomaton>
mlir::bitnet::buildSplits(ArrayRef<std::string> patterns) {
  if (patterns.size() > BITNET_TOKENIZER_MOST_SPLITS)
    return createStringError(
        fmt::format("tokenizer: expects at most {} split patterns, found {}",
                    BITNET_TOKENIZER_MOST_SPLITS, patterns.size()));
  Expected<SplitAutomaton> automaton = SplitAutomaton::build(patterns);
  if (!automaton)
    return createStringError("tokenizer: " + toString(automaton.takeError()));
  size_t entries = automaton->transitions.size() * (automaton->classCount + 1);
  if (automaton->classCount > UINT8_MAX || entries > INT16_MAX)
    return createStringError(
        fmt::format("tokenizer: expects split patterns that become at most {} "
                    "classes of characters and {} transitions, found {} and {}",
                    UINT8_MAX, INT16_MAX, automaton->classCount, entries));
  return automaton;
}

void mlir::bitnet::appendSplits(const SplitAutomaton &automaton,
                                TableWriter &writer,
                                BitNetTokenizerHeader &header) {
  uint32_t width = automaton.classCount + 1;
  std::vector<uint32_t> starts;
  for (uint32_t start : automaton.starts)
    starts.push_back(start * width);
  std::vector<uint16_t> transitions;
  for (const std::vector<SplitAutomaton::Transition> &row :
       automaton.transitions)
    for (SplitAutomaton::Transition transition : row)
      transitions.push_back(transition.next * width << 1 | transition.isMatch);
  ClassTables classes(automaton);
  header.split_count = starts.size();
  header.class_count = automaton.classCount;
  header.malformed_class = automaton.getClass(CharacterSet::malformedByte);
  header.splits_offset = writer.append(starts);
  header.transitions_offset = writer.appendShort(transitions);
  header.ascii_classes_offset = writer.appendBytes(classes.ascii);
  header.class_planes_offset = writer.appendShort(classes.planes);
  header.class_rows_offset = writer.appendShort(classes.rows);
  header.class_leaves_offset = writer.appendBytes(classes.leaves);
}
