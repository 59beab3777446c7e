//===- PreTokenizers.cpp - Pre-tokenizers by name -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Tokenizer/PreTokenizers.h"

using namespace llvm;
using namespace mlir::bitnet;

namespace {

/// Names that mean the same.
struct Entry {
  ArrayRef<StringLiteral> names;
  PreTokenizer preTokenizer;
};

} // namespace

static constexpr StringLiteral llama3Names[] = {
    "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1"};
static constexpr StringLiteral llama3Patterns[] = {
    R"re((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)re"
    R"re( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)re"};

static const Entry entries[] = {
    {llama3Names, {llama3Patterns, /*ignoreMerges=*/true, /*addBos=*/true}}};

const PreTokenizer *mlir::bitnet::findPreTokenizer(StringRef name) {
  for (const Entry &entry : entries)
    for (StringRef other : entry.names)
      if (name == other)
        return &entry.preTokenizer;
  return nullptr;
}

std::vector<StringRef> mlir::bitnet::getPreTokenizerNames() {
  std::vector<StringRef> names;
  for (const Entry &entry : entries)
    names.insert(names.end(), entry.names.begin(), entry.names.end());
  return names;
}
