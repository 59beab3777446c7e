//===- Parser.cpp - From tokens to statements -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Parser.h"
#include "ExpressionParser.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace mlir::bitnet::chat;

namespace {

class StatementParser : public ExpressionParser {
public:
  using ExpressionParser::ExpressionParser;

  /// Reads statements up to a tag with one of the names `ends`, behind whose
  /// "{%" it stops, or to the template's end if there are none.
  bool parseBody(Statements &body, ArrayRef<StringLiteral> ends);

private:
  using StatementPointer = std::unique_ptr<Statement>;

  StatementPointer make(Statement::Kind kind, unsigned line) {
    return std::make_unique<Statement>(Statement{kind, line});
  }
  /// Behind "{%".
  StatementPointer parseTag();
  StatementPointer parseIf(unsigned line);
  StatementPointer parseFor(unsigned line);
  StatementPointer parseSet(unsigned line);
  StatementPointer parseMacro(unsigned line);
  bool parseTargets(std::vector<std::string> &targets);
  bool endTag();
  /// The name in the tag that ends a body, and the tag's end.
  bool endBody(StringRef name) {
    return (takeName(name) || failExpecting("'" + name + "'")) && endTag();
  }

  unsigned loops = 0;
};

} // namespace

bool StatementParser::endTag() {
  if (peek().kind == Token::TagEnd) {
    take();
    return true;
  }
  return failExpecting("'%}'");
}

bool StatementParser::parseBody(Statements &body,
                                ArrayRef<StringLiteral> ends) {
  Nesting nesting(*this);
  if (!nesting.check())
    return false;
  for (;;) {
    Token token = take();
    StatementPointer made;
    switch (token.kind) {
    case Token::Text:
      made = make(Statement::Text, token.line);
      made->text = token.text;
      break;
    case Token::WriteBegin:
      made = make(Statement::Write, token.line);
      if (!(made->value = parseExpressions()))
        return false;
      if (peek().kind != Token::WriteEnd)
        return failExpecting("'}}'");
      take();
      break;
    case Token::TagBegin:
      if (peek().kind == Token::Name && is_contained(ends, peek().text))
        return true;
      // What transformers use to mark the model's own text.
      if (isName("generation") || isName("endgeneration")) {
        take();
        if (!endTag())
          return false;
        continue;
      }
      if (!(made = parseTag()))
        return false;
      break;
    default:
      if (ends.empty())
        return true;
      return fail(token.line, "expects '{% " + ends.back() +
                                  " %}', found the template's end");
    }
    body.push_back(std::move(made));
  }
}

std::unique_ptr<Statement> StatementParser::parseTag() {
  Token name = take();
  if (name.kind != Token::Name)
    return fail(name.line,
                "expects the name of a statement, found " + describe(name));
  if (name.text == "if")
    return parseIf(name.line);
  if (name.text == "for")
    return parseFor(name.line);
  if (name.text == "set")
    return parseSet(name.line);
  if (name.text == "macro")
    return parseMacro(name.line);
  if (name.text == "break" || name.text == "continue") {
    if (loops == 0)
      return fail(name.line, "'" + name.text +
                                 "' is not in a loop, or in "
                                 "another text than its loop");
    return endTag() ? make(name.text == "break" ? Statement::Break
                                                : Statement::Continue,
                           name.line)
                    : nullptr;
  }
  if (StringRef(name.text).starts_with("end") || name.text == "else" ||
      name.text == "elif")
    return fail(name.line, "found '" + name.text + "' without its beginning");
  return fail(name.line, "the statement '" + name.text + "' is not supported");
}

std::unique_ptr<Statement> StatementParser::parseIf(unsigned line) {
  StatementPointer made = make(Statement::If, line);
  for (;;) {
    Branch branch;
    if (!(branch.condition = parseExpressions()) || !endTag() ||
        !parseBody(branch.body, {"elif", "else", "endif"}))
      return nullptr;
    made->branches.push_back(std::move(branch));
    if (takeName("elif"))
      continue;
    if (takeName("else")) {
      Branch otherwise;
      if (!endTag() || !parseBody(otherwise.body, {"endif"}))
        return nullptr;
      made->branches.push_back(std::move(otherwise));
    }
    return endBody("endif") ? std::move(made) : nullptr;
  }
}

bool StatementParser::parseTargets(std::vector<std::string> &targets) {
  bool isNested = takeOperator("(");
  do {
    if (peek().kind != Token::Name)
      return failExpecting("a variable");
    targets.push_back(take().text);
  } while (takeOperator(","));
  return !isNested || expectOperator(")");
}

std::unique_ptr<Statement> StatementParser::parseFor(unsigned line) {
  StatementPointer made = make(Statement::For, line);
  if (!parseTargets(made->targets))
    return nullptr;
  if (!takeName("in"))
    return failExpecting("'in'");
  if (!(made->value = parseExpressions(/*withConditional=*/false)))
    return nullptr;
  if (takeName("if") && !(made->condition = parseExpression()))
    return nullptr;
  if (isName("recursive"))
    return fail(line, "recursive loops are not supported");
  ++loops;
  bool hasBody = endTag() && parseBody(made->body, {"else", "endfor"});
  --loops;
  if (!hasBody)
    return nullptr;
  if (takeName("else") &&
      (!endTag() || !parseBody(made->otherwise, {"endfor"})))
    return nullptr;
  return endBody("endfor") ? std::move(made) : nullptr;
}

std::unique_ptr<Statement> StatementParser::parseSet(unsigned line) {
  StatementPointer made = make(Statement::Set, line);
  if (peek().kind == Token::Name && isOperator(".", 1)) {
    made->text = take().text;
    take();
    if (peek().kind != Token::Name)
      return failExpecting("the name of an attribute");
    made->attribute = take().text;
  } else if (!parseTargets(made->targets)) {
    return nullptr;
  }
  if (takeOperator("=")) {
    if (!(made->value = parseExpressions()))
      return nullptr;
    return endTag() ? std::move(made) : nullptr;
  }
  if (made->targets.size() != 1 || isOperator("|"))
    return failExpecting("'='");
  made->kind = Statement::SetBlock;
  // A loop around it cannot be left from within.
  unsigned outerLoops = std::exchange(loops, 0);
  bool hasBody = endTag() && parseBody(made->body, {"endset"});
  loops = outerLoops;
  return hasBody && endBody("endset") ? std::move(made) : nullptr;
}

std::unique_ptr<Statement> StatementParser::parseMacro(unsigned line) {
  StatementPointer made = make(Statement::Macro, line);
  if (peek().kind != Token::Name)
    return failExpecting("the macro's name");
  made->text = take().text;
  if (!expectOperator("("))
    return nullptr;
  while (!takeOperator(")")) {
    if (!made->parameters.empty() && !expectOperator(","))
      return nullptr;
    if (peek().kind != Token::Name)
      return failExpecting("a parameter");
    Parameter parameter{take().text, nullptr};
    if (takeOperator("=") && !(parameter.otherwise = parseExpression()))
      return nullptr;
    made->parameters.push_back(std::move(parameter));
  }
  unsigned outerLoops = std::exchange(loops, 0);
  bool hasBody = endTag() && parseBody(made->body, {"endmacro"});
  loops = outerLoops;
  if (!hasBody)
    return nullptr;
  take();
  // Its name may be repeated.
  takeName(made->text);
  return endTag() ? std::move(made) : nullptr;
}

Expected<Statements> mlir::bitnet::chat::parse(ArrayRef<Token> tokens) {
  StatementParser parser(tokens);
  Statements statements;
  parser.parseBody(statements, {});
  if (Error error = parser.takeError())
    return std::move(error);
  return std::move(statements);
}
