// RUN: bitnet-opt %s --bitnet-plan-memory --canonicalize | FileCheck %s

// Large tensors find their places first, small ones fill the gaps. With one
// token in a pass, N columns of f32 take 4 N bytes, rounded up to 64.
//
//             1    2    3    4
//   %large    w    r              128 bytes: [  0, 128)
//   %small    w    r    r         64 bytes:  [256, 320)
//   %medium        w    r         68 bytes, rounded up to 128: [128, 256)
//   %gap                w    r    64 bytes, where %large was

// CHECK: bitnet_runtime.arena_size = 320
module attributes {
  bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
    context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 1>
} {
  func.func private @two(index, index, index, memref<1xi32>, memref<1x32xf32>,
                         memref<1x16xf32>)
  func.func private @three(index, index, index, memref<1x32xf32>,
                           memref<1x16xf32>, memref<1x17xf32>)
  func.func private @four(index, index, index, memref<1x16xf32>,
                          memref<1x17xf32>, memref<1x16xf32>)
  func.func private @five(index, index, index, memref<1x16xf32>,
                          memref<1x32xf32>)

  // CHECK-LABEL: func.func @evaluate(
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1,
                        head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
    // CHECK-DAG: %[[AT_128:.*]] = arith.constant 128 : index
    // CHECK-DAG: %[[AT_256:.*]] = arith.constant 256 : index
    // CHECK:     %[[LARGE:.*]] = memref.view %{{.*}}[%[[ZERO]]][] : memref<320xi8> to memref<1x32xf32>
    // CHECK:     %[[SMALL:.*]] = memref.view %{{.*}}[%[[AT_256]]][] : memref<320xi8> to memref<1x16xf32>
    // CHECK:     call @two({{.*}}, %[[LARGE]], %[[SMALL]])
    %large, %small = bitnet_runtime.launch @two tiles %count rows %count
      (%tokens) : (tensor<?xi32>) -> (tensor<?x32xf32>, tensor<?x16xf32>)
    // CHECK:     %[[MEDIUM:.*]] = memref.view %{{.*}}[%[[AT_128]]][] : memref<320xi8> to memref<1x17xf32>
    // CHECK:     call @three({{.*}}, %[[MEDIUM]])
    %medium = bitnet_runtime.launch @three tiles %count rows %count
      (%large, %small)
      : (tensor<?x32xf32>, tensor<?x16xf32>) -> tensor<?x17xf32>
    // CHECK:     %[[GAP:.*]] = memref.view %{{.*}}[%[[ZERO]]][] : memref<320xi8> to memref<1x16xf32>
    // CHECK:     call @four({{.*}}, %[[GAP]])
    %gap = bitnet_runtime.launch @four tiles %count rows %count
      (%small, %medium)
      : (tensor<?x16xf32>, tensor<?x17xf32>) -> tensor<?x16xf32>
    %logits = bitnet_runtime.launch @five tiles %count rows %count (%gap)
      : (tensor<?x16xf32>) -> tensor<?x32xf32>
    return %logits : tensor<?x32xf32>
  }
}
