//===- Inspect.h - Looking at model files -----------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_COMPILE_INSPECT_H
#define BITNET_TOOLS_BITNET_COMPILE_INSPECT_H

#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// Prints what the input file holds to the output, standard output by default.
llvm::Error inspectModel();

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_INSPECT_H
