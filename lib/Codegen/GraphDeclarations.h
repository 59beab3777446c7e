//===- GraphDeclarations.h - A graph's part of its C header -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CODEGEN_GRAPHDECLARATIONS_H
#define BITNET_LIB_CODEGEN_GRAPHDECLARATIONS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::bitnet {

/// Declares `symbol`, and defines `<symbol>_arena_size` and `<symbol>_run`.
void printGraphDeclarations(ModuleOp module, GraphAttr graph, StringRef symbol,
                            llvm::raw_ostream &stream);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_GRAPHDECLARATIONS_H
