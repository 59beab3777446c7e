//===- Passes.h - Passes on launches ----------------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_PASSES_H
#define BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::bitnet_runtime {

/// Module attributes that planning leaves: bytes of the arena, of the weights
/// section, and of a position of the KV cache.
inline constexpr llvm::StringLiteral arenaSizeAttrName =
    "bitnet_runtime.arena_size";
inline constexpr llvm::StringLiteral weightsSizeAttrName =
    "bitnet_runtime.weights_size";
inline constexpr llvm::StringLiteral kvBytesPerPositionAttrName =
    "bitnet_runtime.kv_bytes_per_position";
/// The type of the KV cache.
inline constexpr llvm::StringLiteral kvCacheAttrName =
    "bitnet_runtime.kv_cache";

/// The function that evaluates the tokens of a pass; in a module for several
/// targets, the part of its name before the level (bitnet::getTargetSymbol).
inline constexpr llvm::StringLiteral entryName = "evaluate";

/// The functions of a planned graph, a module with `bitnet.graph`: the one that
/// runs it (one for each target, as of `entryName`), and those that compute the
/// bytes of its arena and the dimensions of its outputs. Every thread of a team
/// calls the first, which ends with a barrier. %s are the symbolic dimensions,
/// buffers are flat bytes:
///
/// ```mlir
/// func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
///                %s...: index, %inputs...: memref<Nxi8>,
///                %outputs...: memref<Nxi8>, %arena: memref<Nxi8>)
/// func.func @arena_size(%s...: index) -> index  // a multiple of 64
/// // All dimensions of output 0, then of output 1, ...
/// func.func @output_sizes(%s...: index) -> (index, ...)
/// ```
inline constexpr llvm::StringLiteral graphEntryName = "run";
inline constexpr llvm::StringLiteral arenaSizeFunctionName = "arena_size";
inline constexpr llvm::StringLiteral outputSizesFunctionName = "output_sizes";

#define GEN_PASS_DECL
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h.inc"

} // namespace mlir::bitnet_runtime

#endif // BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_PASSES_H
