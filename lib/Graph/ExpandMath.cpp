//===- ExpandMath.cpp - Functions of libraries to arithmetic --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "MathFunctions.h"
#include "bitnet/Kernels/KernelTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

namespace {
/// Expands the operations of a function.
class MathExpander {
public:
  MathExpander(func::FuncOp function, HalfConversion conversion)
      : function(function), conversion(conversion), b(function.getContext()) {}

  /// Emits an error at an operation that it does not know.
  LogicalResult run();

  int64_t count = 0;

private:
  /// What replaces `op`; null: nothing does. Fails if something must.
  FailureOr<Value> expand(Operation *op);
  Value expandMath(Operation *op, Emitter &e);
  Value expandRounding(Operation *op, Emitter &e);
  Value expandConversion(Operation *op, Emitter &e);
  Value narrowToHalf(Emitter &e, Value x);
  Value narrowToBrainFloat(Emitter &e, Value x);

  func::FuncOp function;
  HalfConversion conversion;
  OpBuilder b;
};
} // namespace

static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

Value MathExpander::expandRounding(Operation *op, Emitter &e) {
  // x86 rounds since SSE 4.1, which the levels that convert halves have.
  bool hasInstruction = conversion == HalfConversion::Instruction;
  Value x = op->getOperand(0);
  MathFunctions functions(e);
  if (isa<math::RoundOp>(op))
    return functions.round(x);
  if (hasInstruction)
    return Value();
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](math::RoundEvenOp) { return functions.roundEven(x); })
      .Case([&](math::FloorOp) { return functions.floor(x); })
      .Case([&](math::CeilOp) { return functions.ceil(x); })
      .Case([&](math::TruncOp) { return functions.truncate(x); });
}

Value MathExpander::expandMath(Operation *op, Emitter &e) {
  MathFunctions functions(e);
  Type type = op->getResult(0).getType();
  bool isSingle = getElementTypeOrSelf(type).isF32();
  Value x = op->getOperand(0);
  if (isSingle) {
    if (isa<math::ExpOp>(op))
      return functions.exponentialF32(x);
    if (isa<math::TanhOp>(op))
      return functions.hyperbolicTangentF32(x);
    if (isa<math::ErfOp>(op))
      return functions.errorFunctionF32(x);
  }
  // Others are computed in f64, which is accurate enough to be simple.
  Type wide = withElement(type, b.getF64Type());
  SmallVector<Value> in;
  for (Value operand : op->getOperands())
    in.push_back(isSingle ? e.extendFloat(operand, wide) : operand);
  Value result =
      llvm::TypeSwitch<Operation *, Value>(op)
          .Case([&](math::AcosOp) { return functions.arcCosine(in[0]); })
          .Case([&](math::AcoshOp) {
            return functions.inverseHyperbolicCosine(in[0]);
          })
          .Case([&](math::AsinOp) { return functions.arcSine(in[0]); })
          .Case([&](math::AsinhOp) {
            return functions.inverseHyperbolicSine(in[0]);
          })
          .Case([&](math::AtanOp) { return functions.arcTangent(in[0]); })
          .Case([&](math::AtanhOp) {
            return functions.inverseHyperbolicTangent(in[0]);
          })
          .Case([&](math::CosOp) { return functions.cosine(in[0]); })
          .Case([&](math::CoshOp) { return functions.hyperbolicCosine(in[0]); })
          .Case([&](math::ErfOp) { return functions.errorFunction(in[0]); })
          .Case([&](math::ExpOp) { return functions.exponential(in[0]); })
          .Case([&](math::ExpM1Op) {
            return functions.exponentialMinusOne(in[0]);
          })
          .Case([&](math::LogOp) { return functions.logarithm(in[0]); })
          .Case(
              [&](math::Log1pOp) { return functions.logarithmOnePlus(in[0]); })
          .Case([&](math::PowFOp) { return functions.power(in[0], in[1]); })
          .Case([&](math::RsqrtOp) {
            return e.div(e.constant(wide, 1.0), e.squareRoot(in[0]));
          })
          .Case([&](math::SinOp) { return functions.sine(in[0]); })
          .Case([&](math::SinhOp) { return functions.hyperbolicSine(in[0]); })
          .Case([&](math::TanOp) { return functions.tangent(in[0]); })
          .Case(
              [&](math::TanhOp) { return functions.hyperbolicTangent(in[0]); })
          .Case(
              [&](arith::RemFOp) { return functions.remainder(in[0], in[1]); })
          .Default(Value());
  return result && isSingle ? e.truncateFloat(result, type) : result;
}

Value MathExpander::narrowToHalf(Emitter &e, Value x) {
  // f32: sign, 8 bits of exponent, 23 of mantissa; f16: sign, 5 and 10. Halves
  // below 2^-14 are multiples of 2^-24, to which adding 0.5 rounds.
  Type i32 = withElement(x.getType(), b.getI32Type());
  Type f32 = x.getType();
  auto integer = [&](int64_t value) { return e.constant(i32, value); };
  Value bits = e.bitcast(x, i32);
  Value sign =
      e.bitAnd(e.shiftRightLogical(bits, integer(16)), integer(0x8000));
  Value magnitude = e.bitAnd(bits, integer(0x7fffffff));
  Value odd = e.bitAnd(e.shiftRightLogical(magnitude, integer(13)), integer(1));
  Value rebiased =
      e.sub(e.add(magnitude, integer(0xfff)), integer(int64_t(127 - 15) << 23));
  Value normal = e.shiftRightLogical(e.add(rebiased, odd), integer(13));
  Value half = e.add(e.bitcast(magnitude, f32), e.constant(f32, 0.5));
  Value subnormal = e.sub(e.bitcast(half, i32), integer(0x3f000000));
  Value isSubnormal = e.lessThan(magnitude, integer(0x38800000));
  Value result = e.select(isSubnormal, subnormal, normal);
  Value isFinite = e.lessThan(magnitude, integer(0x477ff000));
  result = e.select(isFinite, result, integer(0x7c00));
  Value isNumber = e.lessThan(magnitude, integer(0x7f800001));
  result = e.bitOr(e.select(isNumber, result, integer(0x7e00)), sign);
  Value halves = e.truncate(result, withElement(f32, b.getI16Type()));
  return e.bitcast(halves, withElement(f32, b.getF16Type()));
}

Value MathExpander::narrowToBrainFloat(Emitter &e, Value x) {
  Type i32 = withElement(x.getType(), b.getI32Type());
  auto integer = [&](int64_t value) { return e.constant(i32, value); };
  Value bits = e.bitcast(x, i32);
  Value odd = e.bitAnd(e.shiftRightLogical(bits, integer(16)), integer(1));
  Value rounded = e.add(e.add(bits, integer(0x7fff)), odd);
  Value isNumber =
      e.lessThan(e.bitAnd(bits, integer(0x7fffffff)), integer(0x7f800001));
  Value quiet = e.bitOr(bits, integer(0x400000));
  Value upper =
      e.shiftRightLogical(e.select(isNumber, rounded, quiet), integer(16));
  Value words = e.truncate(upper, withElement(x.getType(), b.getI16Type()));
  return e.bitcast(words, withElement(x.getType(), b.getBF16Type()));
}

Value MathExpander::expandConversion(Operation *op, Emitter &e) {
  Value x = op->getOperand(0);
  Type type = op->getResult(0).getType();
  Type from = getElementTypeOrSelf(x.getType());
  Type to = getElementTypeOrSelf(type);
  Type single = withElement(type, b.getF32Type());
  Type words = withElement(type, b.getI16Type());
  if (isa<arith::TruncFOp>(op)) {
    if (!to.isF16() && !to.isBF16())
      return Value();
    bool isNative = to.isF16() && conversion == HalfConversion::Instruction;
    if (from.isF32() && isNative)
      return Value();
    if (from.isF64())
      x = e.truncateFloat(x, single);
    if (isNative)
      return e.truncateFloat(x, type);
    return to.isF16() ? narrowToHalf(e, x) : narrowToBrainFloat(e, x);
  }
  Value wide;
  if (from.isBF16())
    wide = e.upperHalfToFloat(e.bitcast(x, words));
  else if (from.isF16() &&
           (to.isF64() || conversion == HalfConversion::Integer))
    wide = e.halfToFloat(e.bitcast(x, words), conversion);
  if (wide && to.isF64())
    wide = e.extendFloat(wide, type);
  return wide;
}

FailureOr<Value> MathExpander::expand(Operation *op) {
  Emitter e(b, op->getLoc());
  if (isa<arith::ExtFOp, arith::TruncFOp>(op))
    return expandConversion(op, e);
  if (isa<math::RoundEvenOp, math::RoundOp, math::FloorOp, math::CeilOp,
          math::TruncOp>(op))
    return expandRounding(op, e);
  if (isa<math::SqrtOp, math::AbsFOp, math::AbsIOp, math::CopySignOp>(op))
    return Value();
  if (auto multiplyAdd = dyn_cast<math::FmaOp>(op))
    return e.add(e.mul(multiplyAdd.getA(), multiplyAdd.getB()),
                 multiplyAdd.getC());
  if (isa<math::MathDialect>(op->getDialect()) || isa<arith::RemFOp>(op)) {
    Value result = expandMath(op, e);
    if (result)
      return result;
    return op->emitOpError("expects a function that can be computed");
  }
  return Value();
}

LogicalResult MathExpander::run() {
  SmallVector<Operation *> operations;
  function.walk([&](Operation *op) {
    // Nothing is contracted, whatever emulation says of what it made.
    if (isa<arith::ExtFOp, arith::TruncFOp>(op))
      op->removeAttr("fastmath");
    if (isa<math::MathDialect>(op->getDialect()) ||
        isa<arith::RemFOp, arith::ExtFOp, arith::TruncFOp>(op))
      operations.push_back(op);
  });
  // Expansions contain further operations to expand, of f64 only: rounding.
  while (!operations.empty()) {
    Operation *op = operations.pop_back_val();
    b.setInsertionPoint(op);
    Operation *before = op->getPrevNode();
    FailureOr<Value> result = expand(op);
    if (failed(result))
      return failure();
    if (!*result)
      continue;
    for (Operation *made = before ? before->getNextNode()
                                  : &op->getBlock()->front();
         made != op; made = made->getNextNode())
      if (isa<math::RoundEvenOp, math::FloorOp, arith::TruncFOp>(made))
        operations.push_back(made);
    op->getResult(0).replaceAllUsesWith(*result);
    op->erase();
    ++count;
  }
  return success();
}

namespace {
class ExpandMathPass : public bitnet::impl::ExpandMathPassBase<ExpandMathPass> {
  void runOnOperation() override {
    for (func::FuncOp run :
         getTargetFunctions(getOperation(), graphEntryName)) {
      auto target = run->getAttrOfType<TargetAttr>(targetAttrName);
      InstructionSet level =
          target ? target.getLevel() : InstructionSet::Portable;
      MathExpander expander(run, getHalfConversion(level));
      if (failed(expander.run()))
        return signalPassFailure();
      numExpanded += expander.count;
    }
  }
};
} // namespace
