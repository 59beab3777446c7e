//===- ActivationQuantizer.cpp - Quantised activations --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ActivationQuantizer.h"
#include "ConstantEvaluator.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;
using namespace mlir::onnx;

/// Spellings of 127 and 1 / 127 differ in the last bits.
static constexpr float tolerance = 1e-6f;

/// The largest code. Clipping to -127 or to -128 is the same: no |x · 127 / a|
/// is above 127.
static constexpr float largestCode = 127;

static NodeOp getNode(Value value, StringRef type) {
  if (!value)
    return {};
  auto node = skipStraightThrough(value).getDefiningOp<NodeOp>();
  return node && node.is(type) ? node : NodeOp();
}

/// Bounds of Clip, Max and Min with constants, and what they bound.
namespace {
struct Bounded {
  Value value;
  float low = -INFINITY, high = INFINITY;
};
} // namespace

/// One node of `value` that bounds; nothing if it is none.
static std::optional<Bounded> matchBound(Value value) {
  if (NodeOp clip = getNode(value, "Clip")) {
    Bounded result{clip.getInput(0), clip.getFloat("min", -INFINITY),
                   clip.getFloat("max", INFINITY)};
    for (auto [index, bound] :
         {std::pair(1, &result.low), std::pair(2, &result.high)})
      if (Value input = clip.getInput(index)) {
        std::optional<float> scalar = evaluateScalar(input);
        if (!scalar)
          return std::nullopt;
        *bound = *scalar;
      }
    if (!result.value)
      return std::nullopt;
    return result;
  }
  for (bool isMaximum : {true, false})
    if (NodeOp node = getNode(value, isMaximum ? "Max" : "Min"))
      for (unsigned index : {0u, 1u}) {
        Value input = node.getInput(1 - index), bound = node.getInput(index);
        if (!input || !bound || node.getInputCount() != 2)
          continue;
        std::optional<float> scalar = evaluateScalar(bound);
        if (!scalar)
          continue;
        return isMaximum ? Bounded{input, *scalar, INFINITY}
                         : Bounded{input, -INFINITY, *scalar};
      }
  return std::nullopt;
}

/// The only axis that a reduction reduces, from the back.
static std::optional<int64_t> getReducedAxis(NodeOp reduction) {
  std::optional<float> axis;
  if (Value given = reduction.getInput(1))
    axis = evaluateScalar(given);
  else if (auto axes = reduction.getInts("axes"); axes && axes->size() == 1)
    axis = static_cast<float>(axes->front());
  Value input = reduction.getInput(0);
  auto type =
      input ? dyn_cast<RankedTensorType>(input.getType()) : RankedTensorType();
  if (!axis || !type)
    return std::nullopt;
  auto whole = static_cast<int64_t>(*axis);
  return whole < 0 ? whole : whole - type.getRank();
}

/// max |x| along an axis, which the result keeps with extent 1.
static std::optional<std::pair<Value, int64_t>> matchLargest(Value value) {
  NodeOp maximum = getNode(value, "ReduceMax");
  bool isKept = maximum && maximum.getInt("keepdims", 1) != 0;
  if (NodeOp unsqueeze = getNode(value, "Unsqueeze")) {
    maximum = getNode(unsqueeze.getInput(0), "ReduceMax");
    if (!maximum || maximum.getInt("keepdims", 1) != 0)
      return std::nullopt;
    // Only the last axis comes back where it was without counting.
    std::optional<float> axis;
    if (Value input = unsqueeze.getInput(1))
      axis = evaluateScalar(input);
    else if (auto axes = unsqueeze.getInts("axes"); axes && axes->size() == 1)
      axis = static_cast<float>(axes->front());
    auto type = dyn_cast<RankedTensorType>(unsqueeze.getOutputs()[0].getType());
    isKept = type && axis &&
             (*axis == -1 || *axis == static_cast<float>(type.getRank() - 1)) &&
             getReducedAxis(maximum) == -1;
  }
  if (!isKept)
    return std::nullopt;
  std::optional<int64_t> axis = getReducedAxis(maximum);
  NodeOp magnitude = getNode(maximum.getInput(0), "Abs");
  Value input =
      magnitude ? skipStraightThrough(magnitude.getInput(0)) : Value();
  if (!axis || !input)
    return std::nullopt;
  return std::pair(input, *axis);
}

static std::optional<Absmax> matchAbsmax(Value value) {
  std::optional<Bounded> bounded = matchBound(value);
  // Clipping in the other direction as well is something else, unless at the
  // end of the range.
  if (!bounded || !(bounded->low >= bitnet::smallestFloor) ||
      !(bounded->high > 1e38f) || !std::isfinite(bounded->low))
    return std::nullopt;
  auto largest = matchLargest(bounded->value);
  if (!largest)
    return std::nullopt;
  return Absmax{largest->first, largest->second, bounded->low};
}

std::optional<ScaleExpression> onnx::combineScales(ScaleExpression lhs,
                                                   const ScaleExpression &rhs,
                                                   bool isQuotient) {
  if (lhs.absmax && rhs.absmax && *lhs.absmax != *rhs.absmax)
    return std::nullopt;
  size_t size = std::max(lhs.constant.size(), rhs.constant.size());
  for (size_t count : {lhs.constant.size(), rhs.constant.size()})
    if (count != 1 && count != size)
      return std::nullopt;
  std::vector<float> constant;
  for (size_t i = 0; i < size; ++i) {
    float left = lhs.constant[lhs.constant.size() == 1 ? 0 : i];
    float right = rhs.constant[rhs.constant.size() == 1 ? 0 : i];
    constant.push_back(isQuotient ? left / right : left * right);
  }
  // 1 / a.
  bool isReciprocal = isQuotient && lhs.power == 0 && rhs.power == 1 &&
                      lhs.constant == std::vector<float>{1} &&
                      rhs.constant == std::vector<float>{1};
  ScaleExpression result;
  result.absmax = lhs.absmax ? lhs.absmax : rhs.absmax;
  result.power = lhs.power + (isQuotient ? -rhs.power : rhs.power);
  result.reciprocal = lhs.reciprocal || rhs.reciprocal || isReciprocal;
  result.constant = std::move(constant);
  return result;
}

/// A constant that varies along the last axis only.
static std::optional<ScaleExpression> matchConstantScale(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t count = type.getNumElements();
  if (!isa<FloatType>(type.getElementType()) ||
      (count != 1 && count != type.getShape().back()))
    return std::nullopt;
  std::optional<ConstantTensor> tensor = evaluateConstant(value);
  if (!tensor)
    return std::nullopt;
  ScaleExpression result;
  result.constant = std::move(tensor->values);
  return result;
}

/// Products nest no deeper in any spelling.
static constexpr unsigned maximumDepth = 6;

static std::optional<ScaleExpression> matchScale(Value value, unsigned depth) {
  if (!value || depth > maximumDepth)
    return std::nullopt;
  if (isConstant(value))
    return matchConstantScale(value);
  if (std::optional<Absmax> absmax = matchAbsmax(value)) {
    ScaleExpression result;
    result.absmax = absmax;
    result.power = 1;
    return result;
  }
  auto node = skipStraightThrough(value).getDefiningOp<NodeOp>();
  if (!node || !node.getDomain().empty())
    return std::nullopt;
  if (node.is("Reciprocal")) {
    auto operand = matchScale(node.getInput(0), depth + 1);
    if (!operand)
      return std::nullopt;
    return combineScales(ScaleExpression(), *operand, /*isQuotient=*/true);
  }
  if (!node.is("Mul") && !node.is("Div"))
    return std::nullopt;
  auto lhs = matchScale(node.getInput(0), depth + 1);
  if (!lhs)
    return std::nullopt;
  auto rhs = matchScale(node.getInput(1), depth + 1);
  if (!rhs)
    return std::nullopt;
  return combineScales(*lhs, *rhs, node.is("Div"));
}

std::optional<ScaleExpression> onnx::matchScaleExpression(Value value) {
  return matchScale(value, 0);
}

/// Whether an expression is constant · a^power.
static bool isScale(const ScaleExpression &expression, float constant,
                    int power) {
  return expression.absmax && expression.power == power &&
         expression.constant.size() == 1 &&
         std::fabs(expression.constant.front() - constant) <=
             tolerance * constant;
}

namespace {
/// A product with a scale, or a quotient.
struct ScaledValue {
  Value value;
  ScaleExpression scale;
};
} // namespace

/// The ways to read a node as a value times a scale of activations.
static SmallVector<ScaledValue, 2> matchScaled(Value value) {
  SmallVector<ScaledValue, 2> results;
  NodeOp product = getNode(value, "Mul"), quotient = getNode(value, "Div");
  NodeOp node = product ? product : quotient;
  if (!node)
    return results;
  for (unsigned index : {1u, 0u}) {
    if (quotient && index == 0)
      break;
    auto scale = matchScaleExpression(node.getInput(index));
    if (!scale || !scale->absmax || !node.getInput(1 - index))
      continue;
    if (quotient) {
      scale = combineScales(ScaleExpression(), *scale, /*isQuotient=*/true);
      // x / (a / 127) rounds no 1 / a.
      scale->reciprocal = false;
    }
    results.push_back({skipStraightThrough(node.getInput(1 - index)), *scale});
  }
  return results;
}

/// Looks through Clip to 8 bits and Cast to types that hold the codes.
static Value skipBounds(Value value) {
  while (true) {
    value = skipStraightThrough(value);
    if (NodeOp cast = getNode(value, "Cast")) {
      Type type = getElementTypeOrSelf(value.getType());
      if (!isa<FloatType>(type) && !type.isInteger(8) && !type.isInteger(32))
        return value;
      if (type.isUnsignedInteger() || !cast.getInput(0))
        return value;
      value = cast.getInput(0);
      continue;
    }
    std::optional<Bounded> bounded = matchBound(value);
    if (!bounded || bounded->low > -largestCode || bounded->high < largestCode)
      return value;
    value = bounded->value;
  }
}

/// The codes, as numbers.
static std::optional<QuantizedActivations> matchCodes(Value value) {
  NodeOp round = getNode(skipBounds(value), "Round");
  if (!round || !round.getInput(0))
    return std::nullopt;
  for (const ScaledValue &scaled : matchScaled(skipBounds(round.getInput(0))))
    if (isScale(scaled.scale, largestCode, -1) &&
        scaled.scale.absmax->input == scaled.value)
      return QuantizedActivations{*scaled.scale.absmax, scaled.scale.reciprocal,
                                  /*isDequantized=*/false};
  return std::nullopt;
}

std::optional<QuantizedActivations>
onnx::matchQuantizedActivations(Value value) {
  value = skipStraightThrough(value);
  for (const ScaledValue &scaled : matchScaled(value))
    if (isScale(scaled.scale, 1 / largestCode, 1))
      if (auto codes = matchCodes(scaled.value);
          codes && codes->absmax == *scaled.scale.absmax) {
        codes->isDequantized = true;
        return codes;
      }
  return matchCodes(value);
}
