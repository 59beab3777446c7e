//===- Output.h - Writing what was asked for --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_COMPILE_OUTPUT_H
#define BITNET_TOOLS_BITNET_COMPILE_OUTPUT_H

#include "Support/Progress.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::bitnet {

/// Writes text to `path`, renaming it into place, or to standard output if
/// `path` is -.
llvm::Error
writeText(StringRef path,
          function_ref<llvm::Error(llvm::raw_pwrite_stream &)> write);

/// Checks that no file is both read and written, or written twice.
llvm::Error checkOutputs();

/// Writes the output of --emit to -o, and the C header that goes with it.
llvm::Error writeOutput(ModuleOp module, Progress &progress);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_OUTPUT_H
