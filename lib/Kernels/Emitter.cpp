//===- Emitter.cpp - Short names for building kernel bodies ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Emitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::bitnet;

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value Emitter::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

static TypedAttr shapedConstant(Type type, TypedAttr element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return DenseElementsAttr::get(vector, Attribute(element));
  return element;
}

Value Emitter::constant(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  return arith::ConstantOp::create(
      b, loc, shapedConstant(type, b.getFloatAttr(element, value)));
}

Value Emitter::constant(Type type, int64_t value) {
  Type element = getElementTypeOrSelf(type);
  return arith::ConstantOp::create(
      b, loc, shapedConstant(type, b.getIntegerAttr(element, value)));
}

Value Emitter::f32Bits(Type like, uint32_t bits) {
  APFloat value(APFloat::IEEEsingle(), APInt(32, bits));
  Type type = b.getF32Type();
  if (auto vector = dyn_cast<VectorType>(like))
    type = vector.clone(b.getF32Type());
  return arith::ConstantOp::create(
      b, loc, shapedConstant(type, b.getFloatAttr(b.getF32Type(), value)));
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value Emitter::add(Value lhs, Value rhs) {
  return isFloat(lhs) ? arith::AddFOp::create(b, loc, lhs, rhs).getResult()
                      : arith::AddIOp::create(b, loc, lhs, rhs).getResult();
}

Value Emitter::sub(Value lhs, Value rhs) {
  return isFloat(lhs) ? arith::SubFOp::create(b, loc, lhs, rhs).getResult()
                      : arith::SubIOp::create(b, loc, lhs, rhs).getResult();
}

Value Emitter::mul(Value lhs, Value rhs) {
  return isFloat(lhs) ? arith::MulFOp::create(b, loc, lhs, rhs).getResult()
                      : arith::MulIOp::create(b, loc, lhs, rhs).getResult();
}

Value Emitter::div(Value lhs, Value rhs) {
  return isFloat(lhs) ? arith::DivFOp::create(b, loc, lhs, rhs).getResult()
                      : arith::DivUIOp::create(b, loc, lhs, rhs).getResult();
}

Value Emitter::rem(Value lhs, Value rhs) {
  return arith::RemUIOp::create(b, loc, lhs, rhs);
}

Value Emitter::bitAnd(Value lhs, Value rhs) {
  return arith::AndIOp::create(b, loc, lhs, rhs);
}

Value Emitter::bitOr(Value lhs, Value rhs) {
  return arith::OrIOp::create(b, loc, lhs, rhs);
}

Value Emitter::bitXor(Value lhs, Value rhs) {
  return arith::XOrIOp::create(b, loc, lhs, rhs);
}

Value Emitter::shiftLeft(Value value, Value amount) {
  return arith::ShLIOp::create(b, loc, value, amount);
}

Value Emitter::shiftRightLogical(Value value, Value amount) {
  return arith::ShRUIOp::create(b, loc, value, amount);
}

Value Emitter::shiftRightArithmetic(Value value, Value amount) {
  return arith::ShRSIOp::create(b, loc, value, amount);
}

Value Emitter::minimum(Value lhs, Value rhs) {
  return select(lessThan(lhs, rhs), lhs, rhs);
}

Value Emitter::maximum(Value lhs, Value rhs) {
  return select(lessThan(rhs, lhs), lhs, rhs);
}

Value Emitter::absolute(Value value) {
  return math::AbsFOp::create(b, loc, value);
}

Value Emitter::negate(Value value) {
  return arith::NegFOp::create(b, loc, value);
}

Value Emitter::averageUp(Value lhs, Value rhs) {
  // LLVM knows these operations as the instruction that x86 has for them.
  Type bytes = lhs.getType();
  Type words = b.getI16Type();
  if (auto vector = dyn_cast<VectorType>(bytes))
    words = vector.clone(words);
  Value one = constant(words, int64_t(1));
  Value sum = add(extendUnsigned(lhs, words), extendUnsigned(rhs, words));
  return truncate(shiftRightLogical(add(sum, one), one), bytes);
}

Value Emitter::squareRoot(Value value) {
  return math::SqrtOp::create(b, loc, value);
}

Value Emitter::select(Value condition, Value ifTrue, Value ifFalse) {
  return arith::SelectOp::create(b, loc, condition, ifTrue, ifFalse);
}

Value Emitter::lessThan(Value lhs, Value rhs) {
  if (isFloat(lhs))
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, lhs, rhs);
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, lhs, rhs);
}

Value Emitter::equal(Value lhs, Value rhs) {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, lhs, rhs);
}

Value Emitter::bitcast(Value value, Type type) {
  if (isa<VectorType>(type))
    return vector::BitCastOp::create(b, loc, type, value);
  return arith::BitcastOp::create(b, loc, type, value);
}

Value Emitter::signedToFloat(Value value, Type type) {
  return arith::SIToFPOp::create(b, loc, type, value);
}

Value Emitter::extendSigned(Value value, Type type) {
  return arith::ExtSIOp::create(b, loc, type, value);
}

Value Emitter::extendUnsigned(Value value, Type type) {
  return arith::ExtUIOp::create(b, loc, type, value);
}

Value Emitter::truncate(Value value, Type type) {
  return arith::TruncIOp::create(b, loc, type, value);
}

Value Emitter::extendFloat(Value value, Type type) {
  return arith::ExtFOp::create(b, loc, type, value);
}

Value Emitter::truncateFloat(Value value, Type type) {
  return arith::TruncFOp::create(b, loc, type, value);
}

Value Emitter::indexCast(Value value, Type type) {
  return arith::IndexCastOp::create(b, loc, type, value);
}

Value Emitter::broadcast(Value value, VectorType type) {
  return vector::BroadcastOp::create(b, loc, type, value);
}

Value Emitter::slice(Value vector, int64_t first, int64_t count) {
  auto elements = llvm::to_vector(llvm::seq(first, first + count));
  return vector::ShuffleOp::create(b, loc, vector, vector, elements);
}

Value Emitter::extract(Value vector, int64_t position) {
  return vector::ExtractOp::create(b, loc, vector, position);
}

//===----------------------------------------------------------------------===//
// Shared float functions
//===----------------------------------------------------------------------===//

/// The i32 (or vector of i32) type with the shape of `value`.
static Type integersLike(OpBuilder &b, Value value) {
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    return vector.clone(b.getI32Type());
  return b.getI32Type();
}

Value Emitter::roundToInt(Value value) {
  // Adding 1.5 · 2^23 leaves the rounded integer in the low bits of the
  // mantissa: half to even in the default rounding mode, on every CPU.
  Type integers = integersLike(b, value);
  Value magic = constant(value.getType(), 12582912.0);
  Value bits = bitcast(add(value, magic), integers);
  return sub(bits, constant(integers, int64_t(0x4B400000)));
}

Value Emitter::exponential(Value value) {
  // exp(x) = 2^n · exp(r), n = round(x / ln 2), r = x − n ln 2 with ln 2 split
  // in two (Cody and Waite); a polynomial of degree 6 for exp(r).
  Type type = value.getType();
  Type integers = integersLike(b, value);
  auto number = [&](double x) { return constant(type, x); };
  Value lowest = number(-87.33654);
  Value clamped = maximum(value, lowest);
  Value n = roundToInt(mul(clamped, number(1.44269504088896341)));
  Value nFloat = signedToFloat(n, type);
  Value r = sub(clamped, mul(nFloat, number(0.693359375)));
  r = sub(r, mul(nFloat, number(-2.12194440e-4)));
  Value p = number(1.9875691500e-4);
  for (double coefficient : {1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
                             1.6666665459e-1, 5.0000001201e-1})
    p = add(mul(p, r), number(coefficient));
  p = add(add(mul(mul(p, r), r), r), number(1.0));
  Value scaleBits = shiftLeft(add(n, constant(integers, int64_t(127))),
                              constant(integers, int64_t(23)));
  Value result = mul(p, bitcast(scaleBits, type));
  return select(lessThan(value, lowest), number(0.0), result);
}

std::pair<Value, Value> Emitter::cosineSine(Value angle) {
  // Cody and Waite with π/2 in three parts of 27, 25 and 53 bits: n < 2^24, so
  // the first two products are exact. Taylor polynomials on [-π/4, π/4].
  Type f64 = angle.getType();
  Type i64 = b.getI64Type();
  if (auto vector = dyn_cast<VectorType>(f64))
    i64 = vector.clone(i64);
  auto number = [&](double x) { return constant(f64, x); };
  constexpr double magic = 6755399441055744.0; // 1.5 · 2^52
  Value shifted = add(mul(angle, number(0x1.45f306dc9c883p-1)), number(magic));
  Value quadrant = bitcast(shifted, i64);
  Value n = sub(shifted, number(magic));
  Value r = sub(angle, mul(n, number(0x1.921fb54p0)));
  r = sub(r, mul(n, number(0x1.10b461p-30)));
  r = sub(r, mul(n, number(0x1.a62633145c06ep-58)));
  Value square = mul(r, r);
  auto polynomial = [&](ArrayRef<double> coefficients) {
    Value p = number(coefficients.front());
    for (double coefficient : coefficients.drop_front())
      p = add(mul(p, square), number(coefficient));
    return p;
  };
  Value sine = mul(
      r, polynomial({-1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800,
                     1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6, 1.0}));
  Value cosine = polynomial({1.0 / 20922789888000, -1.0 / 87178291200,
                             1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320,
                             -1.0 / 720, 1.0 / 24, -1.0 / 2, 1.0});
  auto one = constant(i64, int64_t(1)), two = constant(i64, int64_t(2));
  auto zero = constant(i64, int64_t(0));
  // Quadrant:  0     1     2     3
  // cos(a)  :  cos  -sin  -cos   sin
  // sin(a)  :  sin   cos  -sin  -cos
  Value isEven = equal(bitAnd(quadrant, one), zero);
  Value cosineMagnitude = select(isEven, cosine, sine);
  Value sineMagnitude = select(isEven, sine, cosine);
  Value cosineIsPositive = equal(bitAnd(add(quadrant, one), two), zero);
  Value sineIsPositive = equal(bitAnd(quadrant, two), zero);
  return {select(cosineIsPositive, cosineMagnitude, negate(cosineMagnitude)),
          select(sineIsPositive, sineMagnitude, negate(sineMagnitude))};
}

Value Emitter::halfToFloat(Value bits, HalfConversion conversion) {
  if (conversion == HalfConversion::Instruction) {
    Type f16 = b.getF16Type(), f32 = b.getF32Type();
    if (auto vector = dyn_cast<VectorType>(bits.getType())) {
      f16 = vector.clone(f16);
      f32 = vector.clone(f32);
    }
    return extendFloat(bitcast(bits, f16), f32);
  }
  // Shifting exponent and mantissa into place and multiplying by 2^(127 - 15)
  // is exact for normal and subnormal numbers; infinities and NaNs get their
  // exponent back by hand.
  Type i32 = integersLike(b, bits);
  Type f32 = b.getF32Type();
  if (auto vector = dyn_cast<VectorType>(bits.getType()))
    f32 = vector.clone(f32);
  auto integer = [&](int64_t x) { return constant(i32, x); };
  Value wide = extendUnsigned(bits, i32);
  Value magnitude = shiftLeft(bitAnd(wide, integer(0x7fff)), integer(13));
  Value scaled =
      bitcast(mul(bitcast(magnitude, f32), constant(f32, 0x1p112)), i32);
  Value isFinite = lessThan(bitAnd(wide, integer(0x7fff)), integer(0x7c00));
  Value special = bitOr(magnitude, integer(0x7f800000));
  Value sign = shiftLeft(bitAnd(wide, integer(0x8000)), integer(16));
  return bitcast(bitOr(select(isFinite, scaled, special), sign), f32);
}

Value Emitter::upperHalfToFloat(Value bits) {
  Type i32 = integersLike(b, bits);
  Type f32 = b.getF32Type();
  if (auto vector = dyn_cast<VectorType>(bits.getType()))
    f32 = vector.clone(f32);
  Value upper =
      shiftLeft(extendUnsigned(bits, i32), constant(i32, int64_t(16)));
  return bitcast(upper, f32);
}

/// The type of i16 elements in `value`'s shape.
static Type wordsLike(OpBuilder &b, Value value) {
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    return vector.clone(b.getI16Type());
  return b.getI16Type();
}

Value Emitter::floatToHalf(Value value, HalfConversion conversion) {
  Type words = wordsLike(b, value);
  if (conversion == HalfConversion::Instruction) {
    Type f16 = b.getF16Type();
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      f16 = vector.clone(f16);
    return bitcast(truncateFloat(value, f16), words);
  }
  Type i32 = integersLike(b, value);
  Type f32 = value.getType();
  auto integer = [&](int64_t x) { return constant(i32, x); };
  Value bits = bitcast(value, i32);
  Value magnitude = bitAnd(bits, integer(0x7fffffff));
  // Normal numbers: half of the last place that is kept, or what is just below
  // it if that place is even, carries into the exponent, too, which then
  // becomes that of half precision.
  Value isOdd = bitAnd(shiftRightLogical(magnitude, integer(13)), integer(1));
  Value normal = shiftRightLogical(
      add(add(magnitude, integer(0xfff - ((127 - 15) << 23))), isOdd),
      integer(13));
  // Subnormal ones are multiples of 2^-24, the last place of 0.5 in f32.
  Value subnormal =
      sub(bitcast(add(bitcast(magnitude, f32), constant(f32, 0.5)), i32),
          integer(0x3f000000));
  Value finite =
      select(lessThan(magnitude, integer(0x38800000)), subnormal, normal);
  // Not-a-numbers stay that, and quiet.
  Value payload =
      bitOr(bitAnd(shiftRightLogical(magnitude, integer(13)), integer(0x3ff)),
            integer(0x7e00));
  Value special = select(lessThan(integer(0x7f800000), magnitude), payload,
                         integer(0x7c00));
  Value result =
      select(lessThan(magnitude, integer(0x47800000)), finite, special);
  Value sign =
      shiftRightLogical(bitAnd(bits, integer(-0x80000000ll)), integer(16));
  return truncate(bitOr(result, sign), words);
}

Value Emitter::floatToUpperHalf(Value value) {
  Type i32 = integersLike(b, value);
  auto integer = [&](int64_t x) { return constant(i32, x); };
  Value bits = bitcast(value, i32);
  Value upper = shiftRightLogical(bits, integer(16));
  Value rounded = shiftRightLogical(
      add(bits, add(bitAnd(upper, integer(1)), integer(0x7fff))), integer(16));
  Value isNumber =
      lessThan(bitAnd(bits, integer(0x7fffffff)), integer(0x7f800001));
  return truncate(select(isNumber, rounded, bitOr(upper, integer(0x40))),
                  wordsLike(b, value));
}

Value Emitter::silu(Value value) {
  Type type = value.getType();
  // exp's argument must not exceed 88.3. Below -88, silu(x) is silu(-88), less
  // than 1e-36 in magnitude; not-a-numbers stay what they are.
  Value clamped = maximum(constant(type, -88.0), value);
  return div(clamped, add(constant(type, 1.0), exponential(negate(clamped))));
}

Value Emitter::geluTanh(Value value) {
  Type type = value.getType();
  // At -10, exp's argument is 87.3, and the result below 1e-36 in magnitude:
  // what silu() does at -88. Large numbers have an argument of -infinity.
  Value clamped = maximum(constant(type, -10.0), value);
  Value square = mul(clamped, clamped);
  Value slope = add(mul(square, constant(type, -0.07135481627159992)),
                    constant(type, -1.5957691216057308));
  Value exponent = mul(clamped, slope);
  return div(clamped, add(constant(type, 1.0), exponential(exponent)));
}

Value Emitter::squaredRelu(Value value) {
  Value positive = maximum(value, constant(value.getType(), 0.0));
  return mul(positive, positive);
}

Value Emitter::reduceLanes(Value vector, function_ref<Value(Value, Value)> op) {
  for (int64_t width = laneCount / 2; width >= 1; width /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < width; ++lane) {
      low.push_back(lane);
      high.push_back(lane + width);
    }
    Value lowHalf = vector::ShuffleOp::create(b, loc, vector, vector, low);
    Value highHalf = vector::ShuffleOp::create(b, loc, vector, vector, high);
    vector = op(lowHalf, highHalf);
  }
  return extract(vector, 0);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value Emitter::load(Value buffer, ValueRange indices) {
  return memref::LoadOp::create(b, loc, buffer, indices);
}

Value Emitter::loadIndex(Value buffer, ValueRange indices) {
  return indexCast(load(buffer, indices), b.getIndexType());
}

void Emitter::store(Value value, Value buffer, ValueRange indices) {
  memref::StoreOp::create(b, loc, value, buffer, indices);
}

Value Emitter::loadVector(VectorType type, Value buffer, ValueRange indices) {
  return vector::LoadOp::create(b, loc, type, buffer, indices);
}

void Emitter::storeVector(Value value, Value buffer, ValueRange indices) {
  vector::StoreOp::create(b, loc, value, buffer, indices);
}

void Emitter::prefetch(Value buffer, ValueRange indices) {
  memref::PrefetchOp::create(b, loc, buffer, indices, /*isWrite=*/false,
                             /*localityHint=*/3, /*isDataCache=*/true);
}

Value Emitter::stackBuffer(ArrayRef<int64_t> shape, Type element) {
  return memref::AllocaOp::create(b, loc, MemRefType::get(shape, element),
                                  b.getI64IntegerAttr(64));
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

void Emitter::loop(Value begin, Value end, int64_t step,
                   function_ref<void(Value)> body) {
  loop(begin, end, step, ValueRange(), [&](Value iteration, ValueRange) {
    body(iteration);
    return SmallVector<Value>();
  });
}

static scf::ForOp
makeLoop(Emitter &e, Value begin, Value end, int64_t step, ValueRange initial,
         function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  return scf::ForOp::create(
      e.builder(), e.location(), begin, end, e.index(step), initial,
      [&](OpBuilder &b, Location loc, Value iteration, ValueRange carried) {
        scf::YieldOp::create(b, loc, body(iteration, carried));
      });
}

SmallVector<Value>
Emitter::loop(Value begin, Value end, int64_t step, ValueRange initial,
              function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  return llvm::to_vector_of<Value>(
      makeLoop(*this, begin, end, step, initial, body).getResults());
}

SmallVector<Value>
Emitter::rolledLoop(Value begin, Value end, int64_t step, ValueRange initial,
                    function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  scf::ForOp loop = makeLoop(*this, begin, end, step, initial, body);
  LLVM::LoopUnrollAttr unroll = LLVM::LoopUnrollAttr::get(
      b.getContext(), /*disable=*/b.getBoolAttr(true), {}, {}, {}, {}, {}, {});
  loop->setAttr("loop_annotation", LLVM::LoopAnnotationAttr::get(
                                       b.getContext(), {}, {}, {}, unroll, {},
                                       {}, {}, {}, {}, {}, {}, {}, {}, {}, {}));
  return llvm::to_vector_of<Value>(loop.getResults());
}

void Emitter::ifThen(Value condition, function_ref<void()> then,
                     function_ref<void()> otherwise) {
  auto emit = [&](function_ref<void()> body) {
    return [&, body](OpBuilder &, Location) {
      body();
      scf::YieldOp::create(b, loc);
    };
  };
  if (otherwise)
    scf::IfOp::create(b, loc, condition, emit(then), emit(otherwise));
  else
    scf::IfOp::create(b, loc, condition, emit(then));
}
