//===- RuntimeBitcode.h - The runtime that is linked into models ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CODEGEN_RUNTIMEBITCODE_H
#define BITNET_LIB_CODEGEN_RUNTIMEBITCODE_H

#include "llvm/ADT/StringRef.h"

namespace mlir::bitnet {

/// Bitcode of the runtime of language models for an architecture ("x86_64",
/// "aarch64"), with or without threads. Empty: there is none.
llvm::StringRef getRuntimeBitcode(llvm::StringRef architecture,
                                  bool withoutThreads);

/// The same of graphs.
llvm::StringRef getGraphBitcode(llvm::StringRef architecture,
                                bool withoutThreads);

/// Bitcode of the main function of executables. Only for the architecture that
/// the compiler runs on; empty: there is none.
llvm::StringRef getProgramBitcode(llvm::StringRef architecture);

/// The texts of include/bitnet/runtime.h and graph.h, which need no other file.
std::string getRuntimeHeader();
std::string getGraphHeader();

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_RUNTIMEBITCODE_H
