//===- ConstantOperators.h - Operators on constants -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_CONSTANTOPERATORS_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_CONSTANTOPERATORS_H

#include "ConstantTensor.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include <array>

namespace mlir::onnx {

/// The inputs of a node; null: left out.
using ConstantArguments = ArrayRef<const ConstantTensor *>;

/// An operator that is computed while compiling: those that weights of exported
/// layers are made with.
struct ConstantOperator {
  StringLiteral name;
  /// The result, of the static type `type`. Nothing if the node is not as ONNX
  /// wants it, or an integer is too large.
  std::optional<ConstantTensor> (*evaluate)(NodeOp node,
                                            ConstantArguments arguments,
                                            RankedTensorType type);
  /// How many inputs matter; those after them only say what `type` says, too.
  unsigned inputs = ~0u;
};

/// The operators of one kind, each in a file of its own.
ArrayRef<ConstantOperator> getElementwiseOperators();
ArrayRef<ConstantOperator> getShapeOperators();
ArrayRef<ConstantOperator> getQuantizationOperators();
ArrayRef<ConstantOperator> getIndexOperators();

/// The value of every element of a result: `function` of the elements of
/// `inputs` there, which are broadcast. Computed in f64 and rounded, which is
/// the same as f32 arithmetic for +, -, *, / and square roots. Nothing if the
/// shapes do not match or a result is no element of `type`.
template <size_t count, typename Function>
std::optional<ConstantTensor>
applyElementwise(RankedTensorType type,
                 std::array<const ConstantTensor *, count> inputs,
                 Function function) {
  int64_t rank = type.getRank();
  int64_t size = type.getNumElements();
  int64_t inner = rank ? type.getDimSize(rank - 1) : 1;
  // Steps of each input from one element of the result to the next.
  std::array<SmallVector<int64_t>, count> strides;
  for (size_t i = 0; i < count; ++i) {
    ArrayRef<int64_t> shape = inputs[i]->getShape();
    int64_t missing = rank - static_cast<int64_t>(shape.size());
    if (missing < 0)
      return std::nullopt;
    strides[i].assign(rank, 0);
    int64_t stride = 1;
    for (int64_t dim = rank - 1; dim >= missing; --dim) {
      int64_t extent = shape[dim - missing];
      if (extent != 1 && extent != type.getDimSize(dim))
        return std::nullopt;
      strides[i][dim] = extent == 1 ? 0 : stride;
      stride *= extent;
    }
  }
  ConstantTensor result{type, std::vector<float>(size)};
  ElementConverter converter(type.getElementType());
  if (!converter.isSupported())
    return std::nullopt;
  std::array<int64_t, count> offsets = {};
  std::array<int64_t, count> steps = {};
  for (size_t i = 0; i < count; ++i)
    steps[i] = rank ? strides[i][rank - 1] : 0;
  SmallVector<int64_t> position(rank, 0);
  for (int64_t start = 0; start < size; start += inner) {
    float *output = result.values.data() + start;
    auto computeRow = [&]<size_t... index>(std::index_sequence<index...>,
                                           auto convert) {
      for (int64_t k = 0; k < inner; ++k)
        output[k] = convert(function(static_cast<double>(
            inputs[index]->values[offsets[index] + k * steps[index]])...));
    };
    if (converter.isF32())
      computeRow(std::make_index_sequence<count>(),
                 [](double value) { return static_cast<float>(value); });
    else
      computeRow(std::make_index_sequence<count>(),
                 [&](double value) { return converter.convert(value); });
    for (int64_t dim = rank - 2; dim >= 0; --dim) {
      bool isLast = ++position[dim] == type.getDimSize(dim);
      for (size_t i = 0; i < count; ++i)
        offsets[i] += strides[i][dim] * (isLast ? 1 - type.getDimSize(dim) : 1);
      if (!isLast)
        break;
      position[dim] = 0;
    }
  }
  if (!converter.isExact())
    return std::nullopt;
  return result;
}

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_CONSTANTOPERATORS_H
