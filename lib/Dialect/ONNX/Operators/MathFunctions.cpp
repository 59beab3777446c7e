//===- MathFunctions.cpp - Operators of functions of analysis -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::onnx;

/// Floats that hold sizes are whole.
static LogicalResult inferRounded(NodeShapes &shapes) {
  if (failed(checkElements(shapes, isFloat, "floats")))
    return failure();
  TensorShape result = *shapes.getInput(0);
  result.constant = {};
  shapes.setResult(0, result);
  return success();
}

template <typename Op>
static Value computeFunction(NodeLowering &, ElementBuilder &b, ValueRange in) {
  return Op::create(b, in[0]);
}

template <typename Op>
static Operator makeFunction(StringRef type, int64_t sinceVersion) {
  return {"", type, sinceVersion, inferFloats,
          lowerElementwise<computeFunction<Op>>};
}

void mlir::onnx::addMathFunctionOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      makeFunction<math::AcosOp>("Acos", 7),
      makeFunction<math::AcoshOp>("Acosh", 9),
      makeFunction<math::AsinOp>("Asin", 7),
      makeFunction<math::AsinhOp>("Asinh", 9),
      makeFunction<math::AtanOp>("Atan", 7),
      makeFunction<math::AtanhOp>("Atanh", 9),
      {"", "Ceil", 6, inferRounded,
       lowerElementwise<computeFunction<math::CeilOp>>},
      makeFunction<math::CosOp>("Cos", 7),
      makeFunction<math::CoshOp>("Cosh", 9),
      makeFunction<math::ErfOp>("Erf", 9),
      makeFunction<math::ExpOp>("Exp", 6),
      {"", "Floor", 6, inferRounded,
       lowerElementwise<computeFunction<math::FloorOp>>},
      makeFunction<math::LogOp>("Log", 6),
      // Halves are rounded to even.
      {"", "Round", 11, inferRounded,
       lowerElementwise<computeFunction<math::RoundEvenOp>>},
      makeFunction<math::SinOp>("Sin", 7),
      makeFunction<math::SinhOp>("Sinh", 9),
      makeFunction<math::SqrtOp>("Sqrt", 6),
      makeFunction<math::TanOp>("Tan", 7),
      makeFunction<math::TanhOp>("Tanh", 6),
  });
}
