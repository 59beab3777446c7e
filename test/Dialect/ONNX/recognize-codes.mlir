// RUN: bitnet-opt %s --split-input-file --bitnet-recognize | FileCheck %s

// Weights that are stored as integers, and what unpacks them.

// Two bits for a trit, rows apart, as transformers packs them: row r is bits 2
// i of packed row r mod 1. Shifted and masked in 8 bits, less 1, times a scale.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %packed = onnx.constant dense<[[2, 1, 6, 9]]> : tensor<1x4xui8> :
    tensor<1x4xui8> loc("packed")
  %shape = onnx.constant dense<[8, 4]> : tensor<2xi64> : tensor<2xi64>
  %three = onnx.constant dense<3> : tensor<ui8> : tensor<ui8>
  %twelve = onnx.constant dense<12> : tensor<ui8> : tensor<ui8>
  %two = onnx.constant dense<2> : tensor<ui8> : tensor<ui8>
  %one = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %s = onnx.constant dense<0.25> : tensor<f32> : tensor<f32>
  %low = onnx.node "BitwiseAnd" version 18 (%packed, %three) : (tensor<1x4xui8>,
    tensor<ui8>) -> tensor<1x4xui8>
  %masked = onnx.node "BitwiseAnd" version 18 (%packed, %twelve) :
    (tensor<1x4xui8>, tensor<ui8>) -> tensor<1x4xui8>
  %high = onnx.node "BitShift" version 11 (%masked, %two) {direction = "RIGHT"}
    : (tensor<1x4xui8>, tensor<ui8>) -> tensor<1x4xui8>
  %codes = onnx.node "Concat" version 13 (%low, %high) {axis = 0 : i64} :
    (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<2x4xui8>
  %float = onnx.node "Cast" version 13 (%codes) {to = 1 : i64} :
    (tensor<2x4xui8>) -> tensor<2x4xf32>
  %trits = onnx.node "Sub" version 14 (%float, %one) : (tensor<2x4xf32>,
    tensor<f32>) -> tensor<2x4xf32>
  %q = onnx.node "Mul" version 14 (%trits, %s) : (tensor<2x4xf32>, tensor<f32>)
    -> tensor<2x4xf32>
  %wide = onnx.node "Concat" version 13 (%q, %q, %q, %q, %q, %q, %q, %q) {axis =
    1 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>,
    tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>,
    tensor<2x4xf32>) -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<packed.trits> : tensor<16xi8> scales(dense<2.500000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%wide) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: packed.trits: "0x{{........}}66666666666666669090909090909090"
  return %y : tensor<?x2xf32>
}

// -----

// Unpacked by assignment to slices, of which exporters make ScatterElements and
// ScatterND.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %packed = onnx.constant dense<[[2, 1, 6, 9]]> : tensor<1x4xui8> :
    tensor<1x4xui8> loc("assigned")
  %three = onnx.constant dense<3> : tensor<ui8> : tensor<ui8>
  %two = onnx.constant dense<2> : tensor<ui8> : tensor<ui8>
  %one = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %shape = onnx.constant dense<[2, 4]> : tensor<2xi64> : tensor<2xi64>
  %from = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %to = onnx.constant dense<9223372036854775807> : tensor<1xi64> : tensor<1xi64>
  %start = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %limit = onnx.constant dense<2> : tensor<i64> : tensor<i64>
  %step = onnx.constant dense<1> : tensor<i64> : tensor<i64>
  %flat = onnx.constant dense<[2, 1]> : tensor<2xi64> : tensor<2xi64>
  %row = onnx.constant dense<[1]> : tensor<1xi64> : tensor<1xi64>
  %wider = onnx.constant dense<[1, 4]> : tensor<2xi64> : tensor<2xi64>
  %zeros = onnx.node "ConstantOfShape" version 9 (%shape) {value = dense<0> :
    tensor<1xui8>} : (tensor<2xi64>) -> tensor<2x4xui8>
  %codes = onnx.node "Slice" version 13 (%packed, %from, %to, %from) :
    (tensor<1x4xui8>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) ->
    tensor<1x4xui8>
  %low = onnx.node "BitwiseAnd" version 18 (%codes, %three) : (tensor<1x4xui8>,
    tensor<ui8>) -> tensor<1x4xui8>
  %shifted = onnx.node "BitShift" version 11 (%codes, %two) {direction =
    "RIGHT"} : (tensor<1x4xui8>, tensor<ui8>) -> tensor<1x4xui8>
  %high = onnx.node "BitwiseAnd" version 18 (%shifted, %three) :
    (tensor<1x4xui8>, tensor<ui8>) -> tensor<1x4xui8>
  %rows = onnx.node "Range" version 11 (%start, %limit, %step) : (tensor<i64>,
    tensor<i64>, tensor<i64>) -> tensor<2xi64>
  %first = onnx.node "Slice" version 13 (%rows, %from, %row, %from) :
    (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) ->
    tensor<1xi64>
  %column = onnx.node "Unsqueeze" version 13 (%first, %row) : (tensor<1xi64>,
    tensor<1xi64>) -> tensor<1x1xi64>
  %index = onnx.node "Expand" version 13 (%column, %wider) : (tensor<1x1xi64>,
    tensor<2xi64>) -> tensor<1x4xi64>
  %half = onnx.node "ScatterElements" version 18 (%zeros, %index, %low) {axis =
    0 : i64} : (tensor<2x4xui8>, tensor<1x4xi64>, tensor<1x4xui8>) ->
    tensor<2x4xui8>
  %second = onnx.node "Slice" version 13 (%rows, %row, %to) : (tensor<2xi64>,
    tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %at = onnx.node "Unsqueeze" version 13 (%second, %row) : (tensor<1xi64>,
    tensor<1xi64>) -> tensor<1x1xi64>
  %all = onnx.node "ScatterND" version 18 (%half, %at, %high) :
    (tensor<2x4xui8>, tensor<1x1xi64>, tensor<1x4xui8>) -> tensor<2x4xui8>
  %float = onnx.node "Cast" version 13 (%all) {to = 1 : i64} : (tensor<2x4xui8>)
    -> tensor<2x4xf32>
  %q = onnx.node "Sub" version 14 (%float, %one) : (tensor<2x4xf32>,
    tensor<f32>) -> tensor<2x4xf32>
  %wide = onnx.node "Concat" version 13 (%q, %q, %q, %q, %q, %q, %q, %q) {axis =
    1 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>,
    tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>,
    tensor<2x4xf32>) -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<assigned.trits> : tensor<16xi8> scales(dense<1.000000e+00> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%wide) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: assigned.trits: "0x{{........}}66666666666666669090909090909090"
  return %y : tensor<?x2xf32>
}

// -----

// DequantizeLinear with a scale for each row.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %codes = onnx.constant dense<[[1, -1, 0, 1], [1, 0, -1, 1]]> : tensor<2x4xi8>
    : tensor<2x4xi8> loc("codes")
  %s = onnx.constant dense<[0.5, 0.25]> : tensor<2xf32> : tensor<2xf32>
  %wide = onnx.node "Concat" version 13 (%codes, %codes, %codes, %codes, %codes,
    %codes, %codes, %codes) {axis = 1 : i64} : (tensor<2x4xi8>, tensor<2x4xi8>,
    tensor<2x4xi8>, tensor<2x4xi8>, tensor<2x4xi8>, tensor<2x4xi8>,
    tensor<2x4xi8>, tensor<2x4xi8>) -> tensor<2x32xi8>
  %q = onnx.node "DequantizeLinear" version 21 (%wide, %s) {axis = 0 : i64} :
    (tensor<2x32xi8>, tensor<2xf32>) -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<codes.trits> : tensor<16xi8> scales(dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%q) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: codes.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// With a zero point, in 2 bits.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %codes = onnx.constant dense<[[2, 0, 1, 2], [2, 1, 0, 2]]> : tensor<2x4xui2> :
    tensor<2x4xui2> loc("codes2")
  %s = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %zero = onnx.constant dense<1> : tensor<ui2> : tensor<ui2>
  %wide = onnx.node "Concat" version 13 (%codes, %codes, %codes, %codes, %codes,
    %codes, %codes, %codes) {axis = 1 : i64} : (tensor<2x4xui2>,
    tensor<2x4xui2>, tensor<2x4xui2>, tensor<2x4xui2>, tensor<2x4xui2>,
    tensor<2x4xui2>, tensor<2x4xui2>, tensor<2x4xui2>) -> tensor<2x32xui2>
  %q = onnx.node "DequantizeLinear" version 21 (%wide, %s, %zero) :
    (tensor<2x32xui2>, tensor<f32>, tensor<ui2>) -> tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<codes2.trits> : tensor<16xi8> scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%q) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: codes2.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// Scales of blocks of 16 columns, all the same.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %codes = onnx.constant dense<[[1, -1, 0, 1], [1, 0, -1, 1]]> : tensor<2x4xi4>
    : tensor<2x4xi4> loc("codes4")
  %s = onnx.constant dense<0.5> : tensor<2x2xf32> : tensor<2x2xf32>
  %wide = onnx.node "Concat" version 13 (%codes, %codes, %codes, %codes, %codes,
    %codes, %codes, %codes) {axis = 1 : i64} : (tensor<2x4xi4>, tensor<2x4xi4>,
    tensor<2x4xi4>, tensor<2x4xi4>, tensor<2x4xi4>, tensor<2x4xi4>,
    tensor<2x4xi4>, tensor<2x4xi4>) -> tensor<2x32xi4>
  %q = onnx.node "DequantizeLinear" version 21 (%wide, %s) {axis = 1 : i64,
    block_size = 16 : i64} : (tensor<2x32xi4>, tensor<2x2xf32>) ->
    tensor<2x32xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<codes4.trits> : tensor<16xi8> scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %t = onnx.node "Transpose" version 13 (%q) {perm = array<i64: 1, 0>} :
    (tensor<2x32xf32>) -> tensor<32x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t) : (tensor<?x32xf32>,
    tensor<32x2xf32>) -> tensor<?x2xf32>
  // CHECK: codes4.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// MatMulNBits with codes 0 to 2 and zero point 1: 0x92 are codes 2, 0, 1, 2.
// The accuracy that it asks for is a minimum; activations stay float.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %codes = onnx.constant dense<[[[146, 146, 146, 146], [146, 146, 146, 146]],
    [[134, 134, 134, 134], [134, 134, 134, 134]]]> : tensor<2x2x4xui8> :
    tensor<2x2x4xui8> loc("nbits")
  %s = onnx.constant dense<0.5> : tensor<4xf32> : tensor<4xf32>
  %zero = onnx.constant dense<[[5], [5]]> : tensor<2x1xui8> : tensor<2x1xui8>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<nbits.trits> : tensor<16xi8> scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %y = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %codes, %s, %zero)
    {K = 32 : i64, N = 2 : i64, bits = 2 : i64, block_size = 16 : i64,
    accuracy_level = 4 : i64} : (tensor<?x32xf32>, tensor<2x2x4xui8>,
    tensor<4xf32>, tensor<2x1xui8>) -> tensor<?x2xf32>
  // CHECK: nbits.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// Codes 1 to 3 and the default zero point 2: 0xE7 are codes 3, 1, 2, 3. A scale
// for each row.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %codes = onnx.constant dense<[[[231, 231, 231, 231], [231, 231, 231, 231]],
    [[219, 219, 219, 219], [219, 219, 219, 219]]]> : tensor<2x2x4xui8> :
    tensor<2x2x4xui8> loc("default")
  %s = onnx.constant dense<[0.5, 0.5, 0.25, 0.25]> : tensor<4xf32> :
    tensor<4xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<default.trits> : tensor<16xi8> scales(dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>) -> !bitnet.matrix<2x32, #bitnet.trits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %y = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %codes, %s) {K =
    32 : i64, N = 2 : i64, bits = 2 : i64, block_size = 16 : i64, accuracy_level
    = 4 : i64} : (tensor<?x32xf32>, tensor<2x2x4xui8>, tensor<4xf32>) ->
    tensor<?x2xf32>
  // CHECK: default.trits: "0x{{........}}92929292929292928686868686868686"
  return %y : tensor<?x2xf32>
}

// -----

// One bit, with a zero point of a half: bits 1, 0, 0, 1.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %codes = onnx.constant dense<[[[153, 153], [153, 153]], [[85, 85], [85, 85]]]>
    : tensor<2x2x2xui8> : tensor<2x2x2xui8> loc("onebit")
  %s = onnx.constant dense<1.0> : tensor<4xf32> : tensor<4xf32>
  %zero = onnx.constant dense<0.5> : tensor<4xf32> : tensor<4xf32>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<onebit.bits> : tensor<8xi8> scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x32, #bitnet.bits>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32} :
  %y = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %codes, %s, %zero)
    {K = 32 : i64, N = 2 : i64, bits = 1 : i64, block_size = 16 : i64,
    accuracy_level = 4 : i64} : (tensor<?x32xf32>, tensor<2x2x2xui8>,
    tensor<4xf32>, tensor<4xf32>) -> tensor<?x2xf32>
  // CHECK: onebit.bits: "0x{{........}}9999999955555555"
  return %y : tensor<?x2xf32>
}

// -----

// Near misses. Four codes.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %codes = onnx.constant dense<[[[228, 228, 228, 228], [228, 228, 228, 228]],
    [[228, 228, 228, 228], [228, 228, 228, 228]]]> : tensor<2x2x4xui8> :
    tensor<2x2x4xui8>
  %s = onnx.constant dense<1.0> : tensor<4xf32> : tensor<4xf32>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: "MatMulNBits"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %y = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %codes, %s) {K =
    32 : i64, N = 2 : i64, bits = 2 : i64, block_size = 16 : i64, accuracy_level
    = 4 : i64} : (tensor<?x32xf32>, tensor<2x2x4xui8>, tensor<4xf32>) ->
    tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Scales of blocks of 16 columns that differ.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %codes = onnx.constant dense<[[[146, 146, 146, 146], [146, 146, 146, 146]],
    [[134, 134, 134, 134], [134, 134, 134, 134]]]> : tensor<2x2x4xui8> :
    tensor<2x2x4xui8>
  %s = onnx.constant dense<[1.0, 2.0, 1.0, 1.0]> : tensor<4xf32> : tensor<4xf32>
  %zero = onnx.constant dense<[[5], [5]]> : tensor<2x1xui8> : tensor<2x1xui8>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: "MatMulNBits"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %y = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %codes, %s, %zero)
    {K = 32 : i64, N = 2 : i64, bits = 2 : i64, block_size = 16 : i64,
    accuracy_level = 4 : i64} : (tensor<?x32xf32>, tensor<2x2x4xui8>,
    tensor<4xf32>, tensor<2x1xui8>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Too few codes.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x32xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %codes = onnx.constant dense<146> : tensor<2x2x3xui8> : tensor<2x2x3xui8>
  %s = onnx.constant dense<1.0> : tensor<4xf32> : tensor<4xf32>
  %zero = onnx.constant dense<[[5], [5]]> : tensor<2x1xui8> : tensor<2x1xui8>
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  // CHECK: "MatMulNBits"
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %y = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %codes, %s, %zero)
    {K = 32 : i64, N = 2 : i64, bits = 2 : i64, block_size = 16 : i64,
    accuracy_level = 4 : i64} : (tensor<?x32xf32>, tensor<2x2x3xui8>,
    tensor<4xf32>, tensor<2x1xui8>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
