//===- Windows.h - Windows that slide over tensors --------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_WINDOWS_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_WINDOWS_H

#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"

namespace mlir::onnx {

/// Windows over the dimensions after the first two of a tensor [N, C, ...], as
/// the attributes `strides`, `dilations`, `pads`, `auto_pad` and `ceil_mode`
/// tell. Window `o` has its element `k` at `o * stride + k * dilation - low`.
struct Windows {
  /// Of the tensor, without padding.
  SmallVector<AffineExpr> inputSizes;
  /// The number of windows.
  SmallVector<AffineExpr> outputSizes;
  SmallVector<int64_t> kernel, strides, dilations, low, high;

  size_t getRank() const { return kernel.size(); }

  /// Reads the attributes; fails with an error at the node.
  static FailureOr<Windows> get(NodeOp node, ArrayRef<AffineExpr> dims,
                                ArrayRef<int64_t> kernel);
};

/// A list of an integer for each of `rank` dimensions from attribute `name`, or
/// `absent`; fails with an error if one is less than `least`.
FailureOr<SmallVector<int64_t>> getWindowIntegers(NodeOp node, StringRef name,
                                                  size_t rank, int64_t absent,
                                                  int64_t least);

/// A tensor of `paddedDims` that holds `input` at `low`, at every `steps`th
/// index (each if empty), as far as it fits, and `fill`, a scalar, elsewhere.
Value createPadded(NodeLowering &l, Value input, ArrayRef<AffineExpr> dims,
                   ArrayRef<AffineExpr> paddedDims, ArrayRef<int64_t> low,
                   Value fill, ArrayRef<int64_t> steps = {});

/// The tensor [N, C, ...], padded, with what is read of it by the windows.
struct PaddedInput {
  Value value;
  SmallVector<AffineExpr> dims;
};
PaddedInput createPadded(NodeLowering &l, Value input,
                         ArrayRef<AffineExpr> dims, const Windows &windows,
                         Value fill);

/// The loops of windows `o`, numbered from `output`, over their elements `k`,
/// from `element`: the indices of the padded tensor's dimensions.
SmallVector<AffineExpr> getWindowIndices(const Windows &windows,
                                         unsigned output, unsigned element,
                                         MLIRContext *context);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_WINDOWS_H
