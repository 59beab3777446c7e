//===- ExpressionParser.cpp - From tokens to expressions ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ExpressionParser.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace mlir::bitnet::chat;

Failure ExpressionParser::fail(unsigned line, const Twine &text) {
  // Only the first error is not a consequence of another.
  if (!failed) {
    failed = true;
    failedLine = line;
    message = text.str();
  }
  return {};
}

ExpressionPointer ExpressionParser::add(ExpressionPointer parent,
                                        ExpressionPointer operand) {
  if (!parent || !operand)
    return nullptr;
  parent->height = std::max(parent->height, operand->height + 1);
  parent->operands.push_back(std::move(operand));
  if (parent->height > deepestNesting)
    return fail(parent->line, "expects at most " + Twine(deepestNesting) +
                                  " levels of nesting");
  return parent;
}

ExpressionPointer ExpressionParser::addArguments(ExpressionPointer call) {
  if (!call || !parseArguments(call->arguments))
    return nullptr;
  auto count = [&](const ExpressionPointer &value) {
    call->height = std::max(call->height, value->height + 1);
  };
  for (const ExpressionPointer &value : call->arguments.values)
    count(value);
  for (const auto &[name, value] : call->arguments.named)
    count(value);
  return call;
}

ExpressionPointer ExpressionParser::make(Expression::Kind kind, unsigned line,
                                         ExpressionPointer first,
                                         ExpressionPointer second) {
  auto made = std::make_unique<Expression>(Expression{kind, line});
  if (first)
    made = add(std::move(made), std::move(first));
  if (second)
    made = add(std::move(made), std::move(second));
  return made;
}

ExpressionPointer ExpressionParser::parseExpressions(bool withConditional) {
  unsigned line = peek().line;
  ExpressionPointer first = parseExpression(withConditional);
  if (!first || !isOperator(","))
    return first;
  ExpressionPointer list = make(Expression::List, line, std::move(first));
  while (list && takeOperator(",")) {
    if (peek().kind == Token::TagEnd || peek().kind == Token::WriteEnd ||
        isOperator(")"))
      break;
    list = add(std::move(list), parseExpression(withConditional));
  }
  return list;
}

ExpressionPointer ExpressionParser::parseExpression(bool withConditional) {
  Nesting nesting(*this);
  if (!nesting.check())
    return nullptr;
  ExpressionPointer value = parseOr();
  while (value && withConditional && isName("if")) {
    unsigned line = take().line;
    ExpressionPointer condition = parseOr();
    if (!condition)
      return nullptr;
    ExpressionPointer made = make(Expression::Conditional, line,
                                  std::move(condition), std::move(value));
    if (takeName("else"))
      value = add(std::move(made), parseExpression());
    else
      value = std::move(made);
  }
  return value;
}

ExpressionPointer ExpressionParser::parseOr() {
  ExpressionPointer left = parseAnd();
  while (left && isName("or")) {
    unsigned line = take().line;
    left = add(make(Expression::Or, line, std::move(left)), parseAnd());
  }
  return left;
}

ExpressionPointer ExpressionParser::parseAnd() {
  ExpressionPointer left = parseNot();
  while (left && isName("and")) {
    unsigned line = take().line;
    left = add(make(Expression::And, line, std::move(left)), parseNot());
  }
  return left;
}

ExpressionPointer ExpressionParser::parseNot() {
  if (!isName("not"))
    return parseComparison();
  Nesting nesting(*this);
  if (!nesting.check())
    return nullptr;
  unsigned line = take().line;
  return add(make(Expression::Not, line), parseNot());
}

ExpressionPointer ExpressionParser::parseComparison() {
  static constexpr StringLiteral operators[] = {"==", "!=", "<",
                                                "<=", ">",  ">="};
  ExpressionPointer left = parseSum();
  bool isChain = false;
  while (left) {
    unsigned line = peek().line;
    std::string name;
    bool isNegated = false;
    if (peek().kind == Token::Operator && is_contained(operators, peek().text))
      name = take().text;
    else if (takeName("in"))
      name = "in";
    else if (isName("not") && isName("in", 1)) {
      take();
      take();
      name = "in";
      isNegated = true;
    } else {
      return left;
    }
    if (isChain)
      return fail(line, "chains of comparisons are not supported");
    isChain = true;
    left = add(make(Expression::Binary, line, std::move(left)), parseSum());
    if (!left)
      return nullptr;
    left->text = name;
    if (isNegated)
      left = make(Expression::Not, line, std::move(left));
  }
  return left;
}

ExpressionPointer ExpressionParser::parseSum() {
  ExpressionPointer left = parseJoin();
  while (left && (isOperator("+") || isOperator("-"))) {
    Token sign = take();
    if (sign.text == "+" && left->kind == Expression::Sum) {
      left = add(std::move(left), parseJoin());
      continue;
    }
    Expression::Kind kind =
        sign.text == "+" ? Expression::Sum : Expression::Binary;
    left = add(make(kind, sign.line, std::move(left)), parseJoin());
    if (left)
      left->text = sign.text;
  }
  return left;
}

ExpressionPointer ExpressionParser::parseJoin() {
  ExpressionPointer first = parseProduct();
  if (!first || !isOperator("~"))
    return first;
  ExpressionPointer join =
      make(Expression::Join, peek().line, std::move(first));
  while (join && takeOperator("~"))
    join = add(std::move(join), parseProduct());
  return join;
}

ExpressionPointer ExpressionParser::parseProduct() {
  ExpressionPointer left = parseUnary();
  while (left && (isOperator("*") || isOperator("/") || isOperator("//") ||
                  isOperator("%"))) {
    Token sign = take();
    left =
        add(make(Expression::Binary, sign.line, std::move(left)), parseUnary());
    if (left)
      left->text = sign.text;
  }
  if (left && isOperator("**"))
    return fail(peek().line, "powers ('**') are not supported");
  return left;
}

ExpressionPointer ExpressionParser::parseUnary(bool withFilters) {
  Nesting nesting(*this);
  if (!nesting.check())
    return nullptr;
  unsigned line = peek().line;
  ExpressionPointer value;
  if (takeOperator("-"))
    value = add(make(Expression::Negate, line), parseUnary(false));
  else if (takeOperator("+"))
    // -(-x): an error for what is no number, as in Jinja.
    value = add(make(Expression::Negate, line),
                add(make(Expression::Negate, line), parseUnary(false)));
  else
    value = parsePrimary();
  value = parsePostfix(std::move(value));
  return withFilters ? parseFilters(std::move(value)) : std::move(value);
}

ExpressionPointer ExpressionParser::parsePrimary() {
  Token token = take();
  switch (token.kind) {
  case Token::Name: {
    Expression::Kind kind = Expression::Name;
    if (token.text == "true" || token.text == "True")
      kind = Expression::True;
    else if (token.text == "false" || token.text == "False")
      kind = Expression::False;
    else if (token.text == "none" || token.text == "None")
      kind = Expression::None;
    ExpressionPointer name = make(kind, token.line);
    name->text = token.text;
    return name;
  }
  case Token::String: {
    ExpressionPointer text = make(Expression::Text, token.line);
    text->text = token.text;
    while (peek().kind == Token::String)
      text->text += take().text;
    return text;
  }
  case Token::Integer: {
    ExpressionPointer value = make(Expression::Integer, token.line);
    if (StringRef(token.text).getAsInteger(10, value->integer))
      return fail(token.line,
                  "expects an integer below 2^63, found " + describe(token));
    return value;
  }
  case Token::Float: {
    ExpressionPointer value = make(Expression::Float, token.line);
    if (StringRef(token.text).getAsDouble(value->number))
      return fail(token.line, "expects a number, found " + describe(token));
    return value;
  }
  case Token::Operator:
    if (token.text == "(") {
      if (takeOperator(")"))
        return make(Expression::List, token.line);
      ExpressionPointer value = parseExpressions();
      return value && expectOperator(")") ? std::move(value) : nullptr;
    }
    if (token.text == "[")
      return parseList();
    if (token.text == "{")
      return parseDict();
    break;
  default:
    break;
  }
  return fail(token.line, "expects a value, found " + describe(token));
}

ExpressionPointer ExpressionParser::parseList() {
  ExpressionPointer list = make(Expression::List, peek().line);
  while (list && !takeOperator("]")) {
    if (!list->operands.empty() && !expectOperator(","))
      return nullptr;
    if (takeOperator("]"))
      return list;
    list = add(std::move(list), parseExpression());
  }
  return list;
}

ExpressionPointer ExpressionParser::parseDict() {
  ExpressionPointer dict = make(Expression::Dict, peek().line);
  while (dict && !takeOperator("}")) {
    if (!dict->operands.empty() && !expectOperator(","))
      return nullptr;
    if (takeOperator("}"))
      return dict;
    dict = add(std::move(dict), parseExpression());
    if (!dict || !expectOperator(":"))
      return nullptr;
    dict = add(std::move(dict), parseExpression());
  }
  return dict;
}

bool ExpressionParser::parseArguments(Arguments &arguments) {
  if (!expectOperator("("))
    return false;
  bool isFirst = true;
  while (!takeOperator(")")) {
    if (!isFirst && !expectOperator(","))
      return false;
    isFirst = false;
    if (takeOperator(")"))
      return true;
    if (isOperator("*") || isOperator("**"))
      return fail(peek().line, "arguments from lists ('*') are not supported");
    bool isNamed = peek().kind == Token::Name && isOperator("=", 1);
    std::string name;
    if (isNamed) {
      name = take().text;
      take();
    } else if (!arguments.named.empty()) {
      return failExpecting("the name of an argument");
    }
    ExpressionPointer value = parseExpression();
    if (!value)
      return false;
    if (isNamed)
      arguments.named.emplace_back(name, std::move(value));
    else
      arguments.values.push_back(std::move(value));
  }
  return true;
}

ExpressionPointer ExpressionParser::parsePostfix(ExpressionPointer object) {
  while (object) {
    if (isOperator(".")) {
      object = parseAttribute(std::move(object));
    } else if (isOperator("[")) {
      object = parseSubscript(std::move(object));
    } else if (isOperator("(")) {
      if (object->kind != Expression::Name)
        return fail(peek().line,
                    "calls of anything but functions, macros and methods are "
                    "not supported");
      ExpressionPointer call = make(Expression::Call, peek().line);
      call->text = object->text;
      object = addArguments(std::move(call));
    } else {
      return object;
    }
  }
  return nullptr;
}

ExpressionPointer ExpressionParser::parseAttribute(ExpressionPointer object) {
  take();
  Token name = take();
  if (name.kind == Token::Integer) {
    ExpressionPointer index = make(Expression::Integer, name.line);
    if (StringRef(name.text).getAsInteger(10, index->integer))
      return fail(name.line, "expects an index, found " + describe(name));
    return make(Expression::Subscript, name.line, std::move(object),
                std::move(index));
  }
  if (name.kind != Token::Name)
    return fail(name.line,
                "expects the name of an attribute, found " + describe(name));
  bool isMethod = isOperator("(");
  ExpressionPointer made =
      make(isMethod ? Expression::Method : Expression::Attribute, name.line,
           std::move(object));
  if (!made)
    return nullptr;
  made->text = name.text;
  return isMethod ? addArguments(std::move(made)) : std::move(made);
}

ExpressionPointer ExpressionParser::parseSubscript(ExpressionPointer object) {
  unsigned line = take().line;
  ExpressionPointer parts[3];
  bool isSlice = false;
  for (ExpressionPointer &part : parts) {
    if (!isOperator(":") && !isOperator("]") && !(part = parseExpression()))
      return nullptr;
    if (!takeOperator(":"))
      break;
    isSlice = true;
  }
  if (isOperator(","))
    return fail(line, "subscripts with commas are not supported");
  if (!isSlice && !parts[0])
    return failExpecting("an index");
  if (!expectOperator("]"))
    return nullptr;
  if (!isSlice)
    return make(Expression::Subscript, line, std::move(object),
                std::move(parts[0]));
  ExpressionPointer slice = make(Expression::Slice, line, std::move(object));
  for (ExpressionPointer &part : parts) {
    if (!part)
      part = make(Expression::None, line);
    slice = add(std::move(slice), std::move(part));
  }
  return slice;
}

ExpressionPointer ExpressionParser::parseFilters(ExpressionPointer subject) {
  while (subject) {
    if (isOperator("|")) {
      take();
      Token name = take();
      if (name.kind != Token::Name)
        return fail(name.line,
                    "expects the name of a filter, found " + describe(name));
      subject = make(Expression::Filter, name.line, std::move(subject));
      if (!subject)
        return nullptr;
      subject->text = name.text;
      if (isOperator("("))
        subject = addArguments(std::move(subject));
    } else if (isName("is")) {
      subject = parseTest(std::move(subject));
    } else if (isOperator("(")) {
      return fail(peek().line,
                  "calls of what a filter gives are not supported");
    } else {
      return subject;
    }
  }
  return nullptr;
}

ExpressionPointer ExpressionParser::parseTest(ExpressionPointer subject) {
  take();
  bool isNegated = takeName("not");
  Token name = take();
  if (name.kind != Token::Name)
    return fail(name.line,
                "expects the name of a test, found " + describe(name));
  ExpressionPointer test =
      make(Expression::Test, name.line, std::move(subject));
  if (!test)
    return nullptr;
  test->text = name.text;
  static constexpr StringLiteral notArguments[] = {"else", "or", "and", "is",
                                                   "if",   "in", "not"};
  const Token &token = peek();
  if (isOperator("(")) {
    test = addArguments(std::move(test));
  } else if (token.kind == Token::String || token.kind == Token::Integer ||
             token.kind == Token::Float || isOperator("[") || isOperator("{") ||
             (token.kind == Token::Name &&
              !is_contained(notArguments, token.text))) {
    // One argument needs no parentheses.
    ExpressionPointer value = parsePostfix(parsePrimary());
    if (!value)
      return nullptr;
    test->height = std::max(test->height, value->height + 1);
    test->arguments.values.push_back(std::move(value));
  }
  return test && isNegated ? make(Expression::Not, name.line, std::move(test))
                           : std::move(test);
}
