//===- SymbolicSize.h - Arithmetic on sizes of tensors ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes of tensors are affine expressions over the symbols of a graph, its
// symbolic dimensions, which are at least 1. Products of symbols are allowed.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_ONNX_OPERATORS_SYMBOLICSIZE_H
#define BITNET_DIALECT_ONNX_OPERATORS_SYMBOLICSIZE_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>

namespace mlir::onnx {

/// `size` as a sum of products in a canonical order: equal sizes become the
/// same expression.
AffineExpr simplifySize(AffineExpr size);

/// The value of a size that depends on no symbol.
std::optional<int64_t> getConstantSize(AffineExpr size);

/// `size` / `divisor` if that is a size for all values of the symbols, else
/// null.
AffineExpr divideSize(AffineExpr size, AffineExpr divisor);

/// Whether `size` is at least `bound` for all values of the symbols; false if
/// that is not known.
bool isSizeAtLeast(AffineExpr size, int64_t bound);

/// The product of sizes; 1 for none.
AffineExpr multiplySizes(ArrayRef<AffineExpr> sizes, MLIRContext *context);

} // namespace mlir::onnx

#endif // BITNET_DIALECT_ONNX_OPERATORS_SYMBOLICSIZE_H
