//===- GraphSymbol.h - The descriptor of a graph ----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CODEGEN_GRAPHSYMBOL_H
#define BITNET_LIB_CODEGEN_GRAPHSYMBOL_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// Replaces @run, or its like for one of several targets, by a function of the
/// type that the runtime calls (bitnet_graph_function), which calls it. Errors:
/// another signature than bitnet_runtime::graphEntryName describes.
llvm::Expected<llvm::Function *> makeGraphEntry(llvm::Function *function,
                                                GraphAttr graph);

/// Defines struct bitnet_graph_descriptor (lib/Runtime/GraphDescriptor.h) and
/// the functions that it points to, for @arena_size and @output_sizes of
/// `module`. `variants` is a struct bitnet_variant_set. Errors: the functions
/// are not there, or have other signatures.
llvm::Expected<llvm::Constant *> makeGraphDescriptor(llvm::Module &module,
                                                     GraphAttr graph,
                                                     llvm::Constant *variants,
                                                     int64_t weightBytes);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_GRAPHSYMBOL_H
