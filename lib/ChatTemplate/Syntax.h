//===- Syntax.h - What a template consists of -------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CHATTEMPLATE_SYNTAX_H
#define BITNET_LIB_CHATTEMPLATE_SYNTAX_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlir::bitnet::chat {

struct Expression;
using ExpressionPointer = std::unique_ptr<Expression>;
using Expressions = std::vector<ExpressionPointer>;

/// Arguments of a call: those by position, then those by name.
struct Arguments {
  Expressions values;
  std::vector<std::pair<std::string, ExpressionPointer>> named;
};

struct Expression {
  enum Kind {
    Text,    ///< `text`
    Integer, ///< `integer`
    Float,   ///< `number`
    None,
    False,
    True,
    Name,        ///< `text`
    List,        ///< Its items.
    Dict,        ///< Keys and values in turn.
    Attribute,   ///< object; `text` is the attribute's name.
    Subscript,   ///< object, index
    Slice,       ///< object, start, stop, step; null: not given
    Call,        ///< `text` is the function's or macro's name.
    Method,      ///< object; `text` is the method's name.
    Filter,      ///< subject; `text` is the filter's name.
    Test,        ///< subject; `text` is the test's name.
    Not,         ///< operand
    Negate,      ///< operand
    Binary,      ///< left, right; `text` is the operator.
    Sum,         ///< Two or more.
    Join,        ///< Two or more, which '~' joins.
    And,         ///< left, right
    Or,          ///< left, right
    Conditional, ///< condition, then, otherwise; null: undefined
  };

  Kind kind;
  unsigned line;
  std::string text = {};
  int64_t integer = 0;
  double number = 0;
  Expressions operands = {};
  Arguments arguments = {};
  /// Levels of expressions in it.
  unsigned height = 1;
};

struct Statement;
using Statements = std::vector<std::unique_ptr<Statement>>;

/// A condition and what happens if it is the first that holds; null: always.
struct Branch {
  ExpressionPointer condition;
  Statements body;
};

struct Parameter {
  std::string name;
  /// Null: undefined.
  ExpressionPointer otherwise;
};

struct Statement {
  enum Kind {
    Text,     ///< `text` is written.
    Write,    ///< `value` is written.
    If,       ///< `branches`
    For,      ///< `targets`, `value`, `condition`, `body`, `otherwise`
    Set,      ///< `targets` or `text`.`attribute`, `value`
    SetBlock, ///< `targets`, `body`
    Macro,    ///< `text` is its name, `parameters`, `body`
    Break,
    Continue,
  };

  Kind kind;
  unsigned line;
  std::string text = {};
  std::string attribute = {};
  std::vector<std::string> targets = {};
  ExpressionPointer value = {};
  ExpressionPointer condition = {};
  std::vector<Branch> branches = {};
  std::vector<Parameter> parameters = {};
  Statements body = {};
  Statements otherwise = {};
};

} // namespace mlir::bitnet::chat

#endif // BITNET_LIB_CHATTEMPLATE_SYNTAX_H
