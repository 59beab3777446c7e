//===- Compiler.h - From statements to a program ----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CHATTEMPLATE_COMPILER_H
#define BITNET_LIB_CHATTEMPLATE_COMPILER_H

#include "Functions.h"
#include "ProgramBuilder.h"
#include "Syntax.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

namespace mlir::bitnet::chat {

/// Compiles expressions and statements to instructions. Variables are resolved
/// as Jinja does: what a loop, a block or a macro sets belongs to it alone and
/// begins with the value from outside, anew in each turn of a loop.
class Compiler {
public:
  llvm::Expected<std::vector<char>> run(const Statements &statements);

private:
  using Label = ProgramBuilder::Label;

  /// What names mean.
  using Scope = llvm::StringMap<uint32_t>;

  struct Macro {
    uint32_t number;
    llvm::SmallVector<llvm::StringRef> parameters;
  };

  struct Loop {
    Label next;
    Label end;
  };

  // CompileStatements.cpp
  llvm::Error visit(const Statements &statements);
  llvm::Error visit(const Statement &statement);
  llvm::Error visitWrite(const Expression &value);
  llvm::Error visitIf(const Statement &statement);
  llvm::Error visitFor(const Statement &statement);
  llvm::Error visitSet(const Statement &statement);
  llvm::Error visitSetBlock(const Statement &statement);
  llvm::Error visitMacro(const Statement &statement);
  /// Replaces the list on the stack by those of its items that fulfil the
  /// condition.
  llvm::Error filterItems(const Statement &statement);
  llvm::Error declareMacros(const Statements &statements);
  /// Begins a scope for `body`; `own` are its variables that do not come from
  /// outside.
  void beginScope(const Statements &body, llvm::ArrayRef<std::string> own);
  void endScope() { scopes.pop_back(); }
  void storeTargets(llvm::ArrayRef<std::string> targets);

  // CompileExpressions.cpp
  llvm::Error visit(const Expression &expression);
  llvm::Error visitAll(const Expressions &expressions);
  llvm::Error visitName(const Expression &name);
  llvm::Error visitShortCircuit(const Expression &expression);
  llvm::Error visitConditional(const Expression &expression);
  llvm::Error visitBinary(const Expression &expression);
  llvm::Error visitCall(const Expression &call);
  llvm::Error visitMacroCall(const Expression &call, const Macro &macro);
  llvm::Error visitFilter(const Expression &filter);
  /// map, select, reject, selectattr, rejectattr: a loop over the subject.
  llvm::Error visitItems(const Expression &filter);
  /// Puts the arguments of what is on the stack onto it and calls.
  llvm::Error callFunction(FunctionKind kind, llvm::StringRef name,
                           const Arguments &arguments, unsigned line);
  /// As callFunction, the first argument being the callee's name.
  llvm::Error callNamed(FunctionKind kind, const Expression &filter,
                        size_t first);
  void readAttributes(llvm::StringRef path);

  /// The variable that a name stands for, of all templates if nothing sets it.
  uint32_t resolve(llvm::StringRef name);
  uint32_t makeVariable() {
    return isInMacro ? BITNET_CHAT_LOCAL | localCount++ : globalCount++;
  }

  ProgramBuilder builder;
  std::vector<Scope> scopes;
  std::vector<Loop *> loops;
  llvm::StringMap<Macro> macros;
  bool isInMacro = false;
  uint32_t globalCount = 0;
  uint32_t localCount = 0;
};

} // namespace mlir::bitnet::chat

#endif // BITNET_LIB_CHATTEMPLATE_COMPILER_H
