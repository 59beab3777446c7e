//===- ByteAlphabet.h - GPT-2's spelling of bytes ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Vocabularies of byte-level tokenizers spell every byte as one printable
// character. Bytes that are printable in Latin-1 (21..7e, a1..ac, ae..ff)
// stand for themselves; the other 68 are U+0100, U+0101, ... in ascending
// order, so that a space (20) is U+0120.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_BYTEALPHABET_H
#define BITNET_LIB_TOKENIZER_BYTEALPHABET_H

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mlir::bitnet {

/// The bytes that `spelling`, in UTF-8, stands for. Nothing if it has a
/// character outside the alphabet.
std::optional<std::string> decodeByteAlphabet(llvm::StringRef spelling);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_BYTEALPHABET_H
