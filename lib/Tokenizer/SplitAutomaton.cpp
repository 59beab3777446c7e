//===- SplitAutomaton.cpp - Regular expressions as automata ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "SplitAutomaton.h"
#include "RegexProgram.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"

#include <fmt/format.h>

#include <map>
#include <set>

using namespace llvm;
using namespace mlir::bitnet;

using Kind = RegexPlace::Kind;
using Transition = SplitAutomaton::Transition;

/// Most states of all patterns together, before states are merged.
static constexpr size_t mostStates = 2048;

//===----------------------------------------------------------------------===//
// Classes of characters
//===----------------------------------------------------------------------===//

/// Divides all characters into classes that are on the same side of all sets.
static void findClasses(ArrayRef<RegexProgram> programs,
                        SplitAutomaton &automaton) {
  std::vector<const CharacterSet *> sets;
  std::set<uint32_t> borders = {0, CharacterSet::malformedByte};
  for (const RegexProgram &program : programs)
    for (const RegexPlace &place : program.places) {
      if (llvm::any_of(sets, [&](const CharacterSet *other) {
            return *other == place.set;
          }))
        continue;
      sets.push_back(&place.set);
      for (CharacterSet::Range range : place.set.getRanges()) {
        borders.insert(range.first);
        if (range.last < CharacterSet::malformedByte)
          borders.insert(range.last + 1);
      }
    }
  std::map<std::vector<bool>, uint32_t> classes;
  for (uint32_t border : borders) {
    std::vector<bool> sides;
    for (const CharacterSet *set : sets)
      sides.push_back(set->contains(border));
    auto [found, isNew] = classes.try_emplace(sides, classes.size());
    if (automaton.classRanges.empty() ||
        automaton.classRanges.back().characterClass != found->second)
      automaton.classRanges.push_back({border, found->second});
  }
  automaton.classCount = classes.size();
}

uint32_t SplitAutomaton::getClass(uint32_t character) const {
  auto after = llvm::partition_point(classRanges, [&](const ClassRange &range) {
    return range.first <= character;
  });
  return std::prev(after)->characterClass;
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

namespace {

/// Makes the states of one program and appends them to an automaton.
class StateBuilder {
public:
  StateBuilder(const RegexProgram &program, SplitAutomaton &automaton);

  /// False if there are too many states.
  bool build();

private:
  using Places = std::vector<uint32_t>;

  bool expand(uint32_t place, BitVector &seen, Places &places) const;
  Transition step(const Places &places, uint32_t characterClass);
  uint32_t getState(Places &&places);

  const RegexProgram &program;
  SplitAutomaton &automaton;
  /// The classes, and the end, in each place's set.
  std::vector<BitVector> members;
  std::map<Places, uint32_t> states;
  std::vector<Places> pending;
  /// The state of pending[0].
  uint32_t first;
};

} // namespace

StateBuilder::StateBuilder(const RegexProgram &program,
                           SplitAutomaton &automaton)
    : program(program), automaton(automaton),
      first(automaton.transitions.size()) {
  // One character of each class.
  std::vector<uint32_t> samples(automaton.classCount);
  for (SplitAutomaton::ClassRange range : automaton.classRanges)
    samples[range.characterClass] = range.first;
  for (const RegexPlace &place : program.places) {
    BitVector classes(automaton.classCount + 1);
    for (auto [characterClass, sample] : enumerate(samples))
      classes[characterClass] = place.set.contains(sample);
    classes[automaton.classCount] = place.orEnd;
    members.push_back(std::move(classes));
  }
}

/// Appends `place` and, if it is a split, what it leads to. Returns whether
/// that is the end of the expression: what would come after it is dropped.
bool StateBuilder::expand(uint32_t place, BitVector &seen,
                          Places &places) const {
  Places stack = {place};
  while (!stack.empty()) {
    uint32_t current = stack.back();
    stack.pop_back();
    if (seen[current])
      continue;
    seen.set(current);
    const RegexPlace &data = program.places[current];
    if (data.kind == Kind::Split) {
      stack.push_back(data.other);
      stack.push_back(data.next);
      continue;
    }
    places.push_back(current);
    if (data.kind == Kind::Match)
      return true;
  }
  return false;
}

Transition StateBuilder::step(const Places &places, uint32_t characterClass) {
  BitVector seen(program.places.size());
  BitVector seenNext(program.places.size());
  Places next;
  bool isMatch = false;
  // Whether `next` ends with a match, so that what would follow is dropped.
  bool isComplete = false;
  // Lookahead makes places known that are before what is left of `places`.
  Places stack(places.rbegin(), places.rend());
  while (!stack.empty()) {
    uint32_t current = stack.back();
    stack.pop_back();
    if (seen[current])
      continue;
    seen.set(current);
    const RegexPlace &data = program.places[current];
    if (data.kind == Kind::Match) {
      isMatch = true;
      break;
    }
    if (data.kind == Kind::Split) {
      stack.push_back(data.other);
      stack.push_back(data.next);
    } else if (members[current][characterClass]) {
      if (data.kind == Kind::Lookahead)
        stack.push_back(data.next);
      else if (!isComplete)
        isComplete = expand(data.next, seenNext, next);
    }
  }
  return {isMatch, getState(std::move(next))};
}

uint32_t StateBuilder::getState(Places &&places) {
  if (places.empty())
    return SplitAutomaton::dead;
  auto [found, isNew] =
      states.try_emplace(std::move(places), first + pending.size());
  if (isNew)
    pending.push_back(found->first);
  return found->second;
}

bool StateBuilder::build() {
  Places start;
  BitVector seen(program.places.size());
  expand(program.start, seen, start);
  automaton.starts.push_back(getState(std::move(start)));
  for (size_t i = 0; i < pending.size(); ++i) {
    if (automaton.transitions.size() >= mostStates)
      return false;
    std::vector<Transition> row;
    Places places = pending[i];
    for (uint32_t c = 0; c <= automaton.classCount; ++c)
      row.push_back(step(places, c));
    automaton.transitions.push_back(std::move(row));
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Fewest states
//===----------------------------------------------------------------------===//

/// Merges states that no text tells apart (Moore's algorithm): blocks of states
/// that seem alike are divided as long as their transitions differ.
static void minimize(SplitAutomaton &automaton) {
  std::vector<uint32_t> blocks(automaton.transitions.size());
  size_t blockCount = 1;
  for (;;) {
    std::map<std::vector<Transition>, uint32_t> alike;
    std::vector<uint32_t> divided;
    for (auto [state, row] : enumerate(automaton.transitions)) {
      std::vector<Transition> key = {{false, blocks[state]}};
      for (Transition transition : row)
        key.push_back({transition.isMatch, blocks[transition.next]});
      // The dead state comes first and stays 0.
      divided.push_back(alike.try_emplace(key, alike.size()).first->second);
    }
    blocks = std::move(divided);
    if (alike.size() == blockCount)
      break;
    blockCount = alike.size();
  }
  std::vector<std::vector<Transition>> transitions(blockCount);
  for (auto [state, row] : enumerate(automaton.transitions)) {
    std::vector<Transition> &merged = transitions[blocks[state]];
    if (!merged.empty())
      continue;
    for (Transition transition : row)
      merged.push_back({transition.isMatch, blocks[transition.next]});
  }
  automaton.transitions = std::move(transitions);
  for (uint32_t &start : automaton.starts)
    start = blocks[start];
}

static Error checkStart(const SplitAutomaton &automaton, StringRef pattern) {
  uint32_t start = automaton.starts.back();
  if (llvm::any_of(automaton.transitions[start],
                   [](Transition transition) { return transition.isMatch; }))
    return createStringError("split pattern '" + pattern +
                             "': expects a pattern that does not match the "
                             "empty text");
  return Error::success();
}

Expected<SplitAutomaton> SplitAutomaton::build(ArrayRef<std::string> patterns) {
  std::vector<RegexProgram> programs;
  for (StringRef pattern : patterns) {
    Expected<RegexNodePointer> root = parseRegex(pattern);
    if (!root)
      return root.takeError();
    std::optional<RegexProgram> program = RegexProgram::build(**root);
    if (!program)
      return createStringError("split pattern '" + pattern +
                               "': expects fewer repetitions");
    programs.push_back(std::move(*program));
  }
  SplitAutomaton automaton;
  findClasses(programs, automaton);
  automaton.transitions.emplace_back(automaton.classCount + 1);
  for (auto [pattern, program] : zip(patterns, programs)) {
    if (!StateBuilder(program, automaton).build())
      return createStringError(fmt::format(
          "split pattern '{}': expects automata of at most {} states", pattern,
          mostStates));
    if (Error error = checkStart(automaton, pattern))
      return error;
  }
  minimize(automaton);
  return automaton;
}

//===----------------------------------------------------------------------===//
// Linear time
//===----------------------------------------------------------------------===//

/// The states that some text leads from to the end of an attempt without
/// another match.
static BitVector findFailing(const SplitAutomaton &automaton) {
  BitVector failing(automaton.transitions.size());
  failing.set(SplitAutomaton::dead);
  for (bool hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (auto [state, row] : enumerate(automaton.transitions)) {
      if (failing[state] || llvm::none_of(row, [&](Transition transition) {
            return !transition.isMatch && failing[transition.next];
          }))
        continue;
      failing.set(state);
      hasChanged = true;
    }
  }
  return failing;
}

bool SplitAutomaton::isLinear(uint32_t index) const {
  // Pairs of states of two attempts. The first one reads on behind its match:
  // it sees no further match. The second one began while it did; later it reads
  // on as well. It is those pairs that must not come again.
  size_t count = transitions.size();
  auto getPair = [&](uint32_t a, uint32_t b, bool bReadsOn) {
    return (a * count + b) * 2 + bReadsOn;
  };
  BitVector failing = findFailing(*this);
  std::vector<size_t> stack;
  BitVector seen(count * count * 2);
  auto visit = [&](uint32_t a, uint32_t b, bool bReadsOn) {
    size_t pair = getPair(a, b, bReadsOn);
    if (a == dead || b == dead || seen[pair] || !failing[a] ||
        (bReadsOn && !failing[b]))
      return;
    seen.set(pair);
    stack.push_back(pair);
  };
  BitVector reached(count);
  std::vector<uint32_t> states = {starts[index]};
  while (!states.empty()) {
    uint32_t state = states.back();
    states.pop_back();
    for (Transition transition : ArrayRef(transitions[state]).drop_back()) {
      if (transition.next == dead || reached[transition.next])
        continue;
      reached.set(transition.next);
      states.push_back(transition.next);
      visit(transition.next, starts[index], false);
      visit(transition.next, starts[index], true);
    }
  }
  // The pairs that lead to each pair in which both read on, and their number.
  std::map<size_t, std::vector<size_t>> followers;
  std::map<size_t, size_t> leaders;
  while (!stack.empty()) {
    size_t pair = stack.back();
    stack.pop_back();
    bool bReadsOn = pair % 2;
    const auto &rowA = transitions[pair / 2 / count];
    const auto &rowB = transitions[pair / 2 % count];
    for (uint32_t c = 0; c < classCount; ++c) {
      Transition a = rowA[c], b = rowB[c];
      if (a.isMatch || a.next == dead || b.next == dead)
        continue;
      if (!bReadsOn) {
        visit(a.next, b.next, false);
        if (b.isMatch)
          visit(a.next, b.next, true);
      } else if (!b.isMatch) {
        visit(a.next, b.next, true);
        size_t follower = getPair(a.next, b.next, true);
        if (!seen[follower])
          continue;
        followers[pair].push_back(follower);
        ++leaders[follower];
        leaders.try_emplace(pair, 0);
      }
    }
  }
  // What is left after taking away pairs that nothing leads to are circles.
  std::vector<size_t> free;
  for (auto [pair, number] : leaders)
    if (number == 0)
      free.push_back(pair);
  size_t taken = 0;
  while (!free.empty()) {
    size_t pair = free.back();
    free.pop_back();
    ++taken;
    for (size_t follower : followers[pair])
      if (--leaders[follower] == 0)
        free.push_back(follower);
  }
  return taken == leaders.size();
}
