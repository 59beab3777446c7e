//===- DimensionText.h - Dimensions as people write them --------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CODEGEN_DIMENSIONTEXT_H
#define BITNET_LIB_CODEGEN_DIMENSIONTEXT_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/BuiltinAttributes.h"

#include <string>

namespace mlir::bitnet {

/// An expression of symbols with these names (StringAttr): "28", "batch",
/// "2 * batch", "(length + 1) / 2". Quotients are rounded down, or up within
/// ceil().
std::string getDimensionText(AffineExpr dim, ArrayAttr symbols);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_DIMENSIONTEXT_H
