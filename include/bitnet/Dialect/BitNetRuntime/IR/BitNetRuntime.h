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

#endif // BITNET_DIALECT_BITNETRUNTIME_IR_BITNETRUNTIME_H
