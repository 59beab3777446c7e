//===- Operators.h - Rows of the operator table by subject ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_OPERATORS_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_OPERATORS_H

#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"
#include "bitnet/Dialect/ONNX/Operators/OperatorTable.h"

namespace mlir::onnx {

/// Appends the rows of the file of the same name.
void addActivationOperators(SmallVectorImpl<Operator> &rows);
void addArithmeticOperators(SmallVectorImpl<Operator> &rows);
void addAttentionOperators(SmallVectorImpl<Operator> &rows);
void addBlockQuantizationOperators(SmallVectorImpl<Operator> &rows);
void addCastOperators(SmallVectorImpl<Operator> &rows);
void addComparisonOperators(SmallVectorImpl<Operator> &rows);
void addConcatenationOperators(SmallVectorImpl<Operator> &rows);
void addConvolutionOperators(SmallVectorImpl<Operator> &rows);
void addEinsumOperators(SmallVectorImpl<Operator> &rows);
void addGatheringOperators(SmallVectorImpl<Operator> &rows);
void addGeneratingOperators(SmallVectorImpl<Operator> &rows);
void addGroupQueryAttentionOperators(SmallVectorImpl<Operator> &rows);
void addIntegerProductOperators(SmallVectorImpl<Operator> &rows);
void addMathFunctionOperators(SmallVectorImpl<Operator> &rows);
void addMicrosoftOperators(SmallVectorImpl<Operator> &rows);
void addNormalizationOperators(SmallVectorImpl<Operator> &rows);
void addPaddingOperators(SmallVectorImpl<Operator> &rows);
void addPoolingOperators(SmallVectorImpl<Operator> &rows);
void addProductOperators(SmallVectorImpl<Operator> &rows);
void addQuantizationOperators(SmallVectorImpl<Operator> &rows);
void addReductionOperators(SmallVectorImpl<Operator> &rows);
void addRepeatingOperators(SmallVectorImpl<Operator> &rows);
void addReshapingOperators(SmallVectorImpl<Operator> &rows);
void addResizingOperators(SmallVectorImpl<Operator> &rows);
void addRotaryEmbeddingOperators(SmallVectorImpl<Operator> &rows);
void addScanOperators(SmallVectorImpl<Operator> &rows);
void addScatteringOperators(SmallVectorImpl<Operator> &rows);
void addSelectionOperators(SmallVectorImpl<Operator> &rows);
void addSlicingOperators(SmallVectorImpl<Operator> &rows);
void addSoftmaxOperators(SmallVectorImpl<Operator> &rows);
void addTransposingOperators(SmallVectorImpl<Operator> &rows);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_OPERATORS_H
