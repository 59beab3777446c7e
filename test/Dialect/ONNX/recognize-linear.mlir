// RUN: bitnet-opt %s --split-input-file --bitnet-recognize | FileCheck %s

// What a node that multiplies by a matrix becomes.

// The rows of Gemm's transposed weight are outputs. alpha goes to the scale,
// beta multiplies the bias.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %gemm = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("gemm")
  %gemm_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %gemm_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %gemm_wide = onnx.node "Expand" version 13 (%gemm, %gemm_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%gemm_wide, %gemm_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %bias = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32> : tensor<2xf32>
  // CHECK: %[[BIAS:.*]] = onnx.constant dense<[1.000000e+00, 2.000000e+00]>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<gemm.trits> : tensor<16xi8> scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: %[[Z:.*]] = bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32}
  // CHECK: %[[BETA:.*]] = onnx.constant dense<3.000000e+00> : tensor<f32>
  // CHECK: %[[SCALED:.*]] = onnx.node "Mul" version 14 (%[[BIAS]], %[[BETA]])
  // CHECK: %[[Y:.*]] = onnx.node "Add" version 14 (%[[Z]], %[[SCALED]])
  %y = onnx.node "Gemm" version 13 (%x, %w, %bias) {alpha = 0.5 : f32, beta =
    3.0 : f32, transB = 1 : i64} : (tensor<?x32xf32>, tensor<2x32xf32>,
    tensor<2xf32>) -> tensor<?x2xf32>
  // CHECK: return %[[Y]]
  // CHECK: gemm.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// Otherwise its columns are.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %plain = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("plain")
  %plain_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %plain_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %plain_wide = onnx.node "Expand" version 13 (%plain, %plain_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%plain_wide, %plain_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %t = onnx.node "Transpose" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<32x2xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<plain.trits> : tensor<16xi8> scales(dense<1.000000e+00> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: %[[Y:.*]] = bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32}
  // CHECK: return %[[Y]]
  %y = onnx.node "Gemm" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: plain.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// Leading dimensions become rows and come back.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x5x?x32xf32>
func.func @main(%x: tensor<?x5x?x32xf32>) -> tensor<?x5x?x2xf32> {
  %batch = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("batch")
  %batch_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %batch_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %batch_wide = onnx.node "Expand" version 13 (%batch, %batch_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%batch_wide, %batch_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %t = onnx.node "Transpose" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<32x2xf32>
  // CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[X]] {{\[\[}}0, 1, 2], [3]] : tensor<?x5x?x32xf32> into tensor<?x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<batch.trits> : tensor<16xi8> scales(dense<1.000000e+00> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: %[[Z:.*]] = bitnet.bit_linear %[[ROWS]], %[[W]] {float_activations, floor = 1.000000e-30 : f32}
  // CHECK: %[[D0:.*]] = tensor.dim %[[X]], %{{c0.*}} :
  // CHECK: %[[D2:.*]] = tensor.dim %[[X]], %{{c2.*}} :
  // CHECK: %[[Y:.*]] = tensor.expand_shape %[[Z]] {{\[\[}}0, 1, 2], [3]] output_shape [%[[D0]], 5, %[[D2]], 2] : tensor<?x2xf32> into tensor<?x5x?x2xf32>
  // CHECK: return %[[Y]]
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x5x?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x5x?x2xf32>
  return %y : tensor<?x5x?x2xf32>
}

// -----

// Static ones stay static.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<3x5x32xf32>
func.func @main(%x: tensor<3x5x32xf32>) -> tensor<3x5x2xf32> {
  %static = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("static")
  %static_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %static_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %static_wide = onnx.node "Expand" version 13 (%static, %static_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%static_wide, %static_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %t = onnx.node "Transpose" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<32x2xf32>
  // CHECK: tensor.collapse_shape %[[X]] {{\[\[}}0, 1], [2]] : tensor<3x5x32xf32> into tensor<15x32xf32>
  // CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] output_shape [3, 5, 2] : tensor<15x2xf32> into tensor<3x5x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<3x5x32xf32>,
    tensor<32x2xf32>) -> tensor<3x5x2xf32>
  return %y : tensor<3x5x2xf32>
}

// -----

// A weight on the left multiplies columns.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32x?xf32>
func.func @main(%x: tensor<?x32x?xf32>) -> tensor<?x2x?xf32> {
  %left = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("left")
  %left_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %left_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %left_wide = onnx.node "Expand" version 13 (%left, %left_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%left_wide, %left_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  // CHECK: %[[T:.*]] = onnx.node "Transpose" version 13 (%[[X]]) {perm = array<i64: 0, 2, 1>} : (tensor<?x32x?xf32>) -> tensor<?x?x32xf32>
  // CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[T]]
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<left.trits> : tensor<16xi8> scales(dense<1.000000e+00> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: %[[Z:.*]] = bitnet.bit_linear %[[ROWS]], %[[W]] {float_activations, floor = 1.000000e-30 : f32}
  // CHECK: %[[BACK:.*]] = tensor.expand_shape %[[Z]] {{.*}} into tensor<?x?x2xf32>
  // CHECK: %[[Y:.*]] = onnx.node "Transpose" version 13 (%[[BACK]]) {perm = array<i64: 0, 2, 1>} : (tensor<?x?x2xf32>) -> tensor<?x2x?xf32>
  // CHECK: return %[[Y]]
  %y = onnx.node "MatMul" version 13 (%w, %x) : (tensor<2x32xf32>,
    tensor<?x32x?xf32>) -> tensor<?x2x?xf32>
  // CHECK: left.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2x?xf32>
}

// -----

// Activations quantised along the columns, too.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<4x?xf32>
func.func @main(%x: tensor<4x?xf32>) -> tensor<2x?xf32> {
  %none = onnx.none
  %w = onnx.constant dense<[[1.0, -1.0, 0.0, 1.0], [1.0, 0.0, -1.0, 1.0]]> :
    tensor<2x4xf32> : tensor<2x4xf32> loc("along")
  %first = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %limit = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %abs = onnx.node "Abs" version 13 (%x) : (tensor<4x?xf32>) -> tensor<4x?xf32>
  %max = onnx.node "ReduceMax" version 18 (%abs, %first) {keepdims = 1 : i64} :
    (tensor<4x?xf32>, tensor<1xi64>) -> tensor<1x?xf32>
  %a = onnx.node "Clip" version 13 (%max, %floor, %none) : (tensor<1x?xf32>,
    tensor<f32>, none) -> tensor<1x?xf32>
  %s = onnx.node "Div" version 14 (%limit, %a) : (tensor<f32>, tensor<1x?xf32>)
    -> tensor<1x?xf32>
  %mul = onnx.node "Mul" version 14 (%x, %s) : (tensor<4x?xf32>,
    tensor<1x?xf32>) -> tensor<4x?xf32>
  %q = onnx.node "Round" version 11 (%mul) : (tensor<4x?xf32>) ->
    tensor<4x?xf32>
  %dq = onnx.node "Div" version 14 (%q, %s) : (tensor<4x?xf32>, tensor<1x?xf32>)
    -> tensor<4x?xf32>
  // CHECK: %[[T:.*]] = onnx.node "Transpose" version 13 (%[[X]]) {perm = array<i64: 1, 0>} : (tensor<4x?xf32>) -> tensor<?x4xf32>
  // CHECK: %[[Z:.*]] = bitnet.bit_linear %[[T]], %{{[^ ]*}} :
  // CHECK: onnx.node "Transpose" version 13 (%[[Z]]) {perm = array<i64: 1, 0>}
  %y = onnx.node "MatMul" version 13 (%w, %dq) : (tensor<2x4xf32>,
    tensor<4x?xf32>) -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

// FusedMatMul transposes and scales.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %fused = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("fused")
  %fused_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %fused_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %fused_wide = onnx.node "Expand" version 13 (%fused, %fused_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%fused_wide, %fused_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<fused.trits> : tensor<16xi8> scales(dense<2.500000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32}
  %y = onnx.node "com.microsoft" "FusedMatMul" version 1 (%x, %w) {alpha = 0.25
    : f32, transB = 1 : i64} : (tensor<?x32xf32>, tensor<2x32xf32>) ->
    tensor<?x2xf32>
  // CHECK: fused.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// Half precision around a layer in single precision.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf16>
func.func @main(%x: tensor<?x32xf16>) -> tensor<?x2xf16> {
  %half = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("half")
  %half_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %half_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %half_wide = onnx.node "Expand" version 13 (%half, %half_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%half_wide, %half_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %wh = onnx.node "Cast" version 13 (%w) {to = 10 : i64} : (tensor<2x32xf32>) ->
    tensor<2x32xf16>
  %t = onnx.node "Transpose" version 13 (%wh) : (tensor<2x32xf16>) ->
    tensor<32x2xf16>
  // CHECK: %[[SINGLE:.*]] = onnx.node "Cast" version 13 (%[[X]]) {to = 1 : i64} : (tensor<?x32xf16>) -> tensor<?x32xf32>
  // CHECK: %[[Z:.*]] = bitnet.bit_linear %[[SINGLE]]
  // CHECK: %[[Y:.*]] = onnx.node "Cast" version 13 (%[[Z]]) {to = 10 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf16>
  // CHECK: return %[[Y]]
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf16>,
    tensor<32x2xf16>) -> tensor<?x2xf16>
  return %y : tensor<?x2xf16>
}

// -----

// A constant that others need stays.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %shared = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0,
    1.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("shared")
  %shared_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %shared_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %shared_wide = onnx.node "Expand" version 13 (%shared, %shared_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%shared_wide, %shared_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %t = onnx.node "Transpose" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<32x2xf32>
  // CHECK: %[[SHARED:.*]] = onnx.constant
  // CHECK: onnx.node "Expand" version 13 (%[[SHARED]]
  // CHECK: bitnet.bit_linear
  %z = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  %axis = onnx.constant dense<1> : tensor<1xi64> : tensor<1xi64>
  %sum = onnx.node "ReduceSum" version 13 (%w, %axis) {keepdims = 0 : i64} :
    (tensor<2x32xf32>, tensor<1xi64>) -> tensor<2xf32>
  %y = onnx.node "Add" version 14 (%z, %sum) : (tensor<?x2xf32>, tensor<2xf32>)
    -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Near misses. A transposed input.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<32x?xf32>
func.func @main(%x: tensor<32x?xf32>) -> tensor<?x2xf32> {
  %a = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0, 1.0]]]> :
    tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("a")
  %a_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %a_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %a_wide = onnx.node "Expand" version 13 (%a, %a_shape) : (tensor<2x1x4xf32>,
    tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%a_wide, %a_flat) : (tensor<2x8x4xf32>,
    tensor<2xi64>) -> tensor<2x32xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: "Gemm"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %y = onnx.node "Gemm" version 13 (%x, %w) {transA = 1 : i64, transB = 1 : i64}
    : (tensor<32x?xf32>, tensor<2x32xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// A vector.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<32xf32>
func.func @main(%x: tensor<32xf32>) -> tensor<2xf32> {
  %b = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0, 1.0]]]> :
    tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("b")
  %b_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %b_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %b_wide = onnx.node "Expand" version 13 (%b, %b_shape) : (tensor<2x1x4xf32>,
    tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%b_wide, %b_flat) : (tensor<2x8x4xf32>,
    tensor<2xi64>) -> tensor<2x32xf32>
  %t = onnx.node "Transpose" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<32x2xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: "MatMul"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<32xf32>,
    tensor<32x2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// A matrix for each batch.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<2x?x32xf32>
func.func @main(%x: tensor<2x?x32xf32>) -> tensor<2x?x2xf32> {
  %c = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[1.0, 0.0, -1.0, 1.0]]]> :
    tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("c")
  %c_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %c_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %c_wide = onnx.node "Expand" version 13 (%c, %c_shape) : (tensor<2x1x4xf32>,
    tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%c_wide, %c_flat) : (tensor<2x8x4xf32>,
    tensor<2xi64>) -> tensor<2x32xf32>
  %t = onnx.node "Transpose" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<32x2xf32>
  %shape = onnx.constant dense<[2, 32, 2]> : tensor<3xi64> : tensor<3xi64>
  %e = onnx.node "Expand" version 13 (%t, %shape) : (tensor<32x2xf32>,
    tensor<3xi64>) -> tensor<2x32x2xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: "MatMul"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %y = onnx.node "MatMul" version 13 (%x, %e) : (tensor<2x?x32xf32>,
    tensor<2x32x2xf32>) -> tensor<2x?x2xf32>
  return %y : tensor<2x?x2xf32>
}
