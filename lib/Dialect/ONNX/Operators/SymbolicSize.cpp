//===- SymbolicSize.cpp - Arithmetic on sizes of tensors ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <algorithm>
#include <map>

using namespace mlir;
using namespace mlir::onnx;

namespace {
/// The numbers of the factors of a product, in order, repeated for powers.
using Monomial = std::vector<unsigned>;

/// A sum of products of factors, which may repeat, with coefficients.
class Polynomial {
public:
  explicit Polynomial(AffineExpr expression)
      : context(expression.getContext()) {
    terms = expand(expression);
  }

  AffineExpr rebuild() const {
    AffineExpr sum = getAffineConstantExpr(0, context);
    for (const auto &[monomial, coefficient] : terms) {
      AffineExpr product = getAffineConstantExpr(1, context);
      for (unsigned factor : monomial)
        product = product * factors.at(factor);
      sum = sum + product * coefficient;
    }
    return sum;
  }

  /// Whether the value is at least `bound` where each symbol is at least 1 and
  /// every other factor at least 0: shown if no coefficient is negative once
  /// symbols are written as 1 + t.
  bool isAtLeast(int64_t bound) const {
    std::map<Monomial, int64_t> shifted;
    for (const auto &[monomial, coefficient] : terms) {
      std::map<Monomial, int64_t> product = {{{}, coefficient}};
      for (unsigned factor : monomial) {
        std::map<Monomial, int64_t> next;
        for (const auto &[part, value] : product) {
          Monomial larger = part;
          larger.insert(llvm::upper_bound(larger, factor), factor);
          next[larger] += value;
          if (isa<AffineSymbolExpr>(factors.at(factor)))
            next[part] += value;
        }
        product = std::move(next);
      }
      for (const auto &[part, value] : product)
        shifted[part] += value;
    }
    shifted[{}] -= bound;
    return llvm::all_of(shifted,
                        [](const auto &term) { return term.second >= 0; });
  }

  /// Divides by another polynomial, leading term by leading term; false if
  /// there is a remainder.
  bool divide(const Polynomial &divisor) {
    Terms by;
    for (const auto &[monomial, coefficient] : divisor.terms) {
      Monomial own;
      for (unsigned factor : monomial)
        own.push_back(getFactor(divisor.factors.at(factor)));
      llvm::sort(own);
      by[own] = coefficient;
    }
    if (by.empty())
      return false;
    auto [leader, coefficient] = getLeadingTerm(by);
    Terms quotient, rest = terms;
    while (!rest.empty()) {
      auto [monomial, value] = getLeadingTerm(rest);
      if (value % coefficient != 0 || !llvm::includes(monomial, leader))
        return false;
      Monomial partial;
      std::set_difference(monomial.begin(), monomial.end(), leader.begin(),
                          leader.end(), std::back_inserter(partial));
      int64_t times = value / coefficient;
      quotient[partial] += times;
      for (const auto &[other, amount] : by) {
        Monomial product;
        std::merge(partial.begin(), partial.end(), other.begin(), other.end(),
                   std::back_inserter(product));
        if ((rest[product] -= times * amount) == 0)
          rest.erase(product);
      }
    }
    terms = std::move(quotient);
    return true;
  }

private:
  using Terms = std::map<Monomial, int64_t>;

  /// The term of most factors, the last in order among them.
  static std::pair<const Monomial, int64_t> getLeadingTerm(const Terms &terms) {
    return *llvm::max_element(terms, [](const auto &lhs, const auto &rhs) {
      return std::pair(lhs.first.size(), lhs.first) <
             std::pair(rhs.first.size(), rhs.first);
    });
  }

  Terms expand(AffineExpr expression) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expression))
      return constant.getValue() ? Terms{{{}, constant.getValue()}} : Terms();
    auto binary = dyn_cast<AffineBinaryOpExpr>(expression);
    if (binary && expression.getKind() == AffineExprKind::Add) {
      Terms sum = expand(binary.getLHS());
      for (const auto &[monomial, coefficient] : expand(binary.getRHS()))
        if ((sum[monomial] += coefficient) == 0)
          sum.erase(monomial);
      return sum;
    }
    if (binary && expression.getKind() == AffineExprKind::Mul) {
      Terms lhs = expand(binary.getLHS()), rhs = expand(binary.getRHS());
      Terms product;
      for (const auto &[left, leftValue] : lhs)
        for (const auto &[right, rightValue] : rhs) {
          Monomial both = left;
          both.insert(both.end(), right.begin(), right.end());
          llvm::sort(both);
          if ((product[both] += leftValue * rightValue) == 0)
            product.erase(both);
        }
      return product;
    }
    if (binary) {
      AffineExpr lhs = simplifySize(binary.getLHS());
      AffineExpr rhs = simplifySize(binary.getRHS());
      expression = getAffineBinaryOpExpr(expression.getKind(), lhs, rhs);
      if (expression.getKind() == AffineExprKind::Constant)
        return expand(expression);
    }
    return {{{getFactor(expression)}, 1}};
  }

  unsigned getFactor(AffineExpr expression) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expression)) {
      factors[symbol.getPosition()] = symbol;
      return symbol.getPosition();
    }
    for (const auto &[number, factor] : factors)
      if (factor == expression)
        return number;
    unsigned number = firstOpaque + factors.size();
    factors[number] = expression;
    return number;
  }

  static constexpr unsigned firstOpaque = 1u << 20;
  MLIRContext *context;
  Terms terms;
  /// By number: symbols have that of their position, what cannot be taken apart
  /// (divisions and remainders) one from `firstOpaque` on.
  std::map<unsigned, AffineExpr> factors;
};
} // namespace

AffineExpr mlir::onnx::simplifySize(AffineExpr size) {
  return Polynomial(size).rebuild();
}

std::optional<int64_t> mlir::onnx::getConstantSize(AffineExpr size) {
  if (auto constant = dyn_cast<AffineConstantExpr>(simplifySize(size)))
    return constant.getValue();
  return std::nullopt;
}

AffineExpr mlir::onnx::divideSize(AffineExpr size, AffineExpr divisor) {
  Polynomial quotient(size);
  if (!quotient.divide(Polynomial(divisor)))
    return {};
  return quotient.rebuild();
}

bool mlir::onnx::isSizeAtLeast(AffineExpr size, int64_t bound) {
  return Polynomial(size).isAtLeast(bound);
}

AffineExpr mlir::onnx::multiplySizes(ArrayRef<AffineExpr> sizes,
                                     MLIRContext *context) {
  AffineExpr product = getAffineConstantExpr(1, context);
  for (AffineExpr size : sizes)
    product = product * size;
  return simplifySize(product);
}
