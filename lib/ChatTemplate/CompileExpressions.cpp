//===- CompileExpressions.cpp - From expressions to instructions ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Compiler.h"
#include "Lexer.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace mlir::bitnet;
using namespace mlir::bitnet::chat;

uint32_t Compiler::resolve(StringRef name) {
  for (const Scope &scope : reverse(scopes)) {
    auto found = scope.find(name);
    if (found != scope.end())
      return found->second;
  }
  uint32_t variable = globalCount++;
  scopes.front()[name] = variable;
#define BITNET_CHAT_SET(identifier, text)                                      \
  if (name == text)                                                            \
    builder.setInput(BitNetChatInput##identifier, variable);
  BITNET_CHAT_INPUTS(BITNET_CHAT_SET)
#undef BITNET_CHAT_SET
  return variable;
}

Error Compiler::visitAll(const Expressions &expressions) {
  for (const ExpressionPointer &expression : expressions)
    if (Error error = visit(*expression))
      return error;
  return Error::success();
}

Error Compiler::visit(const Expression &expression) {
  builder.setLine(expression.line);
  const Expressions &operands = expression.operands;
  int count = operands.size();
  // Operands first, then one instruction.
  auto emit = [&](BitNetChatOp op, uint32_t operand) -> Error {
    if (Error error = visitAll(operands))
      return error;
    builder.setLine(expression.line);
    builder.emit(op, operand, 1 - count);
    return Error::success();
  };
  switch (expression.kind) {
  case Expression::Text:
    return emit(BitNetChatPushText, builder.getString(expression.text));
  case Expression::Integer:
    if (isInt<BITNET_CHAT_OPERAND_BITS>(expression.integer))
      return emit(BitNetChatPushSmall,
                  static_cast<uint32_t>(expression.integer) &
                      maskTrailingOnes<uint32_t>(BITNET_CHAT_OPERAND_BITS));
    builder.emitWide(BitNetChatPushInteger,
                     static_cast<uint64_t>(expression.integer));
    return Error::success();
  case Expression::Float:
    builder.emitWide(BitNetChatPushFloat,
                     llvm::bit_cast<uint64_t>(expression.number));
    return Error::success();
  case Expression::None:
    return emit(BitNetChatPushNone, 0);
  case Expression::False:
    return emit(BitNetChatPushFalse, 0);
  case Expression::True:
    return emit(BitNetChatPushTrue, 0);
  case Expression::Name:
    return visitName(expression);
  case Expression::List:
    return emit(BitNetChatList, count);
  case Expression::Dict:
    return emit(BitNetChatDict, count / 2);
  case Expression::Attribute:
    return emit(BitNetChatAttribute, builder.getString(expression.text));
  case Expression::Subscript:
    return emit(BitNetChatSubscript, 0);
  case Expression::Slice:
    return emit(BitNetChatSlice, 0);
  case Expression::Call:
    return visitCall(expression);
  case Expression::Method:
    if (Error error = visitAll(operands))
      return error;
    return callFunction(FunctionKind::Method, expression.text,
                        expression.arguments, expression.line);
  case Expression::Filter:
    return visitFilter(expression);
  case Expression::Test:
    if (Error error = visitAll(operands))
      return error;
    return callFunction(FunctionKind::Test, expression.text,
                        expression.arguments, expression.line);
  case Expression::Not:
    return emit(BitNetChatNot, 0);
  case Expression::Negate:
    return emit(BitNetChatNegate, 0);
  case Expression::Binary:
    return visitBinary(expression);
  case Expression::Sum:
    return emit(BitNetChatSum, count);
  case Expression::Join:
    return emit(BitNetChatJoin, count);
  case Expression::And:
  case Expression::Or:
    return visitShortCircuit(expression);
  case Expression::Conditional:
    return visitConditional(expression);
  }
  llvm_unreachable("covered switch");
}

Error Compiler::visitName(const Expression &name) {
  bool isSet = any_of(
      scopes, [&](const Scope &scope) { return scope.contains(name.text); });
  // Templates ask whether functions are defined.
  if (!isSet && (findFunction(FunctionKind::Function, name.text) ||
                 macros.contains(name.text)))
    builder.emit(BitNetChatPushFunction, 0, 1);
  else
    builder.emit(BitNetChatLoad, resolve(name.text), 1);
  return Error::success();
}

Error Compiler::visitShortCircuit(const Expression &expression) {
  Label end;
  if (Error error = visit(*expression.operands[0]))
    return error;
  builder.emitJump(expression.kind == Expression::And
                       ? BitNetChatJumpIfFalseOrPop
                       : BitNetChatJumpIfTrueOrPop,
                   end, -1);
  if (Error error = visit(*expression.operands[1]))
    return error;
  builder.place(end);
  return Error::success();
}

Error Compiler::visitConditional(const Expression &expression) {
  Label otherwise, end;
  if (Error error = visit(*expression.operands[0]))
    return error;
  builder.emitJump(BitNetChatJumpIfFalse, otherwise, -1);
  int size = builder.getStackSize();
  if (Error error = visit(*expression.operands[1]))
    return error;
  builder.emitJump(BitNetChatJump, end, 0);
  builder.place(otherwise);
  builder.setStackSize(size);
  if (expression.operands.size() < 3)
    builder.emit(BitNetChatPushUndefined, builder.getString("else"), 1);
  else if (Error error = visit(*expression.operands[2]))
    return error;
  builder.place(end);
  return Error::success();
}

Error Compiler::visitBinary(const Expression &expression) {
  struct Operation {
    BitNetChatOp op;
    bool isNegated;
  };
  Operation operation = StringSwitch<Operation>(expression.text)
                            .Case("-", {BitNetChatSubtract, false})
                            .Case("*", {BitNetChatMultiply, false})
                            .Case("/", {BitNetChatDivide, false})
                            .Case("//", {BitNetChatFloorDivide, false})
                            .Case("%", {BitNetChatModulo, false})
                            .Case("==", {BitNetChatEqual, false})
                            .Case("!=", {BitNetChatEqual, true})
                            .Case("<", {BitNetChatLess, false})
                            .Case(">=", {BitNetChatLess, true})
                            .Case("<=", {BitNetChatLessEqual, false})
                            .Case(">", {BitNetChatLessEqual, true})
                            .Case("in", {BitNetChatIn, false});
  if (Error error = visitAll(expression.operands))
    return error;
  builder.setLine(expression.line);
  builder.emit(operation.op, 0, -1);
  if (operation.isNegated)
    builder.emit(BitNetChatNot, 0, 0);
  return Error::success();
}

Error Compiler::callFunction(FunctionKind kind, StringRef name,
                             const Arguments &arguments, unsigned line) {
  static constexpr StringLiteral kinds[] = {"filter", "test", "method",
                                            "function"};
  std::string what =
      (kinds[static_cast<size_t>(kind)] + " '" + name + "'").str();
  const Function *function = findFunction(kind, name);
  if (!function)
    return makeError(line, "the " + what + " is not supported");
  Expected<SmallVector<const Expression *>> bound =
      bindArguments(arguments, function->parameters, line, what);
  if (!bound)
    return bound.takeError();
  for (const Expression *argument : *bound) {
    if (!argument)
      builder.emit(BitNetChatPushMissing, 0, 1);
    else if (Error error = visit(*argument))
      return error;
  }
  builder.setLine(line);
  int isApplied = kind != FunctionKind::Function;
  builder.emit(BitNetChatCall, function->number,
               1 - isApplied - int(bound->size()));
  return Error::success();
}

Error Compiler::visitCall(const Expression &call) {
  auto macro = macros.find(call.text);
  if (macro != macros.end())
    return visitMacroCall(call, macro->second);
  const Function *function = findFunction(FunctionKind::Function, call.text);
  bool takesNames =
      function && (function->number == BitNetChatFunctionNamespace ||
                   function->number == BitNetChatFunctionDict);
  if (!takesNames || !call.arguments.values.empty())
    return callFunction(FunctionKind::Function, call.text, call.arguments,
                        call.line);
  for (const auto &[name, value] : call.arguments.named) {
    builder.emit(BitNetChatPushText, builder.getString(name), 1);
    if (Error error = visit(*value))
      return error;
  }
  int count = call.arguments.named.size();
  builder.setLine(call.line);
  builder.emit(BitNetChatDict, count, 1 - 2 * count);
  builder.emit(BitNetChatCall, function->number, 0);
  return Error::success();
}

Error Compiler::visitMacroCall(const Expression &call, const Macro &macro) {
  Expected<SmallVector<const Expression *>> bound =
      bindArguments(call.arguments, macro.parameters, call.line,
                    "macro '" + Twine(call.text) + "'");
  if (!bound)
    return bound.takeError();
  for (const Expression *argument : *bound) {
    if (!argument)
      builder.emit(BitNetChatPushMissing, 0, 1);
    else if (Error error = visit(*argument))
      return error;
  }
  builder.setLine(call.line);
  builder.emit(BitNetChatCallMacro, macro.number, 1 - int(bound->size()));
  return Error::success();
}

Error Compiler::visitFilter(const Expression &filter) {
  if (Error error = visitAll(filter.operands))
    return error;
  static constexpr StringLiteral loops[] = {"map", "select", "reject",
                                            "selectattr", "rejectattr"};
  if (is_contained(loops, filter.text))
    return visitItems(filter);
  return callFunction(FunctionKind::Filter, filter.text, filter.arguments,
                      filter.line);
}

void Compiler::readAttributes(StringRef path) {
  SmallVector<StringRef> names;
  path.split(names, '.');
  for (StringRef name : names)
    builder.emit(BitNetChatAttribute, builder.getString(name), 0);
}

Error Compiler::callNamed(FunctionKind kind, const Expression &filter,
                          size_t first) {
  const Arguments &arguments = filter.arguments;
  const Expression &name = *arguments.values[first];
  if (name.kind != Expression::Text)
    return makeError(filter.line, "the filter '" + filter.text +
                                      "' without a constant name is not "
                                      "supported");
  // The callee's own arguments follow its name; they are lent to the call.
  Arguments rest;
  for (const auto &value : drop_begin(arguments.values, first + 1))
    rest.values.emplace_back(value.get());
  Error error = callFunction(kind, name.text, rest, filter.line);
  for (ExpressionPointer &value : rest.values)
    value.release();
  return error;
}

Error Compiler::visitItems(const Expression &filter) {
  const Arguments &arguments = filter.arguments;
  bool isMap = filter.text == "map";
  bool isByAttribute = StringRef(filter.text).ends_with("attr");
  auto refuse = [&] {
    return makeError(filter.line, "the filter '" + filter.text +
                                      "' with these arguments is not "
                                      "supported");
  };
  // map(attribute='x') and selectattr('x', ..) read an attribute.
  const Expression *attribute = nullptr;
  if (isMap && arguments.named.size() == 1 && arguments.values.empty() &&
      arguments.named[0].first == "attribute")
    attribute = arguments.named[0].second.get();
  else if (!arguments.named.empty() || (isMap && arguments.values.empty()))
    return refuse();
  if (isByAttribute) {
    if (arguments.values.empty())
      return refuse();
    attribute = arguments.values[0].get();
  }
  if (attribute && attribute->kind != Expression::Text)
    return refuse();

  uint32_t loop = makeVariable();
  uint32_t list = makeVariable();
  Label next, end;
  builder.emit(BitNetChatForBegin, loop, -1);
  builder.emit(BitNetChatList, 0, 1);
  builder.emit(BitNetChatStore, list, -1);
  builder.place(next);
  builder.emitJump(BitNetChatForNext, loop, end, 1);
  if (attribute)
    readAttributes(attribute->text);
  if (isMap) {
    if (!attribute)
      if (Error error = callNamed(FunctionKind::Filter, filter, 0))
        return error;
    uint32_t value = makeVariable();
    builder.emit(BitNetChatStore, value, -1);
    builder.emit(BitNetChatLoad, list, 1);
    builder.emit(BitNetChatLoad, value, 1);
  } else {
    size_t test = isByAttribute ? 1 : 0;
    if (arguments.values.size() > test)
      if (Error error = callNamed(FunctionKind::Test, filter, test))
        return error;
    if (StringRef(filter.text).starts_with("reject"))
      builder.emit(BitNetChatNot, 0, 0);
    builder.emitJump(BitNetChatJumpIfFalse, next, -1);
    builder.emit(BitNetChatLoad, list, 1);
    builder.emit(BitNetChatForItem, loop, 1);
  }
  builder.emit(BitNetChatAppend, 0, -2);
  builder.emitJump(BitNetChatJump, next, 0);
  builder.place(end);
  builder.emit(BitNetChatLoad, list, 1);
  return Error::success();
}
