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
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !cache) -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    // Two calls that only read the same.
    // CHECK:     call @make
    // CHECK-NOT: barrier
    // CHECK:     call @make
    // CHECK:     barrier
    // CHECK:     call @use
    // CHECK:     barrier
    // CHECK:     call @logits
    // CHECK-NEXT: barrier
    // CHECK-NEXT: cf.br
    %a = bitnet_runtime.launch @make tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x16xf32>
    %b = bitnet_runtime.launch @make tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x16xf32>
    %c = bitnet_runtime.launch @use tiles %count rows %count (%a, %b)
      : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
    %d = bitnet_runtime.launch @logits tiles %count rows %count (%a, %b, %c)
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
                            memref<4x2xi64>, memref<4xi32>, memref<4x8xi32>,
                            memref<4x4xi32>)
  func.func private @attend(index, index, index, memref<4x2xi64>, memref<4xi32>,
                            memref<4x8xi32>, memref<4x4xi32>, memref<4x32xf32>)

  // CHECK-LABEL: func.func @evaluate(
  // CHECK-SAME:    %{{[^:]*}}: memref<4xi32>, %{{[^:]*}}: memref<4xi32>, %[[ROWS:[^:]*]]: memref<4xi32>, %{{[^:]*}}: index
  // CHECK-SAME:    %[[SEQUENCES:[^:]*]]: memref<4x2xi64>, %[[WORK:[^:]*]]: memref<4x8xi32>, %[[ITEMS:[^:]*]]: index, %[[MERGES:[^:]*]]: memref<4x4xi32>, %{{[^:]*}}: index
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !cache) -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    // CHECK:      call @make
    // CHECK:      barrier
    // CHECK:      call @append({{.*}}, %[[SEQUENCES]], %[[ROWS]], %[[WORK]], %[[MERGES]])
    // Writes the bytes that @append reads.
    // CHECK:      barrier
    // CHECK:      call @make
    // Reads the cache, which the last barrier made visible.
    // CHECK-NOT:  barrier
    // CHECK:      %[[TILES:.*]] = arith.muli %[[ITEMS]], %[[ITEMS]]
    // CHECK:      %[[BEFORE:.*]] = arith.muli %[[TILES]], %{{.*}}
    // CHECK:      call @attend({{.*}}, %[[SEQUENCES]], %[[ROWS]], %[[WORK]], %[[MERGES]], %{{[^,]*}})
    // Writes the cache again.
    // CHECK:      barrier
    // CHECK:      call @append({{.*}}, %[[SEQUENCES]], %[[ROWS]], %[[WORK]], %[[MERGES]])
    // CHECK-NEXT: barrier
    // CHECK-NEXT: cf.br
    %a = bitnet_runtime.launch @make tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x16xf32>
    bitnet_runtime.launch @append tiles %count rows %count (%a, %cache)
      : (tensor<?x16xf32>, !cache) -> ()
    %b = bitnet_runtime.launch @make tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x16xf32>
    %items = bitnet_runtime.work_count %cache : !cache
    %tiles = arith.muli %items, %items : index
    %c = bitnet_runtime.launch @attend tiles %tiles rows %count (%cache)
      : (!cache) -> tensor<?x32xf32>
    bitnet_runtime.launch @append tiles %count rows %count (%b, %cache)
      : (tensor<?x16xf32>, !cache) -> ()
    return %c : tensor<?x32xf32>
  }
}

// -----

#model = #bitnet.model<name = "m", vocabulary_size = 32, context_length = 64,
  embedding_length = 16, layer_count = 1, chunk_size = 4>
!cache = !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8,
  context_length = 64>

// Without a cache, a launch without results writes its first input: the logits,
// or bytes of the arena.

module attributes {bitnet.model = #model} {
  func.func private @make(index, index, index, memref<4xi32>, memref<4x32xf32>)
  func.func private @read(index, index, index, memref<4x32xf32>,
                          memref<4x32xf32>)
  func.func private @change(index, index, index, memref<4x32xf32>,
                            memref<4x32xf32>)

  // CHECK-LABEL: func.func @evaluate(
  // CHECK-SAME:    %[[LOGITS:[^:]*]]: memref<4x32xf32>)
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !cache) -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %limits, %zero : tensor<?xi32>
    // CHECK:     call @make({{.*}}, %[[LOGITS]])
    // CHECK:     barrier
    // CHECK:     call @read({{.*}}, %[[LOGITS]], %[[PLACE:[^)]*]])
    // CHECK:     barrier
    // CHECK:     call @change({{.*}}, %[[LOGITS]], %{{[^)]*}})
    // CHECK-NOT: barrier
    // CHECK:     call @read({{.*}})
    %logits = bitnet_runtime.launch @make tiles %count rows %count (%limits)
      : (tensor<?xi32>) -> tensor<?x32xf32>
    %a = bitnet_runtime.launch @read tiles %count rows %count (%logits)
      : (tensor<?x32xf32>) -> tensor<?x32xf32>
    bitnet_runtime.launch @change tiles %count rows %count (%logits, %a)
      : (tensor<?x32xf32>, tensor<?x32xf32>) -> ()
    // Reads what @change reads, too.
    %b = bitnet_runtime.launch @read tiles %count rows %count (%a)
      : (tensor<?x32xf32>) -> tensor<?x32xf32>
    // CHECK:     barrier
    // CHECK:     call @change
    bitnet_runtime.launch @change tiles %count rows %count (%a, %b)
      : (tensor<?x32xf32>, tensor<?x32xf32>) -> ()
    return %logits : tensor<?x32xf32>
  }
}

// -----

#model = #bitnet.model<name = "m", vocabulary_size = 32, context_length = 64,
  embedding_length = 16, layer_count = 1, chunk_size = 4>
!cache = !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8,
  context_length = 64>

// What is rare costs no barrier if it has no tiles, and nothing relies on one
// that it has.

module attributes {bitnet.model = #model} {
  func.func private @make(index, index, index, memref<4xi32>, memref<4x16xf32>)
  func.func private @change(index, index, index, memref<4x16xf32>,
                            memref<4x4xi32>)
  func.func private @logits(index, index, index, memref<4x16xf32>,
                            memref<4x32xf32>)

  // CHECK-LABEL: func.func @evaluate
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !cache) -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    // CHECK:     call @make
    // CHECK:     %[[EMPTY:.*]] = arith.cmpi eq
    // CHECK:     cf.cond_br %[[EMPTY]], ^[[AFTER:.*]], ^[[RARE:.*]]
    // CHECK:     ^[[RARE]]:
    // CHECK:     barrier
    // CHECK:     call @change
    // CHECK:     cf.br ^[[AFTER]]
    // CHECK:     ^[[AFTER]]:
    // CHECK:     barrier
    // CHECK:     call @logits
    %a = bitnet_runtime.launch @make tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x16xf32>
    %merges, %merged = bitnet_runtime.merges %cache : !cache -> memref<4x4xi32>
    bitnet_runtime.launch @change tiles %merged rows %count (%a, %merges) {rare}
      : (tensor<?x16xf32>, memref<4x4xi32>) -> ()
    %d = bitnet_runtime.launch @logits tiles %count rows %count (%a)
      : (tensor<?x16xf32>) -> tensor<?x32xf32>
    return %d : tensor<?x32xf32>
  }
}
