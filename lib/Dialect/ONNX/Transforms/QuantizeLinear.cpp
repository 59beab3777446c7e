//===- QuantizeLinear.cpp - Quantises float linear layers of a graph ------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DeadOperations.h"
#include "LayerQuantizer.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/Regex.h"

namespace mlir::onnx {
#define GEN_PASS_DEF_QUANTIZELINEARPASS
#include "bitnet/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace mlir::onnx

using namespace mlir;
using namespace mlir::onnx;

StringRef onnx::getQuantizerName(LinearQuantizer quantizer) {
  switch (quantizer) {
  case LinearQuantizer::AbsMean:
    return "absmean";
  case LinearQuantizer::Sign:
    return "sign";
  case LinearQuantizer::AbsMaxInt8:
    return "absmax-int8";
  case LinearQuantizer::ZeroPointInt8:
    return "zeropoint-int8";
  case LinearQuantizer::Int8Outliers:
    return "int8-outliers";
  }
  llvm_unreachable("unknown quantiser");
}

namespace {
class QuantizeLinearPass
    : public onnx::impl::QuantizeLinearPassBase<QuantizeLinearPass> {
public:
  using QuantizeLinearPassBase::QuantizeLinearPassBase;

private:
  void runOnOperation() override;
  /// The nodes of the float layers that `layers` selects; an error if it is not
  /// valid or selects none.
  FailureOr<SmallVector<NodeOp>> selectLayers(func::FuncOp graph);
};
} // namespace

static StringRef getNodeName(NodeOp node) {
  auto name = dyn_cast<NameLoc>(node.getLoc());
  return name ? name.getName().getValue() : "";
}

FailureOr<SmallVector<NodeOp>>
QuantizeLinearPass::selectLayers(func::FuncOp graph) {
  llvm::Regex expression(layers.empty() ? ".*" : layers.c_str());
  std::string message;
  if (!expression.isValid(message))
    return graph.emitError("expects layers to be a regular expression, found '")
           << layers << "': " << message;
  SmallVector<NodeOp> selected;
  SmallVector<StringRef> others;
  for (NodeOp node : graph.getOps<NodeOp>()) {
    if (!matchFloatLayer(node))
      continue;
    if (expression.match(getNodeName(node)))
      selected.push_back(node);
    else
      others.push_back(getNodeName(node));
  }
  if (!selected.empty())
    return selected;
  if (layers.empty()) {
    graph.emitWarning("has no float linear layer to quantise");
    return selected;
  }
  if (others.empty())
    return graph.emitError("expects layers to select a float linear layer, "
                           "found '")
           << layers << "'; there is none";
  return graph.emitError(
             "expects layers to select a float linear layer, found '")
         << layers << "'; there are " << others.size() << ", such as '"
         << others.front() << "' and '" << others.back() << "'";
}

/// Adds an output of the graph without dimensions.
static void addOutput(func::FuncOp graph, StringRef name, Value value) {
  Builder b(graph.getContext());
  graph.getBody().front().getTerminator()->insertOperands(graph.getNumResults(),
                                                          value);
  DictionaryAttr attributes =
      b.getDictionaryAttr({b.getNamedAttr(nameAttrName, b.getStringAttr(name)),
                           b.getNamedAttr(dimsAttrName, b.getArrayAttr({}))});
  // Cannot fail: the result is appended.
  (void)graph.insertResult(graph.getNumResults(), value.getType(), attributes);
}

/// Adds the outputs of `measure` for the layer `index`, which gives `exact`
/// where its quantised form gives `quantized`.
static void addMeasures(func::FuncOp graph, size_t index, Value exact,
                        Value quantized) {
  NodeEmitter e(graph.getBody().front().getTerminator());
  FloatType f32 = e.getBuilder().getF32Type();
  exact = e.emitCast(exact, f32);
  auto type = cast<RankedTensorType>(exact.getType());
  auto scalar = RankedTensorType::get({}, f32);
  Value difference = e.emit("Sub", type, {e.emitCast(quantized, f32), exact});
  auto add = [&](StringRef measure, StringRef reduction, Value value) {
    addOutput(graph, (measurePrefix + Twine(index) + "." + measure).str(),
              e.emit(reduction, scalar, value, e.attr("keepdims", 0)));
  };
  add("difference", "ReduceSumSquare", difference);
  add("result", "ReduceSumSquare", exact);
  add("largest", "ReduceMax", e.emit("Abs", type, difference));
}

/// What the report says of a layer before it is quantised.
static QuantizedLayer describe(const LinearLayer &layer) {
  QuantizedLayer entry;
  entry.name = getNodeName(layer.node).str();
  entry.rows = layer.rows;
  entry.columns = layer.columns;
  entry.floatBytes =
      layer.rows * layer.columns *
      getElementTypeOrSelf(layer.weight.getType()).getIntOrFloatBitWidth() / 8;
  return entry;
}

void QuantizeLinearPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto graph = module.lookupSymbol<func::FuncOp>(graphFunctionName);
  if (!graph)
    return;
  SmallVector<NodeOp> nodes(graph.getOps<NodeOp>());
  llvm::for_each(nodes, transposeInput);
  FailureOr<SmallVector<NodeOp>> selected = selectLayers(graph);
  if (failed(selected))
    return signalPassFailure();

  LayerQuantizer layerQuantizer({quantizer, granularity, outlierThreshold},
                                &getContext());
  DeadOperations dead(graph);
  SmallVector<QuantizedLayer> entries;
  SmallVector<SmallVector<Operation *>> constants;
  for (NodeOp node : *selected) {
    // Its input may be what a layer before it became.
    LinearLayer layer = *matchFloatLayer(node);
    Value result = node.getOutputs()[0];
    constants.push_back(findConstants(layer));
    QuantizedLayer &entry = entries.emplace_back(describe(layer));
    llvm::Expected<Value> quantized = layerQuantizer.quantize(layer, entry);
    if (!quantized) {
      entry.reason = toString(quantized.takeError());
      node.emitWarning("stays in float: ") << entry.reason;
      continue;
    }
    ++numQuantized;
    if (measure) {
      addMeasures(graph, entries.size() - 1, result, *quantized);
      continue;
    }
    result.replaceAllUsesWith(*quantized);
    dead.erase(node);
  }
  // Layers may share weights.
  for (auto [entry, ofLayer] : llvm::zip(entries, constants))
    entry.keepsFloat =
        entry.reason.empty() && llvm::any_of(ofLayer, [&](Operation *constant) {
          return !dead.contains(constant);
        });
  setQuantizedLayers(module, getQuantizerName(quantizer), entries);
}
