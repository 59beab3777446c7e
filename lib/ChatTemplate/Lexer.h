//===- Lexer.h - Tokens of a template ---------------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CHATTEMPLATE_LEXER_H
#define BITNET_LIB_CHATTEMPLATE_LEXER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::bitnet::chat {

struct Token {
  enum Kind {
    Text,       ///< Outside of tags; `text` is what is written.
    WriteBegin, ///< {{
    WriteEnd,   ///< }}
    TagBegin,   ///< {%
    TagEnd,     ///< %}
    Name,
    String, ///< `text` has no quotes and no escapes.
    Integer,
    Float,
    Operator,
    End
  };
  Kind kind;
  std::string text;
  unsigned line;
};

/// "line N: <message>".
llvm::Error makeError(unsigned line, const llvm::Twine &message);

/// How a token is named in messages.
std::string describe(const Token &token);

/// Cuts a template into tokens, the last of which is the end. Comments are left
/// out, and so is the blank space that tags take away.
llvm::Expected<std::vector<Token>> tokenize(llvm::StringRef source);

} // namespace mlir::bitnet::chat

#endif // BITNET_LIB_CHATTEMPLATE_LEXER_H
