// RUN: bitnet-opt %s --split-input-file --bitnet-recognize | FileCheck %s

// What becomes of the weights: their trits or bits, a byte for 4 or 8 of them,
// and their scales. There are 32 columns, so that float activations are worth
// it; small matrices are repeated along them.

// Absmean as PyTorch exports it: w / mean |w|, rounded and clipped, times mean
// |w|. The mean is 0.75: 1.5 and -0.5 become 1 and -1, 0.25 becomes 0.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %none = onnx.none
  %absmean = onnx.constant dense<[[[1.5, -0.5, 0.25, 0.75]], [[1.5, 0.25, -0.5,
    0.75]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("absmean")
  %absmean_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> :
    tensor<3xi64>
  %absmean_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %absmean_wide = onnx.node "Expand" version 13 (%absmean, %absmean_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%absmean_wide, %absmean_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-1.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %abs = onnx.node "Abs" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %kept = onnx.node "ReduceMean" version 18 (%abs) {keepdims = 1 : i64} :
    (tensor<2x32xf32>) -> tensor<1x1xf32>
  %mean = onnx.node "Squeeze" version 13 (%kept) : (tensor<1x1xf32>) ->
    tensor<f32>
  %s = onnx.node "Clip" version 13 (%mean, %floor, %none) : (tensor<f32>,
    tensor<f32>, none) -> tensor<f32>
  %div = onnx.node "Div" version 14 (%w, %s) : (tensor<2x32xf32>, tensor<f32>)
    -> tensor<2x32xf32>
  %round = onnx.node "Round" version 11 (%div) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %clip = onnx.node "Clip" version 13 (%round, %low, %high) : (tensor<2x32xf32>,
    tensor<f32>, tensor<f32>) -> tensor<2x32xf32>
  %q = onnx.node "Mul" version 14 (%clip, %s) : (tensor<2x32xf32>, tensor<f32>)
    -> tensor<2x32xf32>
  // CHECK-NOT: onnx.constant
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<absmean.trits> : tensor<16xi8> scales(dense<7.500000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%q) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: absmean.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// The factor 1 / mean |w|, Max for Clip, and a straight-through estimator,
// which is not computed: w + (q - w) is q.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %estimator = onnx.constant dense<[[[1.5, -0.5, 0.25, 0.75]], [[1.5, 0.25,
    -0.5, 0.75]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("estimator")
  %estimator_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> :
    tensor<3xi64>
  %estimator_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %estimator_wide = onnx.node "Expand" version 13 (%estimator, %estimator_shape)
    : (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%estimator_wide, %estimator_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-1.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %abs = onnx.node "Abs" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %mean = onnx.node "ReduceMean" version 18 (%abs) {keepdims = 0 : i64} :
    (tensor<2x32xf32>) -> tensor<f32>
  %s = onnx.node "Max" version 13 (%mean, %floor) : (tensor<f32>, tensor<f32>)
    -> tensor<f32>
  %factor = onnx.node "Reciprocal" version 13 (%s) : (tensor<f32>) ->
    tensor<f32>
  %mul = onnx.node "Mul" version 14 (%w, %factor) : (tensor<2x32xf32>,
    tensor<f32>) -> tensor<2x32xf32>
  %round = onnx.node "Round" version 11 (%mul) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %clip = onnx.node "Clip" version 13 (%round, %low, %high) : (tensor<2x32xf32>,
    tensor<f32>, tensor<f32>) -> tensor<2x32xf32>
  %q = onnx.node "Div" version 14 (%clip, %factor) : (tensor<2x32xf32>,
    tensor<f32>) -> tensor<2x32xf32>
  %d = onnx.node "Sub" version 14 (%q, %w) : (tensor<2x32xf32>,
    tensor<2x32xf32>) -> tensor<2x32xf32>
  %through = onnx.node "Add" version 14 (%w, %d) : (tensor<2x32xf32>,
    tensor<2x32xf32>) -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<estimator.trits> : tensor<16xi8> scales(dense<7.500000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%through) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: estimator.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// BitNet v1: the sign of w - mean w, which is 0.375 here, times mean |w|. What
// is not above the mean is -1.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %centred = onnx.constant dense<[[[1.5, -0.25, 0.375, -0.125]], [[1.5, -0.25,
    0.375, 0.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("centred")
  %centred_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> :
    tensor<3xi64>
  %centred_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %centred_wide = onnx.node "Expand" version 13 (%centred, %centred_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%centred_wide, %centred_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %zero = onnx.constant dense<0.0> : tensor<f32> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %minus = onnx.constant dense<-1.0> : tensor<f32> : tensor<f32>
  %mean = onnx.node "ReduceMean" version 18 (%w) {keepdims = 0 : i64} :
    (tensor<2x32xf32>) -> tensor<f32>
  %abs = onnx.node "Abs" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %s = onnx.node "ReduceMean" version 18 (%abs) {keepdims = 0 : i64} :
    (tensor<2x32xf32>) -> tensor<f32>
  %d = onnx.node "Sub" version 14 (%w, %mean) : (tensor<2x32xf32>, tensor<f32>)
    -> tensor<2x32xf32>
  %gt = onnx.node "Greater" version 13 (%d, %zero) : (tensor<2x32xf32>,
    tensor<f32>) -> tensor<2x32xi1>
  %signs = onnx.node "Where" version 16 (%gt, %one, %minus) : (tensor<2x32xi1>,
    tensor<f32>, tensor<f32>) -> tensor<2x32xf32>
  %q = onnx.node "Mul" version 14 (%signs, %s) : (tensor<2x32xf32>, tensor<f32>)
    -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<centred.bits> : tensor<8xi8> scales(dense<5.468750e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.bits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%q) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: centred.bits: "0x{{........}}1111111111111111"
  return %y : tensor<?x2xf32>
}

// -----

// The same with Sign, for weights of which none is the mean.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %sign = onnx.constant dense<[[[1.5, -0.5, 0.5, -1.5]], [[-1.5, 0.5, -0.5,
    1.5]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("sign")
  %sign_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %sign_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %sign_wide = onnx.node "Expand" version 13 (%sign, %sign_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%sign_wide, %sign_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %mean = onnx.node "ReduceMean" version 18 (%w) {keepdims = 0 : i64} :
    (tensor<2x32xf32>) -> tensor<f32>
  %abs = onnx.node "Abs" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %s = onnx.node "ReduceMean" version 18 (%abs) {keepdims = 0 : i64} :
    (tensor<2x32xf32>) -> tensor<f32>
  %d = onnx.node "Sub" version 14 (%w, %mean) : (tensor<2x32xf32>, tensor<f32>)
    -> tensor<2x32xf32>
  %signs = onnx.node "Sign" version 13 (%d) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %q = onnx.node "Mul" version 14 (%s, %signs) : (tensor<f32>, tensor<2x32xf32>)
    -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<sign.bits> : tensor<8xi8> scales(dense<1.000000e+00> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.bits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%q) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: sign.bits: "0x{{........}}55555555AAAAAAAA"
  return %y : tensor<?x2xf32>
}

// -----

// Trits of w / (1e-4 + 2 mean |w|), and that factor on the activations, from
// where it goes to the weights.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %doubled = onnx.constant dense<[[[3.5, -0.5, 0.25, 1.75]], [[3.5, 0.25, -1.0,
    1.25]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("doubled")
  %doubled_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> :
    tensor<3xi64>
  %doubled_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %doubled_wide = onnx.node "Expand" version 13 (%doubled, %doubled_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%doubled_wide, %doubled_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-1.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %abs = onnx.node "Abs" version 13 (%w) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %kept = onnx.node "ReduceMean" version 18 (%abs) {keepdims = 1 : i64} :
    (tensor<2x32xf32>) -> tensor<1x1xf32>
  %mean = onnx.node "Squeeze" version 13 (%kept) : (tensor<1x1xf32>) ->
    tensor<f32>
  %two = onnx.constant dense<2.0> : tensor<f32> : tensor<f32>
  %tiny = onnx.constant dense<1.0e-4> : tensor<f32> : tensor<f32>
  %twice = onnx.node "Mul" version 14 (%mean, %two) : (tensor<f32>, tensor<f32>)
    -> tensor<f32>
  %s = onnx.node "Add" version 14 (%twice, %tiny) : (tensor<f32>, tensor<f32>)
    -> tensor<f32>
  %div = onnx.node "Div" version 14 (%w, %s) : (tensor<2x32xf32>, tensor<f32>)
    -> tensor<2x32xf32>
  %round = onnx.node "Round" version 11 (%div) : (tensor<2x32xf32>) ->
    tensor<2x32xf32>
  %q = onnx.node "Clip" version 13 (%round, %low, %high) : (tensor<2x32xf32>,
    tensor<f32>, tensor<f32>) -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<doubled.trits> : tensor<16xi8> scales(dense<3.000100e+00> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%q) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %scaled = onnx.node "Mul" version 14 (%s, %x) : (tensor<f32>,
    tensor<?x32xf32>) -> tensor<?x32xf32>
  %y = onnx.node "MatMul" version 13 (%scaled, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: doubled.trits: "0x{{........}}96969696969696965656565656565656"
  return %y : tensor<?x2xf32>
}

// -----

// A stored matrix with a scale for each row, of which roundings have changed
// the last bits.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %stored = onnx.constant dense<[[[0.5, -0.5, 0.0, 0.5]], [[0.250000119, 0.0,
    -0.249999881, 0.25]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("stored")
  %stored_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %stored_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %stored_wide = onnx.node "Expand" version 13 (%stored, %stored_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w = onnx.node "Reshape" version 14 (%stored_wide, %stored_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<stored.trits> : tensor<16xi8> scales(dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: stored.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// Scales of blocks of 32 columns: 1 and 2 for the first row, 3 and 4 for the
// second. Ternary ones are the mean of two binary matrices, zeros being 1 in
// one and -1 in the other.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x64xf32>
func.func @main(%x: tensor<?x64xf32>) -> tensor<?x2xf32> {
  %block0 = onnx.constant dense<[[[1.0, -1.0, 0.0, 1.0]], [[3.0, 0.0, -3.0,
    3.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("block0")
  %block0_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %block0_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %block0_wide = onnx.node "Expand" version 13 (%block0, %block0_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w0 = onnx.node "Reshape" version 14 (%block0_wide, %block0_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %block1 = onnx.constant dense<[[[2.0, -2.0, 0.0, 2.0]], [[4.0, 0.0, -4.0,
    4.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("block1")
  %block1_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %block1_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %block1_wide = onnx.node "Expand" version 13 (%block1, %block1_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w1 = onnx.node "Reshape" version 14 (%block1_wide, %block1_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %w = onnx.node "Concat" version 13 (%w0, %w1) {axis = 1 : i64} :
    (tensor<2x32xf32>, tensor<2x32xf32>) -> tensor<2x64xf32>
  // CHECK: %[[A:.*]] = bitnet.weight dense_resource<block0.bits> : tensor<16xi8> scales(dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.500000e+00, 2.000000e+00]]> : tensor<2x2xf32>) -> !bitnet.matrix<2x64, #bitnet.bits>
  // CHECK: %[[FIRST:.*]] = bitnet.bit_linear %[[X]], %[[A]] {float_activations, floor = 1.000000e-30 : f32}
  // CHECK: %[[B:.*]] = bitnet.weight dense_resource<block0.bits_1> : tensor<16xi8> scales(dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.500000e+00, 2.000000e+00]]> : tensor<2x2xf32>) -> !bitnet.matrix<2x64, #bitnet.bits>
  // CHECK: %[[SECOND:.*]] = bitnet.bit_linear %[[X]], %[[B]] {float_activations, floor = 1.000000e-30 : f32}
  // CHECK: %[[Y:.*]] = bitnet.add %[[FIRST]], %[[SECOND]]
  %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>} :
    (tensor<2x64xf32>) -> tensor<64x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x64xf32>,
    tensor<64x2xf32>) -> tensor<?x2xf32>
  // CHECK: return %[[Y]]
  // CHECK: block0.bits: "0x{{........}}DDDDDDDDDDDDDDDDBBBBBBBBBBBBBBBB"
  // CHECK: block0.bits_1: "0x{{........}}99999999999999999999999999999999"
  return %y : tensor<?x2xf32>
}

// -----

// Binary ones are one matrix.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x64xf32>
func.func @main(%x: tensor<?x64xf32>) -> tensor<?x2xf32> {
  %signs0 = onnx.constant dense<[[[1.0, -1.0, -1.0, 1.0]], [[3.0, -3.0, -3.0,
    3.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("signs0")
  %signs0_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %signs0_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %signs0_wide = onnx.node "Expand" version 13 (%signs0, %signs0_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w0 = onnx.node "Reshape" version 14 (%signs0_wide, %signs0_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %signs1 = onnx.constant dense<[[[2.0, -2.0, -2.0, 2.0]], [[4.0, -4.0, -4.0,
    4.0]]]> : tensor<2x1x4xf32> : tensor<2x1x4xf32> loc("signs1")
  %signs1_shape = onnx.constant dense<[2, 8, 4]> : tensor<3xi64> : tensor<3xi64>
  %signs1_flat = onnx.constant dense<[2, 32]> : tensor<2xi64> : tensor<2xi64>
  %signs1_wide = onnx.node "Expand" version 13 (%signs1, %signs1_shape) :
    (tensor<2x1x4xf32>, tensor<3xi64>) -> tensor<2x8x4xf32>
  %w1 = onnx.node "Reshape" version 14 (%signs1_wide, %signs1_flat) :
    (tensor<2x8x4xf32>, tensor<2xi64>) -> tensor<2x32xf32>
  %w = onnx.node "Concat" version 13 (%w0, %w1) {axis = 1 : i64} :
    (tensor<2x32xf32>, tensor<2x32xf32>) -> tensor<2x64xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<signs0.bits> : tensor<16xi8> scales(dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>) -> !bitnet.matrix<2x64, #bitnet.bits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>} :
    (tensor<2x64xf32>) -> tensor<64x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x64xf32>,
    tensor<64x2xf32>) -> tensor<?x2xf32>
  // CHECK: signs0.bits: "0x{{........}}99999999999999999999999999999999"
  return %y : tensor<?x2xf32>
}
