//===- Activations.cpp - Operators of activation functions ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "Operators.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::onnx;

namespace {
/// Spells formulas of one type.
struct Formula {
  ElementBuilder &b;

  Value constant(Value like, double value) {
    return constantLike(b, like, value);
  }
  Value add(Value lhs, Value rhs) { return arith::AddFOp::create(b, lhs, rhs); }
  Value sub(Value lhs, Value rhs) { return arith::SubFOp::create(b, lhs, rhs); }
  Value mul(Value lhs, Value rhs) { return arith::MulFOp::create(b, lhs, rhs); }
  Value div(Value lhs, Value rhs) { return arith::DivFOp::create(b, lhs, rhs); }
  Value add(Value lhs, double rhs) { return add(lhs, constant(lhs, rhs)); }
  Value mul(Value lhs, double rhs) { return mul(lhs, constant(lhs, rhs)); }
  Value maximum(Value lhs, double rhs) {
    return arith::MaximumFOp::create(b, lhs, constant(lhs, rhs));
  }
  Value minimum(Value lhs, double rhs) {
    return arith::MinimumFOp::create(b, lhs, constant(lhs, rhs));
  }
  Value exp(Value x) { return math::ExpOp::create(b, x); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  Value neg(Value x) { return arith::NegFOp::create(b, x); }
  Value sigmoid(Value x) {
    Value one = constant(x, 1);
    return div(one, add(one, exp(neg(x))));
  }
  /// log(1 + exp(x)) without overflow.
  Value softplus(Value x) {
    Value rest = math::LogOp::create(b, add(exp(neg(abs(x))), 1));
    return add(maximum(x, 0), rest);
  }
  /// `yes` where x < bound, else `no`.
  Value whereLess(Value x, double bound, Value yes, Value no) {
    Value isLess = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x,
                                         constant(x, bound));
    return arith::SelectOp::create(b, isLess, yes, no);
  }
};
} // namespace

static Value computeCelu(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Formula f{b};
  Value x = in[0];
  double alpha = l.getNode().getFloat("alpha", 1);
  Value power = f.exp(f.div(f.minimum(x, 0), f.constant(x, alpha)));
  return f.add(f.maximum(x, 0), f.mul(f.add(power, -1), alpha));
}

static Value computeElu(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Formula f{b};
  Value x = in[0];
  Value curve = f.mul(f.add(f.exp(f.minimum(x, 0)), -1),
                      l.getNode().getFloat("alpha", 1));
  return f.whereLess(x, 0, curve, x);
}

static Value computeGelu(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Formula f{b};
  Value x = in[0], factor;
  if (l.getNode().getString("approximate", "none") == "tanh") {
    constexpr double rootOfTwoByPi = 0.79788456080286535588;
    Value cube = f.mul(f.mul(x, x), x);
    Value inner = f.mul(f.add(x, f.mul(cube, 0.044715)), rootOfTwoByPi);
    factor = math::TanhOp::create(b, inner);
  } else {
    constexpr double rootOfHalf = 0.70710678118654752440;
    factor = math::ErfOp::create(b, f.mul(x, rootOfHalf));
  }
  return f.mul(f.mul(x, 0.5), f.add(factor, 1));
}

static Value createHardSigmoid(Formula f, Value x, double alpha, double beta) {
  return f.minimum(f.maximum(f.add(f.mul(x, alpha), beta), 0), 1);
}

static Value computeHardSigmoid(NodeLowering &l, ElementBuilder &b,
                                ValueRange in) {
  return createHardSigmoid({b}, in[0], l.getNode().getFloat("alpha", 0.2f),
                           l.getNode().getFloat("beta", 0.5f));
}

static Value computeHardSwish(NodeLowering &, ElementBuilder &b,
                              ValueRange in) {
  Formula f{b};
  return f.mul(in[0], createHardSigmoid(f, in[0], 1.0 / 6, 0.5));
}

static Value computeLeakyRelu(NodeLowering &l, ElementBuilder &b,
                              ValueRange in) {
  Formula f{b};
  Value x = in[0];
  return f.whereLess(x, 0, f.mul(x, l.getNode().getFloat("alpha", 0.01f)), x);
}

static Value computeMish(NodeLowering &, ElementBuilder &b, ValueRange in) {
  Formula f{b};
  return f.mul(in[0], math::TanhOp::create(b, f.softplus(in[0])));
}

static Value computePRelu(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Formula f{b};
  if (isa<FloatType>(in[0].getType()))
    return f.whereLess(in[0], 0, f.mul(in[0], in[1]), in[0]);
  if (isUnsigned(l.getInputShape(0).elementType))
    return in[0];
  Value isLess = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, in[0],
                                       constantLike(b, in[0], 0));
  return arith::SelectOp::create(b, isLess,
                                 arith::MulIOp::create(b, in[0], in[1]), in[0]);
}

static Value computeRelu(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  return createMaximum(b, l.getInputShape(0).elementType, in[0],
                       constantLike(b, in[0], 0));
}

static Value computeSelu(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Formula f{b};
  Value x = in[0];
  Value curve =
      f.mul(f.add(f.exp(f.minimum(x, 0)), -1),
            l.getNode().getFloat("alpha", 1.67326319217681884765625f));
  return f.mul(f.whereLess(x, 0, curve, x),
               l.getNode().getFloat("gamma", 1.05070102214813232421875f));
}

/// x + bias below -lambd, x - bias above lambd, else 0; of any numbers.
static Value computeShrink(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Type type = l.getInputShape(0).elementType;
  Value x = in[0];
  Type from = isa<FloatType>(type) ? x.getType() : type;
  Type wide = isa<FloatType>(type) ? x.getType() : b.getF64Type();
  x = l.castScalar(b, x, from, wide);
  double lambd = l.getNode().getFloat("lambd", 0.5f);
  double bias = l.getNode().getFloat("bias", 0);
  Formula f{b};
  Value isMore = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x,
                                       f.constant(x, lambd));
  Value inner = f.whereLess(x, -lambd, f.add(x, bias), f.constant(x, 0));
  return l.castScalar(
      b, arith::SelectOp::create(b, isMore, f.add(x, -bias), inner), wide,
      from);
}

static Value computeSigmoid(NodeLowering &, ElementBuilder &b, ValueRange in) {
  return Formula{b}.sigmoid(in[0]);
}

static Value computeSoftplus(NodeLowering &, ElementBuilder &b, ValueRange in) {
  return Formula{b}.softplus(in[0]);
}

static Value computeSoftsign(NodeLowering &, ElementBuilder &b, ValueRange in) {
  Formula f{b};
  return f.div(in[0], f.add(f.abs(in[0]), 1));
}

static Value computeSwish(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Formula f{b};
  double alpha = l.getNode().getFloat("alpha", 1);
  return f.mul(in[0], f.sigmoid(f.mul(in[0], alpha)));
}

static Value computeThresholdedRelu(NodeLowering &l, ElementBuilder &b,
                                    ValueRange in) {
  Value alpha = constantLike(b, in[0], l.getNode().getFloat("alpha", 1));
  Value isMore =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, in[0], alpha);
  return arith::SelectOp::create(b, isMore, in[0], constantLike(b, in[0], 0));
}

static Operator makeActivation(StringRef type, int64_t sinceVersion,
                               LogicalResult (*lower)(NodeLowering &lowering)) {
  return {"", type, sinceVersion, inferFloats, lower};
}

void mlir::onnx::addActivationOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      makeActivation("Celu", 12, lowerElementwise<computeCelu>),
      makeActivation("Elu", 6, lowerElementwise<computeElu>),
      makeActivation("Gelu", 20, lowerElementwise<computeGelu>),
      makeActivation("HardSigmoid", 6, lowerElementwise<computeHardSigmoid>),
      makeActivation("HardSwish", 14, lowerElementwise<computeHardSwish>),
      makeActivation("LeakyRelu", 6, lowerElementwise<computeLeakyRelu>),
      makeActivation("Mish", 18, lowerElementwise<computeMish>),
      {"", "PRelu", 7, inferArithmetic, lowerElementwise<computePRelu>},
      {"", "Relu", 6, inferNumbers, lowerElementwise<computeRelu>},
      makeActivation("Selu", 6, lowerElementwise<computeSelu>),
      {"", "Shrink", 9, inferNumbers, lowerElementwise<computeShrink>},
      makeActivation("Sigmoid", 6, lowerElementwise<computeSigmoid>),
      makeActivation("Softplus", 1, lowerElementwise<computeSoftplus>),
      makeActivation("Softsign", 1, lowerElementwise<computeSoftsign>),
      makeActivation("Swish", 24, lowerElementwise<computeSwish>),
      makeActivation("ThresholdedRelu", 10,
                     lowerElementwise<computeThresholdedRelu>),
  });
}
