//===- Emitter.h - Short names for building kernel bodies -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels are built from vector, scf, arith and memref operations. The emitter
// makes their bodies readable: arithmetic on scalars and vectors alike, loops
// as lambdas, and the float functions that all kernels share, so that a scalar
// kernel and a vector kernel evaluate the same operations in the same order.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_KERNELS_EMITTER_H
#define BITNET_KERNELS_EMITTER_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::bitnet {

/// How halves become f32: with integer operations only, for targets without a
/// conversion instruction, or with that instruction.
enum class HalfConversion { Integer, Instruction };

class Emitter {
public:
  Emitter(OpBuilder &builder, Location loc) : b(builder), loc(loc) {}

  /// Partial sums of a lane sum; see the description of the bitnet dialect.
  static constexpr int64_t laneCount = 16;

  OpBuilder &builder() { return b; }
  Location location() const { return loc; }

  //===--- Types and constants --------------------------------------------===//

  VectorType vectorType(int64_t size, Type element) {
    return VectorType::get({size}, element);
  }
  Type f32Type() { return b.getF32Type(); }
  Type i32Type() { return b.getI32Type(); }
  Type i8Type() { return b.getI8Type(); }

  Value index(int64_t value);
  /// A constant of a float or integer type, or a vector of equal ones.
  Value constant(Type type, double value);
  Value constant(Type type, int64_t value);
  /// An f32 constant of `like`'s shape with exactly these bits.
  Value f32Bits(Type like, uint32_t bits);

  //===--- Arithmetic on scalars, vectors and indices ---------------------===//

  Value add(Value lhs, Value rhs);
  Value sub(Value lhs, Value rhs);
  Value mul(Value lhs, Value rhs);
  Value div(Value lhs, Value rhs);
  Value rem(Value lhs, Value rhs);
  Value bitAnd(Value lhs, Value rhs);
  Value bitOr(Value lhs, Value rhs);
  Value bitXor(Value lhs, Value rhs);
  Value shiftLeft(Value value, Value amount);
  Value shiftRightLogical(Value value, Value amount);
  Value shiftRightArithmetic(Value value, Value amount);
  Value minimum(Value lhs, Value rhs);
  /// lhs > rhs ? lhs : rhs, as every instruction set computes it.
  Value maximum(Value lhs, Value rhs);
  Value absolute(Value value);
  Value negate(Value value);
  /// (lhs + rhs + 1) / 2 of unsigned bytes.
  Value averageUp(Value lhs, Value rhs);
  Value squareRoot(Value value);
  Value select(Value condition, Value ifTrue, Value ifFalse);
  Value lessThan(Value lhs, Value rhs);
  Value equal(Value lhs, Value rhs);
  Value bitcast(Value value, Type type);
  Value signedToFloat(Value value, Type type);
  Value extendSigned(Value value, Type type);
  Value extendUnsigned(Value value, Type type);
  Value truncate(Value value, Type type);
  Value extendFloat(Value value, Type type);
  Value truncateFloat(Value value, Type type);
  Value indexCast(Value value, Type type);
  /// `value` in every element of a vector type.
  Value broadcast(Value value, VectorType type);
  Value extract(Value vector, int64_t position);
  /// Elements `first`, ... of a vector, `count` of them.
  Value slice(Value vector, int64_t first, int64_t count);

  //===--- Shared float functions -----------------------------------------===//

  /// f32 to i32, rounding half to even; |value| < 2^22.
  Value roundToInt(Value value);
  /// exp of f32 values, at most 2 ulp off for arguments up to 88.3; 0 below
  /// -87.3. Arguments must not exceed 88.3.
  Value exponential(Value value);
  /// Cosine and sine of f64 values in [-2^24, 2^24], with an absolute error
  /// below 1e-12.
  std::pair<Value, Value> cosineSine(Value angle);
  /// IEEE half precision (as i16) to f32.
  Value halfToFloat(Value bits, HalfConversion conversion);
  /// bfloat16 (as i16), the upper half of an f32, to f32.
  Value upperHalfToFloat(Value bits);
  /// f32 to the nearest IEEE half precision (as i16), half to even.
  Value floatToHalf(Value value, HalfConversion conversion);
  /// f32 to the nearest bfloat16 (as i16), half to even.
  Value floatToUpperHalf(Value value);
  /// 1 / (1 + exp(-x)) · x.
  Value silu(Value value);
  /// x / (1 + exp(-2 sqrt(2 / pi) · (x + 0.044715 x³))), which is
  /// x / 2 · (1 + tanh(...)) with half of that argument.
  Value geluTanh(Value value);
  /// max(x, 0)².
  Value squaredRelu(Value value);
  /// Combines the 16 lanes of a vector as a lane sum does; with `op`
  /// maximum, the order does not matter.
  Value reduceLanes(Value vector, function_ref<Value(Value, Value)> op);

  //===--- Memory ---------------------------------------------------------===//

  Value load(Value buffer, ValueRange indices);
  /// An element of a buffer of signed integers as an index.
  Value loadIndex(Value buffer, ValueRange indices);
  void store(Value value, Value buffer, ValueRange indices);
  Value loadVector(VectorType type, Value buffer, ValueRange indices);
  void storeVector(Value value, Value buffer, ValueRange indices);
  /// Asks for the cache line of an element that will be read soon. The element
  /// may lie beyond the buffer.
  void prefetch(Value buffer, ValueRange indices);
  /// A buffer on the stack; use it outside loops only.
  Value stackBuffer(ArrayRef<int64_t> shape, Type element);

  //===--- Control flow ---------------------------------------------------===//

  void loop(Value begin, Value end, int64_t step,
            function_ref<void(Value)> body);
  SmallVector<Value>
  loop(Value begin, Value end, int64_t step, ValueRange initial,
       function_ref<SmallVector<Value>(Value, ValueRange)> body);
  /// The same for a body that fills the registers: LLVM does not unroll it.
  SmallVector<Value>
  rolledLoop(Value begin, Value end, int64_t step, ValueRange initial,
             function_ref<SmallVector<Value>(Value, ValueRange)> body);
  void ifThen(Value condition, function_ref<void()> then,
              function_ref<void()> otherwise = nullptr);

private:
  OpBuilder &b;
  Location loc;
};

} // namespace mlir::bitnet

#endif // BITNET_KERNELS_EMITTER_H
