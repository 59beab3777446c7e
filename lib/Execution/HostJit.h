//===- HostJit.h - Runs objects in this process -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_EXECUTION_HOSTJIT_H
#define BITNET_LIB_EXECUTION_HOSTJIT_H

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>

namespace mlir::bitnet {

/// An object that has been linked into this process.
struct LoadedObject {
  /// Owns the code.
  std::unique_ptr<llvm::orc::LLJIT> jit;
  llvm::orc::ExecutorAddr symbol;
};

/// Links `object` and finds `symbol`. Only memcpy, memmove and memset are there
/// for the object to call. Errors, which call the object `what`: a reference to
/// anything else, no such symbol.
llvm::Expected<LoadedObject>
loadObject(std::unique_ptr<llvm::MemoryBuffer> object, llvm::StringRef symbol,
           llvm::StringRef what);

} // namespace mlir::bitnet

#endif // BITNET_LIB_EXECUTION_HOSTJIT_H
