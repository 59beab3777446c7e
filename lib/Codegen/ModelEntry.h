//===- ModelEntry.h - The function that sessions run ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CODEGEN_MODELENTRY_H
#define BITNET_LIB_CODEGEN_MODELENTRY_H

#include "mlir/Support/LLVM.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// What code refers to weights by before it is known where they are.
constexpr llvm::StringLiteral weightsSymbolName = "bitnet_runtime_weights";

/// Replaces @evaluate, or its like for one of several targets, by a function of
/// the type that the runtime calls (bitnet_evaluate_function): the address of
/// the weights becomes its last argument, so that sessions may have them
/// wherever they are. Errors: another signature than that of a planned entry
/// function.
llvm::Expected<llvm::Function *> makeModelEntry(llvm::Function *function);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_MODELENTRY_H
