//===- OutlierProduct.h - Products of 8 bits but for outliers ---*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_OUTLIERPRODUCT_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_OUTLIERPRODUCT_H

#include "Int8Weight.h"
#include "LinearLayer.h"

namespace mlir::onnx {

/// The most columns of a weight whose products of 8 bits are sure to fit 32:
/// 2^31 / 127^2.
inline constexpr int64_t mostInt8Columns = 133144;

/// The least magnitude that becomes infinite in half precision.
inline constexpr float halfOverflow = 65520;

/// Writes the product of `layer`, of input and weight alone, as LLM.int8
/// (arXiv:2208.07339) computes it, in f32. Columns of the input with an element
/// above `threshold` in magnitude are multiplied in half precision, rounded
/// sums in f32; the others as 8-bit integers with a scale for each row of the
/// input and `scales` for the weight. The weight is 2D, [columns][rows], or
/// [rows][columns] if it is on the left, where a row of the input is a column.
Value emitOutlierProduct(NodeEmitter &e, const LinearLayer &layer,
                         const Int8Weight &weight, ArrayRef<float> scales,
                         double threshold);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_OUTLIERPRODUCT_H
