// RUN: bitnet-opt %s --split-input-file --bitnet-recognize | FileCheck %s

// Weights that look like those of BitLinear, but are others: such layers stay
// what they are.

// Codes from -2 to 1.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %clip2 = onnx.constant dense<[[[3.5, -1.5, 0.25, 1.75]], [[3.5, 0.25, -1.0,
    1.25]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("clip2")
  %clip2_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %clip2_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %clip2_wide = onnx.node "Expand" version 13 (%clip2, %clip2_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%clip2_wide, %clip2_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %low = onnx.constant dense<-2.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %round = onnx.node "Round" version 11 (%w) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %q = onnx.node "Clip" version 13 (%round, %low, %high) : (tensor<2x32xf32>,
    tensor<f32>, tensor<f32>) -> tensor<2x32xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: onnx.node "MatMul"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %t = onnx.node "Transpose" version 13 (%q) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// A scale for each column.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %columns = onnx.constant dense<[[[1.0, -2.0, 0.0, 1.0]], [[1.0, -2.0, 1.0,
    0.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("columns")
  %columns_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> :
    tensor<3xi64>
  %columns_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %columns_wide = onnx.node "Expand" version 13 (%columns, %columns_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%columns_wide, %columns_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: onnx.node "MatMul"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Two levels that are not each other's negative.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %levels = onnx.constant dense<[[[1.0, -0.5, 1.0, 1.0]], [[1.0, -0.5, -0.5,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("levels")
  %levels_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %levels_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %levels_wide = onnx.node "Expand" version 13 (%levels, %levels_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%levels_wide, %levels_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: onnx.node "MatMul"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// A weight that is not a number.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %nan = onnx.constant dense<[[[1.0, 0x7FC00000, 1.0, 1.0]], [[1.0, -1.0, -1.0,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("nan")
  %nan_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %nan_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %nan_wide = onnx.node "Expand" version 13 (%nan, %nan_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%nan_wide, %nan_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: onnx.node "MatMul"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// A weight that is not constant.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>, %w: tensor<32x2xf32>) -> tensor<?x2xf32> {
  %q = onnx.node "Sign" version 13 (%w) : (tensor<32x2xf32>) -> tensor<32x2xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: onnx.node "MatMul"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %y = onnx.node "MatMul" version 13 (%x, %q) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
