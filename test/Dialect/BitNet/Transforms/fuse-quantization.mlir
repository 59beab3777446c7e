// RUN: bitnet-opt %s --pass-pipeline='builtin.module(func.func(bitnet-fuse-quantization))' | FileCheck %s

// CHECK-LABEL: func.func @gate_and_norm
// CHECK-SAME:    %[[GATE:[^:]*]]: tensor<?x4xf32>, %[[UP:[^:]*]]: tensor<?x4xf32>, %[[W:[^:]*]]: tensor<4xf32>
func.func @gate_and_norm(%gate: tensor<?x4xf32>, %up: tensor<?x4xf32>,
                         %w: tensor<4xf32>) -> tensor<?x4xi8> {
  // CHECK-NEXT: %[[VALUES:.*]], %{{.*}}, %{{.*}} = bitnet.quantize_activations %[[UP]] gate(%[[GATE]]) norm(%[[W]])
  // CHECK-SAME:   {activation = #bitnet<activation squared_relu>, eps = 9.99999974E-6 : f32}
  // CHECK-SAME:   : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK-NEXT: return %[[VALUES]]
  %u = bitnet.gate squared_relu %gate, %up : tensor<?x4xf32>
  %n = bitnet.rms_norm %u, %w eps = 1.0e-5 : tensor<?x4xf32>, tensor<4xf32>
  %q:3 = bitnet.quantize_activations %n
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}

// CHECK-LABEL: func.func @norm
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[W:[^:]*]]: tensor<4xf32>
func.func @norm(%x: tensor<?x4xf32>, %w: tensor<4xf32>) -> tensor<?x4xi8> {
  // CHECK-NEXT: bitnet.quantize_activations %[[X]] norm(%[[W]]) {eps = 5.000000e-01 : f32}
  %n = bitnet.rms_norm %x, %w eps = 0.5 : tensor<?x4xf32>, tensor<4xf32>
  %q:3 = bitnet.quantize_activations %n
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}

// CHECK-LABEL: func.func @gate
// CHECK-SAME:    %[[GATE:[^:]*]]: tensor<?x4xf32>, %[[UP:[^:]*]]: tensor<?x4xf32>
func.func @gate(%gate: tensor<?x4xf32>, %up: tensor<?x4xf32>)
    -> tensor<?x4xi8> {
  // CHECK-NEXT: bitnet.quantize_activations %[[UP]] gate(%[[GATE]]) {activation = #bitnet<activation silu>}
  %u = bitnet.gate silu %gate, %up : tensor<?x4xf32>
  %q:3 = bitnet.quantize_activations %u
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}

// Layers with a norm of their own each, as embedding models have them.

// CHECK-LABEL: func.func @norms_of_layers
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[V:[^:]*]]: tensor<4xf32>, %[[W:[^:]*]]: tensor<4xf32>
func.func @norms_of_layers(%x: tensor<?x4xf32>, %v: tensor<4xf32>,
                           %w: tensor<4xf32>)
    -> (tensor<?x4xi8>, tensor<?x4xi8>) {
  // CHECK-NEXT: %[[N:.*]] = bitnet.rms_norm %[[X]], %[[V]]
  // CHECK-NEXT: bitnet.quantize_activations %[[N]] norm(%[[V]])
  // CHECK-NEXT: bitnet.quantize_activations %[[N]] norm(%[[W]])
  %n = bitnet.rms_norm %x, %v eps = 0.5 : tensor<?x4xf32>, tensor<4xf32>
  %a = bitnet.rms_norm %n, %v eps = 0.5 : tensor<?x4xf32>, tensor<4xf32>
  %b = bitnet.rms_norm %n, %w eps = 0.5 : tensor<?x4xf32>, tensor<4xf32>
  %q:3 = bitnet.quantize_activations %a
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  %r:3 = bitnet.quantize_activations %b
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0, %r#0 : tensor<?x4xi8>, tensor<?x4xi8>
}

//===----------------------------------------------------------------------===//
// Negative tests
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @norm_with_other_use_declines
func.func @norm_with_other_use_declines(%x: tensor<?x4xf32>, %w: tensor<4xf32>)
    -> (tensor<?x4xi8>, tensor<?x4xf32>) {
  // CHECK: %[[N:.*]] = bitnet.rms_norm
  // CHECK: bitnet.quantize_activations %[[N]] :
  %n = bitnet.rms_norm %x, %w eps = 0.5 : tensor<?x4xf32>, tensor<4xf32>
  %q:3 = bitnet.quantize_activations %n
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0, %n : tensor<?x4xi8>, tensor<?x4xf32>
}

// CHECK-LABEL: func.func @norm_of_heads_declines
func.func @norm_of_heads_declines(%x: tensor<?x4xf32>, %w: tensor<2xf32>)
    -> tensor<?x4xi8> {
  // CHECK: %[[N:.*]] = bitnet.rms_norm
  // CHECK: bitnet.quantize_activations %[[N]] :
  %n = bitnet.rms_norm %x, %w eps = 0.5 {head_size = 2}
    : tensor<?x4xf32>, tensor<2xf32>
  %q:3 = bitnet.quantize_activations %n
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}

// CHECK-LABEL: func.func @gate_with_other_use_declines
func.func @gate_with_other_use_declines(%gate: tensor<?x4xf32>,
                                        %up: tensor<?x4xf32>)
    -> (tensor<?x4xi8>, tensor<?x4xf32>) {
  // CHECK: %[[U:.*]] = bitnet.gate
  // CHECK: bitnet.quantize_activations %[[U]] :
  %u = bitnet.gate silu %gate, %up : tensor<?x4xf32>
  %q:3 = bitnet.quantize_activations %u
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0, %u : tensor<?x4xi8>, tensor<?x4xf32>
}

// CHECK-LABEL: func.func @norm_before_gate_declines
func.func @norm_before_gate_declines(%gate: tensor<?x4xf32>,
                                     %x: tensor<?x4xf32>, %w: tensor<4xf32>)
    -> tensor<?x4xi8> {
  // CHECK: %[[N:.*]] = bitnet.rms_norm
  // CHECK: bitnet.quantize_activations %[[N]] gate(%{{.*}}) {activation
  %n = bitnet.rms_norm %x, %w eps = 0.5 : tensor<?x4xf32>, tensor<4xf32>
  %u = bitnet.gate silu %gate, %n : tensor<?x4xf32>
  %q:3 = bitnet.quantize_activations %u
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}

// CHECK-LABEL: func.func @second_norm_declines
func.func @second_norm_declines(%x: tensor<?x4xf32>, %w: tensor<4xf32>)
    -> tensor<?x4xi8> {
  // CHECK: %[[N:.*]] = bitnet.rms_norm {{.*}} eps = 2.500000e-01
  // CHECK: bitnet.quantize_activations %[[N]] norm(%{{.*}}) {eps = 5.000000e-01 : f32}
  %0 = bitnet.rms_norm %x, %w eps = 0.25 : tensor<?x4xf32>, tensor<4xf32>
  %1 = bitnet.rms_norm %0, %w eps = 0.5 : tensor<?x4xf32>, tensor<4xf32>
  %q:3 = bitnet.quantize_activations %1
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}

// CHECK-LABEL: func.func @second_gate_declines
func.func @second_gate_declines(%g: tensor<?x4xf32>, %h: tensor<?x4xf32>,
                                %x: tensor<?x4xf32>) -> tensor<?x4xi8> {
  // CHECK: %[[U:.*]] = bitnet.gate silu
  // CHECK: bitnet.quantize_activations %[[U]] gate(%{{.*}}) {activation = #bitnet<activation squared_relu>}
  %0 = bitnet.gate silu %g, %x : tensor<?x4xf32>
  %1 = bitnet.gate squared_relu %h, %0 : tensor<?x4xf32>
  %q:3 = bitnet.quantize_activations %1
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}
