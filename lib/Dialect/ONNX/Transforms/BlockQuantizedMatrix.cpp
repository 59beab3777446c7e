//===- BlockQuantizedMatrix.cpp - Weights of MatMulNBits ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "BlockQuantizedMatrix.h"
#include "ConstantEvaluator.h"

using namespace mlir;
using namespace mlir::onnx;

/// Code `index` of packed codes of `bits`, the first in the lowest bits of a
/// byte.
static float readCode(ArrayRef<float> bytes, int64_t index, int64_t bits) {
  int64_t perByte = 8 / bits;
  int byte = static_cast<int>(bytes[index / perByte]);
  return static_cast<float>(byte >> (index % perByte * bits) &
                            ((1 << bits) - 1));
}

/// (code - zero point) · scale, with B blocks to a row:
///
///   codes        ui8 [N][B][block size · bits / 8]
///   scales       [N][B]
///   zero points  ui8 [N][ceil(B · bits / 8)], or like the scales; absent:
///                2^(bits - 1)
std::optional<ConstantTensor> onnx::dequantizeBlocks(NodeOp node) {
  int64_t rows = node.getInt("N", 0), columns = node.getInt("K", 0);
  int64_t bits = node.getInt("bits", 4), block = node.getInt("block_size", 0);
  constexpr int64_t maximumExtent = 1 << 30;
  if ((bits != 1 && bits != 2 && bits != 4 && bits != 8) || rows <= 0 ||
      rows > maximumExtent || columns <= 0 || columns > maximumExtent ||
      block < 8 || block > maximumExtent || block % 8 != 0)
    return std::nullopt;
  std::optional<ConstantTensor> codes = evaluateConstant(node.getInput(1));
  std::optional<ConstantTensor> scales = evaluateConstant(node.getInput(2));
  int64_t blocks = (columns + block - 1) / block;
  int64_t rowBytes = blocks * (block * bits / 8);
  int64_t zeroBytes = (blocks * bits + 7) / 8;
  if (!codes || !scales || !codes->type.getElementType().isUnsignedInteger(8) ||
      codes->size() != rows * rowBytes || scales->size() != rows * blocks)
    return std::nullopt;

  std::optional<ConstantTensor> zeros;
  bool areZerosPacked = false;
  if (Value input = node.getInput(3)) {
    zeros = evaluateConstant(input);
    if (!zeros)
      return std::nullopt;
    areZerosPacked = zeros->type.getElementType().isUnsignedInteger(8);
    if (zeros->size() != rows * (areZerosPacked ? zeroBytes : blocks))
      return std::nullopt;
  }
  auto getZero = [&](int64_t row, int64_t at) {
    if (!zeros)
      return static_cast<float>(1 << (bits - 1));
    if (!areZerosPacked)
      return zeros->values[row * blocks + at];
    return readCode(ArrayRef(zeros->values).slice(row * zeroBytes, zeroBytes),
                    at, bits);
  };

  ConstantTensor result{
      RankedTensorType::get({rows, columns},
                            Float32Type::get(node->getContext())),
      {}};
  result.values.reserve(rows * columns);
  for (int64_t row = 0; row < rows; ++row) {
    auto bytes = ArrayRef(codes->values).slice(row * rowBytes, rowBytes);
    for (int64_t column = 0; column < columns; ++column) {
      int64_t at = column / block;
      result.values.push_back(
          (readCode(bytes, column, bits) - getZero(row, at)) *
          scales->values[row * blocks + at]);
    }
  }
  return result;
}
