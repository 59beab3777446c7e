//===- KernelObject.h - Compiles a kernel to an object ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One kernel body from a generator through the compiler's own lowering and
// LLVM pipeline, for tests and measurements.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXECUTION_KERNELOBJECT_H
#define BITNET_EXECUTION_KERNELOBJECT_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Kernels/Kernels.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// Loads the dialects that kernels are made of and what translates them.
void loadKernelDialects(MLIRContext &context);

/// Emits the body of a kernel.
using KernelBodyEmitter =
    function_ref<void(Emitter &, const KernelArguments &)>;

/// The function of a kernel's object, `void entry(const uint64_t *words)`: it
/// reads begin, end, rows, inputs and outputs, indices or addresses, from an
/// array.
inline constexpr StringLiteral kernelEntryName = "entry";

/// Compiles the body that `emit` makes for arguments of these types, memrefs of
/// static shape and indices, to a relocatable ELF object for `target`, whose
/// context must have had its dialects loaded by loadKernelDialects().
/// `optimizationLevel`: 0 to 3. Besides memcpy, memmove and memset the object
/// refers to what the body calls. Errors: a triple that LLVM does not know, a
/// body that is invalid or has no lowering.
llvm::Expected<SmallVector<char, 0>>
compileKernelObject(TargetAttr target, TypeRange inputs, TypeRange outputs,
                    KernelBodyEmitter emit, unsigned optimizationLevel = 3);

} // namespace mlir::bitnet

#endif // BITNET_EXECUTION_KERNELOBJECT_H
