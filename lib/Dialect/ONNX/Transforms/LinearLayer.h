//===- LinearLayer.h - Products with constant matrices ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_LINEARLAYER_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_LINEARLAYER_H

#include "ConstantTensor.h"
#include "WeightMatrix.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

namespace mlir::onnx {

/// A node that multiplies activations by a constant matrix:
/// alpha · input · weightᵀ + beta · bias, row by row.
struct LinearLayer {
  NodeOp node;
  Value input;
  /// Null if the node has none.
  Value bias;
  /// Outputs and inputs.
  int64_t rows, columns;
  /// Weight · input: the columns of the input are what is multiplied.
  bool isWeightOnLeft = false;
  /// Whether the product is of integers, which the graph scales afterwards.
  bool isInteger = false;
  float alpha = 1, beta = 1;
  /// What the matrix is stored as, or computed from.
  Value weight;

  /// The layer that a node is. Nothing if it multiplies no constant matrix.
  static std::optional<LinearLayer> match(NodeOp node);

  /// The matrix. Nothing if it cannot be computed.
  std::optional<ConstantTensor> evaluateWeight() const;
  /// A view of what evaluateWeight gave.
  MatrixView getView(const ConstantTensor &matrix) const;

private:
  /// Whether the matrix lies as [rows][columns].
  bool areRowsOuter = false;
};

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_LINEARLAYER_H
