// RUN: bitnet-opt %s --pass-pipeline='builtin.module(func.func(bitnet-fuse-epilogues))' | FileCheck %s

!trits = !bitnet.matrix<2x3, #bitnet.trits>
!cache = !bitnet.kv_cache<layers = 1, heads = 1, head_size = 4,
  context_length = 64>

//===----------------------------------------------------------------------===//
// Residuals
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @residual
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x2xf32>, %[[Q:[^:]*]]: tensor<?x3xi8>, %[[S:[^:]*]]: tensor<?xf32>, %[[SUM:[^:]*]]: tensor<?xi32>, %[[W:[^:]*]]: !bitnet
func.func @residual(%x: tensor<?x2xf32>, %q: tensor<?x3xi8>, %s: tensor<?xf32>,
                    %sum: tensor<?xi32>, %w: !trits) -> tensor<?x2xf32> {
  // CHECK-NEXT: %[[Y:.*]] = bitnet.quantized_linear %[[Q]], %[[S]], %[[SUM]], %[[W]] residual(%[[X]]) kernel "portable" : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !bitnet.matrix<2x3, #bitnet.trits>, tensor<?x2xf32>) -> tensor<?x2xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = bitnet.quantized_linear %q, %s, %sum, %w kernel "portable"
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  %1 = bitnet.add %x, %0 : tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @residual_on_the_right
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x2xf32>
func.func @residual_on_the_right(%x: tensor<?x2xf32>, %q: tensor<?x3xi8>,
                                 %s: tensor<?xf32>, %sum: tensor<?xi32>,
                                 %w: !trits) -> tensor<?x2xf32> {
  // CHECK-NEXT: bitnet.quantized_linear {{.*}} residual(%[[X]])
  // CHECK-NEXT: return
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  %1 = bitnet.add %0, %x : tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// The other layer's result may come later than the layer.

// CHECK-LABEL: func.func @sum_of_layers
func.func @sum_of_layers(%q: tensor<?x3xi8>, %s: tensor<?xf32>,
                         %sum: tensor<?xi32>, %v: !trits, %w: !trits)
    -> tensor<?x2xf32> {
  // CHECK-NEXT: %[[FIRST:.*]] = bitnet.quantized_linear {{.*}} : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !bitnet.matrix<2x3, #bitnet.trits>) ->
  // CHECK-NEXT: bitnet.quantized_linear {{.*}} residual(%[[FIRST]])
  // CHECK-NEXT: return
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  %2 = bitnet.add %0, %1 : tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}

// The layer on the right has another use, the one on the left has not.

// CHECK-LABEL: func.func @residual_is_a_layer_with_other_use
func.func @residual_is_a_layer_with_other_use(
    %q: tensor<?x3xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>, %v: !trits,
    %w: !trits) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  // CHECK-NEXT: %[[USED:.*]] = bitnet.quantized_linear
  // CHECK-NEXT: %[[Y:.*]] = bitnet.quantized_linear {{.*}} residual(%[[USED]])
  // CHECK-NEXT: return %[[USED]], %[[Y]]
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  %2 = bitnet.add %0, %1 : tensor<?x2xf32>
  return %1, %2 : tensor<?x2xf32>, tensor<?x2xf32>
}

//===----------------------------------------------------------------------===//
// Rotations
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @rope
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x8xf32>, %[[K:[^:]*]]: tensor<?x4xf32>, %[[TABLE:[^:]*]]: tensor<?x2x2xf32>, %[[CACHE:[^:]*]]: !bitnet.kv_cache<{{[^>]*}}>, %[[AT:[^:]*]]: tensor<?xi32>
func.func @rope(%q: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                %table: tensor<?x2x2xf32>, %cache: !cache, %at: tensor<?xi32>)
    -> tensor<?x8xf32> {
  // CHECK-NEXT: %[[Y:.*]] = bitnet.attention %[[Q]], %[[K]], %[[K]] rope(%[[TABLE]] : tensor<?x2x2xf32>) cache(%[[CACHE]], layer 0) at %[[AT]] : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !bitnet.kv_cache<{{[^>]*}}>, tensor<?xi32> -> tensor<?x8xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = bitnet.rope %q, %table head_size = 4 : tensor<?x8xf32>, tensor<?x2x2xf32>
  %1 = bitnet.rope %k, %table head_size = 4 : tensor<?x4xf32>, tensor<?x2x2xf32>
  %2 = bitnet.attention %0, %1, %k cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// What else the attention does stays.

// CHECK-LABEL: func.func @interleaved_rope
func.func @interleaved_rope(%q: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                            %table: tensor<?x2x2xf32>, %cache: !cache,
                            %at: tensor<?xi32>) -> tensor<?x8xf32> {
  // CHECK-NEXT: %[[Y:.*]] = bitnet.attention {{.*}} rope({{.*}}) {{.*}} {interleaved, scale = 2.500000e-01 : f32, window = 3 : i64}
  // CHECK-NEXT: return %[[Y]]
  %0 = bitnet.rope %q, %table head_size = 4 {interleaved}
    : tensor<?x8xf32>, tensor<?x2x2xf32>
  %1 = bitnet.rope %k, %table head_size = 4 {interleaved}
    : tensor<?x4xf32>, tensor<?x2x2xf32>
  %2 = bitnet.attention %0, %1, %k cache(%cache, layer 0) at %at
    {window = 3, scale = 0.25 : f32}
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

//===----------------------------------------------------------------------===//
// Negative tests
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @bias_between_layer_and_sum_declines
func.func @bias_between_layer_and_sum_declines(
    %x: tensor<?x2xf32>, %q: tensor<?x3xi8>, %s: tensor<?xf32>,
    %sum: tensor<?xi32>, %w: !trits, %bias: tensor<2xf32>) -> tensor<?x2xf32> {
  // CHECK: bitnet.quantized_linear
  // CHECK: %[[Y:.*]] = bitnet.add_bias
  // CHECK: bitnet.add %{{.*}}, %[[Y]]
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  %1 = bitnet.add_bias %0, %bias : tensor<?x2xf32>, tensor<2xf32>
  %2 = bitnet.add %x, %1 : tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @different_pairs_decline
func.func @different_pairs_decline(%q: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                                   %table: tensor<?x2x2xf32>, %cache: !cache,
                                   %at: tensor<?xi32>) -> tensor<?x8xf32> {
  // CHECK-COUNT-2: bitnet.rope
  %0 = bitnet.rope %q, %table head_size = 4 {interleaved}
    : tensor<?x8xf32>, tensor<?x2x2xf32>
  %1 = bitnet.rope %k, %table head_size = 4 : tensor<?x4xf32>, tensor<?x2x2xf32>
  %2 = bitnet.attention %0, %1, %k cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// The norms of queries and keys stand between the layers and the rotation.

// CHECK-LABEL: func.func @norms_of_heads
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x8xf32>, %[[K:[^:]*]]: tensor<?x4xf32>
func.func @norms_of_heads(%q: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                          %w: tensor<4xf32>, %table: tensor<?x2x2xf32>,
                          %cache: !cache, %at: tensor<?xi32>) -> tensor<?x8xf32> {
  // CHECK-NEXT: %[[QN:.*]] = bitnet.rms_norm %[[Q]]
  // CHECK-NEXT: %[[KN:.*]] = bitnet.rms_norm %[[K]]
  // CHECK-NEXT: bitnet.attention %[[QN]], %[[KN]], %[[K]] rope(
  %0 = bitnet.rms_norm %q, %w eps = 0.5 {head_size = 4}
    : tensor<?x8xf32>, tensor<4xf32>
  %1 = bitnet.rms_norm %k, %w eps = 0.5 {head_size = 4}
    : tensor<?x4xf32>, tensor<4xf32>
  %2 = bitnet.rope %0, %table head_size = 4 : tensor<?x8xf32>, tensor<?x2x2xf32>
  %3 = bitnet.rope %1, %table head_size = 4 : tensor<?x4xf32>, tensor<?x2x2xf32>
  %4 = bitnet.attention %2, %3, %k cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @layer_with_other_use_declines
func.func @layer_with_other_use_declines(%x: tensor<?x2xf32>,
                                         %q: tensor<?x3xi8>, %s: tensor<?xf32>,
                                         %sum: tensor<?xi32>, %w: !trits)
    -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  // CHECK: %[[Y:.*]] = bitnet.quantized_linear
  // CHECK: bitnet.add %{{.*}}, %[[Y]]
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2xf32>
  %1 = bitnet.add %x, %0 : tensor<?x2xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}

// CHECK-LABEL: func.func @layer_with_residual_declines
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x2xf32>
func.func @layer_with_residual_declines(%x: tensor<?x2xf32>,
                                        %q: tensor<?x3xi8>, %s: tensor<?xf32>,
                                        %sum: tensor<?xi32>, %w: !trits)
    -> tensor<?x2xf32> {
  // CHECK: %[[Y:.*]] = bitnet.quantized_linear {{.*}} residual(%[[X]])
  // CHECK: bitnet.add %[[X]], %[[Y]]
  %0 = bitnet.quantized_linear %q, %s, %sum, %w residual(%x)
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>, !trits, tensor<?x2xf32>)
    -> tensor<?x2xf32>
  %1 = bitnet.add %x, %0 : tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @query_alone_rotated_declines
func.func @query_alone_rotated_declines(%q: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                                        %table: tensor<?x2x2xf32>,
                                        %cache: !cache, %at: tensor<?xi32>)
    -> tensor<?x8xf32> {
  // CHECK: %[[ROTATED:.*]] = bitnet.rope
  // CHECK: bitnet.attention %[[ROTATED]], %{{.*}}, %{{.*}} cache
  %0 = bitnet.rope %q, %table head_size = 4 : tensor<?x8xf32>, tensor<?x2x2xf32>
  %1 = bitnet.attention %0, %k, %k cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @key_alone_rotated_declines
func.func @key_alone_rotated_declines(%q: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                                      %table: tensor<?x2x2xf32>,
                                      %cache: !cache, %at: tensor<?xi32>)
    -> tensor<?x8xf32> {
  // CHECK: %[[ROTATED:.*]] = bitnet.rope
  // CHECK: bitnet.attention %{{.*}}, %[[ROTATED]], %{{.*}} cache
  %0 = bitnet.rope %k, %table head_size = 4 : tensor<?x4xf32>, tensor<?x2x2xf32>
  %1 = bitnet.attention %q, %0, %k cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @different_tables_decline
func.func @different_tables_decline(%q: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                                    %t: tensor<?x2x2xf32>, %u: tensor<?x2x2xf32>,
                                    %cache: !cache, %at: tensor<?xi32>)
    -> tensor<?x8xf32> {
  // CHECK-COUNT-2: bitnet.rope
  %0 = bitnet.rope %q, %t head_size = 4 : tensor<?x8xf32>, tensor<?x2x2xf32>
  %1 = bitnet.rope %k, %u head_size = 4 : tensor<?x4xf32>, tensor<?x2x2xf32>
  %2 = bitnet.attention %0, %1, %k cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// The query is rotated in heads of 8.

// CHECK-LABEL: func.func @different_head_sizes_decline
func.func @different_head_sizes_decline(%q: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                                        %table: tensor<?x2x2xf32>,
                                        %cache: !cache, %at: tensor<?xi32>)
    -> tensor<?x8xf32> {
  // CHECK-COUNT-2: bitnet.rope
  %0 = bitnet.rope %q, %table head_size = 8 : tensor<?x8xf32>, tensor<?x2x2xf32>
  %1 = bitnet.rope %k, %table head_size = 4 : tensor<?x4xf32>, tensor<?x2x2xf32>
  %2 = bitnet.attention %0, %1, %k cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @rotated_key_with_other_use_declines
func.func @rotated_key_with_other_use_declines(%q: tensor<?x8xf32>,
                                               %k: tensor<?x4xf32>,
                                               %table: tensor<?x2x2xf32>,
                                               %cache: !cache, %at: tensor<?xi32>)
    -> tensor<?x8xf32> {
  // CHECK-COUNT-2: bitnet.rope
  %0 = bitnet.rope %q, %table head_size = 4 : tensor<?x8xf32>, tensor<?x2x2xf32>
  %1 = bitnet.rope %k, %table head_size = 4 : tensor<?x4xf32>, tensor<?x2x2xf32>
  %2 = bitnet.attention %0, %1, %1 cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
