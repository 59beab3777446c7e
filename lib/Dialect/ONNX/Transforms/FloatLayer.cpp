//===- FloatLayer.cpp - Linear layers that may be quantised ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FloatLayer.h"
#include "ConstantEvaluator.h"
#include "NodeEmitter.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SetVector.h"

#include <cmath>

using namespace mlir;
using namespace mlir::onnx;
using bitnet::StoredMatrix;

/// Whether the elements that a weight is made of are stored as integers.
static bool isStoredAsIntegers(Value weight) {
  while (auto node = weight.getDefiningOp<NodeOp>()) {
    if (node.is("DequantizeLinear"))
      return true;
    if (node.getInputCount() == 0 || !node.getInput(0))
      return false;
    weight = node.getInput(0);
  }
  return getElementTypeOrSelf(weight.getType()).isInteger();
}

std::optional<LinearLayer> onnx::matchFloatLayer(NodeOp node) {
  if (!node.is("MatMul") && !node.is("Gemm") &&
      !node.is("FusedMatMul", "com.microsoft"))
    return std::nullopt;
  std::optional<LinearLayer> layer = LinearLayer::match(node);
  if (!layer || layer->columns == 1 || isStoredAsIntegers(layer->weight))
    return std::nullopt;
  return layer;
}

void onnx::transposeInput(NodeOp node) {
  if (!node.is("Gemm") || !node.getInt("transA", 0) ||
      !isConstant(node.getInput(1)))
    return;
  Value input = node.getInput(0);
  auto type = dyn_cast<RankedTensorType>(input.getType());
  if (!type || type.getRank() != 2)
    return;
  NodeEmitter e(node);
  node->setOperand(0,
                   e.emit("Transpose",
                          type.clone({type.getDimSize(1), type.getDimSize(0)}),
                          input, e.attr("perm", {1, 0})));
  node->removeDiscardableAttr("transA");
}

SmallVector<Operation *> onnx::findConstants(const LinearLayer &layer) {
  llvm::SetVector<Operation *> operations;
  operations.insert(layer.weight.getDefiningOp());
  SmallVector<Operation *> constants;
  for (size_t index = 0; index < operations.size(); ++index) {
    Operation *op = operations[index];
    if (auto constant = dyn_cast<ConstantOp>(op);
        constant &&
        constant.getValue().getNumElements() >= layer.rows * layer.columns)
      constants.push_back(op);
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        operations.insert(producer);
  }
  return constants;
}

FloatMatrix::FloatMatrix(const MatrixView &view)
    : values(view.rows * view.columns), rows(view.rows), columns(view.columns) {
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      values[row * columns + column] = view(row, column);
}

bool FloatMatrix::isFinite() const {
  return llvm::all_of(values, [](float value) { return std::isfinite(value); });
}

StoredMatrix FloatMatrix::getRows(int64_t first, int64_t count) const {
  auto part = ArrayRef<float>(values).slice(first * columns, count * columns);
  return llvm::cantFail(
      StoredMatrix::get(bitnet::WeightFormat::F32, count, columns,
                        ArrayRef(reinterpret_cast<const char *>(part.data()),
                                 part.size() * sizeof(float))));
}
