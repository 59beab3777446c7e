//===- ProgramBuilder.cpp - Writes a compiled template --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ProgramBuilder.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace llvm;
using namespace mlir::bitnet::chat;

static constexpr uint32_t operandShift = 32 - BITNET_CHAT_OPERAND_BITS;

void ProgramBuilder::emit(BitNetChatOp op, uint32_t operand, int effect) {
  append(op | operand << operandShift);
  stack.size += effect;
  stack.most = std::max(stack.most, stack.size);
}

void ProgramBuilder::use(Label &label, bool isOperand) {
  label.uses.emplace_back(code.size() - 1, isOperand);
  if (label.address != BITNET_CHAT_UNUSED)
    place(label);
}

void ProgramBuilder::emitJump(BitNetChatOp op, Label &label, int effect) {
  emit(op, 0, effect);
  use(label, /*isOperand=*/true);
}

void ProgramBuilder::emitJump(BitNetChatOp op, uint32_t variable, Label &label,
                              int effect) {
  emit(op, variable, effect);
  append(0);
  use(label, /*isOperand=*/false);
}

void ProgramBuilder::emitWide(BitNetChatOp op, uint64_t value) {
  emit(op, 0, 1);
  append(static_cast<uint32_t>(value));
  append(static_cast<uint32_t>(value >> 32));
}

void ProgramBuilder::place(Label &label) {
  if (label.address == BITNET_CHAT_UNUSED)
    label.address = code.size();
  for (auto [word, isOperand] : label.uses)
    code[word] |= label.address << (isOperand ? operandShift : 0);
  label.uses.clear();
}

uint32_t ProgramBuilder::getString(StringRef text) {
  auto [found, isNew] = stringNumbers.try_emplace(text, strings.size());
  if (isNew) {
    strings.push_back({static_cast<uint32_t>(texts.size()),
                       static_cast<uint32_t>(text.size())});
    texts += text;
  }
  return found->second;
}

bool ProgramBuilder::fits() const {
  const size_t most = size_t(1) << (BITNET_CHAT_OPERAND_BITS - 1);
  return code.size() < most && strings.size() < most;
}

std::vector<char> ProgramBuilder::finish(uint32_t variableCount,
                                         uint32_t stackSize) const {
  BitNetChatHeader header = {};
  std::vector<uint32_t> words(sizeof(header) / 4);
  auto append = [&](const void *data, size_t size) {
    uint32_t offset = words.size() * 4;
    words.resize(words.size() + divideCeil(size, 4));
    std::memcpy(words.data() + offset / 4, data, size);
    return offset;
  };
  auto appendWords = [&](const auto &values) {
    return append(values.data(), values.size() * sizeof(values[0]));
  };
  header.magic = BITNET_CHAT_MAGIC;
  header.version = BITNET_CHAT_VERSION;
  header.code_count = code.size();
  header.string_count = strings.size();
  header.macro_count = macros.size();
  header.text_size = texts.size();
  header.variable_count = variableCount;
  header.stack_size = stackSize;
  header.code_offset = appendWords(code);
  header.lines_offset = appendWords(lines);
  header.strings_offset = appendWords(strings);
  header.macros_offset = appendWords(macros);
  header.inputs_offset = appendWords(inputs);
  // Bytes stay in their order, words are written as little-endian below.
  size_t textsOffset = words.size() * 4;
  header.texts_offset = textsOffset;
  std::memcpy(words.data(), &header, sizeof(header));
  std::vector<char> bytes(textsOffset + alignTo(texts.size(), 4));
  for (auto [index, word] : enumerate(words))
    support::endian::write32le(bytes.data() + 4 * index, word);
  std::memcpy(bytes.data() + textsOffset, texts.data(), texts.size());
  return bytes;
}
