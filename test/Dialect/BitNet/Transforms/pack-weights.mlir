// RUN: bitnet-opt %s --bitnet-pack-weights | FileCheck %s
// RUN: bitnet-opt %s --bitnet-pack-weights --bitnet-pack-weights \
// RUN:   | FileCheck %s
// RUN: bitnet-opt %s --bitnet-pack-weights=head=int8 | FileCheck %s --check-prefix=INT8

// Without bitnet.targets the kernels are the portable ones, whose layouts have
// one row in a tile; pack-weights-levels.mlir has the others. The resources at
// the end of the output show the packed bytes.

!trits = !bitnet.matrix<2x18, #bitnet.trits>

// Two steps of 16 columns: activations and weights are padded to 32.

// CHECK-LABEL: func.func @layer
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x18xf32>
func.func @layer(%x: tensor<?x18xf32>) -> tensor<?x2xf32> {
  // CHECK-NEXT: %[[Q:.*]], %[[S:.*]], %[[SUM:.*]] = bitnet.quantize_activations %[[X]] : (tensor<?x18xf32>) -> (tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK-NEXT: %[[W:.*]] = bitnet.weight dense_resource<w.packed> : tensor<16xi8> scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x18, #bitnet.layout<trit, lanes = 1, groups = 1>>
  // CHECK-NEXT: bitnet.quantized_linear %[[Q]], %[[S]], %[[SUM]], %[[W]] kernel "portable" : (tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>, !bitnet.matrix<2x18, #bitnet.layout<trit, lanes = 1, groups = 1>>) -> tensor<?x2xf32>
  %q, %s, %sum = bitnet.quantize_activations %x
    : (tensor<?x18xf32>) -> (tensor<?x18xi8>, tensor<?xf32>, tensor<?xi32>)
  // Row 0: +1 in columns 5 and 17. Row 1: -1 in columns 0 to 3.
  %w = bitnet.weight dense<[0x55, 0x59, 0x55, 0x55, 0x59,
                            0x00, 0x55, 0x55, 0x55, 0x55]> : tensor<10xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !trits loc("w")
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x18xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// Bits, and scales of blocks beside their tiles.

// CHECK-LABEL: func.func @binary_layer
func.func @binary_layer(%q: tensor<?x64xi8>, %s: tensor<?xf32>,
                        %sum: tensor<?xi32>) -> tensor<?x2xf32> {
  // CHECK-NEXT: %[[W:.*]] = bitnet.weight dense_resource<b.packed> : tensor<16xi8> scales(dense<{{\[\[}}[1.000000e+00], [2.000000e+00]], {{\[}}[3.000000e+00], [4.000000e+00]]]> : tensor<2x2x1xf16>) -> !bitnet.matrix<2x64, #bitnet.layout<bit, lanes = 1, groups = 1>>
  // CHECK-NEXT: bitnet.quantized_linear {{.*}}, %[[W]] kernel "binary-portable"
  // Row 0: +1 in columns 0 to 7 and 63. Row 1: +1 in columns 33 and 60.
  %w = bitnet.weight dense<[0xFF, 0, 0, 0, 0, 0, 0, 0x80,
                            0, 0, 0, 0, 0x02, 0, 0, 0x10]> : tensor<16xi8>
    scales(dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>)
    -> !bitnet.matrix<2x64, #bitnet.bits> loc("b")
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x64, #bitnet.bits>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// Values that are wide enough may come from anywhere.

// CHECK-LABEL: func.func @wide_values
func.func @wide_values(%q: tensor<?x48xi8>, %s: tensor<?xf32>,
                       %sum: tensor<?xi32>) -> tensor<?x2xf32> {
  // CHECK: bitnet.quantized_linear {{.*}} kernel "portable" : (tensor<?x48xi8>,
  %w = bitnet.weight dense<0x55> : tensor<10xi8>
    scales(dense<0.5> : tensor<2xf32>) -> !trits
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x48xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// Two layers read the same weight: it is packed once.

// CHECK-LABEL: func.func @shared_weight
func.func @shared_weight(%q: tensor<?x32xi8>, %s: tensor<?xf32>,
                         %sum: tensor<?xi32>)
    -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  // CHECK: %[[W:.*]] = bitnet.weight
  // CHECK-NOT: bitnet.weight
  // CHECK: bitnet.quantized_linear {{.*}}, %[[W]] kernel
  // CHECK: bitnet.quantized_linear {{.*}}, %[[W]] kernel
  %w = bitnet.weight dense<0x55> : tensor<10xi8>
    scales(dense<0.5> : tensor<2xf32>) -> !trits
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}

// CHECK-LABEL: func.func @unused_weight_goes
func.func @unused_weight_goes() {
  // CHECK-NEXT: return
  %w = bitnet.weight dense<0x55> : tensor<10xi8>
    scales(dense<0.5> : tensor<2xf32>) -> !trits
  return
}

// Packed already.

// CHECK-LABEL: func.func @layout_stays
func.func @layout_stays(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
  // CHECK: bitnet.weight dense<1> : tensor<8xi8> -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 2, groups = 1>>
  %w = bitnet.weight dense<1> : tensor<8xi8>
    -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 2, groups = 1>>
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>,
    !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 2, groups = 1>>
    -> tensor<?x2xf32>
  return %x : tensor<?x2xf32>
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @float_table
// INT8-LABEL:  func.func @float_table
func.func @float_table(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
  // CHECK: bitnet.weight dense_resource<table.packed> : tensor<8xi8> -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 1, groups = 1>>
  // INT8: bitnet.weight dense_resource<table.packed> : tensor<8xi8> scales(dense<[0.007874{{[0-9]*}}, 1.000000e+00]> : tensor<2xf32>) -> !bitnet.matrix<2x2, #bitnet.layout<int8, lanes = 1, groups = 1>>
  // [[1, -0.5], [127, 2.5]]
  %table = bitnet.weight dense<"0x0000803F000000BF0000FE4200002040"> : tensor<16xi8>
    -> !bitnet.matrix<2x2, #bitnet.stored<f32>> loc("table")
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<2x2, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %x : tensor<?x2xf32>
}

// A table of zeros has scales of zero.

// INT8-LABEL:  func.func @zero_table
func.func @zero_table(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
  // INT8: bitnet.weight dense_resource<zero.packed> : tensor<4xi8> scales(dense<0.000000e+00> : tensor<1xf32>)
  %table = bitnet.weight dense<0> : tensor<8xi8>
    -> !bitnet.matrix<1x2, #bitnet.stored<f32>> loc("zero")
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<1x2, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %x : tensor<?x2xf32>
}

// A resource is its alignment in four bytes and its data. In a step, bits 2 f of
// byte j are column 4 f + j.

// CHECK-LABEL: dialect_resources
//                              columns    0 4 8 12, 1 5 9 13, 2 6 10 14, 3 7 11 15
//                              row 0: step 0  step 1   row 1: step 0  step 1
// CHECK-DAG:     w.packed: "0x1000000055595555555655555454545455555555"
// Bit f of byte j is column 4 f + j of 32.
// CHECK-DAG:     b.packed: "0x1000000003030303000000800000000080010000"
// 1 -0.5, 127 2.5 in half precision
// CHECK-DAG:     table.packed: "0x10000000003C00B8F0570041"

// INT8-LABEL: dialect_resources
// 127 -64, 127 2 plus 128, and two columns of padding; -63.5 and 2.5 lie half way
// INT8-DAG:     table.packed: "0x10000000FF408080FF828080"
// INT8-DAG:     zero.packed: "0x1000000080808080"
