//===- TargetMachine.h - LLVM's machine for a target ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CODEGEN_TARGETMACHINE_H
#define BITNET_LIB_CODEGEN_TARGETMACHINE_H

#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>

namespace mlir::bitnet {

/// A machine that makes position-independent code and never fuses a
/// multiplication and an addition.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(llvm::StringRef triple, llvm::StringRef cpu,
                    llvm::StringRef features, unsigned optimizationLevel);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_TARGETMACHINE_H
