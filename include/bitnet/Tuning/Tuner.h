//===- Tuner.h - Kernels measured on this machine ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TUNING_TUNER_H
#define BITNET_TUNING_TUNER_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::bitnet {

/// How to tune.
struct TuningOptions {
  /// Where times are kept; empty: nowhere.
  std::string cachePath;
  /// Called with what is measured next, and when all is done with nothing.
  std::function<void(StringRef)> progress;
};

/// Measures the kernels that could win, for the shapes of the linear layers of
/// `module` (folded, not packed) and the threads of its `bitnet.machine`, and
/// sets `bitnet.timings`, by which bitnet-pack-weights then chooses. Times that
/// the cache has are not measured again. Prints all times to `table`. `target`
/// must be this machine. Errors: the cache cannot be read or written; a kernel
/// cannot be measured.
llvm::Error tuneKernels(ModuleOp module, TargetAttr target,
                        const TuningOptions &options, llvm::raw_ostream &table);

} // namespace mlir::bitnet

#endif // BITNET_TUNING_TUNER_H
