//===- RegexProgram.cpp - Regular expressions as places to be -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "RegexProgram.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace mlir::bitnet;

using Kind = RegexPlace::Kind;

static constexpr size_t mostPlaces = 20000;

namespace {

/// Builds from the end of the expression to its start: every part is given the
/// place after it and returns its first one.
class ProgramBuilder {
public:
  std::optional<RegexProgram> build(const RegexNode &root) {
    program.start = add(root, addPlace({Kind::Match}));
    if (isTooLarge)
      return std::nullopt;
    return std::move(program);
  }

private:
  uint32_t addPlace(RegexPlace place) {
    program.places.push_back(std::move(place));
    isTooLarge |= program.places.size() > mostPlaces;
    return program.places.size() - 1;
  }

  uint32_t addSplit(uint32_t preferred, uint32_t other) {
    return addPlace({Kind::Split, preferred, other});
  }

  uint32_t add(const RegexNode &node, uint32_t after);
  uint32_t addRepetition(const RegexNode &node, uint32_t after);

  RegexProgram program;
  bool isTooLarge = false;
};

} // namespace

uint32_t ProgramBuilder::addRepetition(const RegexNode &node, uint32_t after) {
  const RegexNode &child = *node.children.front();
  auto addChoice = [&](uint32_t again) {
    return node.isGreedy ? addSplit(again, after) : addSplit(after, again);
  };
  uint32_t first = after;
  if (node.most == RegexNode::unlimited) {
    first = addPlace({Kind::Split});
    uint32_t again = add(child, first);
    RegexPlace &loop = program.places[first];
    loop.next = node.isGreedy ? again : after;
    loop.other = node.isGreedy ? after : again;
  } else {
    for (uint32_t i = node.least; i < node.most && !isTooLarge; ++i)
      first = addChoice(add(child, first));
  }
  for (uint32_t i = 0; i < node.least && !isTooLarge; ++i)
    first = add(child, first);
  return first;
}

uint32_t ProgramBuilder::add(const RegexNode &node, uint32_t after) {
  if (isTooLarge)
    return after;
  switch (node.kind) {
  case RegexNode::Kind::Character:
    return addPlace({Kind::Character, after, 0, node.set});
  case RegexNode::Kind::Lookahead:
    return addPlace({Kind::Lookahead, after, 0, node.set, node.orEnd});
  case RegexNode::Kind::Sequence:
    for (const RegexNodePointer &child : reverse(node.children))
      after = add(*child, after);
    return after;
  case RegexNode::Kind::Alternation: {
    uint32_t first = add(*node.children.back(), after);
    for (const RegexNodePointer &child : drop_begin(reverse(node.children)))
      first = addSplit(add(*child, after), first);
    return first;
  }
  case RegexNode::Kind::Repetition:
    return addRepetition(node, after);
  }
  llvm_unreachable("all kinds are handled");
}

std::optional<RegexProgram> RegexProgram::build(const RegexNode &root) {
  return ProgramBuilder().build(root);
}
