//===- Einsum.cpp - Sums of products by letters ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace mlir;
using namespace mlir::onnx;

namespace {
/// An equation such as "bij,bjk->bik": the loops, those of the result first,
/// and for each dimension of each input its loop.
struct Equation {
  unsigned resultRank = 0;
  SmallVector<AffineExpr> sizes;
  SmallVector<SmallVector<unsigned>> inputs;

  static FailureOr<Equation> parse(NodeOp node,
                                   ArrayRef<const TensorShape *> inputs);
};

/// Letters and "..." of one term; dimensions of the ellipsis, which align at
/// the last, are called by their distance from it.
struct Term {
  std::string before, after;
  bool hasEllipsis = false;
};
} // namespace

/// The key of a loop: a letter, or the distance from the last dimension of the
/// ellipsis, from 256 on.
static constexpr unsigned firstEllipsis = 256;

static FailureOr<Term> parseTerm(StringRef text) {
  Term term;
  while (!text.empty()) {
    if (!term.hasEllipsis && text.consume_front("...")) {
      term.hasEllipsis = true;
      continue;
    }
    char letter = text.front();
    text = text.drop_front();
    if (!llvm::isAlpha(letter))
      return failure();
    (term.hasEllipsis ? term.after : term.before).push_back(letter);
  }
  return term;
}

/// The keys of the dimensions of a term whose ellipsis has so many.
static SmallVector<unsigned> getKeys(const Term &term, unsigned ellipsisRank) {
  SmallVector<unsigned> keys(term.before.begin(), term.before.end());
  if (term.hasEllipsis)
    for (unsigned i = ellipsisRank; i > 0; --i)
      keys.push_back(firstEllipsis + i - 1);
  keys.append(term.after.begin(), term.after.end());
  return keys;
}

FailureOr<Equation> Equation::parse(NodeOp node,
                                    ArrayRef<const TensorShape *> inputs) {
  auto fail = [&](const Twine &message) {
    return node.emitError(node.getOpType() + ": " + message);
  };
  std::string text;
  for (char c : node.getString("equation", ""))
    if (c != ' ')
      text.push_back(c);
  auto malformed = [&] {
    return fail("expects an equation of letters, '...', ',' and '->', found '" +
                Twine(text) + "'");
  };
  auto [left, right] = StringRef(text).split("->");
  bool isExplicit = StringRef(text).contains("->");
  SmallVector<StringRef> parts;
  left.split(parts, ',');
  if (parts.size() != inputs.size())
    return fail("expects a term for each of " + Twine(inputs.size()) +
                " inputs, found '" + Twine(text) + "'");
  SmallVector<SmallVector<unsigned>> keys;
  std::map<unsigned, AffineExpr> sizes;
  std::map<unsigned, unsigned> counts;
  unsigned ellipsisRank = 0;
  for (auto [part, shape] : llvm::zip_equal(parts, inputs)) {
    FailureOr<Term> term = parseTerm(part);
    if (failed(term))
      return malformed();
    size_t letters = term->before.size() + term->after.size();
    if (shape->dims.size() < letters ||
        (shape->dims.size() > letters && !term->hasEllipsis))
      return fail("expects a letter for each dimension of an input, found '" +
                  part + "' for " + Twine(shape->dims.size()) + " dimensions");
    unsigned rank = shape->dims.size() - letters;
    ellipsisRank = std::max(ellipsisRank, rank);
    keys.push_back(getKeys(*term, rank));
    for (auto [key, dim] : llvm::zip_equal(keys.back(), shape->dims)) {
      ++counts[key];
      AffineExpr size = simplifySize(dim);
      AffineExpr &known = sizes.try_emplace(key, size).first->second;
      if (known == size || getConstantSize(size) == 1)
        continue;
      if (getConstantSize(known) != 1)
        return fail("expects equal sizes of dimensions of the same letter in "
                    "'" +
                    Twine(text) + "'");
      known = size;
    }
  }
  SmallVector<unsigned> order;
  if (isExplicit) {
    FailureOr<Term> term = parseTerm(right);
    if (failed(term))
      return malformed();
    order = getKeys(*term, ellipsisRank);
  } else {
    // The ellipsis, then letters that occur once in alphabetical order.
    for (unsigned i = ellipsisRank; i > 0; --i)
      order.push_back(firstEllipsis + i - 1);
    for (auto [key, count] : counts)
      if (key < firstEllipsis && count == 1)
        order.push_back(key);
  }
  Equation equation;
  equation.resultRank = order.size();
  std::map<unsigned, unsigned> loops;
  for (unsigned key : order)
    if (!sizes.count(key) || !loops.try_emplace(key, loops.size()).second)
      return fail("expects letters of inputs in the output, each once, found "
                  "'" +
                  Twine(text) + "'");
  // Sums run in the order in which the inputs name them.
  for (ArrayRef<unsigned> list : keys)
    for (unsigned key : list)
      loops.try_emplace(key, loops.size());
  equation.sizes.resize(loops.size());
  for (auto [key, loop] : loops)
    equation.sizes[loop] = sizes.at(key);
  for (ArrayRef<unsigned> list : keys) {
    SmallVector<unsigned> &input = equation.inputs.emplace_back();
    for (unsigned key : list)
      input.push_back(loops.at(key));
  }
  return equation;
}

static LogicalResult inferEinsum(NodeShapes &shapes) {
  SmallVector<const TensorShape *> inputs;
  for (unsigned i = 0; i < shapes.getNumInputs(); ++i) {
    FailureOr<const TensorShape *> input = shapes.requireInput(i);
    if (failed(input))
      return failure();
    inputs.push_back(*input);
  }
  if (inputs.empty())
    return shapes.fail("expects an input");
  FailureOr<Equation> equation = Equation::parse(shapes.getNode(), inputs);
  if (failed(equation))
    return failure();
  shapes.setResult(0, inputs.front()->elementType,
                   ArrayRef(equation->sizes).take_front(equation->resultRank));
  return success();
}

static LogicalResult lowerEinsum(NodeLowering &l) {
  SmallVector<const TensorShape *> inputs;
  for (unsigned i = 0; i < l.getNode().getInputs().size(); ++i)
    inputs.push_back(&l.getInputShape(i));
  FailureOr<Equation> equation = Equation::parse(l.getNode(), inputs);
  if (failed(equation))
    return failure();
  SmallVector<LoopOperand> operands;
  for (auto [i, shape] : llvm::enumerate(inputs)) {
    LoopOperand operand{l.getInput(i), shape->dims, {}};
    for (unsigned loop : equation->inputs[i])
      operand.indices.push_back(l.b.getAffineDimExpr(loop));
    operands.push_back(operand);
  }
  Type type = inputs.front()->elementType;
  Type accumulator = getAccumulatorType(type);
  const TensorShape &result = l.getResultShape(0);
  Value sums;
  if (operands.size() == 2)
    sums =
        l.createContraction(equation->sizes, equation->resultRank, operands[0],
                            type, operands[1], type, accumulator);
  else
    sums = l.createFold(
        equation->sizes, equation->resultRank, operands,
        l.createScalar(accumulator, 0),
        [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
          bool isFloat = isa<FloatType>(accumulator);
          Value product = l.castScalar(b, in[0], type, accumulator);
          for (Value next : in.drop_front().drop_back()) {
            Value factor = l.castScalar(b, next, type, accumulator);
            product =
                isFloat ? arith::MulFOp::create(b, product, factor).getResult()
                        : arith::MulIOp::create(b, product, factor).getResult();
          }
          return isFloat
                     ? arith::AddFOp::create(b, in.back(), product).getResult()
                     : arith::AddIOp::create(b, in.back(), product).getResult();
        });
  l.setResult(0, l.createCast(sums, result.dims, accumulator, type));
  return success();
}

void mlir::onnx::addEinsumOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({{"", "Einsum", 12, inferEinsum, lowerEinsum}});
}
