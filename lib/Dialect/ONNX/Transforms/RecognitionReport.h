//===- RecognitionReport.h - What was recognised ----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_RECOGNITIONREPORT_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_RECOGNITIONREPORT_H

#include "LinearEmitter.h"
#include "LinearLayer.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::onnx {

/// The name of a weight: that of the largest constant it is computed from.
Location getWeightName(Value weight);

/// Collects what became of layers for the module attribute `bitnet.layers`.
class RecognitionReport {
public:
  /// With remarks, says it at the nodes at once. Layers that were recognised
  /// before, and are no nodes any more, stay in the attribute.
  RecognitionReport(ModuleOp module, bool remarks);

  void addRecognized(const LinearLayer &layer, const QuantizedWeight &weight,
                     const ActivationMode &mode);
  /// `reason` says what the weight or the activations are.
  void addLeft(const LinearLayer &layer, StringRef reason);
  /// Sets the attribute.
  void finish();

private:
  void add(const LinearLayer &layer, StringRef key, StringRef text);

  ModuleOp module;
  Builder b;
  bool remarks;
  SmallVector<Attribute> entries;
};

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_RECOGNITIONREPORT_H
