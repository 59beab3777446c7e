//===- PreTokenizers.h - Pre-tokenizers by name -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOKENIZER_PRETOKENIZERS_H
#define BITNET_TOKENIZER_PRETOKENIZERS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <vector>

namespace mlir::bitnet {

/// What a name in the key `tokenizer.ggml.pre` of a GGUF file stands for.
struct PreTokenizer {
  /// TokenizerDescription::splitPatterns.
  llvm::ArrayRef<llvm::StringLiteral> splitPatterns;
  /// TokenizerDescription::ignoreMerges.
  bool ignoreMerges = false;
  /// TokenizerDescription::addBos in files that do not say.
  bool addBos = false;
};

/// The pre-tokenizer of this name, or null.
const PreTokenizer *findPreTokenizer(llvm::StringRef name);

/// All names, the common ones first.
std::vector<llvm::StringRef> getPreTokenizerNames();

} // namespace mlir::bitnet

#endif // BITNET_TOKENIZER_PRETOKENIZERS_H
