// RUN: bitnet-opt %s --split-input-file --bitnet-recognize | FileCheck %s

// How activations are quantised, in the spellings of exporters. The weights are
// stored as they are.

// 127 · (1 / a), as PyTorch exports 127 / a, and a quotient.

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
  %inverse = onnx.node "Reciprocal" version 13 (%a) : (tensor<?x1xf32>) ->
    tensor<?x1xf32>
  %s = onnx.node "Mul" version 14 (%inverse, %limit) : (tensor<?x1xf32>,
    tensor<f32>) -> tensor<?x1xf32>
  %mul = onnx.node "Mul" version 14 (%x, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round = onnx.node "Round" version 11 (%mul) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q = onnx.node "Clip" version 13 (%round, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq = onnx.node "Div" version 14 (%q, %s) : (tensor<?x4xf32>, tensor<?x1xf32>)
    -> tensor<?x4xf32>
  // CHECK-NOT: onnx.node
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<w{{.*}}.trits> : tensor<2xi8> scales(dense<1.000000e+00> : tensor<1xf32>)
  // CHECK: %[[Y:.*]] = bitnet.bit_linear %[[X]], %[[W]] {reciprocal} : 
  %y = onnx.node "MatMul" version 13 (%dq, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // CHECK: return %[[Y]]
  return %y : tensor<?x2xf32>
}

// -----

// 127 / a, Max for Clip, and the axis as an attribute.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = onnx.constant dense<[[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 1.0]]> :
    tensor<4x2xf32> : tensor<4x2xf32> loc("w")
  %last = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %limit = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-128.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %abs = onnx.node "Abs" version 13 (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %max = onnx.node "ReduceMax" version 13 (%abs) {axes = array<i64: 1>, keepdims
    = 1 : i64} : (tensor<?x4xf32>) -> tensor<?x1xf32>
  %a = onnx.node "Max" version 13 (%max, %floor) : (tensor<?x1xf32>,
    tensor<f32>) -> tensor<?x1xf32>
  %s = onnx.node "Div" version 14 (%limit, %a) : (tensor<f32>, tensor<?x1xf32>)
    -> tensor<?x1xf32>
  %mul = onnx.node "Mul" version 14 (%s, %x) : (tensor<?x1xf32>,
    tensor<?x4xf32>) -> tensor<?x4xf32>
  %round = onnx.node "Round" version 11 (%mul) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q = onnx.node "Clip" version 13 (%round, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq = onnx.node "Div" version 14 (%q, %s) : (tensor<?x4xf32>, tensor<?x1xf32>)
    -> tensor<?x4xf32>
  // CHECK-NOT: onnx.node
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<w{{.*}}.trits> : tensor<2xi8> scales(dense<1.000000e+00> : tensor<1xf32>)
  // CHECK: %[[Y:.*]] = bitnet.bit_linear %[[X]], %[[W]] : 
  %y = onnx.node "MatMul" version 13 (%dq, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // CHECK: return %[[Y]]
  return %y : tensor<?x2xf32>
}

// -----

// Straight through: x + (q - x).

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
  %back = onnx.node "Div" version 14 (%q, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %d = onnx.node "Sub" version 14 (%back, %x) : (tensor<?x4xf32>,
    tensor<?x4xf32>) -> tensor<?x4xf32>
  %dq = onnx.node "Add" version 14 (%x, %d) : (tensor<?x4xf32>, tensor<?x4xf32>)
    -> tensor<?x4xf32>
  // CHECK-NOT: onnx.node
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<w{{.*}}.trits> : tensor<2xi8> scales(dense<1.000000e+00> : tensor<1xf32>)
  // CHECK: %[[Y:.*]] = bitnet.bit_linear %[[X]], %[[W]] : 
  %y = onnx.node "MatMul" version 13 (%dq, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // CHECK: return %[[Y]]
  return %y : tensor<?x2xf32>
}

// -----

// The step a / 127, which divides and multiplies.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
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
  %a = onnx.node "Max" version 13 (%floor, %max) : (tensor<f32>,
    tensor<?x1xf32>) -> tensor<?x1xf32>
  %step = onnx.node "Div" version 14 (%a, %limit) : (tensor<?x1xf32>,
    tensor<f32>) -> tensor<?x1xf32>
  %mul = onnx.node "Div" version 14 (%x, %step) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %round = onnx.node "Round" version 11 (%mul) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %q = onnx.node "Clip" version 13 (%round, %low, %high) : (tensor<?x4xf32>,
    tensor<f32>, tensor<f32>) -> tensor<?x4xf32>
  %dq = onnx.node "Mul" version 14 (%q, %step) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK-NOT: onnx.node
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<w{{.*}}.trits> : tensor<2xi8> scales(dense<1.000000e+00> : tensor<1xf32>)
  // CHECK: %[[Y:.*]] = bitnet.bit_linear %[[X]], %[[W]] : 
  %y = onnx.node "MatMul" version 13 (%dq, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // CHECK: return %[[Y]]
  return %y : tensor<?x2xf32>
}

// -----

// A maximum that loses its axis and gets it back, Min and Max for the last
// Clip, which comes before rounding, and another bound.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %none = onnx.none
  %w = onnx.constant dense<[[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 1.0]]> :
    tensor<4x2xf32> : tensor<4x2xf32> loc("w")
  %last = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %floor = onnx.constant dense<1.0e-8> : tensor<f32> : tensor<f32>
  %limit = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-127.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %back_axis = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %abs = onnx.node "Abs" version 13 (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %flat = onnx.node "ReduceMax" version 18 (%abs, %last) {keepdims = 0 : i64} :
    (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?xf32>
  %max = onnx.node "Unsqueeze" version 13 (%flat, %back_axis) : (tensor<?xf32>,
    tensor<1xi64>) -> tensor<?x1xf32>
  %a = onnx.node "Clip" version 13 (%max, %floor, %none) : (tensor<?x1xf32>,
    tensor<f32>, none) -> tensor<?x1xf32>
  %s = onnx.node "Div" version 14 (%limit, %a) : (tensor<f32>, tensor<?x1xf32>)
    -> tensor<?x1xf32>
  %mul = onnx.node "Mul" version 14 (%x, %s) : (tensor<?x4xf32>,
    tensor<?x1xf32>) -> tensor<?x4xf32>
  %above = onnx.node "Max" version 13 (%mul, %low) : (tensor<?x4xf32>,
    tensor<f32>) -> tensor<?x4xf32>
  %below = onnx.node "Min" version 13 (%above, %high) : (tensor<?x4xf32>,
    tensor<f32>) -> tensor<?x4xf32>
  %q = onnx.node "Round" version 11 (%below) : (tensor<?x4xf32>) ->
    tensor<?x4xf32>
  %dq = onnx.node "Div" version 14 (%q, %s) : (tensor<?x4xf32>, tensor<?x1xf32>)
    -> tensor<?x4xf32>
  // CHECK-NOT: onnx.node
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<w{{.*}}.trits> : tensor<2xi8> scales(dense<1.000000e+00> : tensor<1xf32>)
  // CHECK: %[[Y:.*]] = bitnet.bit_linear %[[X]], %[[W]] {floor = 9.99999993E-9 : f32} : 
  %y = onnx.node "MatMul" version 13 (%dq, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  // CHECK: return %[[Y]]
  return %y : tensor<?x2xf32>
}

// -----

// The product is of codes, in int8, and is scaled afterwards, with the weights'
// scale in the same number. No floating point on the way is rounded twice.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %none = onnx.none
  %w = onnx.constant dense<[[1, 1], [-1, 0], [0, -1], [1, 1]]> : tensor<4x2xi8>
    : tensor<4x2xi8> loc("w")
  %last = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %limit = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-128.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
  %scale = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
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
  // CHECK-NOT: onnx.node
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<w{{.*}}.trits> : tensor<2xi8> scales(dense<5.000000e-01> : tensor<1xf32>)
  // CHECK: %[[Y:.*]] = bitnet.bit_linear %[[X]], %[[W]] : 
  %sums = onnx.node "MatMulInteger" version 10 (%bytes, %w) : (tensor<?x4xi8>,
    tensor<4x2xi8>) -> tensor<?x2xi32>
  %float = onnx.node "Cast" version 13 (%sums) {to = 1 : i64} :
    (tensor<?x2xi32>) -> tensor<?x2xf32>
  %step = onnx.node "Reciprocal" version 13 (%s) : (tensor<?x1xf32>) ->
    tensor<?x1xf32>
  %factor = onnx.node "Mul" version 14 (%step, %scale) : (tensor<?x1xf32>,
    tensor<f32>) -> tensor<?x1xf32>
  %y = onnx.node "Mul" version 14 (%float, %factor) : (tensor<?x2xf32>,
    tensor<?x1xf32>) -> tensor<?x2xf32>
  // CHECK: return %[[Y]]
  return %y : tensor<?x2xf32>
}

// -----

// As transformers runs packed weights: codes as floats, and a quotient by both
// factors, of which the weights' is the inverse of their scale.

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
  %inverse_scale = onnx.constant dense<[2.0, 4.0]> : tensor<2xf32> :
    tensor<2xf32>
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
  // CHECK-NOT: onnx.node
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<w{{.*}}.trits> : tensor<2xi8> scales(dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>)
  // CHECK: %[[Y:.*]] = bitnet.bit_linear %[[X]], %[[W]] : 
  %sums = onnx.node "MatMul" version 13 (%q, %w) : (tensor<?x4xf32>,
    tensor<4x2xf32>) -> tensor<?x2xf32>
  %factor = onnx.node "Mul" version 14 (%s, %inverse_scale) : (tensor<?x1xf32>,
    tensor<2xf32>) -> tensor<?x2xf32>
  %y = onnx.node "Div" version 14 (%sums, %factor) : (tensor<?x2xf32>,
    tensor<?x2xf32>) -> tensor<?x2xf32>
  // CHECK: return %[[Y]]
  return %y : tensor<?x2xf32>
}
