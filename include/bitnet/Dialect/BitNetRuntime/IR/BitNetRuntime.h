//===- BitNetRuntime.h - Parallel kernels, weights in memory, barriers ----===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNETRUNTIME_IR_BITNETRUNTIME_H
#define BITNET_DIALECT_BITNETRUNTIME_IR_BITNETRUNTIME_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntimeDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntimeTypes.h.inc"

#define GET_OP_CLASSES
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntimeOps.h.inc"

namespace mlir::bitnet_runtime {

/// The buffers that a kernel gets for a `!bitnet.kv_cache` in passes of at most
/// `rows` token rows; see `bitnet_runtime.launch`.
SmallVector<Type> getCacheTypes(MLIRContext *context, int64_t rows);

/// How many these are.
inline constexpr unsigned cacheTypeCount = 4;

/// Module attributes that lowering to kernels leaves. Most token rows of an
/// item of a pass's attention:
inline constexpr llvm::StringLiteral attentionRowsAttrName =
    "bitnet_runtime.attention_rows";
/// Slots for results of attention to a partition:
inline constexpr llvm::StringLiteral attentionSlotsAttrName =
    "bitnet_runtime.attention_slots";
/// How each layer rotates its keys, a dictionary of `frequencies`, an array of
/// f64 (`bitnet.rotation_table`), empty if it does not, and `interleaved`, a
/// bool. Absent: not known.
inline constexpr llvm::StringLiteral rotationsAttrName =
    "bitnet_runtime.rotations";

} // namespace mlir::bitnet_runtime

#endif // BITNET_DIALECT_BITNETRUNTIME_IR_BITNETRUNTIME_H
