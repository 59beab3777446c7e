// RUN: bitnet-opt %s --split-input-file --onnx-fold-constants | FileCheck %s

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x3xf32>
func.func @main(%x: tensor<2x3xf32> {onnx.name = "x", onnx.dims = [2, 3]})
    -> (tensor<2x2xf32> {onnx.name = "y", onnx.dims = [2, 2]},
        tensor<20000xf32> {onnx.name = "z", onnx.dims = [20000]},
        tensor<2x3xf32> {onnx.name = "v", onnx.dims = [2, 3]},
        tensor<8192xf32> {onnx.name = "u", onnx.dims = [8192]}) {
  %w = onnx.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]>
    : tensor<2x3xf32> : tensor<2x3xf32>
  %two = onnx.constant dense<2.0> : tensor<f32> : tensor<f32>
  %many = onnx.constant dense<20000> : tensor<1xi64> : tensor<1xi64>
  // Only the end of a chain becomes a constant; the rest is gone.
  // CHECK-NOT: "Mul"
  // CHECK-NOT: "Transpose"
  // CHECK: %[[T:.*]] = onnx.constant dense<{{\[\[}}2.000000e+00, 8.000000e+00], [4.000000e+00, 1.000000e+01], [6.000000e+00, 1.200000e+01]]>
  %s = onnx.node "Mul" version 14 (%w, %two)
    : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %t = onnx.node "Transpose" version 13 (%s) {perm = array<i64: 1, 0>}
    : (tensor<2x3xf32>) -> tensor<3x2xf32>
  // CHECK: onnx.node "MatMul" version 13 (%[[X]], %[[T]])
  %y = onnx.node "MatMul" version 13 (%x, %t)
    : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  // A constant that would make the object grow is not made.
  // CHECK: onnx.node "Expand"
  %z = onnx.node "Expand" version 13 (%two, %many)
    : (tensor<f32>, tensor<1xi64>) -> tensor<20000xf32>
  // CHECK: onnx.node "Mul" version 14 (%[[X]], %{{.*}})
  %v = onnx.node "Mul" version 14 (%x, %two)
    : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  // Nor is one with larger elements.
  // CHECK: onnx.node "DequantizeLinear"
  %codes = onnx.constant dense<3> : tensor<8192xi8> : tensor<8192xi8>
  %u = onnx.node "DequantizeLinear" version 13 (%codes, %two)
    : (tensor<8192xi8>, tensor<f32>) -> tensor<8192xf32>
  return %y, %z, %v, %u : tensor<2x2xf32>, tensor<20000xf32>, tensor<2x3xf32>,
    tensor<8192xf32>
}

// -----

// Large ones are resources.

// CHECK: %[[T:.*]] = onnx.constant dense_resource<folded> : tensor<64x32xf32>
// CHECK: onnx.node "Add" version 14 (%{{.*}}, %[[T]])
func.func @main(%x: tensor<64x32xf32> {onnx.name = "x", onnx.dims = [64, 32]})
    -> (tensor<64x32xf32> {onnx.name = "y", onnx.dims = [64, 32]}) {
  %w = onnx.constant dense<2.0> : tensor<32x64xf32> : tensor<32x64xf32>
  %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>}
    : (tensor<32x64xf32>) -> tensor<64x32xf32>
  %y = onnx.node "Add" version 14 (%x, %t)
    : (tensor<64x32xf32>, tensor<64x32xf32>) -> tensor<64x32xf32>
  return %y : tensor<64x32xf32>
}
