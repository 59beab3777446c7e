//===- QuantizationReport.cpp - What float layers were quantised to -------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "QuantizationReport.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::onnx;

/// Keys of an entry, see quantizedLayersAttrName.
static constexpr StringLiteral nodeKey = "node";
static constexpr StringLiteral rowsKey = "rows";
static constexpr StringLiteral columnsKey = "columns";
static constexpr StringLiteral quantizerKey = "quantizer";
static constexpr StringLiteral scalesKey = "scales";
static constexpr StringLiteral errorKey = "error";
static constexpr StringLiteral largestErrorKey = "largest_error";
static constexpr StringLiteral floatBytesKey = "float_bytes";
static constexpr StringLiteral bytesKey = "bytes";
static constexpr StringLiteral keepsFloatKey = "keeps_float";
static constexpr StringLiteral reasonKey = "reason";
static constexpr StringLiteral outputErrorKey = "output_error";
static constexpr StringLiteral largestOutputErrorKey = "largest_output_error";

WeightError WeightError::measure(
    const MatrixView &matrix,
    function_ref<double(int64_t row, int64_t column)> getWeight) {
  double error = 0, norm = 0, largest = 0;
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column) {
      double weight = matrix(row, column);
      double difference = std::fabs(weight - getWeight(row, column));
      error += difference * difference;
      norm += weight * weight;
      largest = std::max(largest, difference);
    }
  // Without weights other than 0 there is nothing to be relative to.
  return {std::sqrt(error / (norm > 0 ? norm : 1)), largest};
}

void onnx::setQuantizedLayers(ModuleOp module, StringRef quantizer,
                              ArrayRef<QuantizedLayer> layers) {
  Builder b(module.getContext());
  SmallVector<Attribute> entries;
  for (const QuantizedLayer &layer : layers) {
    NamedAttrList entry;
    entry.set(nodeKey, b.getStringAttr(layer.name));
    entry.set(rowsKey, b.getI64IntegerAttr(layer.rows));
    entry.set(columnsKey, b.getI64IntegerAttr(layer.columns));
    entry.set(floatBytesKey, b.getI64IntegerAttr(layer.floatBytes));
    if (!layer.reason.empty()) {
      entry.set(reasonKey, b.getStringAttr(layer.reason));
    } else {
      entry.set(quantizerKey, b.getStringAttr(quantizer));
      entry.set(scalesKey, b.getI64IntegerAttr(layer.scaleCount));
      entry.set(errorKey, b.getF64FloatAttr(layer.error.relative));
      entry.set(largestErrorKey, b.getF64FloatAttr(layer.error.largest));
      entry.set(bytesKey, b.getI64IntegerAttr(layer.bytes));
      if (layer.keepsFloat)
        entry.set(keepsFloatKey, b.getUnitAttr());
    }
    entries.push_back(entry.getDictionary(b.getContext()));
  }
  module->setAttr(quantizedLayersAttrName, b.getArrayAttr(entries));
}

void onnx::setOutputErrors(ModuleOp module, ArrayRef<OutputError> errors) {
  Builder b(module.getContext());
  auto entries = llvm::to_vector(
      module->getAttrOfType<ArrayAttr>(quantizedLayersAttrName));
  for (const OutputError &error : errors) {
    NamedAttrList entry(cast<DictionaryAttr>(entries[error.layer]));
    entry.set(outputErrorKey, b.getF64FloatAttr(error.relative));
    entry.set(largestOutputErrorKey, b.getF64FloatAttr(error.largest));
    entries[error.layer] = entry.getDictionary(b.getContext());
  }
  module->setAttr(quantizedLayersAttrName, b.getArrayAttr(entries));
}

void onnx::printQuantization(ModuleOp module, llvm::raw_ostream &stream) {
  auto layers = module->getAttrOfType<ArrayAttr>(quantizedLayersAttrName);
  if (!layers)
    return;
  bool hasOutputs = llvm::any_of(
      layers.getAsRange<DictionaryAttr>(),
      [](DictionaryAttr entry) { return entry.contains(outputErrorKey); });
  stream << fmt::format(
      "{:<32} {:>11} {:<14} {:>6} {:>9} {:>10}{} {:>11} "
      "{:>11}\n",
      "float layer", "shape", "quantised by", "scales", "error", "largest",
      hasOutputs ? fmt::format(" {:>9} {:>10}", "outputs", "largest") : "",
      "float bytes", "bytes");
  int64_t count = 0, floatBytes = 0, bytes = 0;
  bool keepsFloat = false;
  for (auto entry : layers.getAsRange<DictionaryAttr>()) {
    auto getText = [&](StringRef key) {
      auto text = entry.getAs<StringAttr>(key);
      return text ? text.str() : "";
    };
    auto getInteger = [&](StringRef key) {
      auto number = entry.getAs<IntegerAttr>(key);
      return number ? number.getInt() : 0;
    };
    auto getNumber = [&](StringRef key) {
      auto number = entry.getAs<FloatAttr>(key);
      return number ? number.getValueAsDouble() : 0;
    };
    stream << fmt::format(
        "{:<32} {:>11} ", getText(nodeKey),
        fmt::format("{}x{}", getInteger(rowsKey), getInteger(columnsKey)));
    if (entry.contains(reasonKey)) {
      stream << "left: " << getText(reasonKey) << '\n';
      continue;
    }
    bool keeps = entry.contains(keepsFloatKey);
    int64_t layerBytes =
        getInteger(bytesKey) + (keeps ? getInteger(floatBytesKey) : 0);
    stream << fmt::format("{:<14} {:>6} {:>8.3f}% {:>10.3g}",
                          getText(quantizerKey), getInteger(scalesKey),
                          100 * getNumber(errorKey),
                          getNumber(largestErrorKey));
    if (hasOutputs)
      stream << fmt::format(" {:>8.3f}% {:>10.3g}",
                            100 * getNumber(outputErrorKey),
                            getNumber(largestOutputErrorKey));
    stream << fmt::format(" {:>11} {:>11}{}\n", getInteger(floatBytesKey),
                          layerBytes, keeps ? "*" : "");
    ++count;
    floatBytes += getInteger(floatBytesKey);
    bytes += layerBytes;
    keepsFloat |= keeps;
  }
  stream << fmt::format("quantised {} of {} float layers: {} bytes of {}",
                        count, layers.size(), bytes, floatBytes);
  if (floatBytes)
    stream << fmt::format(" ({:.1f}%)", 100.0 * bytes / floatBytes);
  stream << '\n';
  if (keepsFloat)
    stream << "* with the float weights, which something else reads, too\n";
}
