//===- GGUFTokenizer.h - The tokenizer of a GGUF file -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_GGUF_GGUFTOKENIZER_H
#define BITNET_IMPORT_GGUF_GGUFTOKENIZER_H

#include "bitnet/Import/GGUF/GGUFReader.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::bitnet {

/// What `bitnet.tokenizer` holds, from the keys "tokenizer.ggml.*". Nothing if
/// there are none, or if they say that there is no tokenizer. The model has
/// `vocabularySize` tokens. `warn` is told of keys that are left out
/// and what that means.
llvm::Expected<std::optional<std::vector<char>>> readTokenizer(
    const GGUFFile &file, int64_t vocabularySize,
    llvm::function_ref<void(llvm::StringRef key, llvm::StringRef text)> warn);

/// What `bitnet.chat_template` holds, from the key "tokenizer.chat_template" or,
/// where that is known to be wrong or missing, from what is known of the model.
/// Nothing if there is none, or none that can be compiled; `warn` is told of
/// that as above.
llvm::Expected<std::optional<std::vector<char>>> readChatTemplate(
    const GGUFFile &file,
    llvm::function_ref<void(llvm::StringRef key, llvm::StringRef text)> warn);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_GGUF_GGUFTOKENIZER_H
