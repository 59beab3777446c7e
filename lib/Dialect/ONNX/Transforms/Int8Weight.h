//===- Int8Weight.h - Weights of layers as 8-bit constants ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_INT8WEIGHT_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_INT8WEIGHT_H

#include "NodeEmitter.h"
#include "bitnet/Weights/QuantizeInt8.h"

namespace mlir::onnx {

/// A matrix of codes as an operand of nodes.
struct Int8Weight {
  /// i8, of the operand's shape.
  Value codes;
  /// f32: what the codes stand for.
  Value dequantized;
  /// Of the codes, scales and zero points.
  int64_t bytes = 0;
};

/// Writes the codes of `matrix`, as a constant called `name`, and what they
/// stand for: a DequantizeLinear, or its parts where zero points are no codes.
/// The operand has `shape`, ending in [rows][columns] if `areRowsOuter`, else
/// in [columns][rows].
Int8Weight emitInt8Weight(NodeEmitter &e, const bitnet::Int8Matrix &matrix,
                          ArrayRef<int64_t> shape, bool areRowsOuter,
                          Location name);

/// Numbers of rows, or one of the matrix, in f32, in the shape in which they
/// are broadcast against a product: the rows of the weight are its last
/// dimension, or, if `areRowsOuter`, the one before.
Value emitRowNumbers(NodeEmitter &e, ArrayRef<float> numbers,
                     bool areRowsOuter);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_INT8WEIGHT_H
