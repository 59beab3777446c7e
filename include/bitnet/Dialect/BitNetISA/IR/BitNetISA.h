//===- BitNetISA.h - Machine instructions as operations ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNETISA_IR_BITNETISA_H
#define BITNET_DIALECT_BITNETISA_IR_BITNETISA_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "bitnet/Dialect/BitNetISA/IR/BitNetISADialect.h.inc"

#include "bitnet/Dialect/BitNetISA/IR/BitNetISAInterfaces.h.inc"

#define GET_OP_CLASSES
#include "bitnet/Dialect/BitNetISA/IR/BitNetISAOps.h.inc"

#endif // BITNET_DIALECT_BITNETISA_IR_BITNETISA_H
