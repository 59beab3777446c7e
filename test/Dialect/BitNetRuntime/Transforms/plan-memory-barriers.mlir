// RUN: bitnet-opt %s --bitnet-plan-memory --split-input-file | FileCheck %s

// Calls that touch different bytes follow each other without a barrier; one
// barrier ends every function.

#model = #bitnet.model<name = "m", vocabulary_size = 32, context_length = 64,
  embedding_length = 16, layer_count = 1, chunk_size = 4>
!cache = !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8,
  context_length = 64>

// CHECK: bitnet_runtime.arena_size = 768
module attributes {bitnet.model = #model} {
  func.func private @make(index, index, index, memref<4xi32>, memref<4x16xf32>)
  func.func private @use(index, index, index, memref<4x16xf32>,
                         memref<4x16xf32>, memref<4x16xf32>)
  func.func private @logits(index, index, index, memref<4x16xf32>,
                            memref<4x16xf32>, memref<4x16xf32>,
                            memref<4x32xf32>)

  // CHECK-LABEL: func.func @evaluate
  func.func @evaluate(%tokens: tensor<?xi32>, %position: index, %outputs: index,
                      %cache: !cache) -> tensor<?x32xf32> {
    // Two calls that only read the same.
    // CHECK:     call @make
    // CHECK-NOT: barrier
    // CHECK:     call @make
    // CHECK:     barrier
    // CHECK:     call @use
    // CHECK:     barrier
    // CHECK:     call @logits
    // CHECK-NEXT: barrier
    // CHECK-NEXT: return
    %a = bitnet_runtime.launch @make tiles %outputs rows %outputs (%tokens)
      : (tensor<?xi32>) -> tensor<?x16xf32>
    %b = bitnet_runtime.launch @make tiles %outputs rows %outputs (%tokens)
      : (tensor<?xi32>) -> tensor<?x16xf32>
    %c = bitnet_runtime.launch @use tiles %outputs rows %outputs (%a, %b)
      : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
    %d = bitnet_runtime.launch @logits tiles %outputs rows %outputs (%a, %b, %c)
      : (tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>)
      -> tensor<?x32xf32>
    return %d : tensor<?x32xf32>
  }
}

// -----

#model = #bitnet.model<name = "m", vocabulary_size = 32, context_length = 64,
  embedding_length = 16, layer_count = 1, chunk_size = 4>
!cache = !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8,
  context_length = 64>

// Writes after reads, and the cache: a launch without results writes it, others
// read it.

// CHECK: bitnet_runtime.arena_size = 256

module attributes {bitnet.model = #model} {
  func.func private @make(index, index, index, memref<4xi32>, memref<4x16xf32>)
  func.func private @append(index, index, index, memref<4x16xf32>,
                            memref<1024xf32>, index)
  func.func private @attend(index, index, index, memref<1024xf32>, index,
                            memref<4x32xf32>)

  // CHECK-LABEL: func.func @evaluate(
  // CHECK-SAME:    %[[CACHE:[^:]*]]: memref<1024xf32>, %[[CAPACITY:[^:]*]]: index
  func.func @evaluate(%tokens: tensor<?xi32>, %position: index, %outputs: index,
                      %cache: !cache) -> tensor<?x32xf32> {
    // CHECK:      call @make
    // CHECK:      barrier
    // CHECK:      call @append({{.*}}, %[[CACHE]], %[[CAPACITY]])
    // Writes the bytes that @append reads.
    // CHECK:      barrier
    // CHECK:      call @make
    // Reads the cache, which the last barrier made visible.
    // CHECK-NOT:  barrier
    // CHECK:      call @attend({{.*}}, %[[CACHE]], %[[CAPACITY]], %{{[^,]*}})
    // Writes the cache again.
    // CHECK:      barrier
    // CHECK:      call @append({{.*}}, %[[CACHE]], %[[CAPACITY]])
    // CHECK-NEXT: barrier
    // CHECK-NEXT: return
    %a = bitnet_runtime.launch @make tiles %outputs rows %outputs (%tokens)
      : (tensor<?xi32>) -> tensor<?x16xf32>
    bitnet_runtime.launch @append tiles %outputs rows %outputs (%a, %cache)
      : (tensor<?x16xf32>, !cache) -> ()
    %b = bitnet_runtime.launch @make tiles %outputs rows %outputs (%tokens)
      : (tensor<?xi32>) -> tensor<?x16xf32>
    %c = bitnet_runtime.launch @attend tiles %outputs rows %outputs (%cache)
      : (!cache) -> tensor<?x32xf32>
    bitnet_runtime.launch @append tiles %outputs rows %outputs (%b, %cache)
      : (tensor<?x16xf32>, !cache) -> ()
    return %c : tensor<?x32xf32>
  }
}
