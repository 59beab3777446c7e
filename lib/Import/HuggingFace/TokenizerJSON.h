//===- TokenizerJSON.h - The library tokenizers' files ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_HUGGINGFACE_TOKENIZERJSON_H
#define BITNET_LIB_IMPORT_HUGGINGFACE_TOKENIZERJSON_H

#include "TokenBuilder.h"

namespace mlir::bitnet {

/// Reads the root of a tokenizer.json. What is recognised in text, how text is
/// normalized, cut and encoded, and which tokens begin and end it must be
/// something that TokenizerDescription can say. Two things are taken more
/// lightly than the library does: text is expected to be in Unicode's normal
/// form C, if that is asked for, and special tokens that are to be normalized
/// are recognised as they are.
llvm::Error readTokenizerJSON(const JSONPlace &root, TokenBuilder &builder);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_HUGGINGFACE_TOKENIZERJSON_H
