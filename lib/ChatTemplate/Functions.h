//===- Functions.h - What templates can call --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CHATTEMPLATE_FUNCTIONS_H
#define BITNET_LIB_CHATTEMPLATE_FUNCTIONS_H

#include "../Runtime/ChatTemplateFormat.h"
#include "Syntax.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <optional>

namespace mlir::bitnet::chat {

enum class FunctionKind { Filter, Test, Method, Function };

struct Function {
  BitNetChatFunction number;
  /// Names of its parameters, without what it is applied to.
  llvm::SmallVector<llvm::StringRef, 4> parameters;
};

/// Null if there is none of that name.
const Function *findFunction(FunctionKind kind, llvm::StringRef name);

/// The arguments in the order of `parameters`; null: not given. `what` names
/// the callee in errors.
llvm::Expected<llvm::SmallVector<const Expression *>>
bindArguments(const Arguments &arguments,
              llvm::ArrayRef<llvm::StringRef> parameters, unsigned line,
              const llvm::Twine &what);

} // namespace mlir::bitnet::chat

#endif // BITNET_LIB_CHATTEMPLATE_FUNCTIONS_H
