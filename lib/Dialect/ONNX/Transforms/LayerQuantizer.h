//===- LayerQuantizer.h - Quantises linear layers ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_LAYERQUANTIZER_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_LAYERQUANTIZER_H

#include "FloatLayer.h"
#include "Int8Weight.h"
#include "QuantizationReport.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"

#include <map>

namespace mlir::onnx {

/// How layers are quantised; see `onnx-quantize-linear`.
struct QuantizationOptions {
  LinearQuantizer quantizer;
  QuantizationGranularity granularity;
  double outlierThreshold;
};

/// Quantises the float layers of a graph.
class LayerQuantizer {
public:
  LayerQuantizer(const QuantizationOptions &options, MLIRContext *context)
      : options(options), context(context) {}

  /// Writes the quantised layer before the node of `layer`, which stays, and
  /// fills in what the report says of it. Returns what it computes, of the type
  /// of the node's result. Errors, without the name of the layer: weights that
  /// cannot be quantised.
  llvm::Expected<Value> quantize(const LinearLayer &layer,
                                 QuantizedLayer &entry);

private:
  /// 8-bit weights that have been written, for all layers that have them.
  struct WrittenWeight {
    Int8Weight operand;
    std::vector<float> scales;
    WeightError error;
  };

  llvm::Expected<Value> quantizeToTritsOrBits(const LinearLayer &layer,
                                              const FloatMatrix &matrix,
                                              QuantizedLayer &entry);
  /// The weight as an operand of `shape`, as emitInt8Weight has it.
  llvm::Expected<const WrittenWeight *> writeInt8(const LinearLayer &layer,
                                                  const FloatMatrix &matrix,
                                                  ArrayRef<int64_t> shape,
                                                  bool areRowsOuter);
  Value multiplyDequantized(const LinearLayer &layer,
                            const WrittenWeight &weight);
  Value multiplyButOutliers(const LinearLayer &layer,
                            const WrittenWeight &weight);
  bitnet::ScaleGroups getGroups(int64_t rows) const;

  QuantizationOptions options;
  MLIRContext *context;
  /// By weight and whether rows are its outer dimension.
  std::map<std::pair<void *, bool>, WrittenWeight> written;
};

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_LAYERQUANTIZER_H
