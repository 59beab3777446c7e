//===- Samples.h - Layers compared on sample inputs -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_COMPILE_SAMPLES_H
#define BITNET_TOOLS_BITNET_COMPILE_SAMPLES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// Compiles the input once more, for this machine, so that it compares the
/// results of float layers with those of their quantised forms, runs it on the
/// inputs of --sample, and notes the errors on `module`, which has been through
/// the quantise stage.
llvm::Error measureSamples(ModuleOp module, const DialectRegistry &registry);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_SAMPLES_H
