//===- ShapeOperators.cpp - Shapes and reductions, on constants -----------===//
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

/// `axis` counted from the front. Nothing if there is no such axis.
static std::optional<int64_t> getAxis(int64_t axis, int64_t rank) {
  if (axis < 0)
    axis += rank;
  if (axis < 0 || axis >= rank)
    return std::nullopt;
  return axis;
}

/// Reshape and what else leaves the elements in their order.
static Result reshape(NodeOp, ConstantArguments arguments,
                      RankedTensorType type) {
  if (arguments.empty() || !arguments[0] ||
      arguments[0]->size() != type.getNumElements())
    return std::nullopt;
  return ConstantTensor{type, arguments[0]->values};
}

static Result transpose(NodeOp node, ConstantArguments arguments,
                        RankedTensorType type) {
  if (arguments.size() != 1 || !arguments[0])
    return std::nullopt;
  const ConstantTensor &input = *arguments[0];
  int64_t rank = type.getRank();
  SmallVector<int64_t> permutation;
  if (auto given = node.getInts("perm"))
    permutation.assign(given->begin(), given->end());
  else
    for (int64_t dim = rank - 1; dim >= 0; --dim)
      permutation.push_back(dim);
  ArrayRef<int64_t> shape = input.getShape();
  if (int64_t(shape.size()) != rank || int64_t(permutation.size()) != rank)
    return std::nullopt;
  SmallVector<int64_t> inputStrides(rank, 1);
  for (int64_t dim = rank - 2; dim >= 0; --dim)
    inputStrides[dim] = inputStrides[dim + 1] * shape[dim + 1];
  SmallVector<bool> seen(rank, false);
  SmallVector<int64_t> strides;
  for (auto [dim, source] : llvm::enumerate(permutation)) {
    if (source < 0 || source >= rank || seen[source] ||
        shape[source] != type.getDimSize(dim))
      return std::nullopt;
    seen[source] = true;
    strides.push_back(inputStrides[source]);
  }
  ConstantTensor result{type, std::vector<float>(input.size())};
  SmallVector<int64_t> position(rank, 0);
  int64_t offset = 0;
  for (float &value : result.values) {
    value = input.values[offset];
    for (int64_t dim = rank - 1; dim >= 0; --dim) {
      offset += strides[dim];
      if (++position[dim] < type.getDimSize(dim))
        break;
      offset -= strides[dim] * type.getDimSize(dim);
      position[dim] = 0;
    }
  }
  return result;
}

static Result concatenate(NodeOp node, ConstantArguments arguments,
                          RankedTensorType type) {
  std::optional<int64_t> axis =
      getAxis(node.getInt("axis", type.getRank()), type.getRank());
  if (!axis || arguments.empty() || llvm::is_contained(arguments, nullptr))
    return std::nullopt;
  int64_t outer = 1, inner = 1, total = 0;
  for (int64_t dim = 0; dim < *axis; ++dim)
    outer *= type.getDimSize(dim);
  for (int64_t dim = *axis + 1; dim < type.getRank(); ++dim)
    inner *= type.getDimSize(dim);
  for (const ConstantTensor *argument : arguments) {
    if (argument->type.getRank() != type.getRank() ||
        argument->size() != outer * argument->getShape()[*axis] * inner)
      return std::nullopt;
    total += argument->getShape()[*axis];
  }
  if (total != type.getDimSize(*axis))
    return std::nullopt;
  ConstantTensor result{type, {}};
  result.values.reserve(type.getNumElements());
  for (int64_t part = 0; part < outer; ++part)
    for (const ConstantTensor *argument : arguments) {
      int64_t length = argument->getShape()[*axis] * inner;
      auto begin = argument->values.begin() + part * length;
      result.values.insert(result.values.end(), begin, begin + length);
    }
  return result;
}

/// The axes of a reduction: an attribute, later an input; all if neither is
/// there. Nothing if they are not right.
static std::optional<SmallVector<bool>>
getReducedAxes(NodeOp node, ConstantArguments arguments, int64_t rank) {
  SmallVector<int64_t> axes;
  if (arguments.size() > 1 && arguments[1]) {
    for (float axis : arguments[1]->values)
      axes.push_back(static_cast<int64_t>(axis));
  } else if (auto given = node.getInts("axes")) {
    axes.assign(given->begin(), given->end());
  }
  bool isAll = axes.empty() && node.getInt("noop_with_empty_axes", 0) == 0;
  SmallVector<bool> reduced(rank, isAll);
  for (int64_t given : axes) {
    std::optional<int64_t> axis = getAxis(given, rank);
    if (!axis)
      return std::nullopt;
    reduced[*axis] = true;
  }
  return reduced;
}

/// Sums in double: a mean of weights comes out as whoever trained them had it,
/// to the last bit or the one before.
template <auto combine, bool isMean = false>
static Result reduce(NodeOp node, ConstantArguments arguments,
                     RankedTensorType type, double initial) {
  if (arguments.empty() || !arguments[0])
    return std::nullopt;
  const ConstantTensor &input = *arguments[0];
  ArrayRef<int64_t> shape = input.getShape();
  int64_t rank = shape.size();
  std::optional<SmallVector<bool>> reduced =
      getReducedAxes(node, arguments, rank);
  if (!reduced)
    return std::nullopt;
  SmallVector<int64_t> strides(rank, 0);
  int64_t outputs = 1;
  for (int64_t dim = rank - 1; dim >= 0; --dim)
    if (!(*reduced)[dim]) {
      strides[dim] = outputs;
      outputs *= shape[dim];
    }
  if (outputs != type.getNumElements() || outputs == 0 || input.size() == 0)
    return std::nullopt;
  std::vector<double> results(outputs, initial);
  SmallVector<int64_t> position(rank, 0);
  int64_t offset = 0;
  for (float value : input.values) {
    results[offset] = combine(results[offset], static_cast<double>(value));
    for (int64_t dim = rank - 1; dim >= 0; --dim) {
      offset += strides[dim];
      if (++position[dim] < shape[dim])
        break;
      offset -= strides[dim] * shape[dim];
      position[dim] = 0;
    }
  }
  auto count = static_cast<double>(input.size() / outputs);
  ConstantTensor result{type, {}};
  ElementConverter converter(type.getElementType());
  for (double value : results)
    result.values.push_back(converter.convert(isMean ? value / count : value));
  if (!converter.isSupported() || !converter.isExact())
    return std::nullopt;
  return result;
}

static constexpr auto add = [](double x, double y) { return x + y; };
static constexpr auto addMagnitude = [](double x, double y) {
  return x + std::fabs(y);
};
static constexpr auto larger = [](double x, double y) {
  return x > y || std::isnan(x) ? x : y;
};
static constexpr auto smaller = [](double x, double y) {
  return x < y || std::isnan(x) ? x : y;
};

template <auto combine, bool isMean>
static Result sum(NodeOp node, ConstantArguments arguments,
                  RankedTensorType type) {
  return reduce<combine, isMean>(node, arguments, type, 0);
}
static Result maximum(NodeOp node, ConstantArguments arguments,
                      RankedTensorType type) {
  return reduce<larger>(node, arguments, type, -INFINITY);
}
static Result minimum(NodeOp node, ConstantArguments arguments,
                      RankedTensorType type) {
  return reduce<smaller>(node, arguments, type, INFINITY);
}

ArrayRef<ConstantOperator> onnx::getShapeOperators() {
  static const ConstantOperator operators[] = {
      {"Concat", concatenate},
      {"Flatten", reshape, 1},
      {"ReduceL1", sum<addMagnitude, false>},
      {"ReduceMax", maximum},
      {"ReduceMean", sum<add, true>},
      {"ReduceMin", minimum},
      {"ReduceSum", sum<add, false>},
      {"Reshape", reshape, 1},
      {"Squeeze", reshape, 1},
      {"Transpose", transpose},
      {"Unsqueeze", reshape, 1},
  };
  return operators;
}
