// RUN: bitnet-opt %s --convert-bitnet-to-kernels | FileCheck %s

// Operations that need the same code share a kernel, others never do.

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {

  // CHECK-LABEL: func.func @same_shape
  func.func @same_shape(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) {
    // CHECK: bitnet_runtime.launch @[[ADD:add_[a-z0-9_]*]] tiles
    // CHECK: bitnet_runtime.launch @[[ADD]] tiles
    %0 = bitnet.add %x, %y : tensor<?x8xf32>
    %1 = bitnet.add %y, %x : tensor<?x8xf32>
    return
  }

  // CHECK-LABEL: func.func @different_eps
  func.func @different_eps(%x: tensor<?x8xf32>) {
    // CHECK:     bitnet_runtime.launch @[[NORM:rms_norm_[a-z0-9_]*]] tiles
    // CHECK-NOT: bitnet_runtime.launch @[[NORM]] tiles
    // CHECK:     bitnet_runtime.launch @rms_norm
    %w = arith.constant dense<1.0> : tensor<8xf32>
    %0 = bitnet.rms_norm %x, %w eps = 1.0e-5 : tensor<?x8xf32>, tensor<8xf32>
    %1 = bitnet.rms_norm %x, %w eps = 1.0e-6 : tensor<?x8xf32>, tensor<8xf32>
    return
  }

  // CHECK-LABEL: func.func @different_quantizers
  func.func @different_quantizers(%x: tensor<?x8xf32>) {
    // CHECK:     bitnet_runtime.launch @[[QUANTIZE:quantize_activations_[a-z0-9_]*]] tiles
    // CHECK-NOT: bitnet_runtime.launch @[[QUANTIZE]] tiles
    // CHECK:     bitnet_runtime.launch @[[FLOOR:quantize_activations_[a-z0-9_]*]] tiles
    // CHECK-NOT: bitnet_runtime.launch @[[QUANTIZE]] tiles
    // CHECK-NOT: bitnet_runtime.launch @[[FLOOR]] tiles
    // CHECK:     bitnet_runtime.launch @quantize_activations_{{.*}}_reciprocal tiles
    %0:3 = bitnet.quantize_activations %x
      : (tensor<?x8xf32>) -> (tensor<?x8xi8>, tensor<?xf32>, tensor<?xi32>)
    %1:3 = bitnet.quantize_activations %x {floor = 1.0e-8 : f32}
      : (tensor<?x8xf32>) -> (tensor<?x8xi8>, tensor<?xf32>, tensor<?xi32>)
    %2:3 = bitnet.quantize_activations %x {reciprocal}
      : (tensor<?x8xf32>) -> (tensor<?x8xi8>, tensor<?xf32>, tensor<?xi32>)
    return
  }

  // The tensors have the same types.

  // CHECK-LABEL: func.func @different_heads
  func.func @different_heads(%x: tensor<?x8xf32>, %table: tensor<?x2x2xf32>) {
    // CHECK:     bitnet_runtime.launch @[[ROPE:rope_[a-z0-9_]*]] tiles
    // CHECK-NOT: bitnet_runtime.launch @[[ROPE]] tiles
    // CHECK:     bitnet_runtime.launch @rope
    %0 = bitnet.rope %x, %table head_size = 4 : tensor<?x8xf32>, tensor<?x2x2xf32>
    %1 = bitnet.rope %x, %table head_size = 8 : tensor<?x8xf32>, tensor<?x2x2xf32>
    return
  }

  // Views of as many columns at the same offset, of rows of other lengths.

  // CHECK-LABEL: func.func @different_row_lengths
  func.func @different_row_lengths(%x: tensor<?x8xf32>, %y: tensor<?x12xf32>) {
    // CHECK:     bitnet_runtime.launch @[[GATE:gate_[a-z0-9_]*]] tiles
    // CHECK-NOT: bitnet_runtime.launch @[[GATE]] tiles
    // CHECK:     bitnet_runtime.launch @gate
    %a = bitnet.columns %x from 4 : tensor<?x8xf32> -> tensor<?x4xf32>
    %b = bitnet.columns %y from 4 : tensor<?x12xf32> -> tensor<?x4xf32>
    %0 = bitnet.gate silu %a, %a : tensor<?x4xf32>
    %1 = bitnet.gate silu %b, %b : tensor<?x4xf32>
    return
  }

  // Both tables take 8 bytes.

  // CHECK-LABEL: func.func @different_layouts
  func.func @different_layouts(%tokens: tensor<?xi32>) {
    // CHECK:     bitnet_runtime.launch @[[EMBEDDING:embedding_[a-z0-9_]*]] tiles
    // CHECK-NOT: bitnet_runtime.launch @[[EMBEDDING]] tiles
    // CHECK:     bitnet_runtime.launch @embedding
    %v = bitnet.weight dense<1> : tensor<8xi8>
      -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 1, groups = 1>>
    %w = bitnet.weight dense<1> : tensor<8xi8>
      -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 2, groups = 1>>
    %0 = bitnet.embedding %tokens, %v : tensor<?xi32>,
      !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 1, groups = 1>>
      -> tensor<?x2xf32>
    %1 = bitnet.embedding %tokens, %w : tensor<?xi32>,
      !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 2, groups = 1>>
      -> tensor<?x2xf32>
    return
  }

  // CHECK-LABEL: func.func @different_offsets
  func.func @different_offsets(%x: tensor<?x6xf32>) {
    // CHECK:     bitnet_runtime.launch @[[HEAD:output_head_[a-z0-9_]*]] tiles
    // CHECK-NOT: bitnet_runtime.launch @[[HEAD]] tiles
    // CHECK:     bitnet_runtime.launch @output_head
    %w = bitnet.weight dense<1> : tensor<8xi8>
      -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 1, groups = 1>>
    %a = bitnet.columns %x from 2 : tensor<?x6xf32> -> tensor<?x2xf32>
    %b = bitnet.columns %x from 4 : tensor<?x6xf32> -> tensor<?x2xf32>
    %0 = bitnet.output_head %a, %w : tensor<?x2xf32>,
      !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 1, groups = 1>>
      -> tensor<?x2xf32>
    %1 = bitnet.output_head %b, %w : tensor<?x2xf32>,
      !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 1, groups = 1>>
      -> tensor<?x2xf32>
    return
  }
}
