//===- ElementwiseOperators.cpp - Elementwise, on constants ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ConstantOperators.h"

#include <cmath>

using namespace mlir;
using namespace mlir::onnx;

using Result = std::optional<ConstantTensor>;

template <auto function>
static Result unary(NodeOp, ConstantArguments arguments,
                    RankedTensorType type) {
  if (arguments.size() != 1 || !arguments[0])
    return std::nullopt;
  return applyElementwise<1>(type, {arguments[0]}, function);
}

template <auto function>
static Result binary(NodeOp, ConstantArguments arguments,
                     RankedTensorType type) {
  if (arguments.size() != 2 || !arguments[0] || !arguments[1])
    return std::nullopt;
  return applyElementwise<2>(type, {arguments[0], arguments[1]}, function);
}

/// Min and Max, of one or several inputs.
template <auto function>
static Result variadic(NodeOp, ConstantArguments arguments,
                       RankedTensorType type) {
  if (arguments.empty() || llvm::is_contained(arguments, nullptr))
    return std::nullopt;
  Result result = applyElementwise<1>(type, {arguments[0]},
                                      [](double value) { return value; });
  for (const ConstantTensor *argument : arguments.drop_front()) {
    if (!result)
      return std::nullopt;
    result = applyElementwise<2>(type, {&*result, argument}, function);
  }
  return result;
}

static Result select(NodeOp, ConstantArguments arguments,
                     RankedTensorType type) {
  if (arguments.size() != 3 || llvm::is_contained(arguments, nullptr))
    return std::nullopt;
  return applyElementwise<3>(
      type, {arguments[0], arguments[1], arguments[2]},
      [](double condition, double ifTrue, double ifFalse) {
        return condition != 0 ? ifTrue : ifFalse;
      });
}

/// Bounds are attributes before version 11.
static Result clip(NodeOp node, ConstantArguments arguments,
                   RankedTensorType type) {
  auto getBound = [&](unsigned index, StringRef name,
                      float absent) -> std::optional<float> {
    if (index >= arguments.size() || !arguments[index])
      return node.getFloat(name, absent);
    if (arguments[index]->size() != 1)
      return std::nullopt;
    return arguments[index]->values.front();
  };
  std::optional<float> low = getBound(1, "min", -INFINITY);
  std::optional<float> high = getBound(2, "max", INFINITY);
  if (arguments.empty() || !arguments[0] || !low || !high)
    return std::nullopt;
  return applyElementwise<1>(type, {arguments[0]}, [&](double value) {
    return std::min<double>(std::max<double>(value, *low), *high);
  });
}

static Result shift(NodeOp node, ConstantArguments arguments,
                    RankedTensorType type) {
  if (arguments.size() != 2 || !arguments[0] || !arguments[1])
    return std::nullopt;
  bool isLeft = node.getString("direction", "") == "LEFT";
  return applyElementwise<2>(
      type, {arguments[0], arguments[1]}, [&](double value, double amount) {
        if (!(amount >= 0 && amount < 32))
          return amount < 64 ? 0.0 : NAN;
        return isLeft ? std::ldexp(value, int(amount))
                      : std::floor(std::ldexp(value, -int(amount)));
      });
}

static Result convert(NodeOp, ConstantArguments arguments,
                      RankedTensorType type) {
  if (arguments.empty() || !arguments[0])
    return std::nullopt;
  bool isBoolean = type.getElementType().isInteger(1);
  return applyElementwise<1>(type, {arguments[0]}, [&](double value) {
    return isBoolean ? double(value != 0) : value;
  });
}

// Not-a-number comes through.
static constexpr auto larger = [](double x, double y) {
  return x > y || std::isnan(x) ? x : y;
};
static constexpr auto smaller = [](double x, double y) {
  return x < y || std::isnan(x) ? x : y;
};
static constexpr auto getSign = [](double x) {
  return x > 0 ? 1 : x < 0 ? -1 : x;
};
static constexpr auto same = [](double x) { return x; };
static constexpr auto bits = [](double x) { return static_cast<int64_t>(x); };

ArrayRef<ConstantOperator> onnx::getElementwiseOperators() {
  static const ConstantOperator operators[] = {
      {"Abs", unary<[](double x) { return std::fabs(x); }>},
      {"Add", binary<[](double x, double y) { return x + y; }>},
      {"And", binary<[](double x, double y) { return double(x && y); }>},
      {"BitShift", shift},
      {"BitwiseAnd",
       binary<[](double x, double y) { return double(bits(x) & bits(y)); }>},
      {"BitwiseNot", unary<[](double x) { return double(~bits(x)); }>},
      {"BitwiseOr",
       binary<[](double x, double y) { return double(bits(x) | bits(y)); }>},
      {"BitwiseXor",
       binary<[](double x, double y) { return double(bits(x) ^ bits(y)); }>},
      {"Cast", convert},
      {"CastLike", convert, 1},
      {"Ceil", unary<[](double x) { return std::ceil(x); }>},
      {"Clip", clip},
      {"Div", binary<[](double x, double y) { return x / y; }>},
      {"Equal", binary<[](double x, double y) { return double(x == y); }>},
      {"Expand", unary<same>, 1},
      {"Floor", unary<[](double x) { return std::floor(x); }>},
      {"Greater", binary<[](double x, double y) { return double(x > y); }>},
      {"GreaterOrEqual",
       binary<[](double x, double y) { return double(x >= y); }>},
      {"Identity", unary<same>},
      {"Less", binary<[](double x, double y) { return double(x < y); }>},
      {"LessOrEqual",
       binary<[](double x, double y) { return double(x <= y); }>},
      {"Max", variadic<larger>},
      {"Min", variadic<smaller>},
      {"Mul", binary<[](double x, double y) { return x * y; }>},
      {"Neg", unary<[](double x) { return -x; }>},
      {"Not", unary<[](double x) { return double(!x); }>},
      {"Or", binary<[](double x, double y) { return double(x || y); }>},
      {"Reciprocal", unary<[](double x) { return 1 / x; }>},
      // Half to even, the mode that is never changed.
      {"Round", unary<[](double x) { return std::nearbyint(x); }>},
      {"Sign", unary<getSign>},
      {"Sqrt", unary<[](double x) { return std::sqrt(x); }>},
      {"Sub", binary<[](double x, double y) { return x - y; }>},
      {"Where", select},
  };
  return operators;
}
