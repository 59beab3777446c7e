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

#endif // BITNET_DIALECT_ONNX_TRANSFORMS_PASSES_TD
