// RUN: bitnet-opt %s --bitnet-plan-memory --split-input-file --verify-diagnostics

// expected-error @+1 {{expects a module with bitnet.model and a function @evaluate}}
module {
  func.func @evaluate() {
    return
  }
}

// -----

// expected-error @+1 {{expects a module with bitnet.model and a function @evaluate}}
module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
  context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
  context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  // expected-error @+1 {{expects one block and the signature (tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, !bitnet.kv_cache) -> tensor<?xVxf32>}}
  func.func @evaluate(%tokens: tensor<?xi32>) -> tensor<?x32xf32> {
    %c = arith.constant 0 : index
    %0 = tensor.empty(%c) : tensor<?x32xf32>
    return %0 : tensor<?x32xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
  context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  func.func private @logits(index, index, index, memref<4xi32>, memref<4x32xf32>)
  // expected-error @+1 {{expects one block and the signature}}
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    cf.br ^second
  ^second:
    %0 = bitnet_runtime.launch @logits tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x32xf32>
    return %0 : tensor<?x32xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
  context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  // expected-error @+1 {{expects to return the result of a launch}}
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %0 = tensor.empty(%count) : tensor<?x32xf32>
    return %0 : tensor<?x32xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
  context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  func.func private @logits(index, index, index, memref<4x16xf32>, memref<4x32xf32>)
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    // expected-error @+1 {{expects only launches in the entry function}}
    %0 = tensor.empty(%count) : tensor<?x16xf32>
    %1 = bitnet_runtime.launch @logits tiles %count rows %count (%0)
      : (tensor<?x16xf32>) -> tensor<?x32xf32>
    return %1 : tensor<?x32xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
  context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  func.func private @logits(index, index, index, memref<16xf32>, memref<4x32xf32>)
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %0 = arith.constant dense<1.0> : tensor<16xf32>
    // expected-error @+1 {{expects tensor inputs that launches made}}
    %1 = bitnet_runtime.launch @logits tiles %count rows %count (%0)
      : (tensor<16xf32>) -> tensor<?x32xf32>
    return %1 : tensor<?x32xf32>
  }
}

// -----

// One target of two has an entry function.
// expected-error @+1 {{expects a module with bitnet.model and a function @evaluate_portable}}
module attributes {
  bitnet.targets = [
    #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>,
    #bitnet.target<triple = "t", cpu = "c", features = "", level = portable>],
  bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
    context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  func.func private @logits(index, index, index, memref<4xi32>, memref<4x32xf32>)
  func.func @evaluate_avx2(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %0 = bitnet_runtime.launch @logits tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x32xf32>
    return %0 : tensor<?x32xf32>
  }
}

// -----

// expected-error @+1 {{expects entry functions with the same cache, found '!bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>' and '!bitnet.kv_cache<layers = 1, heads = 1, head_size = 16, context_length = 64>'}}
module attributes {
  bitnet.targets = [
    #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>,
    #bitnet.target<triple = "t", cpu = "c", features = "", level = portable>],
  bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
    context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  func.func private @logits(index, index, index, memref<4xi32>, memref<4x32xf32>)
  func.func @evaluate_avx2(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %0 = bitnet_runtime.launch @logits tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x32xf32>
    return %0 : tensor<?x32xf32>
  }
  func.func @evaluate_portable(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 16, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %0 = bitnet_runtime.launch @logits tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x32xf32>
    return %0 : tensor<?x32xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 33,
  context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  func.func private @logits(index, index, index, memref<4xi32>, memref<4x32xf32>)
  // expected-error @+1 {{expects logits of the 33 tokens of bitnet.model, found 'tensor<?x32xf32>'}}
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %0 = bitnet_runtime.launch @logits tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x32xf32>
    return %0 : tensor<?x32xf32>
  }
}

// -----

// Embedding models return states of the embedding's length.
module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
  context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4,
  pooling = mean>} {
  func.func private @logits(index, index, index, memref<4xi32>, memref<4x32xf32>)
  // expected-error @+1 {{expects states of the 16 elements of bitnet.model, found 'tensor<?x32xf32>'}}
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %0 = bitnet_runtime.launch @logits tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x32xf32>
    return %0 : tensor<?x32xf32>
  }
}
