//===- ExpressionParser.h - From tokens to expressions ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CHATTEMPLATE_EXPRESSIONPARSER_H
#define BITNET_LIB_CHATTEMPLATE_EXPRESSIONPARSER_H

#include "Lexer.h"
#include "Parser.h"
#include "Syntax.h"

#include "llvm/ADT/ArrayRef.h"

namespace mlir::bitnet::chat {

/// What functions return after an error.
struct Failure {
  operator bool() const { return false; }
  template <typename T> operator std::unique_ptr<T>() const { return nullptr; }
};

/// Reads expressions by recursive descent. Functions return null after the
/// first error, which takeError gives.
class ExpressionParser {
public:
  explicit ExpressionParser(llvm::ArrayRef<Token> tokens) : tokens(tokens) {}

  /// The first error; success if there was none.
  llvm::Error takeError() const {
    return failed ? makeError(failedLine, message) : llvm::Error::success();
  }

protected:
  const Token &peek(size_t ahead = 0) const {
    return tokens[std::min(next + ahead, tokens.size() - 1)];
  }
  Token take() {
    Token token = peek();
    next = std::min(next + 1, tokens.size() - 1);
    return token;
  }
  bool isOperator(llvm::StringRef text, size_t ahead = 0) const {
    return peek(ahead).kind == Token::Operator && peek(ahead).text == text;
  }
  bool isName(llvm::StringRef text, size_t ahead = 0) const {
    return peek(ahead).kind == Token::Name && peek(ahead).text == text;
  }
  bool takeOperator(llvm::StringRef text) {
    return isOperator(text) && (take(), true);
  }
  bool takeName(llvm::StringRef text) { return isName(text) && (take(), true); }
  /// Remembers the first error.
  Failure fail(unsigned line, const llvm::Twine &message);
  Failure failExpecting(const llvm::Twine &what) {
    return fail(peek().line, "expects " + what + ", found " + describe(peek()));
  }
  bool expectOperator(llvm::StringRef text) {
    return takeOperator(text) || failExpecting("'" + text + "'");
  }

  /// With `withConditional`, `a if b else c` is part of it.
  ExpressionPointer parseExpression(bool withConditional = true);
  /// One or more, which commas separate: a list if there are several.
  ExpressionPointer parseExpressions(bool withConditional = true);
  bool parseArguments(Arguments &arguments);

  /// Counts how deep things are nested.
  class Nesting {
  public:
    explicit Nesting(ExpressionParser &parser) : parser(parser) {
      ++parser.depth;
    }
    ~Nesting() { --parser.depth; }
    /// False after an error.
    bool check() {
      return parser.depth <= deepestNesting ||
             parser.fail(parser.peek().line, "expects at most " +
                                                 llvm::Twine(deepestNesting) +
                                                 " levels of nesting");
    }

  private:
    ExpressionParser &parser;
  };

  unsigned depth = 0;

private:
  ExpressionPointer parseOr();
  ExpressionPointer parseAnd();
  ExpressionPointer parseNot();
  ExpressionPointer parseComparison();
  ExpressionPointer parseSum();
  ExpressionPointer parseJoin();
  ExpressionPointer parseProduct();
  ExpressionPointer parseUnary(bool withFilters = true);
  ExpressionPointer parsePrimary();
  ExpressionPointer parseList();
  ExpressionPointer parseDict();
  ExpressionPointer parsePostfix(ExpressionPointer object);
  ExpressionPointer parseFilters(ExpressionPointer subject);
  ExpressionPointer parseAttribute(ExpressionPointer object);
  ExpressionPointer parseSubscript(ExpressionPointer object);
  ExpressionPointer parseTest(ExpressionPointer subject);
  ExpressionPointer make(Expression::Kind kind, unsigned line,
                         ExpressionPointer first = nullptr,
                         ExpressionPointer second = nullptr);
  /// Appends an operand. Returns null if that makes the tree too high: chains
  /// such as `a.b.c` make high trees without nesting.
  ExpressionPointer add(ExpressionPointer parent, ExpressionPointer operand);
  /// As `add`, for all arguments of a call.
  ExpressionPointer addArguments(ExpressionPointer call);

  llvm::ArrayRef<Token> tokens;
  size_t next = 0;
  bool failed = false;
  unsigned failedLine = 0;
  std::string message;
};

} // namespace mlir::bitnet::chat

#endif // BITNET_LIB_CHATTEMPLATE_EXPRESSIONPARSER_H
