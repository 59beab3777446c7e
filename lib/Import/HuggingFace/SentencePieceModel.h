//===- SentencePieceModel.h - SentencePiece's files -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tokenizer.model is a protocol buffer. What is read of it:
//
//   1  pieces           1 text, 2 score (f32), 3 type: 1 normal, 2 unknown,
//                       3 control, 4 user-defined, 5 unused, 6 byte
//   2  trainer_spec     3 model type: 1 unigram, 2 byte pair encoding,
//                       24 spaces end words
//   3  normalizer_spec  2 rules, 3 space before text (default true),
//                       4 spaces are collapsed (default true),
//                       5 spaces are written as U+2581 (default true)
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_HUGGINGFACE_SENTENCEPIECEMODEL_H
#define BITNET_LIB_IMPORT_HUGGINGFACE_SENTENCEPIECEMODEL_H

#include "TokenBuilder.h"

namespace mlir::bitnet {

/// Reads the bytes of a tokenizer.model; `path` is its name.
llvm::Error readSentencePieceModel(llvm::StringRef bytes, llvm::StringRef path,
                                   TokenBuilder &builder);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_HUGGINGFACE_SENTENCEPIECEMODEL_H
