//===- DeadOperations.h - Erases what nobody needs --------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_DEADOPERATIONS_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_DEADOPERATIONS_H

#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::onnx {

/// Erases operations that nobody needs, and frees constants with the last
/// operation that holds them.
class DeadOperations {
public:
  explicit DeadOperations(Operation *root) {
    root->walk([&](ConstantOp constant) { ++holders[constant.getValue()]; });
  }
  /// Erases `op` if it is dead, then what that makes dead.
  void erase(Operation *op);
  bool contains(Operation *op) const { return erased.contains(op); }

private:
  void release(ElementsAttr value);

  llvm::DenseMap<Attribute, int64_t> holders;
  llvm::DenseSet<Operation *> erased;
};

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_DEADOPERATIONS_H
