//===- DimensionText.cpp - Dimensions as people write them ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DimensionText.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The text, within parentheses if it is a sum and `inProduct`.
static std::string print(AffineExpr expr, ArrayAttr symbols, bool inProduct) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::to_string(constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return cast<StringAttr>(symbols[symbol.getPosition()]).str();
  auto binary = cast<AffineBinaryOpExpr>(expr);
  AffineExpr lhs = binary.getLHS(), rhs = binary.getRHS();
  auto join = [&](StringRef sign) {
    return print(lhs, symbols, true) + sign.str() + print(rhs, symbols, true);
  };
  switch (expr.getKind()) {
  case AffineExprKind::Add: {
    auto constant = dyn_cast<AffineConstantExpr>(rhs);
    std::string text = print(lhs, symbols, false);
    if (constant && constant.getValue() < 0)
      text += " - " + std::to_string(-constant.getValue());
    else
      text += " + " + print(rhs, symbols, false);
    return inProduct ? "(" + text + ")" : text;
  }
  case AffineExprKind::Mul:
    return join(" * ");
  case AffineExprKind::Mod:
    return "(" + join(" % ") + ")";
  case AffineExprKind::FloorDiv:
    return inProduct ? "(" + join(" / ") + ")" : join(" / ");
  default:
    return "ceil(" + join(" / ") + ")";
  }
}

std::string mlir::bitnet::getDimensionText(AffineExpr dim, ArrayAttr symbols) {
  return print(dim, symbols, false);
}
