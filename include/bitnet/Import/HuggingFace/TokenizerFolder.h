//===- TokenizerFolder.h - The tokenizer in a folder ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a folder of Hugging Face's says about text:
//
//   tokenizer.json           the tokenizer of the library tokenizers, or else
//   tokenizer.model          SentencePiece's
//   tokenizer_config.json    which tokens begin and end a text, added tokens,
//                            the chat template
//   special_tokens_map.json  the same, in older folders
//   added_tokens.json        tokens that SentencePiece's file does not have
//   generation_config.json   more tokens that end a text
//   chat_template.jinja      the chat template, in newer folders
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_HUGGINGFACE_TOKENIZERFOLDER_H
#define BITNET_IMPORT_HUGGINGFACE_TOKENIZERFOLDER_H

#include "bitnet/Tokenizer/TokenizerTables.h"

#include "llvm/Support/Allocator.h"

#include <memory>

namespace mlir::bitnet {

/// A tokenizer with what its description points to. Can be moved.
struct FolderTokenizer {
  TokenizerDescription description;
  /// The Jinja template that makes a prompt of a conversation.
  std::optional<std::string> chatTemplate;

  std::unique_ptr<llvm::BumpPtrAllocator> strings =
      std::make_unique<llvm::BumpPtrAllocator>();
  std::vector<llvm::StringRef> tokens;
  std::vector<int32_t> types;
  std::vector<llvm::StringRef> merges;
  std::vector<double> scores;
};

/// Reads the tokenizer of a folder, nothing if it has none. The model has
/// `vocabularySize` tokens; ids from the end of the tokenizer's own tokens on
/// become unused tokens. Errors: a file that is no such JSON, a tokenizer that
/// does more than can be compiled, each with the file and the place in it; more
/// tokens than the model has.
llvm::Expected<std::optional<FolderTokenizer>>
readTokenizerFolder(llvm::StringRef folder, int64_t vocabularySize);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_HUGGINGFACE_TOKENIZERFOLDER_H
