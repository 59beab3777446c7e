//===- Microsoft.cpp - Activations of ONNX Runtime ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Floats with an optional bias, a vector along the last dimension.
static LogicalResult inferBiased(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  if (!isa<FloatType>((*input)->elementType))
    return shapes.fail("expects floats");
  if (const TensorShape *bias = shapes.getInput(1))
    if (bias->getRank() != 1 || (*input)->dims.empty() ||
        simplifySize(bias->dims[0]) != simplifySize((*input)->dims.back()))
      return shapes.fail("expects a bias for each index of the last dimension");
  shapes.setResult(0, (*input)->elementType, (*input)->dims);
  return success();
}

static LogicalResult inferBiasSplitGelu(NodeShapes &shapes) {
  if (failed(inferBiased(shapes)) || failed(shapes.requireInput(1)))
    return failure();
  SmallVector<AffineExpr> dims = shapes.getInput(0)->dims;
  dims.back() = divideSize(dims.back(), shapes.getSize(2));
  if (!dims.back())
    return shapes.fail("expects a last dimension of two halves");
  shapes.setResult(0, shapes.getInput(0)->elementType, dims);
  return success();
}

//===----------------------------------------------------------------------===//
// Decomposition
//===----------------------------------------------------------------------===//

/// The input plus the bias, if there is one.
static Value createBiased(NodeDecomposition &d) {
  if (!d.getInput(1))
    return d.getInput(0);
  return d.create("Add", {d.getInput(0), d.getInput(1)});
}

static Value createGelu(NodeDecomposition &d, Value input,
                        StringRef approximate = "none") {
  if (!input)
    return {};
  return d.create(
      "Gelu", input,
      d.b.getNamedAttr("approximate", d.b.getStringAttr(approximate)));
}

static LogicalResult finish(NodeDecomposition &d, Value result) {
  d.setResult(0, result);
  return success(bool(result));
}

static LogicalResult decomposeGelu(NodeDecomposition &d) {
  return finish(d, createGelu(d, createBiased(d)));
}

static LogicalResult decomposeFastGelu(NodeDecomposition &d) {
  return finish(d, createGelu(d, createBiased(d), "tanh"));
}

/// x * sigmoid(alpha * x).
static LogicalResult decomposeQuickGelu(NodeDecomposition &d) {
  Value input = d.getInput(0);
  Value alpha = d.createScalar(d.getShape(input).elementType,
                               d.getNode().getFloat("alpha", 1.702f));
  Value scaled = d.create("Mul", {input, alpha});
  Value gate = scaled ? d.create("Sigmoid", scaled) : Value();
  return finish(d, gate ? d.create("Mul", {input, gate}) : Value());
}

/// The first half times the activation of the second.
static LogicalResult decomposeBiasSplitGelu(NodeDecomposition &d) {
  Value sum = createBiased(d);
  if (!sum)
    return failure();
  SmallVector<Value> halves = d.createMany(
      "Split", 2, sum, {d.attr("axis", -1), d.attr("num_outputs", 2)});
  if (halves.empty())
    return failure();
  Value activated = createGelu(d, halves[1]);
  return finish(d,
                activated ? d.create("Mul", {halves[0], activated}) : Value());
}

void mlir::onnx::addMicrosoftOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {microsoftDomain, "BiasGelu", 1, inferBiased, nullptr, decomposeGelu},
      {microsoftDomain, "BiasSplitGelu", 1, inferBiasSplitGelu, nullptr,
       decomposeBiasSplitGelu},
      {microsoftDomain, "FastGelu", 1, inferBiased, nullptr, decomposeFastGelu},
      {microsoftDomain, "Gelu", 1, inferBiased, nullptr, decomposeGelu},
      {microsoftDomain, "QuickGelu", 1, inferBiased, nullptr,
       decomposeQuickGelu},
  });
}
