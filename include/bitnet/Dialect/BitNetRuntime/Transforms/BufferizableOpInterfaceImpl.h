//===- BufferizableOpInterfaceImpl.h - Launches on buffers ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H
#define BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H

#include "mlir/IR/DialectRegistry.h"

namespace mlir::bitnet_runtime {

/// Lets bufferisation turn the results of launches into new buffers.
void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry);

} // namespace mlir::bitnet_runtime

#endif // BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H
