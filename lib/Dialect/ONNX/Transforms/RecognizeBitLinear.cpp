//===- RecognizeBitLinear.cpp - Finds BitLinear layers in a graph ---------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ActivationQuantizer.h"
#include "ConstantEvaluator.h"
#include "DeadOperations.h"
#include "LinearEmitter.h"
#include "LinearLayer.h"
#include "RecognitionReport.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::onnx {
#define GEN_PASS_DEF_RECOGNIZEBITLINEARPASS
#include "bitnet/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace mlir::onnx

using namespace mlir;
using namespace mlir::onnx;

/// Below, float activations gain nothing, and sums written as products with
/// ones stay what they are.
static constexpr int64_t leastFloatColumns = 32;

/// What sums of 32 bits allow kernels.
static constexpr int64_t mostColumns = 1 << 18;

static constexpr StringLiteral severalMagnitudes =
    "the weights have more than one magnitude";
static constexpr StringLiteral notComputable =
    "the weights are not ones that the compiler can compute";
static constexpr StringLiteral fewColumns =
    "with float activations, fewer than 32 columns";
static constexpr StringLiteral manyColumns =
    "more columns than sums of 32 bits allow";
static constexpr StringLiteral otherIntegers =
    "the integers are not activations quantised as BitLinear does";

namespace {
/// What a layer becomes.
struct Recognized {
  /// The value to replace: the node's result, or what scales of activations
  /// make of it.
  Value result;
  /// What is quantised.
  Value input;
  /// Factors of the weights: one, or one for each row.
  std::vector<float> factors = {1};
  ActivationMode mode;
};

class RecognizeBitLinearPass
    : public onnx::impl::RecognizeBitLinearPassBase<RecognizeBitLinearPass> {
public:
  using RecognizeBitLinearPassBase::RecognizeBitLinearPassBase;

private:
  void runOnOperation() override;
  /// Replaces the value that a layer amounts to, and returns the operation that
  /// computed it; null if the layer stays.
  Operation *recognize(const LinearLayer &layer, RecognitionReport &report);
};
} // namespace

/// Follows the product of codes through Cast, Mul and Div to where it has been
/// multiplied by the scale of the activations.
static std::optional<Recognized> followScales(const LinearLayer &layer,
                                              const Absmax &absmax) {
  NodeOp node = layer.node;
  Value product = node.getOutputs()[0];
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(product.getType()).getShape();
  ScaleExpression total;
  Recognized result;
  for (Value value = product; value.hasOneUse();) {
    auto user = dyn_cast<NodeOp>(*value.user_begin());
    auto type = user && user->getNumResults() == 1
                    ? dyn_cast<RankedTensorType>(user.getOutputs()[0].getType())
                    : RankedTensorType();
    if (!type || type.getShape() != shape ||
        !isa<FloatType>(type.getElementType()))
      return std::nullopt;
    if (!user.is("Cast")) {
      bool isLeft = user.getInput(0) == value;
      if (!user.is("Mul") && !(user.is("Div") && isLeft))
        return std::nullopt;
      auto scale = matchScaleExpression(user.getInput(isLeft ? 1 : 0));
      if (!scale || (scale->absmax && *scale->absmax != absmax))
        return std::nullopt;
      auto combined = combineScales(total, *scale, user.is("Div"));
      if (!combined)
        return std::nullopt;
      total = std::move(*combined);
    }
    value = user.getOutputs()[0];
    if (total.power == 0)
      continue;
    // Each column of the product is a row of the weight.
    if (total.power != 1 || (total.constant.size() != 1 &&
                             (layer.isWeightOnLeft ||
                              int64_t(total.constant.size()) != layer.rows)))
      return std::nullopt;
    result.result = value;
    result.input = absmax.input;
    for (float &factor : total.constant)
      factor *= 127;
    result.factors = std::move(total.constant);
    return result;
  }
  return std::nullopt;
}

/// A number that float activations are multiplied with goes to the weights.
static void takeFactor(Recognized &recognized) {
  auto product = recognized.input.getDefiningOp<NodeOp>();
  if (!product || !product.is("Mul"))
    return;
  for (unsigned index : {0u, 1u}) {
    Value factor = product.getInput(index), rest = product.getInput(1 - index);
    std::optional<float> number =
        factor ? evaluateScalar(factor) : std::nullopt;
    if (!number || !rest || rest.getType() != recognized.input.getType())
      continue;
    recognized.input = rest;
    recognized.factors = {*number};
    return;
  }
}

/// How the activations of a layer are quantised; nothing, and why, if they are
/// integers of another kind or not worth it.
static std::optional<Recognized> recognizeActivations(const LinearLayer &layer,
                                                      StringRef &reason) {
  NodeOp node = layer.node;
  int64_t axis = layer.isWeightOnLeft ? -2 : -1;
  std::optional<QuantizedActivations> quantized =
      matchQuantizedActivations(layer.input);
  if (quantized && quantized->absmax.axis == axis) {
    std::optional<Recognized> result;
    if (!quantized->isDequantized) {
      if (!layer.bias)
        result = followScales(layer, quantized->absmax);
    } else if (!layer.isInteger) {
      result =
          Recognized{node.getOutputs()[0], quantized->absmax.input, {1}, {}};
    }
    if (result) {
      result->mode.floor = quantized->absmax.floor;
      result->mode.isReciprocal = quantized->reciprocal;
      return result;
    }
  }
  if (layer.isInteger) {
    reason = otherIntegers;
    return std::nullopt;
  }
  if (layer.columns < leastFloatColumns) {
    reason = fewColumns;
    return std::nullopt;
  }
  Recognized result{node.getOutputs()[0], layer.input, {1}, {}};
  takeFactor(result);
  result.mode.floor = bitnet::smallestFloor;
  result.mode.isFloat = true;
  return result;
}

Operation *RecognizeBitLinearPass::recognize(const LinearLayer &layer,
                                             RecognitionReport &report) {
  auto leave = [&](StringRef reason) -> Operation * {
    report.addLeft(layer, reason);
    return nullptr;
  };
  if (layer.columns > mostColumns)
    return leave(manyColumns);
  std::optional<ConstantTensor> matrix = layer.evaluateWeight();
  if (!matrix)
    return leave(notComputable);
  std::optional<QuantizedWeight> weight =
      quantizeWeight(layer.getView(*matrix), &getContext());
  if (!weight)
    return leave(severalMagnitudes);
  matrix.reset();
  StringRef reason;
  std::optional<Recognized> recognized = recognizeActivations(layer, reason);
  if (!recognized)
    return leave(reason);

  for (float &factor : recognized->factors)
    factor *= layer.alpha;
  weight->scaleRows(recognized->factors);
  report.addRecognized(layer, *weight, recognized->mode);
  Operation *replaced = recognized->result.getDefiningOp();
  LinearEmitter emitter(replaced);
  auto type = cast<RankedTensorType>(recognized->result.getType());
  Location name = getWeightName(layer.weight);
  Value result = layer.isWeightOnLeft
                     ? emitter.emitLinearOfColumns(recognized->input, *weight,
                                                   name, recognized->mode, type)
                     : emitter.emitLinear(recognized->input, *weight, name,
                                          recognized->mode, type);
  if (layer.bias)
    result = emitter.emitBias(result, layer.bias, layer.beta);
  recognized->result.replaceAllUsesWith(result);
  return replaced;
}

void RecognizeBitLinearPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto graph = module.lookupSymbol<func::FuncOp>(graphFunctionName);
  if (!graph || graph.isExternal())
    return;
  RecognitionReport report(module, reportRemarks);
  DeadOperations dead(graph);
  SmallVector<Operation *> operations(
      llvm::make_pointer_range(graph.getBody().front()));
  for (Operation *op : operations) {
    auto node = dead.contains(op) ? NodeOp() : dyn_cast<NodeOp>(op);
    std::optional<LinearLayer> layer =
        node ? LinearLayer::match(node) : std::nullopt;
    Operation *replaced = layer ? recognize(*layer, report) : nullptr;
    if (!replaced)
      continue;
    ++numRecognized;
    dead.erase(replaced);
  }
  for (Operation *op : llvm::reverse(operations))
    if (!dead.contains(op))
      dead.erase(op);
  report.finish();
}
