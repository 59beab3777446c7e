// RUN: bitnet-opt %s --convert-bitnet-to-kernels --split-input-file --verify-diagnostics

// expected-error @+1 {{expects the module to have a bitnet.model}}
module {}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  bitnet.tokenizer dense<7> : tensor<3xi8>
  // expected-error @+1 {{expects to be the only tokenizer}}
  bitnet.tokenizer dense<7> : tensor<3xi8>
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @bit_linear(%x: tensor<?x4xf32>, %w: !bitnet.matrix<4x4, #bitnet.trits>)
      -> tensor<?x4xf32> {
    // expected-error @+1 {{expects to have been folded away before kernels are made}}
    %y = bitnet.bit_linear %x, %w
      : tensor<?x4xf32>, !bitnet.matrix<4x4, #bitnet.trits> -> tensor<?x4xf32>
    return %y : tensor<?x4xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @table_is_an_argument(%tokens: tensor<?xi32>,
      %table: !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 1, groups = 1>>)
      -> tensor<?x2xf32> {
    // expected-error @+1 {{expects a weight made by bitnet.weight}}
    %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
      !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 1, groups = 1>>
      -> tensor<?x2xf32>
    return %x : tensor<?x2xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @table_not_packed(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
    %table = bitnet.weight dense<0> : tensor<8xi8>
      -> !bitnet.matrix<2x2, #bitnet.stored<f16>>
    // expected-error @+1 {{expects a packed weight, found '!bitnet.matrix<2x2, #bitnet.stored<f16>>'}}
    %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
      !bitnet.matrix<2x2, #bitnet.stored<f16>> -> tensor<?x2xf32>
    return %x : tensor<?x2xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @table_in_layout_of_no_kernel(%x: tensor<?x2xf32>)
      -> tensor<?x2xf32> {
    %table = bitnet.weight dense<0> : tensor<128xi8>
      -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 16, groups = 2, block = 1>>
    // expected-error @+1 {{expects a table that a kernel of level portable reads, found #bitnet.layout<f16, lanes = 16, groups = 2, block = 1>}}
    %y = bitnet.output_head %x, %table : tensor<?x2xf32>,
      !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 16, groups = 2, block = 1>>
      -> tensor<?x2xf32>
    return %y : tensor<?x2xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @norm_is_an_argument(%x: tensor<?x2xf32>, %w: tensor<2xf32>)
      -> tensor<?x2xf32> {
    // expected-error @+1 {{expects constant weights of a norm}}
    %y = bitnet.rms_norm %x, %w eps = 0.5 : tensor<?x2xf32>, tensor<2xf32>
    return %y : tensor<?x2xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @no_kernel(%q: tensor<?x16xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
      -> tensor<?x1xf32> {
    %w = bitnet.weight dense<0x55> : tensor<4xi8> scales(dense<1.0> : tensor<1xf32>)
      -> !bitnet.matrix<1x16, #bitnet.layout<trit, lanes = 1, groups = 1>>
    // expected-error @+1 {{expects the name of a kernel, found "mad-mmx"}}
    %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "mad-mmx"
      : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
         !bitnet.matrix<1x16, #bitnet.layout<trit, lanes = 1, groups = 1>>)
      -> tensor<?x1xf32>
    return %y : tensor<?x1xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @layout_of_another_kernel(%q: tensor<?x16xi8>, %s: tensor<?xf32>,
                                      %sum: tensor<?xi32>) -> tensor<?x1xf32> {
    %w = bitnet.weight dense<0x55> : tensor<4xi8> scales(dense<1.0> : tensor<1xf32>)
      -> !bitnet.matrix<1x16, #bitnet.layout<trit, lanes = 1, groups = 1>>
    // expected-error @+1 {{expects a weight in layout #bitnet.layout<trit, lanes = 8, groups = 4> for kernel mad-avx2, found #bitnet.layout<trit, lanes = 1, groups = 1>}}
    %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "mad-avx2"
      : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
         !bitnet.matrix<1x16, #bitnet.layout<trit, lanes = 1, groups = 1>>)
      -> tensor<?x1xf32>
    return %y : tensor<?x1xf32>
  }
}

// -----

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @values_not_padded(%q: tensor<?x17xi8>, %s: tensor<?xf32>,
                               %sum: tensor<?xi32>) -> tensor<?x1xf32> {
    %w = bitnet.weight dense<0x55> : tensor<8xi8> scales(dense<1.0> : tensor<1xf32>)
      -> !bitnet.matrix<1x17, #bitnet.layout<trit, lanes = 1, groups = 1>>
    // expected-error @+1 {{expects values padded to 32 columns, found 'tensor<?x17xi8>'}}
    %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "portable"
      : (tensor<?x17xi8>, tensor<?xf32>, tensor<?xi32>,
         !bitnet.matrix<1x17, #bitnet.layout<trit, lanes = 1, groups = 1>>)
      -> tensor<?x1xf32>
    return %y : tensor<?x1xf32>
  }
}

// -----

// What a function becomes is taken.
module attributes {
  bitnet.targets = [
    #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>,
    #bitnet.target<triple = "t", cpu = "c", features = "", level = portable>],
  bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  // expected-error @+1 {{expects no symbol @f_portable, which it becomes}}
  func.func @f() {
    return
  }
  func.func private @f_portable()
}

// -----

// No kernel of one target reads what the other reads.
module attributes {
  bitnet.targets = [
    #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>,
    #bitnet.target<triple = "t", cpu = "c", features = "", level = portable>],
  bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @f(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
    %table = bitnet.weight dense<0> : tensor<128xi8>
      -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 16, groups = 2, block = 1>>
    // expected-error @+1 {{expects a table that a kernel of level avx2 reads}}
    %y = bitnet.output_head %x, %table : tensor<?x2xf32>,
      !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 16, groups = 2, block = 1>>
      -> tensor<?x2xf32>
    return %y : tensor<?x2xf32>
  }
}
