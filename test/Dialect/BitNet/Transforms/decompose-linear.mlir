// RUN: bitnet-opt %s --pass-pipeline='builtin.module(func.func(bitnet-decompose-linear))' | FileCheck %s

// CHECK-LABEL: func.func @layer
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x3xf32>, %[[W:[^:]*]]: !bitnet
func.func @layer(%x: tensor<?x3xf32>, %w: !bitnet.matrix<2x3, #bitnet.trits>)
    -> tensor<?x2xf32> {
  // CHECK-NEXT: %[[VALUES:.*]], %[[SCALES:.*]], %[[SUMS:.*]] = bitnet.quantize_activations %[[X]] : (tensor<?x3xf32>) -> (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK-NEXT: %[[Y:.*]] = bitnet.quantized_linear %[[VALUES]], %[[SCALES]], %[[SUMS]], %[[W]] : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !bitnet.matrix<2x3, #bitnet.trits>) -> tensor<?x2xf32>
  // CHECK-NEXT: return %[[Y]]
  %y = bitnet.bit_linear %x, %w
    : tensor<?x3xf32>, !bitnet.matrix<2x3, #bitnet.trits> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// Sharing the quantisation is left to CSE.

// CHECK-LABEL: func.func @two_layers
func.func @two_layers(%x: tensor<?x3xf32>, %w: !bitnet.matrix<2x3, #bitnet.trits>)
    -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  // CHECK:      bitnet.quantize_activations
  // CHECK-NEXT: bitnet.quantized_linear
  // CHECK-NEXT: bitnet.quantize_activations
  // CHECK-NEXT: bitnet.quantized_linear
  // CHECK-NOT:  bitnet.bit_linear
  %0 = bitnet.bit_linear %x, %w
    : tensor<?x3xf32>, !bitnet.matrix<2x3, #bitnet.trits> -> tensor<?x2xf32>
  %1 = bitnet.bit_linear %x, %w
    : tensor<?x3xf32>, !bitnet.matrix<2x3, #bitnet.trits> -> tensor<?x2xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}

// Other bounds and spellings of the quantiser.

// CHECK-LABEL: func.func @quantizer
func.func @quantizer(%x: tensor<?x3xf32>, %w: !bitnet.matrix<2x3, #bitnet.trits>)
    -> tensor<?x2xf32> {
  // CHECK: bitnet.quantize_activations %{{.*}} {floor = 9.99999993E-9 : f32, reciprocal} :
  %y = bitnet.bit_linear %x, %w {floor = 1.0e-8 : f32, reciprocal}
    : tensor<?x3xf32>, !bitnet.matrix<2x3, #bitnet.trits> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// Float activations are three times 8 bits.

// CHECK-LABEL: func.func @float_activations
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x3xf32>, %[[W:[^:]*]]: !bitnet
func.func @float_activations(%x: tensor<?x3xf32>,
                             %w: !bitnet.matrix<2x3, #bitnet.trits>)
    -> tensor<?x2xf32> {
  // CHECK: %[[Q0:.*]], %[[S0:.*]], %[[SUM0:.*]] = bitnet.quantize_activations %[[X]] {floor = 1.000000e-30 : f32}
  // CHECK: %[[E0:.*]] = bitnet.quantization_error %[[X]], %[[Q0]], %[[S0]] : tensor<?x3xf32>, tensor<?x3xi8>, tensor<?xf32>
  // CHECK: %[[Q1:.*]], %[[S1:.*]], %[[SUM1:.*]] = bitnet.quantize_activations %[[E0]] {floor = 1.000000e-30 : f32}
  // CHECK: %[[E1:.*]] = bitnet.quantization_error %[[E0]], %[[Q1]], %[[S1]]
  // CHECK: %[[Q2:.*]], %[[S2:.*]], %[[SUM2:.*]] = bitnet.quantize_activations %[[E1]] {floor = 1.000000e-30 : f32}
  // CHECK: %[[Y:.*]] = bitnet.quantized_linear %[[Q0]], %[[S0]], %[[SUM0]], %[[W]] remainders(%[[Q1]], %[[S1]], %[[SUM1]], %[[Q2]], %[[S2]], %[[SUM2]]) :
  // CHECK: return %[[Y]]
  %y = bitnet.bit_linear %x, %w {float_activations, floor = 1.0e-30 : f32}
    : tensor<?x3xf32>, !bitnet.matrix<2x3, #bitnet.trits> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// A static number of rows stays static.

// CHECK-LABEL: func.func @static_rows
func.func @static_rows(%x: tensor<5x3xf32>, %w: !bitnet.matrix<2x3, #bitnet.trits>)
    -> tensor<5x2xf32> {
  // CHECK: bitnet.quantize_activations {{.*}} -> (tensor<5x3xi8>, tensor<5xf32>, tensor<5xi32>)
  %y = bitnet.bit_linear %x, %w
    : tensor<5x3xf32>, !bitnet.matrix<2x3, #bitnet.trits> -> tensor<5x2xf32>
  return %y : tensor<5x2xf32>
}
