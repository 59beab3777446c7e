//===- AttentionFacts.h - What the runtime knows of attention ---*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CONVERSION_BITNETTOKERNELS_ATTENTIONFACTS_H
#define BITNET_LIB_CONVERSION_BITNETTOKERNELS_ATTENTIONFACTS_H

#include "mlir/IR/BuiltinOps.h"

namespace mlir::bitnet {

/// Gives a module with `bitnet.attention` in passes of at most `chunkSize` rows
/// the attributes attentionRowsAttrName, attentionSlotsAttrName and, if it is
/// known how all keys are rotated, rotationsAttrName (BitNetRuntime.h).
void recordAttentionFacts(ModuleOp module, int64_t chunkSize);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_BITNETTOKERNELS_ATTENTIONFACTS_H
