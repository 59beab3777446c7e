//===- GraphOrder.h - Sorting nodes by what they need -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_ONNX_GRAPHORDER_H
#define BITNET_LIB_IMPORT_ONNX_GRAPHORDER_H

#include "FlatGraph.h"

namespace mlir::bitnet {

/// Puts the nodes of `graph` behind those that they read from, otherwise in the
/// order of the file, and leaves out those that no output needs. An error if
/// nodes form a cycle, needed or not.
llvm::Error sortNodes(const ONNXFile &file, FlatGraph &graph);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_ONNX_GRAPHORDER_H
