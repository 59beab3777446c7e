//===- Passes.td - Passes on the onnx dialect --------------*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_TD
#define BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def RecognizeBitLinearPass : Pass<"bitnet-recognize", "::mlir::ModuleOp"> {
  let summary = "Finds BitLinear layers in a graph";
  let description = [{
    MatMul, Gemm, FusedMatMul, MatMulInteger and MatMulNBits of `@main` whose
    weight is ternary or binary become `bitnet.bit_linear` on the rows of their
    input, with a packed `bitnet.weight`.

    The weight is judged by its values. Whatever computes it from constants
    (fake quantisation by absmean or sign, straight-through estimators,
    transposes, unpacked codes, DequantizeLinear) is evaluated as the graph says.
    What comes out must be -s, 0 and s, or -s and s, with one s for the matrix,
    for each row, or for each row and block of a multiple of 32 columns. Any
    other matrix is left to ordinary operators.

    The input is judged by what computes it. If that is

        a = clip(reduce_max(abs(x)), floor), f = 127 / a,
        clip(round(x * f), -128, 127) / f

    along the dimension that is multiplied, in any spelling (f may be
    127 · (1 / a); Max for Clip; a product with a / 127 for the last quotient;
    x + (q - x) for q; the quotient after the product instead of before it, with
    8-bit integers or not), the layer quantises x itself. If not, its activations
    are float, provided that there are at least 32 columns, below which nothing
    is gained; products of integers stay as they are. `accuracy_level` of
    MatMulNBits, which is a minimum, changes nothing.

    Numbers are those of the graph but for roundings: x / (a / 127) is computed
    as a product, 16-bit floats are computed in f32, means are summed in f64.
    Weights come out as PyTorch has them; ONNX Runtime sums long means less
    exactly, so that single weights half way between two trits differ there.

    Before:

    ```mlir
    %f = onnx.node "Div" version 14 (%c127, %a) : ...
    %q = onnx.node "Clip" version 13 (%round, %low, %high) : ...
    %dq = onnx.node "Div" version 14 (%q, %f) : ...
    %y = onnx.node "MatMul" version 13 (%dq, %wt) : (tensor<?x?x512xf32>,
      tensor<512x256xf32>) -> tensor<?x?x256xf32>
    ```

    After:

    ```mlir
    %rows = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x512xf32>
      into tensor<?x512xf32>
    %w = bitnet.weight ... -> !bitnet.matrix<256x512, #bitnet.trits>
    %z = bitnet.bit_linear %rows, %w : tensor<?x512xf32>,
      !bitnet.matrix<256x512, #bitnet.trits> -> tensor<?x256xf32>
    %y = tensor.expand_shape %z [[0, 1], [2]] ... into tensor<?x?x256xf32>
    ```

    Nodes and constants that nobody needs any more are gone afterwards, with
    the memory of the constants. The module attribute `bitnet.layers` says of
    each node with a constant matrix what it became, or why nothing.
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect",
                           "::mlir::tensor::TensorDialect"];
  let options = [
    Option<"reportRemarks", "report-remarks", "bool", /*default=*/"false",
           "Whether to remark at each node what it became, or why nothing">
  ];
  let statistics = [
    Statistic<"numRecognized", "num-recognized", "Number of layers found">
  ];
}

def FoldConstantsPass : Pass<"onnx-fold-constants", "::mlir::ModuleOp"> {
  let summary = "Computes nodes that depend on constants only";
  let description = [{
    A node of `@main` whose inputs are all constants, or computed from constants,
    becomes a constant if anything else reads it, unless it would be larger than
    its inputs and have more than 4096 elements. Integers above 2^24 and types
    other than f32, f16, bf16 and integers are left to run time, as are the
    operators that recognition does not evaluate either. Nodes and constants that
    nobody reads are gone afterwards.

    Before:

    ```mlir
    %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>}
      : (tensor<4x8xf32>) -> tensor<8x4xf32>
    ```

    After:

    ```mlir
    %t = onnx.constant dense_resource<folded> : tensor<8x4xf32> : tensor<8x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::onnx::ONNXDialect"];
  let statistics = [
    Statistic<"numFolded", "num-folded", "Number of nodes that became constants">
  ];
}

def QuantizeLinearPass : Pass<"onnx-quantize-linear", "::mlir::ModuleOp"> {
  let summary = "Quantises the float linear layers of a graph";
  let description = [{
    MatMul, Gemm and FusedMatMul of `@main` with a constant float matrix, on
    either side, also computed from constants, are quantised if `layers`, a
    regular expression, matches a part of the node's name. Matrices that
    DequantizeLinear makes of integers are not float. w are the weights of the
    matrix, or, with `granularity=row`, of a row: what makes one output.

    - absmean: trits clamp(round(w / s), -1, 1) with s = max(mean |w|, 1e-5), and
      sign: +1 if w > mean w, else -1, times s = mean |w|. Activations become 8
      bits by the absmax of each row: the layer is a `bitnet.bit_linear`.
    - absmax-int8: codes clamp(round(w · f), -127, 127), f = 127 / max |w|.
      Activations stay float: the node reads what DequantizeLinear makes of the
      codes.
    - zeropoint-int8: the same with f = 255 / (max w - min w), zero point
      z = round(-f · min w - 128) and codes clamp(round(w · f + z), -128, 127).
    - int8-outliers (LLM.int8, arXiv:2208.07339): weights as by absmax-int8.
      Columns of the activations with an element above `outlier-threshold` in
      magnitude, which each run finds anew, are multiplied in half precision by
      what the codes stand for, in half precision, too. The others are quantised
      to 8 bits by the absmax of each row and multiplied as integers.

    round is to the nearest, half to even. Weights are held once, as codes: a
    column of activations may be an outlier in any run, so half-precision weights
    would be needed for all of them.

    Before:

    ```mlir
    %w = onnx.constant dense_resource<w> : tensor<768x3072xf32>
    %y = onnx.node "Gemm" version 13 (%x, %w, %bias)
      : (tensor<?x768xf32>, tensor<768x3072xf32>, tensor<3072xf32>)
      -> tensor<?x3072xf32>
    ```

    After, by absmax-int8 with a scale for each row:

    ```mlir
    %codes = onnx.constant dense_resource<w.int8> : tensor<768x3072xi8>
    %scale = onnx.constant dense_resource<w.scale> : tensor<3072xf32>
    %w = onnx.node "DequantizeLinear" version 21 (%codes, %scale)
      {axis = 1 : i64} : (tensor<768x3072xi8>, tensor<3072xf32>)
      -> tensor<768x3072xf32>
    %y = onnx.node "Gemm" version 13 (%x, %w, %bias) : ...
    ```

    With `measure`, the layers stay, and each that can be quantised adds three
    outputs without dimensions for what its quantised form makes of the same
    input: `quantization.<index>.difference`, Σ (y' - y)² over all elements y of
    the layer's result, `quantization.<index>.result`, Σ y², and
    `quantization.<index>.largest`, max |y' - y|. The index is that of the layer
    in `bitnet.quantized_layers`.

    A layer whose weights are not finite, or too large for the quantiser, stays
    as it is, with a warning. The module attribute `bitnet.quantized_layers` says
    what became of each, and how far its weights are off. To be run after
    `bitnet-recognize`, which needs the weights that a model was trained with.
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect",
                           "::mlir::tensor::TensorDialect"];
  let options = [
    Option<"quantizer", "quantizer", "::mlir::onnx::LinearQuantizer",
           /*default=*/"::mlir::onnx::LinearQuantizer::AbsMean",
           "What float weights become",
           [{::llvm::cl::values(
             clEnumValN(::mlir::onnx::LinearQuantizer::AbsMean, "absmean",
                        "trits, as BitNet b1.58"),
             clEnumValN(::mlir::onnx::LinearQuantizer::Sign, "sign",
                        "signs, as BitNet"),
             clEnumValN(::mlir::onnx::LinearQuantizer::AbsMaxInt8,
                        "absmax-int8", "8 bits, symmetric"),
             clEnumValN(::mlir::onnx::LinearQuantizer::ZeroPointInt8,
                        "zeropoint-int8", "8 bits with a zero point"),
             clEnumValN(::mlir::onnx::LinearQuantizer::Int8Outliers,
                        "int8-outliers",
                        "8 bits, as the activations but for outliers"))}]>,
    Option<"granularity", "granularity",
           "::mlir::onnx::QuantizationGranularity",
           /*default=*/"::mlir::onnx::QuantizationGranularity::Auto",
           "What shares a scale",
           [{::llvm::cl::values(
             clEnumValN(::mlir::onnx::QuantizationGranularity::Auto, "auto",
                        "rows for int8-outliers, else the matrix"),
             clEnumValN(::mlir::onnx::QuantizationGranularity::Tensor,
                        "tensor", "the matrix"),
             clEnumValN(::mlir::onnx::QuantizationGranularity::Row, "row",
                        "each row, which makes one output"))}]>,
    Option<"layers", "layers", "std::string", /*default=*/"\"\"",
           "Regular expression of names of nodes; empty: all layers">,
    Option<"outlierThreshold", "outlier-threshold", "double",
           /*default=*/"::mlir::onnx::defaultOutlierThreshold",
           "Magnitude above which activations are outliers">,
    Option<"measure", "measure", "bool", /*default=*/"false",
           "Whether to add outputs that compare, instead of quantising">
  ];
  let statistics = [
    Statistic<"numQuantized", "num-quantized", "Number of layers quantised">
  ];
}

#endif // BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_TD
