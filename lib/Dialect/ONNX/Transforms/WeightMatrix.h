//===- WeightMatrix.h - Values of weights to trits or bits ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_WEIGHTMATRIX_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_WEIGHTMATRIX_H

#include "mlir/IR/BuiltinAttributes.h"

#include <optional>
#include <vector>

namespace mlir::onnx {

/// The weight of a linear layer: rows are outputs, columns are inputs. The
/// values belong to someone else.
struct MatrixView {
  ArrayRef<float> values;
  int64_t rows, columns;
  int64_t rowStride, columnStride;

  float operator()(int64_t row, int64_t column) const {
    return values[row * rowStride + column * columnStride];
  }
};

/// What may share a scale.
enum class ScaleGranularity { Matrix, Rows, Blocks };

/// A matrix in the form that `bitnet.weight` takes, as the sum of one or two.
struct QuantizedWeight {
  struct Part {
    /// `#bitnet.trits` or `#bitnet.bits`.
    Attribute encoding;
    std::vector<char> bytes;
    SmallVector<int64_t> scalesShape;
    std::vector<float> scales;
  };
  int64_t rows, columns;
  /// No zeros.
  bool isBinary;
  ScaleGranularity granularity;
  SmallVector<Part, 2> parts;

  /// Multiplies the rows: by one number, or one for each.
  void scaleRows(ArrayRef<float> factors);
};

/// The weights -s, 0 and s, with one s for the matrix, for each row, or for
/// each row and block of a multiple of 32 columns; bits if there are no zeros.
/// Magnitudes that only roundings tell apart, up to 1e-5 of each other, are
/// one: their mean. Nothing if the weights are others.
///
/// Ternary matrices have no scales of blocks. Such a one is the mean of two
/// binary ones, which differ where it is zero.
std::optional<QuantizedWeight> quantizeWeight(const MatrixView &matrix,
                                              MLIRContext *context);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_WEIGHTMATRIX_H
