//===- OperatorTable.h - The operators that are supported -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_ONNX_OPERATORS_OPERATORTABLE_H
#define BITNET_DIALECT_ONNX_OPERATORS_OPERATORTABLE_H

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

namespace mlir::onnx {

class NodeDecomposition;
class NodeLowering;
class NodeShapes;

/// Domain of ONNX Runtime's operators.
inline constexpr llvm::StringLiteral microsoftDomain = "com.microsoft";

/// A supported operator: a row of the table. One of `lower` and `decompose` is
/// set.
struct Operator {
  /// As in ONNX; the standard domain is empty.
  StringRef domain, type;
  /// The first version of the operator set for which the row holds.
  int64_t sinceVersion;
  /// Sets the shape of every result, or fails with an error at the node.
  LogicalResult (*infer)(NodeShapes &shapes);
  /// Computes the results by operations on tensors (linalg, tensor, arith).
  LogicalResult (*lower)(NodeLowering &lowering) = nullptr;
  /// Computes the results by other nodes.
  LogicalResult (*decompose)(NodeDecomposition &decomposition) = nullptr;
};

/// The row for an operator at a version of its domain's operator set: that with
/// the largest `sinceVersion` that is not above `version`; null if there is
/// none.
const Operator *lookupOperator(StringRef domain, StringRef type,
                               int64_t version);

/// All rows, in no particular order.
ArrayRef<Operator> getOperators();

} // namespace mlir::onnx

#endif // BITNET_DIALECT_ONNX_OPERATORS_OPERATORTABLE_H
