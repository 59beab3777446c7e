//===- CacheDescriptor.h - Facts about the KV cache -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CODEGEN_CACHEDESCRIPTOR_H
#define BITNET_LIB_CODEGEN_CACHEDESCRIPTOR_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"

namespace mlir::bitnet {

/// Makes the struct bitnet_cache_descriptor (lib/Runtime/ModelDescriptor.h) of
/// a planned module, and in `module` what it refers to.
llvm::Constant *makeCacheDescriptor(llvm::Module &module, ModuleOp source);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_CACHEDESCRIPTOR_H
