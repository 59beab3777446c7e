//===- TargetFeatures.h - LLVM's features of a CPU --------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TARGET_TARGETFEATURES_H
#define BITNET_TARGET_TARGETFEATURES_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::bitnet {

/// LLVM's names of the features that code for a CPU may use: those of the CPU,
/// with the `features` (`+avx2,-fma`) that are named added or taken away. Empty
/// for a triple that LLVM does not know.
llvm::StringSet<> getTargetFeatures(llvm::StringRef triple, llvm::StringRef cpu,
                                    llvm::StringRef features);

} // namespace mlir::bitnet

#endif // BITNET_TARGET_TARGETFEATURES_H
