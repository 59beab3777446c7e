//===- Passes.h - Passes on graphs of linear algebra ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_GRAPH_PASSES_H
#define BITNET_GRAPH_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {

/// The functions called `name`, one for each target of the module; empty: it
/// has none.
SmallVector<func::FuncOp> getTargetFunctions(ModuleOp module, StringRef name);

#define GEN_PASS_DECL
#include "bitnet/Graph/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "bitnet/Graph/Passes.h.inc"

} // namespace mlir::bitnet

#endif // BITNET_GRAPH_PASSES_H
