//===- TargetResolver.h - CPU names to targets ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TARGET_TARGETRESOLVER_H
#define BITNET_TARGET_TARGETRESOLVER_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// The target for an LLVM triple (empty: this machine's) and an LLVM CPU name,
/// or `native` for the CPU of this machine with the features that it reports.
/// Its level is the newest whose features the CPU has. Errors: an unknown
/// triple, a CPU that the triple does not have, `native` with another
/// architecture than this machine's.
llvm::Expected<TargetAttr> resolveTarget(MLIRContext *context, StringRef triple,
                                         StringRef cpu);

/// Errors: a target that resolveTarget would not make: an unknown triple or CPU,
/// or one that lacks what the level needs, with the target's features.
llvm::Error checkTarget(TargetAttr target);

/// The targets for a list of such CPU names, separated by commas, in the order
/// of `bitnet.targets`. `multi` stands for the least CPU of each level of the
/// architecture for which `hasKernels` returns true, and for one that every CPU
/// includes. Errors: those of resolveTarget, and two CPUs of one level.
llvm::Expected<SmallVector<TargetAttr>>
resolveTargets(MLIRContext *context, StringRef triple, StringRef cpus,
               function_ref<bool(InstructionSet)> hasKernels);

} // namespace mlir::bitnet

#endif // BITNET_TARGET_TARGETRESOLVER_H
