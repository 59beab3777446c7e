//===- GGUFWeights.cpp - Tensors of GGUF files as weights -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/GGUF/GGUFWeights.h"

using namespace mlir::bitnet;

static llvm::StringRef getAdvice(llvm::StringRef typeName) {
  if (typeName == "TL1" || typeName == "TL2")
    return ", whose tiles have sizes that only the program knows that wrote "
           "them (take the file of the same model in I2_S)";
  return "";
}

llvm::Expected<StoredMatrix>
mlir::bitnet::getStoredMatrix(const GGUFFile &file, const GGUFTensor &tensor,
                              I2SLayout layout) {
  if (!tensor.info || !tensor.info->format)
    return file.makeError(tensor, "expects a type of weights that can be read, "
                                  "found " +
                                      tensor.getTypeName() +
                                      getAdvice(tensor.getTypeName()));
  WeightFormat format = *tensor.info->format;
  if (format == WeightFormat::I2_S && layout == I2SLayout::Groups64)
    format = WeightFormat::I2_S64;
  // The reader has checked that the product fits int64_t.
  auto columns = static_cast<int64_t>(tensor.shape.front());
  auto rows = static_cast<int64_t>(tensor.getElementCount()) / columns;
  llvm::Expected<StoredMatrix> matrix =
      StoredMatrix::get(format, rows, columns, tensor.data);
  if (!matrix)
    return file.makeError(tensor, matrix.takeError());
  return matrix;
}
