//===- DryRun.h - What a compilation would give -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_COMPILE_DRYRUN_H
#define BITNET_TOOLS_BITNET_COMPILE_DRYRUN_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// Prints the sizes of the model that `module` was imported as, and its speed
/// on the machines of --machine, to standard output, without reading its data:
/// a table, or JSON with --json.
llvm::Error printDryRun(ModuleOp module);

/// Prints the classes of machines that --machine knows.
void listMachines();

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_DRYRUN_H
