//===- Optimize.h - LLVM's part of every compilation ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model's object and a kernel that is compiled to be run at once take the
// same way through LLVM, so that what is tested and measured is what is
// shipped.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_CODEGEN_OPTIMIZE_H
#define BITNET_CODEGEN_OPTIMIZE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>

namespace llvm {
class Module;
} // namespace llvm

namespace mlir::bitnet {

/// A machine that makes position-independent code and never fuses a
/// multiplication and an addition. `optimizationLevel`: 0 to 3, as for clang.
/// Errors: a triple that LLVM does not know.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(StringRef triple, StringRef cpu, StringRef features,
                    unsigned optimizationLevel);

/// Runs LLVM's pipeline of that level, 0 to 3, and drops what nothing uses.
void optimizeModule(llvm::Module &module, llvm::TargetMachine &machine,
                    unsigned optimizationLevel);

/// Writes assembly or an object. Functions carry their CPU.
llvm::Error emitMachineCode(llvm::Module &module, llvm::TargetMachine &machine,
                            llvm::raw_pwrite_stream &stream,
                            llvm::CodeGenFileType type);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_OPTIMIZE_H
