//===- OperatorTable.cpp - The operators that are supported ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/Operators/OperatorTable.h"
#include "Operators.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::onnx;

ArrayRef<Operator> mlir::onnx::getOperators() {
  static const SmallVector<Operator> table = [] {
    SmallVector<Operator> rows;
    addActivationOperators(rows);
    addArithmeticOperators(rows);
    addAttentionOperators(rows);
    addBlockQuantizationOperators(rows);
    addCastOperators(rows);
    addComparisonOperators(rows);
    addConcatenationOperators(rows);
    addConvolutionOperators(rows);
    addEinsumOperators(rows);
    addGatheringOperators(rows);
    addGeneratingOperators(rows);
    addGroupQueryAttentionOperators(rows);
    addIntegerProductOperators(rows);
    addMathFunctionOperators(rows);
    addMicrosoftOperators(rows);
    addNormalizationOperators(rows);
    addPaddingOperators(rows);
    addPoolingOperators(rows);
    addProductOperators(rows);
    addQuantizationOperators(rows);
    addReductionOperators(rows);
    addRepeatingOperators(rows);
    addReshapingOperators(rows);
    addResizingOperators(rows);
    addRotaryEmbeddingOperators(rows);
    addScanOperators(rows);
    addScatteringOperators(rows);
    addSelectionOperators(rows);
    addSlicingOperators(rows);
    addSoftmaxOperators(rows);
    addTransposingOperators(rows);
    return rows;
  }();
  return table;
}

const Operator *mlir::onnx::lookupOperator(StringRef domain, StringRef type,
                                           int64_t version) {
  if (domain == "ai.onnx")
    domain = "";
  const Operator *best = nullptr;
  for (const Operator &row : getOperators())
    if (row.domain == domain && row.type == type &&
        row.sinceVersion <= version &&
        (!best || row.sinceVersion > best->sinceVersion))
      best = &row;
  return best;
}
