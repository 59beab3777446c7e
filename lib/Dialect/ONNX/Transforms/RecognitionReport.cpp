//===- RecognitionReport.cpp - What was recognised ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "RecognitionReport.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "llvm/ADT/SetVector.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::onnx;

/// Keys of the entries of `bitnet.layers`.
static constexpr StringLiteral nodeKey = "node", weightKey = "weight",
                               rowsKey = "rows", columnsKey = "columns",
                               formKey = "form", reasonKey = "reason";

static StringRef getName(Location location) {
  auto name = dyn_cast<NameLoc>(location);
  return name ? name.getName().getValue() : "?";
}

Location onnx::getWeightName(Value weight) {
  Location location = weight.getLoc();
  int64_t largest = -1;
  llvm::SetVector<Operation *> operations;
  auto insert = [&](Value value) {
    if (Operation *op = value.getDefiningOp())
      operations.insert(op);
  };
  insert(weight);
  for (size_t index = 0; index < operations.size(); ++index) {
    Operation *op = operations[index];
    if (auto constant = dyn_cast<ConstantOp>(op);
        constant && constant.getValue().getNumElements() > largest) {
      largest = constant.getValue().getNumElements();
      location = op->getLoc();
    }
    llvm::for_each(op->getOperands(), insert);
  }
  return location;
}

RecognitionReport::RecognitionReport(ModuleOp module, bool remarks)
    : module(module), b(module.getContext()), remarks(remarks) {
  if (auto layers = module->getAttrOfType<ArrayAttr>(bitnet::layersAttrName))
    for (DictionaryAttr entry : layers.getAsRange<DictionaryAttr>())
      if (entry.contains(formKey))
        entries.push_back(entry);
}

void RecognitionReport::add(const LinearLayer &layer, StringRef key,
                            StringRef text) {
  NodeOp node = layer.node;
  entries.push_back(b.getDictionaryAttr({
      b.getNamedAttr(nodeKey, b.getStringAttr(getName(node.getLoc()))),
      b.getNamedAttr(weightKey,
                     b.getStringAttr(getName(getWeightName(layer.weight)))),
      b.getNamedAttr(rowsKey, b.getI64IntegerAttr(layer.rows)),
      b.getNamedAttr(columnsKey, b.getI64IntegerAttr(layer.columns)),
      b.getNamedAttr(key, b.getStringAttr(text)),
  }));
  if (remarks)
    node.emitRemark() << (key == reasonKey ? "left: " : "recognised: ") << text;
}

void RecognitionReport::addRecognized(const LinearLayer &layer,
                                      const QuantizedWeight &weight,
                                      const ActivationMode &mode) {
  std::string scales;
  switch (weight.granularity) {
  case ScaleGranularity::Matrix:
    scales = "one scale";
    break;
  case ScaleGranularity::Rows:
    scales = "a scale for each row";
    break;
  case ScaleGranularity::Blocks:
    scales = fmt::format("scales of {} columns",
                         weight.columns / weight.parts[0].scalesShape[1]);
    break;
  }
  add(layer, formKey,
      fmt::format("{}, {}, {} activations",
                  weight.isBinary ? "binary" : "ternary", scales,
                  mode.isFloat ? "float" : "8-bit"));
}

void RecognitionReport::addLeft(const LinearLayer &layer, StringRef reason) {
  add(layer, reasonKey, reason);
}

void RecognitionReport::finish() {
  module->setAttr(bitnet::layersAttrName, b.getArrayAttr(entries));
}

void onnx::printRecognition(ModuleOp module, llvm::raw_ostream &stream) {
  auto layers = module->getAttrOfType<ArrayAttr>(bitnet::layersAttrName);
  if (!layers)
    return;
  auto entries = layers.getAsRange<DictionaryAttr>();
  int64_t recognized = llvm::count_if(
      entries, [](DictionaryAttr entry) { return entry.contains(formKey); });
  stream << fmt::format("BitLinear: {} of {} layers\n", recognized,
                        layers.size());
  for (DictionaryAttr entry : entries) {
    auto getText = [&](StringRef key) {
      auto text = entry.getAs<StringAttr>(key);
      return text ? text.str() : "";
    };
    auto getNumber = [&](StringRef key) {
      auto number = entry.getAs<IntegerAttr>(key);
      return number ? number.getInt() : 0;
    };
    std::string reason = getText(reasonKey);
    stream << fmt::format(
        "  {:<28} {:<28} {:>11}  {}\n", getText(nodeKey), getText(weightKey),
        fmt::format("{}x{}", getNumber(rowsKey), getNumber(columnsKey)),
        reason.empty() ? getText(formKey) : "left: " + reason);
  }
}
