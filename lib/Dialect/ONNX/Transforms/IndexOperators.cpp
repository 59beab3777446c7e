//===- IndexOperators.cpp - Slices and indices, on constants --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ConstantOperators.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::onnx;

using Result = std::optional<ConstantTensor>;

static SmallVector<int64_t> getStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t dim = int64_t(shape.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * shape[dim + 1];
  return strides;
}

/// `index` counted from the front. Nothing if it is not in [0, extent).
static std::optional<int64_t> getIndex(int64_t index, int64_t extent) {
  if (index < 0)
    index += extent;
  if (index < 0 || index >= extent)
    return std::nullopt;
  return index;
}

/// The integers of an input, which may be as large as INT64_MAX; empty: it is
/// left out. Nothing if they are not a constant.
static std::optional<SmallVector<int64_t>> readIntegers(NodeOp node,
                                                        unsigned input) {
  SmallVector<int64_t> numbers;
  Value value = node.getInput(input);
  DenseIntElementsAttr elements;
  if (!value)
    return numbers;
  if (!matchPattern(value, m_Constant(&elements)) ||
      elements.getElementType().getIntOrFloatBitWidth() > 64)
    return std::nullopt;
  for (const APInt &number : elements.getValues<APInt>())
    numbers.push_back(number.getSExtValue());
  return numbers;
}

/// Since version 10, with bounds as inputs.
static Result slice(NodeOp node, ConstantArguments arguments,
                    RankedTensorType type) {
  auto starts = readIntegers(node, 1), ends = readIntegers(node, 2);
  auto axes = readIntegers(node, 3), steps = readIntegers(node, 4);
  int64_t rank = type.getRank();
  if (arguments.empty() || !arguments[0] || !starts || !ends || !axes ||
      !steps || arguments[0]->type.getRank() != rank)
    return std::nullopt;
  ArrayRef<int64_t> shape = arguments[0]->getShape();
  SmallVector<int64_t> firsts(rank, 0), strides = getStrides(shape);
  SmallVector<int64_t> counts(shape);
  size_t count = starts->size();
  if (axes->empty())
    llvm::append_range(*axes, llvm::seq<int64_t>(0, count));
  if (steps->empty())
    steps->assign(count, 1);
  if (ends->size() != count || axes->size() != count || steps->size() != count)
    return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    std::optional<int64_t> axis = getIndex((*axes)[i], rank);
    // Backwards is not how weights are taken apart.
    if (!axis || (*steps)[i] != 1)
      return std::nullopt;
    auto clamp = [extent = shape[*axis]](int64_t bound) {
      if (bound < 0)
        bound = std::max(bound, -extent) + extent;
      return std::min(bound, extent);
    };
    firsts[*axis] = clamp((*starts)[i]);
    counts[*axis] = std::max<int64_t>(clamp((*ends)[i]) - firsts[*axis], 0);
  }
  if (type.getShape() != ArrayRef(counts))
    return std::nullopt;
  ConstantTensor result{type, std::vector<float>(type.getNumElements())};
  SmallVector<int64_t> position(rank, 0);
  for (float &value : result.values) {
    int64_t offset = 0;
    for (int64_t dim = 0; dim < rank; ++dim)
      offset += (firsts[dim] + position[dim]) * strides[dim];
    value = arguments[0]->values[offset];
    for (int64_t dim = rank - 1; dim >= 0; --dim) {
      if (++position[dim] < counts[dim])
        break;
      position[dim] = 0;
    }
  }
  return result;
}

static Result range(NodeOp, ConstantArguments arguments,
                    RankedTensorType type) {
  if (arguments.size() != 3 || llvm::is_contained(arguments, nullptr) ||
      arguments[0]->size() != 1 || arguments[2]->size() != 1 ||
      type.getRank() != 1)
    return std::nullopt;
  auto start = static_cast<double>(arguments[0]->values.front());
  auto step = static_cast<double>(arguments[2]->values.front());
  ConstantTensor result{type, {}};
  ElementConverter converter(type.getElementType());
  for (int64_t i = 0; i < type.getDimSize(0); ++i)
    result.values.push_back(
        converter.convert(start + static_cast<double>(i) * step));
  if (!converter.isSupported() || !converter.isExact())
    return std::nullopt;
  return result;
}

/// Whether updates replace what is there.
static bool isReplacement(NodeOp node) {
  return node.getString("reduction", "none") == "none";
}

static Result scatterElements(NodeOp node, ConstantArguments arguments,
                              RankedTensorType type) {
  int64_t rank = type.getRank();
  std::optional<int64_t> axis = getIndex(node.getInt("axis", 0), rank);
  if (!axis || !isReplacement(node) || arguments.size() != 3 ||
      llvm::is_contained(arguments, nullptr) ||
      arguments[0]->getShape() != type.getShape())
    return std::nullopt;
  const ConstantTensor &indices = *arguments[1], &updates = *arguments[2];
  ArrayRef<int64_t> shape = indices.getShape();
  if (int64_t(shape.size()) != rank || updates.getShape() != shape)
    return std::nullopt;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (dim != *axis && shape[dim] > type.getDimSize(dim))
      return std::nullopt;
  ConstantTensor result{type, arguments[0]->values};
  SmallVector<int64_t> strides = getStrides(type.getShape());
  SmallVector<int64_t> position(rank, 0);
  for (auto [given, update] : llvm::zip_equal(indices.values, updates.values)) {
    std::optional<int64_t> index =
        getIndex(static_cast<int64_t>(given), type.getDimSize(*axis));
    if (!index)
      return std::nullopt;
    int64_t offset = 0;
    for (int64_t dim = 0; dim < rank; ++dim)
      offset += (dim == *axis ? *index : position[dim]) * strides[dim];
    result.values[offset] = update;
    for (int64_t dim = rank - 1; dim >= 0; --dim) {
      if (++position[dim] < shape[dim])
        break;
      position[dim] = 0;
    }
  }
  return result;
}

/// indices [..., depth] say where slices of the last rank - depth dimensions
/// go.
static Result scatterSlices(NodeOp node, ConstantArguments arguments,
                            RankedTensorType type) {
  if (!isReplacement(node) || arguments.size() != 3 ||
      llvm::is_contained(arguments, nullptr) ||
      arguments[0]->getShape() != type.getShape() ||
      arguments[1]->type.getRank() == 0)
    return std::nullopt;
  const ConstantTensor &indices = *arguments[1], &updates = *arguments[2];
  int64_t depth = indices.getShape().back();
  if (depth < 1 || depth > type.getRank())
    return std::nullopt;
  SmallVector<int64_t> strides = getStrides(type.getShape());
  int64_t length = strides[depth - 1], count = indices.size() / depth;
  if (updates.size() != count * length)
    return std::nullopt;
  ConstantTensor result{type, arguments[0]->values};
  for (int64_t at = 0; at < count; ++at) {
    int64_t offset = 0;
    for (int64_t dim = 0; dim < depth; ++dim) {
      std::optional<int64_t> index =
          getIndex(static_cast<int64_t>(indices.values[at * depth + dim]),
                   type.getDimSize(dim));
      if (!index)
        return std::nullopt;
      offset += *index * strides[dim];
    }
    std::copy_n(updates.values.begin() + at * length, length,
                result.values.begin() + offset);
  }
  return result;
}

static Result fill(NodeOp node, ConstantArguments, RankedTensorType type) {
  float value = 0;
  if (auto given = dyn_cast_or_null<ElementsAttr>(node.getNodeAttr("value"))) {
    std::optional<ConstantTensor> tensor = readConstant(given);
    if (!tensor || tensor->size() != 1)
      return std::nullopt;
    value = tensor->values.front();
  }
  return ConstantTensor{type, std::vector<float>(type.getNumElements(), value)};
}

ArrayRef<ConstantOperator> onnx::getIndexOperators() {
  static const ConstantOperator operators[] = {
      {"ConstantOfShape", fill, 0},
      {"Range", range},
      {"ScatterElements", scatterElements},
      {"ScatterND", scatterSlices},
      {"Slice", slice, 1},
  };
  return operators;
}
