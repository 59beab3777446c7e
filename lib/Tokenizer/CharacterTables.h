//===- CharacterTables.h - Tables of tokenizers of characters ---*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_CHARACTERTABLES_H
#define BITNET_LIB_TOKENIZER_CHARACTERTABLES_H

#include "CharacterVocabulary.h"
#include "TableWriter.h"

namespace mlir::bitnet {

/// Appends what the kinds SentencePiece and Unigram have of their own and sets
/// the header's fields for it.
void appendCharacters(const TokenizerDescription &description,
                      const CharacterVocabulary &vocabulary,
                      TableWriter &writer, BitNetTokenizerHeader &header);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_CHARACTERTABLES_H
