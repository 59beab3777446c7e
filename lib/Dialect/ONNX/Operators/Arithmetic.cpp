//===- Arithmetic.cpp - Operators of arithmetic on each element -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static LogicalResult inferNeg(NodeShapes &shapes) {
  if (failed(checkElements(shapes, isNumber, "numbers")))
    return failure();
  TensorShape result = *shapes.getInput(0);
  result.constant = {};
  result.contents = foldContents(
      shapes, [](ArrayRef<AffineExpr> operands) { return -operands[0]; });
  shapes.setResult(0, result);
  return success();
}

/// The exponent may be of another type than the result.
static LogicalResult inferPow(NodeShapes &shapes) {
  FailureOr<const TensorShape *> base = shapes.requireInput(0);
  FailureOr<const TensorShape *> exponent = shapes.requireInput(1);
  if (failed(base) || failed(exponent))
    return failure();
  if (!isNumber((*base)->elementType) || !isNumber((*exponent)->elementType))
    return shapes.fail("expects numbers");
  FailureOr<SmallVector<AffineExpr>> dims = broadcastInputs(shapes);
  if (failed(dims))
    return failure();
  shapes.setResult(0, (*base)->elementType, *dims);
  return success();
}

static bool isInteger(Type elementType) {
  return isa<IntegerType>(elementType) && !elementType.isInteger(1);
}

static LogicalResult inferBits(NodeShapes &shapes) {
  if (failed(checkElements(shapes, isInteger, "integers")))
    return failure();
  return inferArithmetic(shapes);
}

/// The bounds are scalars, and as inputs may be left out.
static LogicalResult inferClip(NodeShapes &shapes) {
  for (unsigned i = 1; i < shapes.getNumInputs(); ++i)
    if (const TensorShape *bound = shapes.getInput(i))
      if (getConstantSize(multiplySizes(bound->dims, shapes.getContext())) != 1)
        return shapes.fail("expects bounds of one element");
  return inferNumbers(shapes);
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

static Type getElementType(NodeLowering &l) {
  return l.getInputShape(0).elementType;
}

/// Combines the inputs from the left.
template <Value (*combine)(ElementBuilder &, Type, Value, Value)>
static Value computeCombined(NodeLowering &l, ElementBuilder &b,
                             ValueRange in) {
  Value value = in.front();
  for (Value next : in.drop_front())
    value = combine(b, getElementType(l), value, next);
  return value;
}

static constexpr auto computeAdd =
    computeCombined<createByType<arith::AddFOp, arith::AddIOp, arith::AddIOp>>;
static constexpr auto computeSub =
    computeCombined<createByType<arith::SubFOp, arith::SubIOp, arith::SubIOp>>;
static constexpr auto computeMul =
    computeCombined<createByType<arith::MulFOp, arith::MulIOp, arith::MulIOp>>;

static Value compare(ElementBuilder &b, arith::CmpIPredicate predicate,
                     Value lhs, int64_t rhs) {
  return arith::CmpIOp::create(b, predicate, lhs, constantLike(b, lhs, rhs));
}

/// `operation` on integers without what traps: a divisor 0 acts as 1, and -1
/// gives what `byMinusOne` does.
template <typename Signed, typename Unsigned>
static Value divideSafely(ElementBuilder &b, Type type, Value lhs, Value rhs,
                          Value byMinusOne) {
  Value one = constantLike(b, rhs, 1);
  Value isZero = compare(b, arith::CmpIPredicate::eq, rhs, 0);
  if (isUnsigned(type))
    return Unsigned::create(b, lhs,
                            arith::SelectOp::create(b, isZero, one, rhs));
  Value isMinusOne = compare(b, arith::CmpIPredicate::eq, rhs, -1);
  Value isUnsafe = arith::OrIOp::create(b, isZero, isMinusOne);
  Value divisor = arith::SelectOp::create(b, isUnsafe, one, rhs);
  return arith::SelectOp::create(b, isMinusOne, byMinusOne,
                                 Signed::create(b, lhs, divisor));
}

static Value divide(ElementBuilder &b, Type type, Value lhs, Value rhs) {
  if (isa<FloatType>(type))
    return arith::DivFOp::create(b, lhs, rhs);
  Value negative = arith::SubIOp::create(b, constantLike(b, lhs, 0), lhs);
  return divideSafely<arith::DivSIOp, arith::DivUIOp>(b, type, lhs, rhs,
                                                      negative);
}

/// Whether exactly one of `lhs` and `rhs` is negative.
static Value haveOppositeSigns(ElementBuilder &b, Value lhs, Value rhs) {
  auto isNegative = [&](Value value) -> Value {
    if (isa<FloatType>(value.getType()))
      return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, value,
                                   constantLike(b, value, 0));
    return compare(b, arith::CmpIPredicate::slt, value, 0);
  };
  return arith::XOrIOp::create(b, isNegative(lhs), isNegative(rhs));
}

/// The remainder of a division that truncates, in f64: exact for operands of
/// f32 whose quotient is below 2^29.
static Value createFloatRemainder(ElementBuilder &b, Value lhs, Value rhs) {
  Type type = lhs.getType();
  if (!type.isF64()) {
    lhs = arith::ExtFOp::create(b, b.getF64Type(), lhs);
    rhs = arith::ExtFOp::create(b, b.getF64Type(), rhs);
  }
  Value quotient = math::TruncOp::create(b, arith::DivFOp::create(b, lhs, rhs));
  Value rest =
      arith::SubFOp::create(b, lhs, arith::MulFOp::create(b, quotient, rhs));
  // A finite dividend is the remainder by infinity.
  Value isDivisorInfinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                                  math::AbsFOp::create(b, rhs),
                                                  getLargest(b, rhs.getType()));
  Value isDividendFinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT,
                                                 math::AbsFOp::create(b, lhs),
                                                 getLargest(b, rhs.getType()));
  rest = arith::SelectOp::create(
      b, arith::AndIOp::create(b, isDivisorInfinite, isDividendFinite), lhs,
      rest);
  // The remainder has the dividend's sign, also if it is zero.
  rest = math::CopySignOp::create(b, rest, lhs);
  return type.isF64() ? rest : arith::TruncFOp::create(b, type, rest);
}

/// With `fmod` the sign is the dividend's, else the divisor's.
static Value computeMod(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Type type = getElementType(l);
  Value lhs = in[0], rhs = in[1];
  bool isFloating = isa<FloatType>(type);
  Value zero = constantLike(b, lhs, 0);
  Value rest = isFloating ? createFloatRemainder(b, lhs, rhs)
                          : divideSafely<arith::RemSIOp, arith::RemUIOp>(
                                b, type, lhs, rhs, zero);
  if (isUnsigned(type) || l.getNode().getInt("fmod", 0))
    return rest;
  Value isZero =
      isFloating
          ? arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, rest, zero)
                .getResult()
          : arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rest, zero)
                .getResult();
  Value shifted = isFloating ? arith::AddFOp::create(b, rest, rhs).getResult()
                             : arith::AddIOp::create(b, rest, rhs).getResult();
  if (isFloating)
    rest = arith::SelectOp::create(
        b, isZero, math::CopySignOp::create(b, rest, rhs), rest);
  Value isOther = haveOppositeSigns(b, rest, rhs);
  Value isKept = arith::OrIOp::create(
      b, isZero,
      arith::XOrIOp::create(b, isOther, constantLike(b, isOther, 1)));
  return arith::SelectOp::create(b, isKept, rest, shifted);
}

/// `base` to the power of an integer of at least 0, by squaring. Powers of 64
/// and more are 0, 1 or -1 as far as they are not beyond the type.
static Value createIntegerPower(ElementBuilder &b, Value base, Value exponent) {
  constexpr unsigned bits = 7;
  Value one = constantLike(b, exponent, 1), power = constantLike(b, base, 1);
  Value odd = arith::AndIOp::create(b, exponent, one);
  Value large = arith::OrIOp::create(b, constantLike(b, exponent, 64), odd);
  Value isLarge = compare(b, arith::CmpIPredicate::sgt, exponent, 63);
  exponent = arith::SelectOp::create(b, isLarge, large, exponent);
  Value square = base;
  for (unsigned bit = 0; bit < bits; ++bit) {
    Value shifted =
        arith::ShRUIOp::create(b, exponent, constantLike(b, exponent, bit));
    Value isSet = compare(b, arith::CmpIPredicate::ne,
                          arith::AndIOp::create(b, shifted, one), 0);
    Value product = arith::MulIOp::create(b, power, square);
    power = arith::SelectOp::create(b, isSet, product, power);
    square = arith::MulIOp::create(b, square, square);
  }
  return power;
}

/// The only element of a constant float tensor.
static std::optional<double> getConstantFloat(const TensorShape &shape) {
  auto dense = dyn_cast_or_null<DenseFPElementsAttr>(shape.constant);
  if (!dense || dense.getNumElements() != 1)
    return std::nullopt;
  APFloat value = *dense.begin();
  bool losesInfo;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value.convertToDouble();
}

static Value computePow(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Type type = getElementType(l), power = l.getInputShape(1).elementType;
  Value base = in[0], exponent = in[1];
  // Powers that exported graphs spell so, as in variances and in GELU.
  if (isa<FloatType>(type)) {
    std::optional<double> constant = getConstantFloat(l.getInputShape(1));
    if (constant == 1.0)
      return base;
    if (constant == 2.0)
      return arith::MulFOp::create(b, base, base);
    if (constant == 3.0)
      return arith::MulFOp::create(b, arith::MulFOp::create(b, base, base),
                                   base);
    if (constant == 0.5)
      return math::SqrtOp::create(b, base);
  }
  if (isa<IntegerType>(type) && isa<IntegerType>(power)) {
    Type i64 = b.getI64Type();
    Value wide = l.castScalar(b, exponent, power, i64);
    wide = arith::MaxSIOp::create(b, wide, constantLike(b, wide, 0));
    return createIntegerPower(b, base, wide);
  }
  // Integers to fractional powers, in f64.
  Type computed = isa<IntegerType>(type) ? b.getF64Type() : base.getType();
  Type from = isa<FloatType>(power) ? exponent.getType() : power;
  Type baseFrom = isa<FloatType>(type) ? base.getType() : type;
  Value result =
      math::PowFOp::create(b, l.castScalar(b, base, baseFrom, computed),
                           l.castScalar(b, exponent, from, computed));
  return isa<IntegerType>(type) ? l.castScalar(b, result, computed, type)
                                : result;
}

static Value computeMean(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Value sum = computeAdd(l, b, in);
  return arith::DivFOp::create(b, sum, constantLike(b, sum, in.size()));
}

static Value computeNeg(NodeLowering &, ElementBuilder &b, ValueRange in) {
  if (isa<FloatType>(in[0].getType()))
    return arith::NegFOp::create(b, in[0]);
  return arith::SubIOp::create(b, constantLike(b, in[0], 0), in[0]);
}

static Value computeAbs(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  if (isa<FloatType>(in[0].getType()))
    return math::AbsFOp::create(b, in[0]);
  if (isUnsigned(getElementType(l)))
    return in[0];
  return math::AbsIOp::create(b, in[0]);
}

static Value computeSign(NodeLowering &l, ElementBuilder &b, ValueRange in) {
  Value x = in[0], zero = constantLike(b, x, 0), one = constantLike(b, x, 1);
  if (isa<FloatType>(x.getType())) {
    // Zero and NaN are their own signs.
    Value isLess = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, zero);
    Value isMore = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, zero);
    Value rest = arith::SelectOp::create(b, isLess, constantLike(b, x, -1), x);
    return arith::SelectOp::create(b, isMore, one, rest);
  }
  Type type = getElementType(l);
  Value capped = isUnsigned(type)
                     ? arith::MinUIOp::create(b, x, one).getResult()
                     : arith::MinSIOp::create(b, x, one).getResult();
  if (isUnsigned(type))
    return capped;
  return arith::MaxSIOp::create(b, capped, constantLike(b, x, -1));
}

static Value computeReciprocal(NodeLowering &, ElementBuilder &b,
                               ValueRange in) {
  return arith::DivFOp::create(b, constantLike(b, in[0], 1), in[0]);
}

template <typename Op>
static Value computeBits(NodeLowering &, ElementBuilder &b, ValueRange in) {
  return Op::create(b, in[0], in[1]);
}

static Value computeBitwiseNot(NodeLowering &, ElementBuilder &b,
                               ValueRange in) {
  return arith::XOrIOp::create(b, in[0], constantLike(b, in[0], -1));
}

/// Shifts by the width and more leave what fills: 0, or the sign to the right.
static Value computeBitShift(NodeLowering &l, ElementBuilder &b,
                             ValueRange in) {
  Value x = in[0], amount = in[1];
  int64_t last = x.getType().getIntOrFloatBitWidth() - 1;
  Value isInside = compare(b, arith::CmpIPredicate::ule, amount, last);
  bool isLeft = l.getNode().getString("direction", "LEFT") == "LEFT";
  if (!isLeft && !isUnsigned(getElementType(l)))
    return arith::ShRSIOp::create(
        b, x,
        arith::SelectOp::create(b, isInside, amount,
                                constantLike(b, amount, last)));
  Value zero = constantLike(b, x, 0);
  Value safe = arith::SelectOp::create(b, isInside, amount, zero);
  Value shifted = isLeft ? arith::ShLIOp::create(b, x, safe).getResult()
                         : arith::ShRUIOp::create(b, x, safe).getResult();
  return arith::SelectOp::create(b, isInside, shifted, zero);
}

/// Bounds are inputs 1 and 2, or attributes up to version 6.
static LogicalResult lowerClip(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  Type type = shape.elementType;
  SmallVector<Value> bounds;
  for (unsigned i = 1; i <= 2; ++i) {
    Value bound = l.getInput(i);
    if (bound)
      bound = tensor::ExtractOp::create(
          l.b, l.createReshape(bound, l.getInputShape(i).dims, {}));
    StringRef name = i == 1 ? "min" : "max";
    if (l.getNode().getNodeAttr(name))
      bound = l.createScalar(type, l.getNode().getFloat(name, 0));
    bounds.push_back(bound);
  }
  l.setResult(0, l.createElementwise(
                     shape.dims, type, {{l.getInput(0), &shape}},
                     [&](ElementBuilder &b, ValueRange in) {
                       Value x = widen(b, in[0]);
                       if (bounds[0])
                         x = createMaximum(b, type, x, widen(b, bounds[0]));
                       if (bounds[1])
                         x = createMinimum(b, type, x, widen(b, bounds[1]));
                       return narrow(b, x, type);
                     }));
  return success();
}

void mlir::onnx::addArithmeticOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Abs", 6, inferNumbers, lowerElementwise<computeAbs>},
      {"", "Add", 7, inferArithmetic, lowerElementwise<computeAdd>},
      {"", "BitShift", 11, inferBits, lowerElementwise<computeBitShift>},
      {"", "BitwiseAnd", 18, inferBits,
       lowerElementwise<computeBits<arith::AndIOp>>},
      {"", "BitwiseNot", 18, inferBits, lowerElementwise<computeBitwiseNot>},
      {"", "BitwiseOr", 18, inferBits,
       lowerElementwise<computeBits<arith::OrIOp>>},
      {"", "BitwiseXor", 18, inferBits,
       lowerElementwise<computeBits<arith::XOrIOp>>},
      {"", "Clip", 6, inferClip, lowerClip},
      {"", "Div", 7, inferArithmetic,
       lowerElementwise<computeCombined<divide>>},
      {"", "Max", 6, inferArithmetic,
       lowerElementwise<computeCombined<createMaximum>>},
      {"", "Mean", 6, inferArithmetic, lowerElementwise<computeMean>},
      {"", "Min", 6, inferArithmetic,
       lowerElementwise<computeCombined<createMinimum>>},
      {"", "Mod", 10, inferArithmetic, lowerElementwise<computeMod>},
      {"", "Mul", 7, inferArithmetic, lowerElementwise<computeMul>},
      {"", "Neg", 6, inferNeg, lowerElementwise<computeNeg>},
      {"", "Pow", 7, inferPow, lowerElementwise<computePow>},
      {"", "Reciprocal", 6, inferFloats, lowerElementwise<computeReciprocal>},
      {"", "Sign", 9, inferNumbers, lowerElementwise<computeSign>},
      {"", "Sub", 7, inferArithmetic, lowerElementwise<computeSub>},
      {"", "Sum", 6, inferArithmetic, lowerElementwise<computeAdd>},
  });
}
