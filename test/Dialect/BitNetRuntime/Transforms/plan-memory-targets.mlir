// RUN: bitnet-opt %s --bitnet-plan-memory --mlir-print-local-scope | FileCheck %s

// Each target has its entry function. They share the blobs, and arenas are as
// large as the largest needs; targets and names of kernels stay.

// CHECK:      bitnet_runtime.arena_size = 768 : i64
// CHECK-SAME: bitnet_runtime.kv_bytes_per_position = 64 : i64
// CHECK-SAME: bitnet_runtime.weights_size = 128 : i64
module attributes {
  bitnet.targets = [
    #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>,
    #bitnet.target<triple = "t", cpu = "b", features = "", level = portable>],
  bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
    context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  // CHECK: bitnet_runtime.blob @second {{.*}} offset = 64
  bitnet_runtime.blob @second dense<1.0> : tensor<16xf32>
  // CHECK: bitnet_runtime.blob @first {{.*}} offset = 0
  bitnet_runtime.blob @first dense<1.0> : tensor<16xf32>

  func.func private @narrow(index, index, index, memref<16xf32>, memref<4xi32>, memref<4x16xf32>)
  func.func private @wide(index, index, index, memref<16xf32>, memref<4xi32>, memref<4x48xf32>)
  func.func private @narrow_logits(index, index, index, memref<16xf32>, memref<4x16xf32>, memref<4x32xf32>)
  func.func private @wide_logits(index, index, index, memref<16xf32>, memref<4x48xf32>, memref<4x32xf32>)

  // CHECK:      func.func @evaluate_avx2(
  // CHECK-SAME:   memref<768xi8>
  // CHECK-SAME:   attributes {bitnet.kernel = "mad-avx2", bitnet.target = #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>}
  // CHECK:        call @narrow(
  // CHECK:        call @narrow_logits(
  func.func @evaluate_avx2(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> attributes {bitnet.kernel = "mad-avx2",
        bitnet.target = #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>} {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %a = bitnet_runtime.blob_address @first : memref<16xf32>
    %b = bitnet_runtime.blob_address @second : memref<16xf32>
    %0 = bitnet_runtime.launch @narrow tiles %count rows %count (%a, %tokens)
      : (memref<16xf32>, tensor<?xi32>) -> tensor<?x16xf32>
    %1 = bitnet_runtime.launch @narrow_logits tiles %count rows %count (%b, %0)
      : (memref<16xf32>, tensor<?x16xf32>) -> tensor<?x32xf32>
    return %1 : tensor<?x32xf32>
  }

  // CHECK:      func.func @evaluate_portable(
  // CHECK-SAME:   memref<768xi8>
  // CHECK-SAME:   attributes {bitnet.target = #bitnet.target<triple = "t", cpu = "b", features = "", level = portable>}
  // CHECK:        call @wide(
  // CHECK:        call @wide_logits(
  func.func @evaluate_portable(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> attributes {
        bitnet.target = #bitnet.target<triple = "t", cpu = "b", features = "", level = portable>} {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %b = bitnet_runtime.blob_address @second : memref<16xf32>
    %a = bitnet_runtime.blob_address @first : memref<16xf32>
    %0 = bitnet_runtime.launch @wide tiles %count rows %count (%a, %tokens)
      : (memref<16xf32>, tensor<?xi32>) -> tensor<?x48xf32>
    %1 = bitnet_runtime.launch @wide_logits tiles %count rows %count (%b, %0)
      : (memref<16xf32>, tensor<?x48xf32>) -> tensor<?x32xf32>
    return %1 : tensor<?x32xf32>
  }
}
