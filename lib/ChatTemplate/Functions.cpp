//===- Functions.cpp - What templates can call ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Functions.h"
#include "Lexer.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace llvm;
using namespace mlir::bitnet::chat;

namespace {
/// Functions by kind and name.
using FunctionTable = std::array<StringMap<Function>, 4>;
} // namespace

static FunctionTable makeTable() {
  FunctionTable table;
  auto add = [&](BitNetChatFunction number, FunctionKind kind, StringRef names,
                 StringRef parameters) {
    Function function{number, {}};
    if (!parameters.empty())
      parameters.split(function.parameters, ',');
    SmallVector<StringRef, 4> parts;
    names.split(parts, ',');
    for (StringRef name : parts)
      table[static_cast<size_t>(kind)][name] = function;
  };
#define BITNET_CHAT_ADD(identifier, kind, names, parameters)                   \
  add(BitNetChat##identifier, FunctionKind::kind, names, parameters);
  BITNET_CHAT_FUNCTIONS(BITNET_CHAT_ADD)
#undef BITNET_CHAT_ADD
  return table;
}

const Function *mlir::bitnet::chat::findFunction(FunctionKind kind,
                                                 StringRef name) {
  static const FunctionTable table = makeTable();
  const StringMap<Function> &functions = table[static_cast<size_t>(kind)];
  auto found = functions.find(name);
  return found == functions.end() ? nullptr : &found->second;
}

Expected<SmallVector<const Expression *>>
mlir::bitnet::chat::bindArguments(const Arguments &arguments,
                                  ArrayRef<StringRef> parameters, unsigned line,
                                  const Twine &what) {
  SmallVector<const Expression *> bound(parameters.size());
  if (arguments.values.size() > parameters.size())
    return makeError(line, what + ": expects at most " +
                               Twine(parameters.size()) + " arguments, found " +
                               Twine(arguments.values.size()));
  for (auto [index, value] : enumerate(arguments.values))
    bound[index] = value.get();
  for (const auto &[name, value] : arguments.named) {
    const StringRef *found = find(parameters, name);
    if (found == parameters.end())
      return makeError(line, what + ": has no argument '" + name +
                                 "', or it is not supported");
    const Expression *&slot = bound[found - parameters.begin()];
    if (slot)
      return makeError(line,
                       what + ": the argument '" + name + "' is given twice");
    slot = value.get();
  }
  return bound;
}
