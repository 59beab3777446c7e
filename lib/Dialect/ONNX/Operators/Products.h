//===- Products.h - Products of matrices ------------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_PRODUCTS_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_PRODUCTS_H

#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"

namespace mlir::onnx {

/// The dimensions of a product of matrices by NumPy's rule: [..., M, K] times
/// [..., K, N], or vectors [K]; fails with a message if they do not fit.
FailureOr<SmallVector<AffineExpr>> inferMatrixProduct(NodeShapes &shapes,
                                                      ArrayRef<AffineExpr> lhs,
                                                      ArrayRef<AffineExpr> rhs);

/// An operand of a product: dimension `i` of the matrices is dimension
/// `order[i]` of the tensor, or `i` if `order` is empty.
struct Matrices {
  Value value;
  SmallVector<AffineExpr> dims;
  Type elementType;
  SmallVector<unsigned> order = {};
};

/// Computes the product, whose dimensions are `dims`, in `accumulatorType`.
/// Zero points, of one value, one for each row of `lhs` or column of `rhs`, or
/// of as many dimensions as the operand, are subtracted if their value is not
/// null.
Value createMatrixProduct(NodeLowering &l, Matrices lhs, Matrices rhs,
                          ArrayRef<AffineExpr> dims, Type accumulatorType,
                          const Matrices &lhsZero = {},
                          const Matrices &rhsZero = {});

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_PRODUCTS_H
