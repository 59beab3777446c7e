//===- QuantizationOperators.cpp - Scales and codes, on constants ---------===//
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

namespace {
/// Where the scale and zero point of an element lie: one for all, one for each
/// position along an axis, or one for each block of those.
struct ScaleIndex {
  int64_t axisExtent = 1, inner = 1, block = 0;
  bool isScalar = true;

  /// Nothing if `scale` does not fit `input`.
  static std::optional<ScaleIndex> get(NodeOp node, const ConstantTensor &input,
                                       const ConstantTensor &scale);
  int64_t operator()(int64_t element) const {
    if (isScalar)
      return 0;
    int64_t along = element / inner % axisExtent;
    if (block == 0)
      return along;
    int64_t blocks = (axisExtent + block - 1) / block;
    return (element / (inner * axisExtent) * blocks + along / block) * inner +
           element % inner;
  }
};
} // namespace

std::optional<ScaleIndex> ScaleIndex::get(NodeOp node,
                                          const ConstantTensor &input,
                                          const ConstantTensor &scale) {
  ScaleIndex index;
  index.block = node.getInt("block_size", 0);
  if (index.block < 0)
    return std::nullopt;
  if (index.block == 0 && scale.size() == 1)
    return index;
  index.isScalar = false;
  ArrayRef<int64_t> shape = input.getShape();
  int64_t rank = shape.size();
  int64_t axis = node.getInt("axis", 1);
  if (axis < 0)
    axis += rank;
  if (axis < 0 || axis >= rank || input.size() == 0)
    return std::nullopt;
  index.axisExtent = shape[axis];
  for (int64_t dim = axis + 1; dim < rank; ++dim)
    index.inner *= shape[dim];
  int64_t expected = index.axisExtent;
  if (index.block) {
    int64_t blocks = (index.axisExtent + index.block - 1) / index.block;
    expected = input.size() / index.axisExtent * blocks;
  }
  if (scale.size() != expected)
    return std::nullopt;
  return index;
}

static Result apply(NodeOp node, ConstantArguments arguments,
                    RankedTensorType type,
                    function_ref<double(double, double, double)> compute) {
  if (arguments.size() < 2 || !arguments[0] || !arguments[1])
    return std::nullopt;
  const ConstantTensor &input = *arguments[0], &scale = *arguments[1];
  const ConstantTensor *zero = arguments.size() > 2 ? arguments[2] : nullptr;
  std::optional<ScaleIndex> index = ScaleIndex::get(node, input, scale);
  if (!index || input.size() != type.getNumElements() ||
      (zero && zero->size() != scale.size()))
    return std::nullopt;
  ConstantTensor result{type, std::vector<float>(input.size())};
  ElementConverter converter(type.getElementType());
  for (int64_t element = 0; element < input.size(); ++element) {
    int64_t at = (*index)(element);
    result.values[element] = converter.convert(
        compute(static_cast<double>(input.values[element]),
                static_cast<double>(scale.values[at]),
                zero ? static_cast<double>(zero->values[at]) : 0.0));
  }
  if (!converter.isSupported() || !converter.isExact())
    return std::nullopt;
  return result;
}

static Result dequantize(NodeOp node, ConstantArguments arguments,
                         RankedTensorType type) {
  return apply(node, arguments, type,
               [](double value, double scale, double zero) {
                 return (value - zero) * scale;
               });
}

static Result quantize(NodeOp node, ConstantArguments arguments,
                       RankedTensorType type) {
  auto integer = dyn_cast<IntegerType>(type.getElementType());
  if (!integer || integer.getWidth() > 16)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  unsigned bits = integer.getWidth();
  double low = isUnsigned ? 0 : -std::ldexp(1, int(bits) - 1);
  double high = std::ldexp(1, int(bits) - (isUnsigned ? 0 : 1)) - 1;
  return apply(
      node, arguments, type, [&](double value, double scale, double zero) {
        double quotient = static_cast<float>(value / scale);
        return std::min(std::max(std::nearbyint(quotient) + zero, low), high);
      });
}

ArrayRef<ConstantOperator> onnx::getQuantizationOperators() {
  static const ConstantOperator operators[] = {
      {"DequantizeLinear", dequantize},
      {"QuantizeLinear", quantize},
  };
  return operators;
}
