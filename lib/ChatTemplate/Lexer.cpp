//===- Lexer.cpp - Tokens of a template -----------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Lexer.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

using namespace llvm;
using namespace mlir::bitnet::chat;

Error mlir::bitnet::chat::makeError(unsigned line, const Twine &message) {
  return createStringError("line " + Twine(line) + ": " + message);
}

std::string mlir::bitnet::chat::describe(const Token &token) {
  switch (token.kind) {
  case Token::Text:
    return "text";
  case Token::WriteBegin:
    return "'{{'";
  case Token::WriteEnd:
    return "'}}'";
  case Token::TagBegin:
    return "'{%'";
  case Token::TagEnd:
    return "'%}'";
  case Token::String:
    return "a string";
  case Token::End:
    return "the template's end";
  default: {
    std::string quoted;
    raw_string_ostream(quoted)
        << '\'' << StringRef(token.text).take_front(64) << '\'';
    return quoted;
  }
  }
}

/// Bytes of the blank character that `text` begins with; 0 if it begins with
/// none. Python's str.isspace: not only ASCII.
static size_t blankSize(StringRef text) {
  static constexpr StringLiteral wide[] = {
      "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80",
      "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84",
      "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
      "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
      "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
  if (text.empty())
    return 0;
  unsigned char first = text.front();
  if ((first >= 0x09 && first <= 0x0d) || (first >= 0x1c && first <= 0x20))
    return 1;
  for (StringRef blank : wide)
    if (text.starts_with(blank))
      return blank.size();
  return 0;
}

/// `text` without blank characters at its end.
static StringRef trimEnd(StringRef text) {
  // Where what is not blank ends.
  size_t end = 0;
  for (size_t i = 0; i < text.size();) {
    size_t size = blankSize(text.drop_front(i));
    i += size ? size : 1;
    if (size == 0)
      end = i;
  }
  return text.take_front(end);
}

static bool isBlank(StringRef text) { return trimEnd(text).empty(); }

namespace {

class Lexer {
public:
  explicit Lexer(StringRef source) : rest(source) {}

  Expected<std::vector<Token>> run();

private:
  /// Takes `size` bytes.
  StringRef take(size_t size);
  void takeBlanks();
  void add(Token::Kind kind, StringRef text = "") {
    tokens.push_back({kind, text.str(), line});
  }
  Error fail(const Twine &message) { return makeError(line, message); }

  /// Adds text in front of a tag that begins with `sign`; `isTag` says that it
  /// is not `{{`.
  void addText(StringRef text, char sign, bool isTag);
  /// Takes what comes after a tag that ends with `sign`.
  void endTag(char sign, bool isTag);
  /// Takes everything up to `end`, which may have a sign in front of it.
  Error skipComment();
  Expected<bool> takeRaw(char sign, StringRef text);
  /// Takes the tokens of a tag and its end.
  Error takeTag(Token::Kind end, StringRef endText);
  Error takeToken();
  Error takeString();
  void takeNumber();
  Error takeOperator();

  StringRef rest;
  unsigned line = 1;
  /// What comes next is at the beginning of a line.
  bool atLineStart = true;
  /// Brackets that are open within a tag, and their line.
  std::vector<char> brackets;
  std::vector<Token> tokens;
};

} // namespace

StringRef Lexer::take(size_t size) {
  StringRef taken = rest.take_front(size);
  rest = rest.drop_front(taken.size());
  line += taken.count('\n');
  return taken;
}

void Lexer::takeBlanks() {
  while (size_t size = blankSize(rest))
    take(size);
}

void Lexer::addText(StringRef text, char sign, bool isTag) {
  if (sign == '-') {
    text = trimEnd(text);
  } else if (sign != '+' && isTag) {
    size_t lineStart = text.rfind('\n') + 1;
    if ((lineStart > 0 || atLineStart) && isBlank(text.drop_front(lineStart)))
      text = text.take_front(lineStart);
  }
  if (!text.empty())
    add(Token::Text, text);
}

void Lexer::endTag(char sign, bool isTag) {
  atLineStart = false;
  if (sign == '-') {
    StringRef before = rest;
    takeBlanks();
    StringRef blanks = before.drop_back(rest.size());
    atLineStart = blanks.ends_with("\n");
  } else if (sign != '+' && isTag && rest.starts_with("\n")) {
    take(1);
    atLineStart = true;
  }
}

Error Lexer::skipComment() {
  unsigned begin = line;
  size_t end = rest.find("#}");
  if (end == StringRef::npos)
    return makeError(begin,
                     "expects '#}' after '{#', found the template's end");
  StringRef comment = take(end);
  take(2);
  char sign = comment.empty() ? 0 : comment.back();
  endTag(sign == '-' || sign == '+' ? sign : 0, /*isTag=*/true);
  return Error::success();
}

/// Whether `text` begins with a tag of nothing but `name`; its size goes to
/// *size and the sign at its end to *sign. It begins behind "{%" and its sign.
static bool isPlainTag(StringRef text, StringRef name, size_t &size,
                       char &sign) {
  StringRef tag = text;
  while (size_t blank = blankSize(tag))
    tag = tag.drop_front(blank);
  if (!tag.consume_front(name))
    return false;
  while (size_t blank = blankSize(tag))
    tag = tag.drop_front(blank);
  sign = 0;
  if (tag.starts_with("-%}") || tag.starts_with("+%}")) {
    sign = tag.front();
    tag = tag.drop_front();
  }
  if (!tag.consume_front("%}"))
    return false;
  size = text.size() - tag.size();
  return true;
}

/// `{% raw %}`: everything up to `{% endraw %}` is text.
Expected<bool> Lexer::takeRaw(char sign, StringRef text) {
  size_t size;
  char endSign;
  if (!isPlainTag(rest, "raw", size, endSign))
    return false;
  unsigned begin = line;
  addText(text, sign, /*isTag=*/true);
  take(size);
  atLineStart = false;
  if (endSign == '-')
    takeBlanks();
  for (size_t i = rest.find("{%"); i != StringRef::npos;
       i = rest.find("{%", i + 2)) {
    StringRef tag = rest.drop_front(i + 2);
    char beginSign = 0;
    if (tag.starts_with("-") || tag.starts_with("+")) {
      beginSign = tag.front();
      tag = tag.drop_front();
    }
    if (!isPlainTag(tag, "endraw", size, endSign))
      continue;
    addText(take(i), beginSign, /*isTag=*/true);
    take(2 + (beginSign != 0) + size);
    endTag(endSign, /*isTag=*/true);
    return true;
  }
  return makeError(begin, "expects '{% endraw %}' after '{% raw %}', found the "
                          "template's end");
}

Error Lexer::takeString() {
  unsigned begin = line;
  char quote = rest.front();
  size_t end = 1;
  while (end < rest.size() && rest[end] != quote)
    end += rest[end] == '\\' ? 2 : 1;
  if (end >= rest.size())
    return makeError(begin, "expects a quote that ends the string, found the "
                            "template's end");
  StringRef body = rest.slice(1, end);
  std::string text;
  auto appendCode = [&](unsigned digits) {
    unsigned code;
    if (body.size() < digits || body.take_front(digits).getAsInteger(16, code))
      return false;
    body = body.drop_front(digits);
    char bytes[4];
    char *next = bytes;
    if (!ConvertCodePointToUTF8(code, next))
      return false;
    text.append(bytes, next);
    return true;
  };
  while (!body.empty()) {
    char c = body.front();
    body = body.drop_front();
    if (c != '\\') {
      text += c;
      continue;
    }
    c = body.front();
    body = body.drop_front();
    static constexpr StringLiteral letters = "abfnrtv\\'\"";
    static constexpr StringLiteral meanings = "\a\b\f\n\r\t\v\\'\"";
    size_t letter = letters.find(c);
    if (letter != StringRef::npos) {
      text += meanings[letter];
    } else if (c == '\n') {
      // The string goes on in the next line.
    } else if (c == 'x' || c == 'u' || c == 'U') {
      if (!appendCode(c == 'x' ? 2 : c == 'u' ? 4 : 8))
        return makeError(begin, "expects hexadecimal digits of a character "
                                "after '\\" +
                                    Twine(c) + "'");
    } else if (c >= '0' && c <= '7') {
      unsigned code = c - '0';
      for (int i = 0;
           i < 2 && !body.empty() && body.front() >= '0' && body.front() <= '7';
           ++i) {
        code = code * 8 + (body.front() - '0');
        body = body.drop_front();
      }
      char bytes[4];
      char *next = bytes;
      ConvertCodePointToUTF8(code, next);
      text.append(bytes, next);
    } else if (c == 'N') {
      return makeError(begin, "names of characters ('\\N') are not supported");
    } else {
      (text += '\\') += c;
    }
  }
  tokens.push_back({Token::String, text, begin});
  take(end + 1);
  return Error::success();
}

void Lexer::takeNumber() {
  auto takeDigits = [&](size_t i) {
    while (i < rest.size() &&
           (isDigit(rest[i]) ||
            (rest[i] == '_' && i + 1 < rest.size() && isDigit(rest[i + 1]))))
      ++i;
    return i;
  };
  size_t end = takeDigits(0);
  bool isFloat = false;
  if (end + 1 < rest.size() && rest[end] == '.' && isDigit(rest[end + 1])) {
    isFloat = true;
    end = takeDigits(end + 1);
  }
  if (end < rest.size() && (rest[end] == 'e' || rest[end] == 'E')) {
    size_t exponent = end + 1;
    if (exponent < rest.size() &&
        (rest[exponent] == '+' || rest[exponent] == '-'))
      ++exponent;
    if (exponent < rest.size() && isDigit(rest[exponent])) {
      isFloat = true;
      end = takeDigits(exponent);
    }
  }
  std::string digits = rest.take_front(end).str();
  erase(digits, '_');
  add(isFloat ? Token::Float : Token::Integer, digits);
  take(end);
}

Error Lexer::takeOperator() {
  static constexpr StringLiteral operators[] = {
      "//", "**", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[",
      "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};
  for (StringRef text : operators) {
    if (!rest.starts_with(text))
      continue;
    static constexpr StringLiteral opening = "([{", closing = ")]}";
    if (opening.contains(text[0])) {
      brackets.push_back(closing[opening.find(text[0])]);
    } else if (closing.contains(text[0])) {
      if (brackets.empty() || brackets.back() != text[0])
        return fail("found '" + text + "' without its opening bracket");
      brackets.pop_back();
    }
    add(Token::Operator, text);
    take(text.size());
    return Error::success();
  }
  unsigned char c = rest.front();
  if (isPrint(c))
    return fail("found '" + Twine(rest.front()) + "', which has no meaning");
  return fail("found the byte 0x" + Twine(utohexstr(c)) +
              ", which has no meaning outside of strings");
}

Error Lexer::takeToken() {
  char c = rest.front();
  if (c == '\'' || c == '"')
    return takeString();
  if (isDigit(c)) {
    takeNumber();
    return Error::success();
  }
  if (!isAlpha(c) && c != '_')
    return takeOperator();
  size_t end = rest.find_if_not([](char c) { return isAlnum(c) || c == '_'; });
  add(Token::Name, rest.take_front(end));
  take(std::min(end, rest.size()));
  return Error::success();
}

Error Lexer::takeTag(Token::Kind end, StringRef endText) {
  unsigned begin = line;
  brackets.clear();
  for (;;) {
    takeBlanks();
    if (rest.empty())
      return makeError(begin,
                       "expects '" + endText + "', found the template's end");
    if (brackets.empty()) {
      char sign =
          rest.front() == '-' || (rest.front() == '+' && end == Token::TagEnd)
              ? rest.front()
              : 0;
      if (rest.drop_front(sign != 0).starts_with(endText)) {
        add(end);
        take(endText.size() + (sign != 0));
        endTag(sign, end == Token::TagEnd);
        return Error::success();
      }
    }
    if (Error error = takeToken())
      return error;
  }
}

Expected<std::vector<Token>> Lexer::run() {
  while (!rest.empty()) {
    size_t begin = 0;
    for (;; ++begin) {
      begin = rest.find('{', begin);
      if (begin == StringRef::npos || begin + 1 >= rest.size() ||
          StringRef("{%#").contains(rest[begin + 1]))
        break;
    }
    if (begin == StringRef::npos || begin + 1 >= rest.size()) {
      add(Token::Text, rest);
      take(rest.size());
      break;
    }
    StringRef text = take(begin);
    char kind = rest[1];
    take(2);
    char sign = 0;
    if (rest.starts_with("-") || rest.starts_with("+")) {
      sign = rest.front();
      take(1);
    }
    if (kind == '%') {
      Expected<bool> isRaw = takeRaw(sign, text);
      if (!isRaw)
        return isRaw.takeError();
      if (*isRaw)
        continue;
    }
    addText(text, sign, kind != '{');
    if (kind == '#') {
      if (Error error = skipComment())
        return std::move(error);
      continue;
    }
    add(kind == '{' ? Token::WriteBegin : Token::TagBegin);
    if (Error error = kind == '{' ? takeTag(Token::WriteEnd, "}}")
                                  : takeTag(Token::TagEnd, "%}"))
      return std::move(error);
  }
  add(Token::End);
  return std::move(tokens);
}

Expected<std::vector<Token>> mlir::bitnet::chat::tokenize(StringRef source) {
  // All line ends are "\n", and the last one does not count.
  std::string text;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r')
      text += source[i];
    else if (i + 1 == source.size() || source[i + 1] != '\n')
      text += '\n';
  }
  return Lexer(StringRef(text).ends_with("\n") ? StringRef(text).drop_back()
                                               : StringRef(text))
      .run();
}
