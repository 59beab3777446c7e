// RUN: bitnet-opt %s --split-input-file --bitnet-recognize | FileCheck %s

// Activations that look like those of BitLinear, but are others. Such layers
// have float activations, and are left alone here because of their 4 columns.

// Codes whose product is used unscaled, too, are float activations like others.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %none = onnx.none
  %w = onnx.constant dense<[[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 1.0]]> :
    tensor<4x2xf32> : tensor<4x2xf32> loc("w")
  %last = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %limit = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-128.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %abs = onnx.node "Abs" version 13 (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %max = onnx.node "ReduceMax" version 18 (%abs, %last) {keepdims = 1 : i64} :
    (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %a = onnx.node "Clip" version 13 (%max, %floor, %none) : (tensor<?x1xf32>,
    tensor<f32>, none) -> tensor<?x1xf32>
  %s = onnx.node "Div" version 14 (%limit, %a) : (tensor<f32>, tensor<?x1xf32>)
    -> tensor<?x1xf32>
  %mul = onnx.node "Mul" version 14 (%x, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round = onnx.node "Round" version 11 (%mul) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q = onnx.node "Clip" version 13 (%round, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: onnx.node "MatMul
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %sums = onnx.node "MatMul" version 13 (%q, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  %scaled = onnx.node "Div" version 14 (%sums, %s) : (tensor<?x2xf32>,
    tensor<?x1xf32>) -> tensor<?x2xf32>
  %y = onnx.node "Add" version 14 (%scaled, %sums) : (tensor<?x2xf32>,
    tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Other codes.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32>)
    -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>,
        tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %none = onnx.none
  %w = onnx.constant dense<[[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 1.0]]> :
    tensor<4x2xf32> : tensor<4x2xf32> loc("w")
  %last = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %limit = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-128.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %seven = onnx.constant dense<7.0> : tensor<f32> : tensor<f32>
  %minus = onnx.constant dense<-8.0> : tensor<f32> : tensor<f32>
  %middle = onnx.constant dense<64.0> : tensor<f32> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32> : tensor<f32>
  %all = onnx.constant dense<128.0> : tensor<f32> : tensor<f32>
  %bound = onnx.constant dense<1.0e-3> : tensor<f32> : tensor<f32>
  %abs = onnx.node "Abs" version 13 (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %max = onnx.node "ReduceMax" version 18 (%abs, %last) {keepdims = 1 : i64} :
    (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %a = onnx.node "Clip" version 13 (%max, %floor, %none) : (tensor<?x1xf32>,
    tensor<f32>, none) -> tensor<?x1xf32>
  %s = onnx.node "Div" version 14 (%limit, %a) : (tensor<f32>, tensor<?x1xf32>)
    -> tensor<?x1xf32>
  %s4 = onnx.node "Div" version 14 (%seven, %a) : (tensor<f32>, tensor<?x1xf32>)
    -> tensor<?x1xf32>
  %s128 = onnx.node "Div" version 14 (%all, %a) : (tensor<f32>, tensor<?x1xf32>)
    -> tensor<?x1xf32>
  %b = onnx.node "Clip" version 13 (%max, %bound, %none) : (tensor<?x1xf32>,
    tensor<f32>, none) -> tensor<?x1xf32>
  %sb = onnx.node "Div" version 14 (%limit, %b) : (tensor<f32>, tensor<?x1xf32>)
    -> tensor<?x1xf32>
  // Four bits.
  %mul0 = onnx.node "Mul" version 14 (%x, %s4) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round0 = onnx.node "Round" version 11 (%mul0) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q0 = onnx.node "Clip" version 13 (%round0, %minus, %seven) :
    (tensor<?x4xf32>, tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq0 = onnx.node "Div" version 14 (%q0, %s4) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y0 = onnx.node "MatMul" version 13 (%dq0, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // Clipped to 64.
  %mul1 = onnx.node "Mul" version 14 (%x, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round1 = onnx.node "Round" version 11 (%mul1) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q1 = onnx.node "Clip" version 13 (%round1, %low, %middle) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq1 = onnx.node "Div" version 14 (%q1, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y1 = onnx.node "MatMul" version 13 (%dq1, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // Clipped to positive numbers.
  %mul2 = onnx.node "Mul" version 14 (%x, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round2 = onnx.node "Round" version 11 (%mul2) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q2 = onnx.node "Clip" version 13 (%round2, %zero, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq2 = onnx.node "Div" version 14 (%q2, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y2 = onnx.node "MatMul" version 13 (%dq2, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // A factor of 128.
  %mul3 = onnx.node "Mul" version 14 (%x, %s128) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round3 = onnx.node "Round" version 11 (%mul3) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q3 = onnx.node "Clip" version 13 (%round3, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq3 = onnx.node "Div" version 14 (%q3, %s128) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y3 = onnx.node "MatMul" version 13 (%dq3, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // Multiplied by one factor, divided by another.
  %mul4 = onnx.node "Mul" version 14 (%x, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round4 = onnx.node "Round" version 11 (%mul4) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q4 = onnx.node "Clip" version 13 (%round4, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq4 = onnx.node "Div" version 14 (%q4, %sb) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y4 = onnx.node "MatMul" version 13 (%dq4, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // Not rounded.
  %mul5 = onnx.node "Mul" version 14 (%x, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %q5 = onnx.node "Clip" version 13 (%mul5, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq5 = onnx.node "Div" version 14 (%q5, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y5 = onnx.node "MatMul" version 13 (%dq5, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  return %y0, %y1, %y2, %y3, %y4, %y5
    : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>,
        tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// Other scales.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32>)
    -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>,
        tensor<?x2xf32>, tensor<?x2xf32>) {
  %none = onnx.none
  %w = onnx.constant dense<[[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 1.0]]> :
    tensor<4x2xf32> : tensor<4x2xf32> loc("w")
  %last = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %limit = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-128.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %first = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %axes = onnx.constant dense<[0, 1]> : tensor<2xi64> : tensor<2xi64>
  %abs = onnx.node "Abs" version 13 (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %max = onnx.node "ReduceMax" version 18 (%abs, %last) {keepdims = 1 : i64} :
    (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s0 = onnx.node "Div" version 14 (%limit, %max) : (tensor<f32>,
    tensor<?x1xf32>) -> tensor<?x1xf32>
  // No bound below: rows of zeros are not-a-number.
  %mul0 = onnx.node "Mul" version 14 (%x, %s0) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round0 = onnx.node "Round" version 11 (%mul0) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q0 = onnx.node "Clip" version 13 (%round0, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq0 = onnx.node "Div" version 14 (%q0, %s0) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y0 = onnx.node "MatMul" version 13 (%dq0, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  %m1 = onnx.node "ReduceMax" version 18 (%x, %last) {keepdims = 1 : i64} :
    (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %a1 = onnx.node "Clip" version 13 (%m1, %floor, %none) : (tensor<?x1xf32>,
    tensor<f32>, none) -> tensor<?x1xf32>
  %s1 = onnx.node "Div" version 14 (%limit, %a1) : (tensor<f32>,
    tensor<?x1xf32>) -> tensor<?x1xf32>
  // The largest number, not the largest magnitude.
  %mul1 = onnx.node "Mul" version 14 (%x, %s1) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round1 = onnx.node "Round" version 11 (%mul1) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q1 = onnx.node "Clip" version 13 (%round1, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq1 = onnx.node "Div" version 14 (%q1, %s1) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y1 = onnx.node "MatMul" version 13 (%dq1, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  %m2 = onnx.node "ReduceMax" version 18 (%abs, %first) {keepdims = 1 : i64} :
    (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x4xf32>
  %a2 = onnx.node "Clip" version 13 (%m2, %floor, %none) : (tensor<1x4xf32>,
    tensor<f32>, none) -> tensor<1x4xf32>
  %s2 = onnx.node "Div" version 14 (%limit, %a2) : (tensor<f32>,
    tensor<1x4xf32>) -> tensor<1x4xf32>
  // The largest of a column.
  %mul2 = onnx.node "Mul" version 14 (%x, %s2) : (tensor<?x4xf32>,
    tensor<1x4xf32>) -> tensor<?x4xf32>
  %round2 = onnx.node "Round" version 11 (%mul2) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q2 = onnx.node "Clip" version 13 (%round2, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq2 = onnx.node "Div" version 14 (%q2, %s2) : (tensor<?x4xf32>,
    tensor<1x4xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y2 = onnx.node "MatMul" version 13 (%dq2, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  %m3 = onnx.node "ReduceMax" version 18 (%abs, %axes) {keepdims = 1 : i64} :
    (tensor<?x4xf32>, tensor<2xi64>) -> tensor<1x1xf32>
  %a3 = onnx.node "Clip" version 13 (%m3, %floor, %none) : (tensor<1x1xf32>,
    tensor<f32>, none) -> tensor<1x1xf32>
  %s3 = onnx.node "Div" version 14 (%limit, %a3) : (tensor<f32>,
    tensor<1x1xf32>) -> tensor<1x1xf32>
  // The largest of the tensor.
  %mul3 = onnx.node "Mul" version 14 (%x, %s3) : (tensor<?x4xf32>,
    tensor<1x1xf32>) -> tensor<?x4xf32>
  %round3 = onnx.node "Round" version 11 (%mul3) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q3 = onnx.node "Clip" version 13 (%round3, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq3 = onnx.node "Div" version 14 (%q3, %s3) : (tensor<?x4xf32>,
    tensor<1x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y3 = onnx.node "MatMul" version 13 (%dq3, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  %other = onnx.node "Add" version 14 (%x, %limit) : (tensor<?x4xf32>,
    tensor<f32>) -> tensor<?x4xf32>
  %abs4 = onnx.node "Abs" version 13 (%other) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %m4 = onnx.node "ReduceMax" version 18 (%abs4, %last) {keepdims = 1 : i64} :
    (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %a4 = onnx.node "Clip" version 13 (%m4, %floor, %none) : (tensor<?x1xf32>,
    tensor<f32>, none) -> tensor<?x1xf32>
  %s4 = onnx.node "Div" version 14 (%limit, %a4) : (tensor<f32>,
    tensor<?x1xf32>) -> tensor<?x1xf32>
  // The largest magnitude of something else.
  %mul4 = onnx.node "Mul" version 14 (%x, %s4) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round4 = onnx.node "Round" version 11 (%mul4) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q4 = onnx.node "Clip" version 13 (%round4, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq4 = onnx.node "Div" version 14 (%q4, %s4) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "MatMul"
  %y4 = onnx.node "MatMul" version 13 (%dq4, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  return %y0, %y1, %y2, %y3, %y4
    : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>,
        tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// Integers that are not scaled.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xi32> {
  %none = onnx.none
  %w = onnx.constant dense<[[1, 1], [-1, 0], [0, -1], [1, 1]]> : tensor<4x2xi8>
    : tensor<4x2xi8>
  %last = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %limit = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-128.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %abs = onnx.node "Abs" version 13 (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %max = onnx.node "ReduceMax" version 18 (%abs, %last) {keepdims = 1 : i64} :
    (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %a = onnx.node "Clip" version 13 (%max, %floor, %none) : (tensor<?x1xf32>,
    tensor<f32>, none) -> tensor<?x1xf32>
  %s = onnx.node "Div" version 14 (%limit, %a) : (tensor<f32>, tensor<?x1xf32>)
    -> tensor<?x1xf32>
  %mul = onnx.node "Mul" version 14 (%x, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round = onnx.node "Round" version 11 (%mul) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q = onnx.node "Clip" version 13 (%round, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %bytes = onnx.node "Cast" version 13 (%q) {to = 3 : i64} : (tensor<?x4xf32>)
    -> tensor<?x4xi8>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: onnx.node "MatMul
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %y = onnx.node "MatMulInteger" version 10 (%bytes, %w) : (tensor<?x4xi8>,
    tensor<4x2xi8>) -> tensor<?x2xi32>
  return %y : tensor<?x2xi32>
}
