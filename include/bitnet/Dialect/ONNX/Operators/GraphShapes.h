//===- GraphShapes.h - Shapes of the tensors of a graph ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_ONNX_OPERATORS_GRAPHSHAPES_H
#define BITNET_DIALECT_ONNX_OPERATORS_GRAPHSHAPES_H

#include "bitnet/Dialect/ONNX/Operators/NodeShapes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::onnx {

/// Symbolic shapes of all tensors of a graph (`@main`), operation by
/// operation. Besides nodes and constants it knows `tensor.collapse_shape`,
/// `tensor.expand_shape`, `tensor.dim`, arithmetic on sizes, and the operations
/// of the bitnet dialect on rows.
class GraphShapes {
public:
  /// Reads the arguments; fails with an error if their attributes are not those
  /// of a graph.
  static FailureOr<GraphShapes> create(func::FuncOp graph);
  /// The same, then infers all operations of the body.
  static FailureOr<GraphShapes> compute(func::FuncOp graph);

  /// Infers the results of `op`, whose operands are known; fails with an error
  /// at `op`. With `setTypes`, results of nodes get the types that follow.
  LogicalResult infer(Operation *op, bool setTypes = false);

  /// The shape of a tensor that was inferred.
  const TensorShape &get(Value tensor) const { return shapes.at(tensor); }
  bool contains(Value tensor) const { return shapes.contains(tensor); }
  void set(Value tensor, TensorShape shape) {
    shapes[tensor] = std::move(shape);
  }
  /// The leading arguments of the graph.
  ArrayRef<Value> getSymbols() const { return symbols; }
  /// The names of the symbols.
  ArrayRef<StringAttr> getSymbolNames() const { return names; }

private:
  LogicalResult inferNode(NodeOp node, bool setTypes);
  AffineExpr getIndex(Value value) const { return indices.lookup(value); }

  SmallVector<Value> symbols;
  SmallVector<StringAttr> names;
  llvm::DenseMap<Value, TensorShape> shapes;
  /// Values of type `index` as expressions over the symbols.
  llvm::DenseMap<Value, AffineExpr> indices;
};

} // namespace mlir::onnx

#endif // BITNET_DIALECT_ONNX_OPERATORS_GRAPHSHAPES_H
