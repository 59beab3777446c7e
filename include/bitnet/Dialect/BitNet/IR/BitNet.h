//===- BitNet.h - The bitnet dialect ----------------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNET_IR_BITNET_H
#define BITNET_DIALECT_BITNET_IR_BITNET_H

#include "bitnet/Dialect/BitNet/IR/LaneFormat.h"
#include "bitnet/Dialect/BitNet/IR/TensorElement.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "bitnet/Dialect/BitNet/IR/BitNetDialect.h.inc"
#include "bitnet/Dialect/BitNet/IR/BitNetEnums.h.inc"

#include "bitnet/Dialect/BitNet/IR/BitNetAttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetTypes.h.inc"

#define GET_OP_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetOps.h.inc"

namespace mlir::bitnet {

/// Names of the module attributes that hold a `#bitnet.model` and the
/// `#bitnet.target`s that the module is compiled for.
inline constexpr llvm::StringLiteral modelAttrName = "bitnet.model";
inline constexpr llvm::StringLiteral targetsAttrName = "bitnet.targets";
/// Name of the module attribute that holds a `#bitnet.graph`. Modules of
/// language models have none.
inline constexpr llvm::StringLiteral graphAttrName = "bitnet.graph";
/// Names of the module attributes that hold the `#bitnet.machine` and an array
/// of `#bitnet.timing` by which kernels are chosen.
inline constexpr llvm::StringLiteral machineAttrName = "bitnet.machine";
inline constexpr llvm::StringLiteral timingsAttrName = "bitnet.timings";
/// Names of the function attributes that hold the `#bitnet.target` of its code,
/// and the names of the kernels of its linear layers, separated by commas.
inline constexpr llvm::StringLiteral targetAttrName = "bitnet.target";
inline constexpr llvm::StringLiteral kernelAttrName = "bitnet.kernel";
/// Name of the module attribute that says how embeddings and output heads are
/// stored: a dictionary from the name of a table to a dictionary of its
/// `element` (#bitnet.element_kind), its relative `error` (f64) and that of its
/// worst row, `row_error`.
inline constexpr llvm::StringLiteral tablesAttrName = "bitnet.tables";
/// Name of the module attribute that says what became of the nodes of a graph
/// that multiply by a constant matrix: an array of dictionaries of the names of
/// `node` and `weight`, the matrix's `rows` and `columns`, and either the
/// `form` of a BitLinear layer or the `reason` that it is none.
inline constexpr llvm::StringLiteral layersAttrName = "bitnet.layers";

/// The least floor of quantised activations: 127 divided by it is finite. That
/// of layers with float activations, whose remainders are small.
inline constexpr float smallestFloor = 1e-30f;

/// The targets of a module, the one that a CPU prefers first; empty: it names
/// none.
llvm::SmallVector<TargetAttr> getTargets(Operation *module);

/// Their levels; portable if the module names none.
llvm::SmallVector<InstructionSet> getTargetLevels(Operation *module);

/// What a module is compiled for, in messages: the name of the CPU, or the
/// levels if there are several targets.
std::string describeTargets(Operation *module);

/// The symbol of what is made of `name` for one of `count` targets: `name`
/// itself, or `<name>_<level>` if there are several.
std::string getTargetSymbol(llvm::StringRef name, TargetAttr target,
                            size_t count);

/// Whether a CPU of level `cpu` runs kernels of level `kernel`. Levels are only
/// partly ordered:
///
///   portable - ssse3 - avx2 - avxvnni ----- avx512vnni - avx512vbmi
///            \             \- avx512bw -/
///             \- neon - dotprod - i8mm
bool includes(InstructionSet cpu, InstructionSet kernel);

/// The LLVM features that make a CPU one of `level`, the levels below included.
llvm::ArrayRef<llvm::StringLiteral> getLevelFeatures(InstructionSet level);

/// All levels of an architecture, portable first, each after those it includes.
llvm::ArrayRef<InstructionSet> getX86Levels();
llvm::ArrayRef<InstructionSet> getAArch64Levels();

/// Bits of a vector register that kernels of `level` use; 0: they use none.
int64_t getVectorBits(InstructionSet level);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_BITNET_H
