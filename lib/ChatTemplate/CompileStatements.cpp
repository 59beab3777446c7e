//===- CompileStatements.cpp - From statements to instructions ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Compiler.h"
#include "Lexer.h"
#include "Parser.h"
#include "bitnet/ChatTemplate/ChatTemplate.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace mlir::bitnet;
using namespace mlir::bitnet::chat;

/// Names that `statements` set, in their order, without those that belong to
/// loops and blocks within.
static void collectSets(const Statements &statements,
                        SetVector<StringRef> &names) {
  for (const auto &statement : statements) {
    if (statement->kind == Statement::Set ||
        statement->kind == Statement::SetBlock)
      names.insert_range(statement->targets);
    for (const Branch &branch : statement->branches)
      collectSets(branch.body, names);
  }
}

void Compiler::beginScope(const Statements &body, ArrayRef<std::string> own) {
  SetVector<StringRef> names;
  collectSets(body, names);
  Scope scope;
  for (const std::string &name : own)
    scope[name] = makeVariable();
  for (StringRef name : names) {
    if (scope.contains(name))
      continue;
    uint32_t variable = makeVariable();
    builder.emit(BitNetChatLoad, resolve(name), 1);
    builder.emit(BitNetChatStore, variable, -1);
    scope[name] = variable;
  }
  scopes.push_back(std::move(scope));
}

void Compiler::storeTargets(ArrayRef<std::string> targets) {
  if (targets.size() > 1)
    builder.emit(BitNetChatUnpack, targets.size(), int(targets.size()) - 1);
  for (const std::string &target : targets)
    builder.emit(BitNetChatStore, resolve(target), -1);
}

Error Compiler::visit(const Statements &statements) {
  for (const auto &statement : statements) {
    builder.setLine(statement->line);
    if (Error error = visit(*statement))
      return error;
  }
  return Error::success();
}

Error Compiler::visit(const Statement &statement) {
  switch (statement.kind) {
  case Statement::Text:
    builder.emit(BitNetChatWriteText, builder.getString(statement.text), 0);
    return Error::success();
  case Statement::Write:
    return visitWrite(*statement.value);
  case Statement::If:
    return visitIf(statement);
  case Statement::For:
    return visitFor(statement);
  case Statement::Set:
    return visitSet(statement);
  case Statement::SetBlock:
    return visitSetBlock(statement);
  case Statement::Macro:
    return visitMacro(statement);
  case Statement::Break:
    builder.emitJump(BitNetChatJump, loops.back()->end, 0);
    return Error::success();
  case Statement::Continue:
    builder.emitJump(BitNetChatJump, loops.back()->next, 0);
    return Error::success();
  }
  llvm_unreachable("covered switch");
}

Error Compiler::visitWrite(const Expression &value) {
  if (value.kind == Expression::Text) {
    builder.emit(BitNetChatWriteText, builder.getString(value.text), 0);
    return Error::success();
  }
  if (value.kind == Expression::Sum) {
    int count = value.operands.size();
    if (Error error = visitAll(value.operands))
      return error;
    builder.emit(BitNetChatWriteSum, count, -count);
    return Error::success();
  }
  if (Error error = visit(value))
    return error;
  builder.emit(BitNetChatWrite, 0, -1);
  return Error::success();
}

Error Compiler::visitIf(const Statement &statement) {
  Label end;
  for (const Branch &branch : statement.branches) {
    Label next;
    if (branch.condition) {
      if (Error error = visit(*branch.condition))
        return error;
      builder.emitJump(BitNetChatJumpIfFalse, next, -1);
    }
    if (Error error = visit(branch.body))
      return error;
    builder.emitJump(BitNetChatJump, end, 0);
    builder.place(next);
  }
  builder.place(end);
  return Error::success();
}

Error Compiler::filterItems(const Statement &statement) {
  uint32_t loop = makeVariable();
  uint32_t list = makeVariable();
  Label next, end;
  builder.emit(BitNetChatForBegin, loop, -1);
  builder.emit(BitNetChatList, 0, 1);
  builder.emit(BitNetChatStore, list, -1);
  builder.place(next);
  builder.emitJump(BitNetChatForNext, loop, end, 1);
  beginScope({}, statement.targets);
  storeTargets(statement.targets);
  if (Error error = visit(*statement.condition))
    return error;
  endScope();
  builder.emitJump(BitNetChatJumpIfFalse, next, -1);
  builder.emit(BitNetChatLoad, list, 1);
  builder.emit(BitNetChatForItem, loop, 1);
  builder.emit(BitNetChatAppend, 0, -2);
  builder.emitJump(BitNetChatJump, next, 0);
  builder.place(end);
  builder.emit(BitNetChatLoad, list, 1);
  return Error::success();
}

Error Compiler::visitFor(const Statement &statement) {
  if (Error error = visit(*statement.value))
    return error;
  if (statement.condition)
    if (Error error = filterItems(statement))
      return error;
  uint32_t variable = makeVariable();
  Loop loop;
  Label otherwise, end;
  builder.emit(BitNetChatForBegin, variable, -1);
  if (!statement.otherwise.empty())
    builder.emitJump(BitNetChatForEmpty, variable, otherwise, 0);
  builder.place(loop.next);
  builder.emitJump(BitNetChatForNext, variable, loop.end, 1);
  beginScope(statement.body, statement.targets);
  storeTargets(statement.targets);
  scopes.back()["loop"] = variable;
  loops.push_back(&loop);
  if (Error error = visit(statement.body))
    return error;
  loops.pop_back();
  endScope();
  builder.emitJump(BitNetChatJump, loop.next, 0);
  builder.place(loop.end);
  if (!statement.otherwise.empty()) {
    builder.emitJump(BitNetChatJump, end, 0);
    builder.place(otherwise);
    beginScope(statement.otherwise, {});
    if (Error error = visit(statement.otherwise))
      return error;
    endScope();
    builder.place(end);
  }
  return Error::success();
}

Error Compiler::visitSet(const Statement &statement) {
  if (Error error = visit(*statement.value))
    return error;
  if (statement.attribute.empty()) {
    storeTargets(statement.targets);
    return Error::success();
  }
  builder.emit(BitNetChatLoad, resolve(statement.text), 1);
  builder.emit(BitNetChatSetAttribute, builder.getString(statement.attribute),
               -2);
  return Error::success();
}

Error Compiler::visitSetBlock(const Statement &statement) {
  builder.emit(BitNetChatBeginCapture, 0, 0);
  beginScope(statement.body, {});
  if (Error error = visit(statement.body))
    return error;
  endScope();
  builder.emit(BitNetChatEndCapture, 0, 1);
  storeTargets(statement.targets);
  return Error::success();
}

Error Compiler::declareMacros(const Statements &statements) {
  for (const auto &statement : statements) {
    for (const Branch &branch : statement->branches)
      if (Error error = declareMacros(branch.body))
        return error;
    if (statement->kind != Statement::Macro)
      continue;
    Macro macro{builder.addMacro(), {}};
    for (const Parameter &parameter : statement->parameters) {
      if (is_contained(macro.parameters, parameter.name))
        return makeError(statement->line, "the macro '" + statement->text +
                                              "' has two parameters '" +
                                              parameter.name + "'");
      macro.parameters.push_back(parameter.name);
    }
    if (!macros.try_emplace(statement->text, std::move(macro)).second)
      return makeError(statement->line, "several macros '" + statement->text +
                                            "' are not supported");
  }
  return Error::success();
}

Error Compiler::visitMacro(const Statement &statement) {
  if (scopes.size() > 1)
    return makeError(statement.line,
                     "macros in loops, blocks and macros are not supported");
  const Macro &macro = macros[statement.text];
  Label end;
  builder.emitJump(BitNetChatJump, end, 0);
  ProgramBuilder::Stack outerStack = builder.exchangeStack({});
  isInMacro = true;
  localCount = 0;
  builder.getMacro(macro.number).entry = builder.getAddress();

  // Parameters are the first variables.
  std::vector<std::string> names(macro.parameters.begin(),
                                 macro.parameters.end());
  beginScope(statement.body, names);
  for (const Parameter &parameter : statement.parameters) {
    Label given;
    uint32_t variable = resolve(parameter.name);
    builder.emitJump(BitNetChatGivenOrJump, variable, given, 0);
    if (parameter.otherwise) {
      if (Error error = visit(*parameter.otherwise))
        return error;
    } else {
      builder.emit(BitNetChatPushUndefined, builder.getString(parameter.name),
                   1);
    }
    builder.emit(BitNetChatStore, variable, -1);
    builder.place(given);
  }
  if (Error error = visit(statement.body))
    return error;
  endScope();
  builder.emit(BitNetChatReturn, 0, 0);

  BitNetChatMacro &entry = builder.getMacro(macro.number);
  entry.parameter_count = macro.parameters.size();
  entry.variable_count = localCount;
  entry.stack_size = builder.getMostOnStack();
  isInMacro = false;
  builder.exchangeStack(outerStack);
  builder.place(end);
  return Error::success();
}

Expected<std::vector<char>> Compiler::run(const Statements &statements) {
  scopes.emplace_back();
  if (Error error = declareMacros(statements))
    return std::move(error);
  if (Error error = visit(statements))
    return std::move(error);
  builder.emit(BitNetChatHalt, 0, 0);
  if (!builder.fits())
    return makeError(1, "the template is too large");
  return builder.finish(globalCount, builder.getMostOnStack());
}

Expected<std::vector<char>> mlir::bitnet::compileChatTemplate(StringRef text) {
  if (text.size() > longestChatTemplate)
    return makeError(1, "expects at most " + Twine(longestChatTemplate) +
                            " bytes, found " + Twine(text.size()));
  Expected<std::vector<Token>> tokens = tokenize(text);
  if (!tokens)
    return tokens.takeError();
  Expected<Statements> statements = parse(*tokens);
  if (!statements)
    return statements.takeError();
  return Compiler().run(*statements);
}
