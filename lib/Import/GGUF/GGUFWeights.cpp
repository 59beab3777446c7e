//===- GGUFWeights.cpp - Tensors of GGUF files as weights -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/GGUF/GGUFWeights.h"

using namespace mlir::bitnet;

std::optional<WeightFormat> mlir::bitnet::getWeightFormat(GGUFTensorType type,
                                                          I2SLayout layout) {
  switch (type) {
  case GGUFTensorType::F32:
    return WeightFormat::F32;
  case GGUFTensorType::F16:
    return WeightFormat::F16;
  case GGUFTensorType::BF16:
    return WeightFormat::BF16;
  case GGUFTensorType::Q8_0:
    return WeightFormat::Q8_0;
  case GGUFTensorType::Q6_K:
    return WeightFormat::Q6_K;
  case GGUFTensorType::TQ1_0:
    return WeightFormat::TQ1_0;
  case GGUFTensorType::TQ2_0:
    return WeightFormat::TQ2_0;
  case GGUFTensorType::I2_S:
    return layout == I2SLayout::Groups128 ? WeightFormat::I2_S
                                          : WeightFormat::I2_S64;
  case GGUFTensorType::Q1_0:
    return WeightFormat::Q1_0;
  }
  return std::nullopt;
}

llvm::Expected<StoredMatrix>
mlir::bitnet::getStoredMatrix(const GGUFFile &file, const GGUFTensor &tensor,
                              I2SLayout layout) {
  std::optional<WeightFormat> format = getWeightFormat(tensor.type, layout);
  if (!format)
    return file.makeError(tensor,
                          "expects type F32, F16, BF16, Q8_0, Q6_K, I2_S, "
                          "TQ1_0, TQ2_0 or Q1_0, found " +
                              getTensorTypeName(tensor.type));
  // The reader has checked that the product fits int64_t.
  auto columns = static_cast<int64_t>(tensor.shape.front());
  auto rows = static_cast<int64_t>(tensor.getElementCount()) / columns;
  llvm::Expected<StoredMatrix> matrix =
      StoredMatrix::get(*format, rows, columns, tensor.data);
  if (!matrix)
    return file.makeError(tensor, matrix.takeError());
  return matrix;
}
