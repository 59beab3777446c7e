// RUN: bitnet-opt %s --bitnet-plan-memory --canonicalize --cse | FileCheck %s

// Passes of 4 tokens. Tensors of 16 columns take 256 bytes.
//
//            @a  @b  @c  @d  @e
//   %a        w   r                  0: [  0, 256)
//   %b            w   r              1: [256, 512)
//   %c                w   r   r      2: [  0, 256), where %a was
//   %d                    w   r      3: [256, 512), where %b was
//
// CHECK:      module attributes
// CHECK-SAME:   bitnet_runtime.arena_size = 512 : i64
// One layer, one head of 8 keys and 8 values in f32.
// CHECK-SAME:   bitnet_runtime.kv_bytes_per_position = 64 : i64
// CHECK-SAME:   bitnet_runtime.kv_cache = !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 100>
// CHECK-SAME:   bitnet_runtime.weights_size = 256 : i64
module attributes {
  bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
    context_length = 100, embedding_length = 16, layer_count = 1,
    chunk_size = 4>
} {
  // Blobs lie in the order of their first use, each at a cache line; those
  // without a use come last. 100 bytes take two lines.
  // CHECK-DAG: bitnet_runtime.blob @unused dense<0> : tensor<4xi8> offset = 192
  bitnet_runtime.blob @unused dense<0> : tensor<4xi8>
  // CHECK-DAG: bitnet_runtime.blob @second dense<0> : tensor<4xi8> offset = 128
  bitnet_runtime.blob @second dense<0> : tensor<4xi8>
  // What an earlier plan said does not count.
  // CHECK-DAG: bitnet_runtime.blob @first dense<0> : tensor<100xi8> offset = 0
  bitnet_runtime.blob @first dense<0> : tensor<100xi8> offset = 640

  func.func private @a(index, index, index, memref<4xi32>, memref<100xi8>,
                       memref<4x16xf32>)
  func.func private @b(index, index, index, memref<4x16xf32>, memref<4xi8>,
                       memref<4x16xf32>)
  func.func private @c(index, index, index, memref<4x16xf32>, memref<4x16xf32>)
  func.func private @d(index, index, index, memref<4x16xf32>, memref<4x16xf32>)
  func.func private @e(index, index, index, memref<4x16xf32>, memref<4x16xf32>,
                       memref<4xi32>, memref<4x32xf32>)

  // CHECK-LABEL: func.func @evaluate(
  // CHECK-SAME:    %[[THREAD:[^:]*]]: index, %[[THREADS:[^:]*]]: index, %[[TEAM:[^:]*]]: !bitnet_runtime.team, %[[TOKENS:[^:]*]]: memref<4xi32>, %[[POSITIONS:[^:]*]]: memref<4xi32>, %{{[^:]*}}: memref<4xi32>, %[[ROWS:[^:]*]]: index, %[[OUTPUTS:[^:]*]]: memref<4xi32>, %{{[^:]*}}: memref<4xi32>, %[[COUNT:[^:]*]]: index, %{{[^:]*}}: memref<4x2xi64>, %{{[^:]*}}: memref<4x8xi32>, %{{[^:]*}}: index, %{{[^:]*}}: memref<4x4xi32>, %{{[^:]*}}: index, %[[ARENA:[^:]*]]: memref<512xi8>, %[[LOGITS:[^:]*]]: memref<4x32xf32>) {
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1,
                        head_size = 8, context_length = 100>)
      -> tensor<?x32xf32> {
    // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
    // CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
    // CHECK-DAG: %[[TILES:.*]] = arith.constant 6 : index
    // CHECK-DAG: %[[AT_256:.*]] = arith.constant 256 : index
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %tiles = arith.constant 6 : index
    %rows = tensor.dim %tokens, %zero : tensor<?xi32>

    // The thread's share: from tiles * thread / threads to
    // tiles * (thread + 1) / threads.
    // CHECK-DAG: %[[FIRST:.*]] = bitnet_runtime.blob_address @first
    // CHECK-DAG: %[[A:.*]] = memref.view %[[ARENA]][%[[ZERO]]][] : memref<512xi8> to memref<4x16xf32>
    // CHECK-DAG: %[[BEFORE:.*]] = arith.muli %[[THREAD]], %[[TILES]]
    // CHECK-DAG: %[[BEGIN:.*]] = arith.divui %[[BEFORE]], %[[THREADS]]
    // CHECK-DAG: %[[NEXT:.*]] = arith.addi %[[THREAD]], %[[ONE]]
    // CHECK-DAG: %[[UP_TO:.*]] = arith.muli %[[NEXT]], %[[TILES]]
    // CHECK-DAG: %[[END:.*]] = arith.divui %[[UP_TO]], %[[THREADS]]
    // CHECK:     call @a(%[[BEGIN]], %[[END]], %[[ROWS]], %[[TOKENS]], %[[FIRST]], %[[A]])
    %first = bitnet_runtime.blob_address @first : memref<100xi8>
    %a = bitnet_runtime.launch @a tiles %tiles rows %rows (%tokens, %first)
      : (tensor<?xi32>, memref<100xi8>) -> tensor<?x16xf32>

    // CHECK:     %[[SECOND:.*]] = bitnet_runtime.blob_address @second
    // CHECK:     %[[B:.*]] = memref.view %[[ARENA]][%[[AT_256]]]
    // CHECK:     %[[IS_CANCELLED:.*]] = bitnet_runtime.barrier %[[TEAM]]
    // CHECK:     cf.cond_br %[[IS_CANCELLED]], ^[[END:.*]], ^[[NEXT:.*]]
    // CHECK:   ^[[NEXT]]:
    // CHECK:     call @b({{.*}}, %[[A]], %[[SECOND]], %[[B]])
    %second = bitnet_runtime.blob_address @second : memref<4xi8>
    %b = bitnet_runtime.launch @b tiles %rows rows %rows (%a, %second)
      : (tensor<?x16xf32>, memref<4xi8>) -> tensor<?x16xf32>

    // %c lies where %a was.
    // CHECK:     bitnet_runtime.barrier %[[TEAM]]
    // CHECK:     call @c({{.*}}, %[[B]], %[[A]])
    %c = bitnet_runtime.launch @c tiles %rows rows %rows (%b)
      : (tensor<?x16xf32>) -> tensor<?x16xf32>

    // CHECK:     bitnet_runtime.barrier %[[TEAM]]
    // CHECK:     call @d({{.*}}, %[[A]], %[[B]])
    %d = bitnet_runtime.launch @d tiles %rows rows %rows (%c)
      : (tensor<?x16xf32>) -> tensor<?x16xf32>

    // CHECK:     bitnet_runtime.barrier %[[TEAM]]
    // CHECK:     cf.cond_br %{{.*}}, ^[[END]], ^
    // CHECK:     call @e({{.*}}, %[[COUNT]], %[[A]], %[[B]], %[[OUTPUTS]], %[[LOGITS]])
    // CHECK:     bitnet_runtime.barrier %[[TEAM]]
    // CHECK-NEXT: cf.br ^[[END]]
    // CHECK-NEXT: ^[[END]]:
    // CHECK-NEXT: return
    %e = bitnet_runtime.launch @e tiles %rows rows %count (%c, %d, %outputs)
      : (tensor<?x16xf32>, tensor<?x16xf32>, tensor<?xi32>) -> tensor<?x32xf32>
    return %e : tensor<?x32xf32>
  }
}
