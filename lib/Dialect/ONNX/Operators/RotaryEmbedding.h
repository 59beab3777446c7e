//===- RotaryEmbedding.h - Rotation of heads by positions -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_ROTARYEMBEDDING_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_ROTARYEMBEDDING_H

#include "AttentionLoops.h"

namespace mlir::onnx {

/// Cosines or sines [batch, sequence, size / 2] of elements of `elementType`.
struct Angles {
  Value value;
  SmallVector<AffineExpr> dims;
  Type elementType;
};

/// Rows of `cache` [positions, size / 2] at `positions`, [batch, sequence] of
/// i64; positions outside are taken for the nearest inside.
Angles gatherAngles(NodeLowering &l, Value cache, const TensorShape &shape,
                    Value positions, AffineExpr batch, AffineExpr sequence);

/// Rotates pairs of the leading elements of each head, as many as there are
/// angles: neighbours if `isInterleaved`, else those of the first and second
/// half. The result has the dimensions of `heads`.
Value createRotated(NodeLowering &l, const Heads &heads, const Angles &cosine,
                    const Angles &sine, bool isInterleaved);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_ROTARYEMBEDDING_H
