//===- Passes.h - Passes on the onnx dialect --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_H
#define BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::onnx {

/// Prints what `bitnet-recognize` noted on a module: a line for each layer,
/// nothing if it did not run.
void printRecognition(ModuleOp module, llvm::raw_ostream &stream);

/// How the float weights of linear layers are quantised: to trits or signs with
/// 8-bit activations, or to 8 bits.
enum class LinearQuantizer {
  AbsMean,
  Sign,
  AbsMaxInt8,
  ZeroPointInt8,
  Int8Outliers
};

/// Its name on command lines, such as "absmax-int8".
StringRef getQuantizerName(LinearQuantizer quantizer);

/// Whether the weights of a matrix or of a row share a scale. Auto: rows with
/// outliers, else the matrix.
enum class QuantizationGranularity { Auto, Tensor, Row };

/// The magnitude above which activations are outliers if nobody says another.
inline constexpr double defaultOutlierThreshold = 6;

/// Name of the module attribute that says what `onnx-quantize-linear` made of
/// layers: an array of dictionaries of the name of the `node`, the `rows` and
/// `columns` of its weight and its `float_bytes`, and either the `quantizer`,
/// the number of `scales`, the relative `error` (f64), the `largest_error` of a
/// weight (f64) and the `bytes` of the result, with `keeps_float` if the float
/// weights stay because something else reads them, or the `reason` that the
/// layer stays in float.
inline constexpr llvm::StringLiteral quantizedLayersAttrName =
    "bitnet.quantized_layers";

/// What the names of the outputs begin with that `onnx-quantize-linear` adds to
/// measure layers.
inline constexpr llvm::StringLiteral measurePrefix = "quantization.";

/// How far the result of a quantised layer is off for some inputs.
struct OutputError {
  /// Index in `bitnet.quantized_layers`.
  size_t layer;
  /// ‖y' - y‖ / ‖y‖ and max |y' - y|.
  double relative, largest;
};

/// Adds errors to `bitnet.quantized_layers`: `output_error` and
/// `largest_output_error`, both f64.
void setOutputErrors(ModuleOp module, ArrayRef<OutputError> errors);

/// Prints what `onnx-quantize-linear` noted on a module: a line for each layer
/// and the sums; nothing if it did not run.
void printQuantization(ModuleOp module, llvm::raw_ostream &stream);

#define GEN_PASS_DECL
#include "bitnet/Dialect/ONNX/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "bitnet/Dialect/ONNX/Transforms/Passes.h.inc"

} // namespace mlir::onnx

#endif // BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_H
