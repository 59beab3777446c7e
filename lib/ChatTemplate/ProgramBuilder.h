//===- ProgramBuilder.h - Writes a compiled template ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CHATTEMPLATE_PROGRAMBUILDER_H
#define BITNET_LIB_CHATTEMPLATE_PROGRAMBUILDER_H

#include "../Runtime/ChatTemplateFormat.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <cstdint>
#include <vector>

namespace mlir::bitnet::chat {

/// Collects the parts of a program and lays them out as
/// lib/Runtime/ChatTemplateFormat.h describes. Knows how many values are on the
/// machine's stack.
class ProgramBuilder {
public:
  ProgramBuilder() { inputs.fill(BITNET_CHAT_UNUSED); }

  /// A place in the code that instructions before and behind it may go to.
  struct Label {
    uint32_t address = BITNET_CHAT_UNUSED;
    /// Words of code to be told the address; whether it is an operand.
    std::vector<std::pair<uint32_t, bool>> uses;
  };

  /// Appends an instruction that changes the number of values on the stack by
  /// `effect`.
  void emit(BitNetChatOp op, uint32_t operand, int effect);
  /// Appends an instruction whose operand is a label.
  void emitJump(BitNetChatOp op, Label &label, int effect);
  /// Appends an instruction on a variable, followed by a label.
  void emitJump(BitNetChatOp op, uint32_t variable, Label &label, int effect);
  /// Appends an instruction followed by two words.
  void emitWide(BitNetChatOp op, uint64_t value);
  /// The label is here.
  void place(Label &label);

  /// The number of a string.
  uint32_t getString(llvm::StringRef text);
  void setLine(unsigned number) { line = number; }
  void setInput(BitNetChatInput input, uint32_t variable) {
    inputs[input] = variable;
  }

  struct Stack {
    int size = 0;
    int most = 0;
  };
  /// What is emitted from here on uses another stack. Returns the one so far.
  Stack exchangeStack(Stack other) { return std::exchange(stack, other); }
  int getStackSize() const { return stack.size; }
  /// Where branches meet.
  void setStackSize(int size) { stack.size = size; }
  int getMostOnStack() const { return stack.most; }

  /// Appends a macro, to be filled in by the caller.
  uint32_t addMacro() {
    macros.emplace_back();
    return macros.size() - 1;
  }
  BitNetChatMacro &getMacro(uint32_t number) { return macros[number]; }
  uint32_t getAddress() const { return code.size(); }

  /// Whether operands have room for what they have to hold.
  bool fits() const;
  std::vector<char> finish(uint32_t variableCount, uint32_t stackSize) const;

private:
  void append(uint32_t word) {
    code.push_back(word);
    lines.push_back(line);
  }
  void use(Label &label, bool isOperand);

  unsigned line = 1;
  Stack stack;
  std::vector<uint32_t> code;
  std::vector<uint32_t> lines;
  std::vector<BitNetChatString> strings;
  llvm::StringMap<uint32_t> stringNumbers;
  std::string texts;
  std::vector<BitNetChatMacro> macros;
  std::array<uint32_t, BitNetChatInputs> inputs;
};

} // namespace mlir::bitnet::chat

#endif // BITNET_LIB_CHATTEMPLATE_PROGRAMBUILDER_H
