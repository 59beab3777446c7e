// RUN: bitnet-opt %s --pass-pipeline='builtin.module(bitnet-merge-linear)' | FileCheck %s

!a = !bitnet.matrix<2x5, #bitnet.trits>
!b = !bitnet.matrix<1x5, #bitnet.trits>

// Rows of 5 trits take 2 bytes. The bytes of the merged weight are those of the
// rows, one after the other; see the resources at the end of the output.

// CHECK-LABEL: func.func @query_and_key
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x5xi8>, %[[S:[^:]*]]: tensor<?xf32>, %[[SUM:[^:]*]]: tensor<?xi32>
func.func @query_and_key(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                         %sum: tensor<?xi32>)
    -> (tensor<?x2xf32>, tensor<?x1xf32>) {
  // CHECK-NEXT: %[[W:.*]] = bitnet.weight dense_resource<"q_w+k_w.trits"> : tensor<6xi8> scales(dense<[5.000000e-01, 5.000000e-01, 2.000000e+00]> : tensor<3xf32>) -> !bitnet.matrix<3x5, #bitnet.trits>
  // CHECK-NEXT: %[[Y:.*]] = bitnet.quantized_linear %[[Q]], %[[S]], %[[SUM]], %[[W]] : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !bitnet.matrix<3x5, #bitnet.trits>) -> tensor<?x3xf32>
  // CHECK-NEXT: %[[A:.*]] = bitnet.columns %[[Y]] from 0 : tensor<?x3xf32> -> tensor<?x2xf32>
  // CHECK-NEXT: %[[B:.*]] = bitnet.columns %[[Y]] from 2 : tensor<?x3xf32> -> tensor<?x1xf32>
  // CHECK-NEXT: return %[[A]], %[[B]]
  %v = bitnet.weight dense<[0x00, 0x54, 0x11, 0x55]> : tensor<4xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !a loc("q_w")
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !a) -> tensor<?x2xf32>
  // Defined after the first layer.
  %w = bitnet.weight dense<[0xAA, 0x56]> : tensor<2xi8>
    scales(dense<2.0> : tensor<1xf32>) -> !b loc("k_w")
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @equal_scales_become_one
func.func @equal_scales_become_one(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                                   %sum: tensor<?xi32>)
    -> (tensor<?x2xf32>, tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK: bitnet.weight {{.*}} scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<4x5, #bitnet.trits>
  %v = bitnet.weight dense<0x55> : tensor<4xi8>
    scales(dense<0.5> : tensor<2xf32>) -> !a loc("three")
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b loc("layers")
  // CHECK: bitnet.columns {{.*}} from 0
  // CHECK: bitnet.columns {{.*}} from 2
  // CHECK: bitnet.columns {{.*}} from 3
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !a) -> tensor<?x2xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  %2 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  return %0, %1, %2 : tensor<?x2xf32>, tensor<?x1xf32>, tensor<?x1xf32>
}

// Scales of blocks stay scales of blocks.

// CHECK-LABEL: func.func @binary
func.func @binary(%q: tensor<?x64xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK: bitnet.weight dense_resource<"v_bits+w_bits.bits"> : tensor<16xi8> scales(dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>) -> !bitnet.matrix<2x64, #bitnet.bits>
  %v = bitnet.weight dense<1> : tensor<8xi8>
    scales(dense<[[1.0, 2.0]]> : tensor<1x2xf32>)
    -> !bitnet.matrix<1x64, #bitnet.bits> loc("v_bits")
  %w = bitnet.weight dense<2> : tensor<8xi8>
    scales(dense<[[3.0, 4.0]]> : tensor<1x2xf32>)
    -> !bitnet.matrix<1x64, #bitnet.bits> loc("w_bits")
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x64, #bitnet.bits>) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x64, #bitnet.bits>) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// Rows of bits with scales of other blocks, and rows of trits, are not alike.

// CHECK-LABEL: func.func @rows_that_differ
func.func @rows_that_differ(%q: tensor<?x64xi8>, %s: tensor<?xf32>,
                            %sum: tensor<?xi32>, %r: tensor<?x64xi8>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-NOT: bitnet.columns
  // CHECK-COUNT-4: bitnet.quantized_linear
  %v = bitnet.weight dense<1> : tensor<8xi8>
    scales(dense<[[1.0, 2.0]]> : tensor<1x2xf32>)
    -> !bitnet.matrix<1x64, #bitnet.bits>
  %w = bitnet.weight dense<2> : tensor<8xi8>
    scales(dense<[[3.0]]> : tensor<1x1xf32>)
    -> !bitnet.matrix<1x64, #bitnet.bits>
  %u = bitnet.weight dense<0x55> : tensor<16xi8>
    scales(dense<3.0> : tensor<1xf32>)
    -> !bitnet.matrix<1x64, #bitnet.trits>
  %x = bitnet.weight dense<2> : tensor<8xi8>
    scales(dense<3.0> : tensor<1xf32>)
    -> !bitnet.matrix<1x64, #bitnet.bits>
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x64, #bitnet.bits>) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x64, #bitnet.bits>) -> tensor<?x1xf32>
  %2 = bitnet.quantized_linear %r, %s, %sum, %u
    : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x64, #bitnet.trits>) -> tensor<?x1xf32>
  %3 = bitnet.quantized_linear %r, %s, %sum, %x
    : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x64, #bitnet.bits>) -> tensor<?x1xf32>
  return %0, %1, %2, %3
    : tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x1xf32>
}

//===----------------------------------------------------------------------===//
// Negative tests
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @one_layer_declines
func.func @one_layer_declines(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                              %sum: tensor<?xi32>) -> tensor<?x1xf32> {
  // CHECK: %[[W:.*]] = bitnet.weight dense<85>
  // CHECK: bitnet.quantized_linear {{.*}}, %[[W]]
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}

// CHECK-LABEL: func.func @different_values_decline
func.func @different_values_decline(%q: tensor<?x5xi8>, %r: tensor<?x5xi8>,
                                    %s: tensor<?xf32>, %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-COUNT-2: bitnet.quantized_linear {{.*}} -> tensor<?x1xf32>
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %v = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %r, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @different_activation_scales_decline
func.func @different_activation_scales_decline(%q: tensor<?x5xi8>,
                                               %s: tensor<?xf32>,
                                               %t: tensor<?xf32>,
                                               %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-COUNT-2: bitnet.quantized_linear {{.*}} -> tensor<?x1xf32>
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %v = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %t, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @different_columns_decline
func.func @different_columns_decline(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                                     %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK: bitnet.quantized_linear {{.*}} !bitnet.matrix<1x5, #bitnet.trits>) -> tensor<?x1xf32>
  // CHECK: bitnet.quantized_linear {{.*}} !bitnet.matrix<1x4, #bitnet.trits>) -> tensor<?x1xf32>
  %v = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %w = bitnet.weight dense<0x55> : tensor<1xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<1x4, #bitnet.trits>
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x4, #bitnet.trits>) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @weight_with_other_use_declines
func.func @weight_with_other_use_declines(%q: tensor<?x5xi8>,
                                          %r: tensor<?x5xi8>,
                                          %s: tensor<?xf32>,
                                          %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-COUNT-3: bitnet.quantized_linear {{.*}} -> tensor<?x1xf32>
  %v = bitnet.weight dense<0x56> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b loc("twice")
  %w = bitnet.weight dense<0x59> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b loc("once")
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  %2 = bitnet.quantized_linear %r, %s, %sum, %v
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  return %0, %1, %2 : tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @residual_declines
func.func @residual_declines(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                             %sum: tensor<?xi32>, %x: tensor<?x1xf32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-COUNT-2: bitnet.quantized_linear {{.*}} -> tensor<?x1xf32>
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %v = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w residual(%x)
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b, tensor<?x1xf32>)
    -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @chosen_kernel_declines
func.func @chosen_kernel_declines(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                                  %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-COUNT-2: bitnet.quantized_linear {{.*}} -> tensor<?x1xf32>
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %v = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %0 = bitnet.quantized_linear %q, %s, %sum, %v kernel "portable"
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// Weights of 8 bits, with offsets, and all parts of activations.

// CHECK-LABEL: func.func @int8_with_offsets
func.func @int8_with_offsets(%q: tensor<?x16xi8>, %s: tensor<?xf32>,
                             %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK: bitnet.weight dense_resource<"i+j.codes"> : tensor<32xi8> scales(dense<{{\[\[}}5.000000e-01], [2.500000e-01]]> : tensor<2x1xf32>) offsets(dense<{{\[\[}}1.000000e+00], [2.000000e+00]]> : tensor<2x1xf32>) -> !bitnet.matrix<2x16, #bitnet.int8>
  // CHECK: bitnet.quantized_linear {{.*}} remainders({{.*}}) : {{.*}} -> tensor<?x2xf32>
  // CHECK-NOT: bitnet.quantized_linear
  %i = bitnet.weight dense<1> : tensor<16xi8>
    scales(dense<0.5> : tensor<1x1xf32>) offsets(dense<1.0> : tensor<1x1xf32>)
    -> !bitnet.matrix<1x16, #bitnet.int8> loc("i")
  %j = bitnet.weight dense<2> : tensor<16xi8>
    scales(dense<0.25> : tensor<1x1xf32>) offsets(dense<2.0> : tensor<1x1xf32>)
    -> !bitnet.matrix<1x16, #bitnet.int8> loc("j")
  %0 = bitnet.quantized_linear %q, %s, %sum, %i
    remainders(%q, %s, %sum, %q, %s, %sum)
    : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x16, #bitnet.int8>, tensor<?x16xi8>, tensor<?xf32>,
       tensor<?xi32>, tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>)
    -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %j
    remainders(%q, %s, %sum, %q, %s, %sum)
    : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x16, #bitnet.int8>, tensor<?x16xi8>, tensor<?xf32>,
       tensor<?xi32>, tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>)
    -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @unknown_weight_declines
func.func @unknown_weight_declines(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                                   %sum: tensor<?xi32>, %v: !b)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-COUNT-2: bitnet.quantized_linear {{.*}} -> tensor<?x1xf32>
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @packed_weight_declines
func.func @packed_weight_declines(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                                  %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-COUNT-2: bitnet.quantized_linear {{.*}} -> tensor<?x1xf32>
  %w = bitnet.weight dense<0x55> : tensor<4xi8> scales(dense<0.5> : tensor<1xf32>)
    -> !bitnet.matrix<1x5, #bitnet.layout<trit, lanes = 1, groups = 1>>
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x5, #bitnet.layout<trit, lanes = 1, groups = 1>>)
    -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x5, #bitnet.layout<trit, lanes = 1, groups = 1>>)
    -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// Layers in different blocks.

// CHECK-LABEL: func.func @different_blocks_decline
func.func @different_blocks_decline(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                                    %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-COUNT-2: bitnet.quantized_linear {{.*}} -> tensor<?x1xf32>
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !b
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  cf.br ^next
^next:
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>, !b) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: dialect_resources
// CHECK:         "q_w+k_w.trits": "0x1000000000541155AA56"
