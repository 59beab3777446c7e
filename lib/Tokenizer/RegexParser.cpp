//===- RegexParser.cpp - Reading regular expressions ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "RegexParser.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

#include <fmt/format.h>

using namespace llvm;
using namespace mlir::bitnet;

using Kind = RegexNode::Kind;

/// Most repetitions that are written out, and parentheses in each other.
static constexpr uint32_t mostRepetitions = 1000;
static constexpr uint32_t mostDepth = 100;

static RegexNodePointer makeNode(Kind kind) {
  return std::make_unique<RegexNode>(RegexNode{kind});
}

static RegexNodePointer makeNode(Kind kind, CharacterSet set) {
  RegexNodePointer node = makeNode(kind);
  node->set = std::move(set);
  return node;
}

namespace {

/// Reads from left to right. Functions return false after an error.
class Parser {
public:
  explicit Parser(StringRef pattern) : pattern(pattern), rest(pattern) {}

  Expected<RegexNodePointer> parse();

private:
  bool fail(std::string text);
  bool parseAlternation(RegexNodePointer &node);
  bool parseSequence(RegexNodePointer &node);
  bool parseAtom(RegexNodePointer &node);
  bool parseGroup(RegexNodePointer &node);
  bool parseLookahead(RegexNodePointer &node);
  bool parseQuantifier(RegexNodePointer &node);
  bool parseBounds(uint32_t &least, uint32_t &most, bool &isPresent);
  bool parseClass(CharacterSet &set);
  bool parseClassItem(CharacterSet &set, std::optional<uint32_t> &character);
  bool parseEscape(CharacterSet &set, std::optional<uint32_t> &character);
  bool parseProperty(bool isNegated, CharacterSet &set);
  bool parseHex(size_t digits, uint32_t &character);
  bool parseCharacter(uint32_t &character);
  bool makePossessive(RegexNodePointer &node);
  CharacterSet applyCase(CharacterSet set) const {
    return ignoresCase ? set.foldCase() : set;
  }

  StringRef pattern;
  StringRef rest;
  std::string error;
  bool ignoresCase = false;
  uint32_t depth = 0;
};

} // namespace

bool Parser::fail(std::string text) {
  if (error.empty())
    error =
        fmt::format("split pattern '{}': offset {}: {}",
                    pattern.size() > 100 ? pattern.take_front(100).str() + "..."
                                         : pattern.str(),
                    pattern.size() - rest.size(), text);
  return false;
}

bool Parser::parseCharacter(uint32_t &character) {
  auto begin = reinterpret_cast<const UTF8 *>(rest.begin());
  const UTF8 *position = begin;
  if (rest.empty() ||
      convertUTF8Sequence(&position, reinterpret_cast<const UTF8 *>(rest.end()),
                          &character, strictConversion) != conversionOK)
    return fail("expects a character in UTF-8");
  rest = rest.drop_front(position - begin);
  return true;
}

/// Up to `digits` hexadecimal digits, at least one.
bool Parser::parseHex(size_t digits, uint32_t &character) {
  size_t count = 0;
  while (count < digits && count < rest.size() && isHexDigit(rest[count]))
    ++count;
  if (count == 0 || rest.take_front(count).getAsInteger(16, character) ||
      character >= CharacterSet::malformedByte)
    return fail("expects the hexadecimal number of a character");
  rest = rest.drop_front(count);
  return true;
}

/// After "\p" or "\P".
bool Parser::parseProperty(bool isNegated, CharacterSet &set) {
  size_t close = rest.find('}');
  if (!rest.starts_with("{") || close == StringRef::npos)
    return fail("expects a property in braces");
  StringRef name = rest.slice(1, close);
  if (name.consume_front("^"))
    isNegated = !isNegated;
  std::optional<CharacterSet> found = CharacterSet::findProperty(name);
  if (!found)
    return fail(fmt::format("expects a general category such as L or Lu, "
                            "found property '{}'",
                            name.str()));
  rest = rest.drop_front(close + 1);
  set = isNegated ? found->complement() : *found;
  return true;
}

/// After a backslash. A single character also goes to `character`.
bool Parser::parseEscape(CharacterSet &set,
                         std::optional<uint32_t> &character) {
  if (rest.empty())
    return fail("expects a character after the backslash");
  char name = rest.front();
  auto finish = [&](uint32_t code) {
    character = code;
    set = CharacterSet(code);
    return true;
  };
  if (name == 'x' || name == 'u') {
    uint32_t code;
    rest = rest.drop_front();
    bool hasBraces = name == 'x' && rest.consume_front("{");
    if (!parseHex(hasBraces ? 8 : name == 'x' ? 2 : 4, code))
      return false;
    if (hasBraces && !rest.consume_front("}"))
      return fail("expects '}'");
    return finish(code);
  }
  if (!isAlnum(name)) {
    uint32_t code;
    return parseCharacter(code) && finish(code);
  }
  static constexpr std::pair<char, char> controls[] = {
      {'n', '\n'}, {'r', '\r'}, {'t', '\t'},   {'f', '\f'},
      {'v', '\v'}, {'a', '\a'}, {'e', '\x1b'}, {'0', '\0'}};
  for (auto [letter, code] : controls)
    if (letter == name) {
      rest = rest.drop_front();
      return finish(code);
    }
  switch (name) {
  case 's':
  case 'S':
    set = CharacterSet::getSpaces();
    break;
  case 'd':
  case 'D':
    set = *CharacterSet::findProperty("Nd");
    break;
  case 'p':
  case 'P':
    rest = rest.drop_front();
    return parseProperty(name == 'P', set);
  default:
    return fail(fmt::format("expects a known escape, found '\\{}'", name));
  }
  rest = rest.drop_front();
  if (isUpper(name))
    set = set.complement();
  return true;
}

bool Parser::parseClassItem(CharacterSet &set,
                            std::optional<uint32_t> &character) {
  character.reset();
  if (rest.consume_front("\\"))
    return parseEscape(set, character);
  if (rest.consume_front("["))
    return parseClass(set);
  if (rest.starts_with("&&"))
    return fail("expects no intersection of classes");
  uint32_t code;
  if (!parseCharacter(code))
    return false;
  character = code;
  set = CharacterSet(code);
  return true;
}

/// After '['.
bool Parser::parseClass(CharacterSet &set) {
  if (++depth > mostDepth)
    return fail("expects fewer classes in each other");
  if (rest.starts_with(":"))
    return fail("expects no POSIX class");
  bool isNegated = rest.consume_front("^");
  CharacterSet all;
  do {
    if (rest.empty())
      return fail("expects ']'");
    CharacterSet item;
    std::optional<uint32_t> first, last;
    if (!parseClassItem(item, first))
      return false;
    // A hyphen before the bracket stands for itself.
    if (first && rest.starts_with("-") && !rest.starts_with("-]")) {
      rest = rest.drop_front();
      CharacterSet end;
      if (!parseClassItem(end, last))
        return false;
      if (!last || *last < *first)
        return fail("expects a range of characters in ascending order");
      item = CharacterSet(*first, *last);
    }
    all.add(applyCase(item));
  } while (!rest.consume_front("]"));
  --depth;
  set = isNegated ? all.complement() : all;
  return true;
}

/// After "(?=" or "(?!"; the set of what is inside goes to `node`.
bool Parser::parseLookahead(RegexNodePointer &node) {
  RegexNodePointer inside;
  if (!parseAlternation(inside))
    return false;
  std::vector<RegexNode *> choices = {inside.get()};
  if (inside->kind == Kind::Alternation) {
    choices.clear();
    for (RegexNodePointer &child : inside->children)
      choices.push_back(child.get());
  }
  CharacterSet set;
  for (RegexNode *choice : choices) {
    if (choice->kind != Kind::Character)
      return fail("expects lookahead of one character");
    set.add(choice->set);
  }
  node = makeNode(Kind::Lookahead, set);
  return true;
}

/// After '('.
bool Parser::parseGroup(RegexNodePointer &node) {
  if (++depth > mostDepth)
    return fail("expects fewer parentheses in each other");
  bool outerCase = ignoresCase;
  if (rest.consume_front("?=")) {
    if (!parseLookahead(node))
      return false;
  } else if (rest.consume_front("?!")) {
    if (!parseLookahead(node))
      return false;
    node->set = node->set.complement();
    node->orEnd = true;
  } else {
    if (rest.consume_front("?i:"))
      ignoresCase = true;
    else if (!rest.consume_front("?:") && rest.starts_with("?"))
      return fail("expects a group of the kind (?:, (?i:, (?= or (?!");
    if (!parseAlternation(node))
      return false;
  }
  if (!rest.consume_front(")"))
    return fail("expects ')'");
  ignoresCase = outerCase;
  --depth;
  return true;
}

bool Parser::parseAtom(RegexNodePointer &node) {
  CharacterSet set;
  std::optional<uint32_t> character;
  if (rest.consume_front("("))
    return parseGroup(node);
  if (rest.consume_front("[")) {
    if (!parseClass(set))
      return false;
    node = makeNode(Kind::Character, set);
    return true;
  }
  if (rest.consume_front("$")) {
    // At the end of each line.
    node = makeNode(Kind::Lookahead, CharacterSet('\n'));
    node->orEnd = true;
    return true;
  }
  if (rest.consume_front(".")) {
    node = makeNode(Kind::Character, CharacterSet('\n').complement());
    return true;
  }
  if (rest.consume_front("\\")) {
    if (!parseEscape(set, character))
      return false;
  } else if (StringRef("*+?^").contains(rest.front())) {
    return fail(fmt::format("expects no '{}' here", rest.front()));
  } else {
    uint32_t code;
    if (!parseCharacter(code))
      return false;
    set = CharacterSet(code);
  }
  node = makeNode(Kind::Character, applyCase(set));
  return true;
}

/// Braces that hold no bounds are characters: `isPresent` is false.
bool Parser::parseBounds(uint32_t &least, uint32_t &most, bool &isPresent) {
  auto [bounds, after] = rest.drop_front().split('}');
  auto [low, high] = bounds.split(',');
  bool hasComma = bounds.contains(',');
  isPresent = rest.contains('}') && (!low.empty() || !high.empty()) &&
              llvm::all_of(low, isDigit) && llvm::all_of(high, isDigit);
  if (!isPresent)
    return true;
  least = 0;
  most = RegexNode::unlimited;
  if ((!low.empty() && low.getAsInteger(10, least)) ||
      (!high.empty() && high.getAsInteger(10, most)) ||
      least > mostRepetitions ||
      (most > mostRepetitions && most != RegexNode::unlimited))
    return fail(fmt::format("expects at most {} repetitions", mostRepetitions));
  if (!hasComma)
    most = least;
  if (least > most)
    return fail("expects bounds in ascending order");
  rest = after;
  return true;
}

/// Gives nothing back: as many characters as there are, up to the limit, and
/// if that is fewer than the limit, none may follow.
bool Parser::makePossessive(RegexNodePointer &node) {
  const RegexNode &repeated = *node->children.front();
  if (repeated.kind != Kind::Character)
    return fail("expects a possessive quantifier after one character");
  RegexNodePointer none = makeNode(Kind::Lookahead, repeated.set.complement());
  none->orEnd = true;
  RegexNodePointer sequence = makeNode(Kind::Sequence);
  if (node->most == RegexNode::unlimited) {
    sequence->children.push_back(std::move(node));
    sequence->children.push_back(std::move(none));
    node = std::move(sequence);
    return true;
  }
  // `?+`: the character, or nothing where there is none.
  RegexNodePointer either = makeNode(Kind::Alternation);
  either->children.push_back(std::move(node->children.front()));
  either->children.push_back(std::move(none));
  node = std::move(either);
  return true;
}

bool Parser::parseQuantifier(RegexNodePointer &node) {
  while (!rest.empty()) {
    uint32_t least = 0;
    uint32_t most = RegexNode::unlimited;
    bool isPossessive = false;
    char sign = rest.front();
    if (sign == '{') {
      bool isPresent;
      if (!parseBounds(least, most, isPresent))
        return false;
      if (!isPresent)
        return true;
    } else if (sign == '*' || sign == '+' || sign == '?') {
      rest = rest.drop_front();
      least = sign == '+' ? 1 : 0;
      if (sign == '?')
        most = 1;
      isPossessive = rest.consume_front("+");
    } else {
      return true;
    }
    if (node->kind == Kind::Lookahead)
      return fail("expects no quantifier after lookahead");
    RegexNodePointer repetition = makeNode(Kind::Repetition);
    repetition->isGreedy = isPossessive || !rest.consume_front("?");
    repetition->least = least;
    repetition->most = most;
    repetition->children.push_back(std::move(node));
    node = std::move(repetition);
    if (isPossessive && !makePossessive(node))
      return false;
  }
  return true;
}

bool Parser::parseSequence(RegexNodePointer &node) {
  node = makeNode(Kind::Sequence);
  while (!rest.empty() && !rest.starts_with("|") && !rest.starts_with(")")) {
    RegexNodePointer atom;
    if (!parseAtom(atom) || !parseQuantifier(atom))
      return false;
    node->children.push_back(std::move(atom));
  }
  if (node->children.size() == 1)
    node = std::move(node->children.front());
  return true;
}

bool Parser::parseAlternation(RegexNodePointer &node) {
  node = makeNode(Kind::Alternation);
  do {
    RegexNodePointer sequence;
    if (!parseSequence(sequence))
      return false;
    node->children.push_back(std::move(sequence));
  } while (rest.consume_front("|"));
  if (node->children.size() == 1)
    node = std::move(node->children.front());
  return true;
}

Expected<RegexNodePointer> Parser::parse() {
  RegexNodePointer node;
  if (parseAlternation(node) && !rest.empty())
    fail("expects no ')' here");
  if (!error.empty())
    return createStringError(error);
  return node;
}

Expected<RegexNodePointer> mlir::bitnet::parseRegex(StringRef pattern) {
  return Parser(pattern).parse();
}
