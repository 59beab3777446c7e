//===- OutlierProduct.cpp - Products of 8 bits but for outliers -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "OutlierProduct.h"

using namespace mlir;
using namespace mlir::onnx;

/// Rows of zeros have this absmax: their codes are 0, whatever it is.
static constexpr double leastAbsmax = 1e-30;

namespace {
/// The parts of a product, of tensors as the input of the layer is.
class OutlierProduct {
public:
  OutlierProduct(NodeEmitter &e, Value input, bool isWeightOnLeft)
      : e(e), b(e.getBuilder()), f32(b.getF32Type()),
        input(e.emitCast(input, f32)), isWeightOnLeft(isWeightOnLeft),
        type(cast<RankedTensorType>(this->input.getType())),
        axis(type.getRank() - (isWeightOnLeft ? 2 : 1)) {}

  /// Sets apart the columns with an element above `threshold`.
  void split(double threshold);
  /// The product of the columns without outliers.
  Value emitIntegers(const Int8Weight &weight, ArrayRef<float> scales,
                     RankedTensorType result);
  /// The product of the others.
  Value emitHalves(const Int8Weight &weight, RankedTensorType result);

private:
  /// max |values| over `axes`, which stay with size 1.
  Value emitAbsmax(Value values, ArrayRef<int64_t> axes);
  Value emitOperator(StringRef name, RankedTensorType result, Value input,
                     Value weight) {
    if (isWeightOnLeft)
      std::swap(input, weight);
    return e.emit(name, result, {input, weight});
  }

  NodeEmitter &e;
  Builder &b;
  FloatType f32;
  Value input;
  bool isWeightOnLeft;
  RankedTensorType type;
  /// The dimension that is multiplied.
  int64_t axis;
  Value ordinary, outliers;
};
} // namespace

Value OutlierProduct::emitAbsmax(Value values, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t reduced : axes)
    shape[reduced] = 1;
  Value magnitudes = e.emit("Abs", type, values);
  return e.emit("ReduceMax", type.clone(shape),
                {magnitudes, e.emitIntegers(axes)}, e.attr("keepdims", 1));
}

void OutlierProduct::split(double threshold) {
  auto others = llvm::to_vector(
      llvm::make_filter_range(llvm::seq<int64_t>(0, type.getRank()),
                              [&](int64_t dim) { return dim != axis; }));
  Value largest = emitAbsmax(input, others);
  auto columns = cast<RankedTensorType>(largest.getType());
  Value isOutlier = e.emit("Greater", columns.clone(b.getI1Type()),
                           {largest, e.emitScalar(f32, threshold)});
  Value zero = e.emitScalar(f32, 0);
  ordinary = e.emit("Where", type, {isOutlier, zero, input});
  outliers = e.emit("Where", type, {isOutlier, input, zero});
}

Value OutlierProduct::emitIntegers(const Int8Weight &weight,
                                   ArrayRef<float> scales,
                                   RankedTensorType result) {
  Value absmax = emitAbsmax(ordinary, axis);
  auto rows = cast<RankedTensorType>(absmax.getType());
  absmax = e.emit("Max", rows, {absmax, e.emitScalar(f32, leastAbsmax)});
  Value steps = e.emitScalar(f32, 127);
  Value factor = e.emit("Div", rows, {steps, absmax});
  Value rounded =
      e.emit("Round", type, e.emit("Mul", type, {ordinary, factor}));
  Value codes = e.emitCast(rounded, b.getI8Type());
  Value sums = emitOperator("MatMulInteger", result.clone(b.getI32Type()),
                            codes, weight.codes);
  Value scaled =
      e.emit("Mul", result,
             {e.emitCast(sums, f32), e.emit("Div", rows, {absmax, steps})});
  return e.emit("Mul", result,
                {scaled, emitRowNumbers(e, scales, isWeightOnLeft)});
}

Value OutlierProduct::emitHalves(const Int8Weight &weight,
                                 RankedTensorType result) {
  FloatType f16 = b.getF16Type();
  // The largest finite halves, so that products with zeros are zeros.
  Value bounded =
      e.emit("Clip", type,
             {outliers, e.emitScalar(f32, -65504), e.emitScalar(f32, 65504)});
  return emitOperator("MatMul", result,
                      e.emitCast(e.emitCast(bounded, f16), f32),
                      e.emitCast(e.emitCast(weight.dequantized, f16), f32));
}

Value onnx::emitOutlierProduct(NodeEmitter &e, const LinearLayer &layer,
                               const Int8Weight &weight, ArrayRef<float> scales,
                               double threshold) {
  NodeOp node = layer.node;
  auto result = cast<RankedTensorType>(node.getOutputs()[0].getType())
                    .clone(e.getBuilder().getF32Type());
  OutlierProduct product(e, layer.input, layer.isWeightOnLeft);
  product.split(threshold);
  Value integers = product.emitIntegers(weight, scales, result);
  return e.emit("Add", result, {integers, product.emitHalves(weight, result)});
}
