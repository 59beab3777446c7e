//===- QuantizationReport.h - What float layers were quantised to -*- C++
//-*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_QUANTIZATIONREPORT_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_QUANTIZATIONREPORT_H

#include "LinearLayer.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::onnx {

/// How far quantised weights w' are from the weights w.
struct WeightError {
  /// ‖w − w'‖ / ‖w‖; 0 if all w are 0 and all w' as well.
  double relative;
  /// max |w − w'|.
  double largest;

  /// `getWeight(row, column)` is w'.
  static WeightError
  measure(const MatrixView &matrix,
          function_ref<double(int64_t row, int64_t column)> getWeight);
};

/// What became of a layer.
struct QuantizedLayer {
  /// Of the node; the node itself may be gone.
  std::string name;
  int64_t rows = 0, columns = 0;
  /// Empty: `error`, `bytes` and `scaleCount` say how it was quantised. Else
  /// why it was not.
  std::string reason;
  WeightError error = {0, 0};
  /// Scales of the weight: one, or one for each row.
  int64_t scaleCount = 1;
  /// Bytes of codes, scales and zero points.
  int64_t bytes = 0;
  /// Bytes of the float weights.
  int64_t floatBytes = 0;
  /// Whether others read the float weights, too, so that they stay.
  bool keepsFloat = false;
};

/// Sets the module attribute `bitnet.quantized_layers`.
void setQuantizedLayers(ModuleOp module, StringRef quantizer,
                        ArrayRef<QuantizedLayer> layers);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_QUANTIZATIONREPORT_H
