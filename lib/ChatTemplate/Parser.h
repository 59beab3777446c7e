//===- Parser.h - From tokens to statements ---------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CHATTEMPLATE_PARSER_H
#define BITNET_LIB_CHATTEMPLATE_PARSER_H

#include "Lexer.h"
#include "Syntax.h"

#include "llvm/ADT/ArrayRef.h"

namespace mlir::bitnet::chat {

/// How deep expressions and statements may be nested.
inline constexpr unsigned deepestNesting = 200;

/// The statements that `tokens`, which end with Token::End, stand for.
llvm::Expected<Statements> parse(llvm::ArrayRef<Token> tokens);

} // namespace mlir::bitnet::chat

#endif // BITNET_LIB_CHATTEMPLATE_PARSER_H
