// RUN: bitnet-opt %s --bitnet-quantize-weights | FileCheck %s
// RUN: bitnet-opt %s --bitnet-quantize-weights=masters=sign \
// RUN:   | FileCheck %s --check-prefix=SIGN

// Ternary formats keep their trits. Byte p of i2_s holds elements p, 32 + p,
// 64 + p and 96 + p, the first in its highest bits:
//
//   byte 0        0x86   +1 -1  0 +1
//   bytes 1..31   0x19   -1  0 +1  0
//
// The resources at the end of the output show the trits.

// CHECK-LABEL: func.func @i2_s
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x128xf32>
func.func @i2_s(%x: tensor<?x128xf32>) -> tensor<?x1xf32> {
  // SIGN:  bitnet.weight dense_resource<attn_q.trits> {{.*}} #bitnet.trits>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<attn_q.trits> : tensor<32xi8> scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<1x128, #bitnet.trits>
  %w = bitnet.weight dense<"0x86191919191919191919191919191919191919191919191919191919191919190000003F00000000000000000000000000000000000000000000000000000000"> : tensor<64xi8>
    -> !bitnet.matrix<1x128, #bitnet.stored<i2_s>> loc("attn_q")
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] : tensor<?x128xf32>, !bitnet.matrix<1x128, #bitnet.trits> -> tensor<?x1xf32>
  %y = bitnet.bit_linear %x, %w : tensor<?x128xf32>,
    !bitnet.matrix<1x128, #bitnet.stored<i2_s>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// A factor on the matrix is one on its scales.

// CHECK-LABEL: func.func @factor
func.func @factor(%x: tensor<?x128xf32>, %z: tensor<?x256xf32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK: bitnet.weight dense_resource<scaled.trits> : tensor<32xi8> scales(dense<1.500000e+00> : tensor<1xf32>)
  %w = bitnet.weight dense<"0x86191919191919191919191919191919191919191919191919191919191919190000003F00000000000000000000000000000000000000000000000000000000"> : tensor<64xi8>
    scales(dense<3.0> : tensor<1xf32>)
    -> !bitnet.matrix<1x128, #bitnet.stored<i2_s>> loc("scaled")
  %y = bitnet.bit_linear %x, %w : tensor<?x128xf32>,
    !bitnet.matrix<1x128, #bitnet.stored<i2_s>> -> tensor<?x1xf32>
  // CHECK: bitnet.weight dense_resource<scaled_signs.bits> : tensor<32xi8> scales(dense<{{\[\[}}1.500000e+00, 7.500000e-01]]> : tensor<1x2xf32>)
  %v = bitnet.weight dense<"0x003881818181818181818181818181818181003400000000000000000000000000000000"> : tensor<36xi8>
    scales(dense<3.0> : tensor<1xf32>)
    -> !bitnet.matrix<1x256, #bitnet.stored<q1_0>> loc("scaled_signs")
  %u = bitnet.bit_linear %z, %v : tensor<?x256xf32>,
    !bitnet.matrix<1x256, #bitnet.stored<q1_0>> -> tensor<?x1xf32>
  return %y, %u : tensor<?x1xf32>, tensor<?x1xf32>
}

// Binary formats keep their bits, and the scales of blocks unless they agree.

// CHECK-LABEL: func.func @q1_0
func.func @q1_0(%x: tensor<?x256xf32>) -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // Scales 0.5 and 0.25; bytes 0x81 and 0x00.
  // CHECK: bitnet.weight dense_resource<signs.bits> : tensor<32xi8> scales(dense<{{\[\[}}5.000000e-01, 2.500000e-01]]> : tensor<1x2xf32>) -> !bitnet.matrix<1x256, #bitnet.bits>
  %w = bitnet.weight dense<"0x003881818181818181818181818181818181003400000000000000000000000000000000"> : tensor<36xi8>
    -> !bitnet.matrix<1x256, #bitnet.stored<q1_0>> loc("signs")
  // CHECK: bitnet.weight dense_resource<alike.bits> : tensor<32xi8> scales(dense<5.000000e-01> : tensor<1xf32>)
  %v = bitnet.weight dense<"0x003881818181818181818181818181818181003800000000000000000000000000000000"> : tensor<36xi8>
    -> !bitnet.matrix<1x256, #bitnet.stored<q1_0>> loc("alike")
  %y = bitnet.bit_linear %x, %w : tensor<?x256xf32>,
    !bitnet.matrix<1x256, #bitnet.stored<q1_0>> -> tensor<?x1xf32>
  %z = bitnet.bit_linear %x, %v : tensor<?x256xf32>,
    !bitnet.matrix<1x256, #bitnet.stored<q1_0>> -> tensor<?x1xf32>
  return %y, %z : tensor<?x1xf32>, tensor<?x1xf32>
}

// Weights of layers that keep them are what they are: exactly ternary or binary
// floats, with scales of rows here, codes of 8 bits with scales and offsets, or
// floats that are rounded to such.

// CHECK-LABEL: func.func @kept
func.func @kept(%x: tensor<?x32xf32>, %y: tensor<?x2xf32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x2xf32>) {
  // Q8_0: 0.5 and bytes 0x81.
  // CHECK: %[[Q8:.*]] = bitnet.weight dense_resource<q8.codes> : tensor<32xi8> scales(dense<5.000000e-01> : tensor<1x1xf32>) -> !bitnet.matrix<1x32, #bitnet.int8>
  %q8 = bitnet.weight dense<"0x00388181818181818181818181818181818181818181818181818181818181818181"> : tensor<34xi8>
    -> !bitnet.matrix<1x32, #bitnet.stored<q8_0>> loc("q8")
  // Q4_1: 0.5 and 1, with a factor of 2.
  // CHECK: %[[Q4:.*]] = bitnet.weight dense_resource<q4.codes> : tensor<32xi8> scales(dense<1.000000e+00> : tensor<1x1xf32>) offsets(dense<2.000000e+00> : tensor<1x1xf32>) -> !bitnet.matrix<1x32, #bitnet.int8>
  %q4 = bitnet.weight dense<"0x0038003C72727272727272727272727272727272"> : tensor<20xi8>
    scales(dense<2.0> : tensor<1xf32>)
    -> !bitnet.matrix<1x32, #bitnet.stored<q4_1>> loc("q4")
  // [0.5, -0.5], [2, 2]
  // CHECK: %[[F:.*]] = bitnet.weight dense_resource<f.bits> : tensor<2xi8> scales(dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf32>) -> !bitnet.matrix<2x2, #bitnet.bits>
  %f = bitnet.weight dense<"0x0000003F000000BF0000004000000040"> : tensor<16xi8>
    -> !bitnet.matrix<2x2, #bitnet.stored<f32>> loc("f")
  // CHECK: bitnet.bit_linear %{{.*}}, %[[Q8]] {keep_weights} :
  %0 = bitnet.bit_linear %x, %q8 {keep_weights} : tensor<?x32xf32>,
    !bitnet.matrix<1x32, #bitnet.stored<q8_0>> -> tensor<?x1xf32>
  %1 = bitnet.bit_linear %x, %q4 {keep_weights} : tensor<?x32xf32>,
    !bitnet.matrix<1x32, #bitnet.stored<q4_1>> -> tensor<?x1xf32>
  %2 = bitnet.bit_linear %y, %f {keep_weights} : tensor<?x2xf32>,
    !bitnet.matrix<2x2, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %0, %1, %2 : tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x2xf32>
}

// Tables that are stored as trits or bits stay that; heads become layers.

// CHECK-LABEL: func.func @binary_table
func.func @binary_table(%tokens: tensor<?xi32>) -> tensor<?x1xf32> {
  // CHECK: %[[TABLE:.*]] = bitnet.weight dense_resource<table.bits> : tensor<16xi8> scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<1x128, #bitnet.bits>
  %table = bitnet.weight dense<"0x003881818181818181818181818181818181"> : tensor<18xi8>
    -> !bitnet.matrix<1x128, #bitnet.stored<q1_0>> loc("table")
  // CHECK: %[[X:.*]] = bitnet.embedding %{{.*}}, %[[TABLE]] : tensor<?xi32>, !bitnet.matrix<1x128, #bitnet.bits>
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<1x128, #bitnet.stored<q1_0>> -> tensor<?x128xf32>
  // CHECK: bitnet.bit_linear %[[X]], %[[TABLE]] {float_activations, floor = 1.000000e-30 : f32, keep_weights}
  %y = bitnet.output_head %x, %table : tensor<?x128xf32>,
    !bitnet.matrix<1x128, #bitnet.stored<q1_0>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// Float formats are ternarised by the mean magnitude: here 1, so that -0.5 and
// 0.5 lie half way and round to 0.

// CHECK-LABEL: func.func @absmean_rounds_half_to_even
func.func @absmean_rounds_half_to_even(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  // [2, -0.5, 0.5, 1]
  // The mean is 0.75, and 0.5 is below.
  // SIGN:  bitnet.weight dense_resource<halves.bits> : tensor<1xi8> scales(dense<1.000000e+00> : tensor<1xf32>) -> !bitnet.matrix<1x4, #bitnet.bits>
  // CHECK: bitnet.weight dense_resource<halves.trits> : tensor<1xi8> scales(dense<1.000000e+00> : tensor<1xf32>)
  %w = bitnet.weight dense<"0x00000040000000BF0000003F0000803F"> : tensor<16xi8>
    -> !bitnet.matrix<1x4, #bitnet.stored<f32>> loc("halves")
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f32>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// Rows start at bytes; what fills the last byte of a row is trit 0.

// CHECK-LABEL: func.func @absmean_ragged_rows
func.func @absmean_ragged_rows(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  // [[1, -1, 0.4], [0.2, -0.6, 0]], mean magnitude 3.2 / 6
  // CHECK: bitnet.weight dense_resource<ragged.trits> : tensor<2xi8> scales(dense<0.53333{{[0-9]*}}> : tensor<1xf32>)
  %w = bitnet.weight dense<"0x0000803F000080BFCDCCCC3ECDCC4C3E9A9919BF00000000"> : tensor<24xi8>
    -> !bitnet.matrix<2x3, #bitnet.stored<f32>> loc("ragged")
  %y = bitnet.bit_linear %x, %w : tensor<?x3xf32>,
    !bitnet.matrix<2x3, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// The scale is at least 1e-5.

// CHECK-LABEL: func.func @absmean_of_tiny_weights
func.func @absmean_of_tiny_weights(%x: tensor<?x2xf32>) -> tensor<?x1xf32> {
  // [1e-7, 9e-6]: only the second is above half of 1e-5
  // CHECK: bitnet.weight dense_resource<tiny.trits> : tensor<1xi8> scales(dense<9.99999974E-6> : tensor<1xf32>)
  %w = bitnet.weight dense<"0x95BFD633B5FE1637"> : tensor<8xi8>
    -> !bitnet.matrix<1x2, #bitnet.stored<f32>> loc("tiny")
  %y = bitnet.bit_linear %x, %w : tensor<?x2xf32>,
    !bitnet.matrix<1x2, #bitnet.stored<f32>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// Floats that are trits times one scale keep that scale, zeros have 1.

// CHECK-LABEL: func.func @floats_that_are_trits
func.func @floats_that_are_trits(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  // [0, -0.25, 0.25, 0]
  // CHECK: bitnet.weight dense_resource<exact.trits> : tensor<1xi8> scales(dense<2.500000e-01> : tensor<1xf32>)
  %w = bitnet.weight dense<"0x00000000000080BE0000803E00000000"> : tensor<16xi8>
    -> !bitnet.matrix<1x4, #bitnet.stored<f32>> loc("exact")
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f32>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// CHECK-LABEL: func.func @zeros
func.func @zeros(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  // CHECK: bitnet.weight dense_resource<zeros.trits> : tensor<2xi8> scales(dense<1.000000e+00> : tensor<1xf32>)
  %w = bitnet.weight dense<0> : tensor<32xi8>
    -> !bitnet.matrix<2x4, #bitnet.stored<f32>> loc("zeros")
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<2x4, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @half_precision
func.func @half_precision(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  // [2, -0.5, 0.5, 1]
  // CHECK: bitnet.weight dense_resource<half.trits> : tensor<1xi8> scales(dense<1.000000e+00> : tensor<1xf32>)
  %w = bitnet.weight dense<"0x004000B80038003C"> : tensor<8xi8>
    -> !bitnet.matrix<1x4, #bitnet.stored<f16>> loc("half")
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f16>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// One matrix of two layers is converted once.

// CHECK-LABEL: func.func @shared
func.func @shared(%x: tensor<?x4xf32>) -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<shared.trits>
  // CHECK-NOT: bitnet.weight
  %w = bitnet.weight dense<"0x004000B80038003C"> : tensor<8xi8>
    -> !bitnet.matrix<1x4, #bitnet.stored<f16>> loc("shared")
  // CHECK-COUNT-2: bitnet.bit_linear {{.*}}, %[[W]]
  %0 = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f16>> -> tensor<?x1xf32>
  %1 = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f16>> -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

//===----------------------------------------------------------------------===//
// Left alone
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @tables_stay
func.func @tables_stay(%tokens: tensor<?xi32>) -> tensor<?x3xf32> {
  // CHECK: bitnet.weight dense<1> : tensor<24xi8> -> !bitnet.matrix<3x4, #bitnet.stored<f16>>
  %table = bitnet.weight dense<1> : tensor<24xi8>
    -> !bitnet.matrix<3x4, #bitnet.stored<f16>>
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<3x4, #bitnet.stored<f16>> -> tensor<?x4xf32>
  %y = bitnet.output_head %x, %table : tensor<?x4xf32>,
    !bitnet.matrix<3x4, #bitnet.stored<f16>> -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// CHECK-LABEL: func.func @trits_stay
func.func @trits_stay(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  // CHECK: bitnet.weight dense<85> : tensor<1xi8> scales(dense<2.000000e+00> : tensor<1xf32>)
  %w = bitnet.weight dense<0x55> : tensor<1xi8> scales(dense<2.0> : tensor<1xf32>)
    -> !bitnet.matrix<1x4, #bitnet.trits>
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.trits> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// A resource is its alignment in four bytes and its data.

// CHECK-LABEL: dialect_resources
// CHECK-DAG:     attn_q.trits: "0x1000000002000000000000005455555555555555A9AAAAAAAAAAAAAA5655555555555555"
// +1 0 0 +1
// CHECK-DAG:     halves.trits: "0x1000000096"
// +1 -1 +1 and 0 -1 0
// CHECK-DAG:     ragged.trits: "0x100000006251"
// 0 +1
// CHECK-DAG:     tiny.trits: "0x1000000059"
// 0 -1 +1 0
// CHECK-DAG:     exact.trits: "0x1000000061"
// CHECK-DAG:     zeros.trits: "0x100000005555"
// CHECK-DAG:     half.trits: "0x1000000096"
// CHECK-DAG:     shared.trits: "0x1000000096"
// CHECK-DAG:     signs.bits: "0x100000008181818181818181818181818181818100000000000000000000000000000000"

// SIGN-LABEL: dialect_resources
// +1 -1 -1 +1
// SIGN-DAG:      halves.bits: "0x1000000009"
