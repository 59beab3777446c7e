//===- FloatLayer.h - Linear layers that may be quantised -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_FLOATLAYER_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_FLOATLAYER_H

#include "LinearLayer.h"
#include "bitnet/Weights/StoredMatrix.h"

namespace mlir::onnx {

/// The layer of a node that multiplies floats by a constant float matrix, which
/// is not computed from codes by DequantizeLinear. Products without sums, such
/// as those of positions and frequencies, are none.
std::optional<LinearLayer> matchFloatLayer(NodeOp node);

/// A Gemm with a constant matrix and `transA` becomes one of what a Transpose
/// makes of its input, so that it is a layer.
void transposeInput(NodeOp node);

/// The constants that the weight of a layer is computed from and that have as
/// many elements, or more.
SmallVector<Operation *> findConstants(const LinearLayer &layer);

/// The weights of a layer, row by row.
struct FloatMatrix {
  std::vector<float> values;
  int64_t rows, columns;

  explicit FloatMatrix(const MatrixView &view);

  /// Whether no weight is infinite or not-a-number.
  bool isFinite() const;
  MatrixView getView() const { return {values, rows, columns, columns, 1}; }
  /// `count` rows from `first`. A view of the values.
  bitnet::StoredMatrix getRows(int64_t first, int64_t count) const;
};

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_FLOATLAYER_H
