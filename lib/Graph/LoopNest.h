//===- LoopNest.h - Vector loops for operations on buffers ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_GRAPH_LOOPNEST_H
#define BITNET_LIB_GRAPH_LOOPNEST_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::bitnet {

/// Who computes an operation, and with what.
struct LoopNestOptions {
  /// This thread and the number of threads that share the work; null: the
  /// thread that comes here does it all.
  Value thread, threads;
  /// Bits of a vector register, at least 128.
  int64_t vectorBits = 128;
};

/// Emits at the builder what computes `op`, whose operands are buffers.
void emitLoopNest(OpBuilder &b, linalg::LinalgOp op,
                  const LoopNestOptions &options);

/// The attribute of an operation that the threads of a team share.
inline constexpr llvm::StringLiteral sharedAttrName = "bitnet_runtime.shared";

/// The attribute of a reduction that holds an array of the initial values of
/// its results; without it, those are what the outputs hold.
inline constexpr llvm::StringLiteral initialAttrName = "bitnet_runtime.initial";

} // namespace mlir::bitnet

#endif // BITNET_LIB_GRAPH_LOOPNEST_H
