// Layers of 8-bit weights with scales of blocks of 32 columns, of the same with
// offsets, and of rows; a ternary one with scales of blocks; and float
// activations, whose three parts read weights once.

!rows = tensor<?x1024xf32>
!table = !bitnet.matrix<256x1024, #bitnet.stored<f16>>
!w = !bitnet.matrix<1024x1024, #bitnet.int8>
!t = !bitnet.matrix<1024x1024, #bitnet.trits>
!cache = !bitnet.kv_cache<layers = 1, heads = 2, head_size = 64,
  context_length = 512>

module attributes {
  bitnet.model = #bitnet.model<name = "int8", vocabulary_size = 256,
    context_length = 512, embedding_length = 1024, layer_count = 1,
    chunk_size = 16>
} {
  bitnet.tokenizer dense<0> : tensor<64xi8>

  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !cache) -> tensor<?x256xf32> {
    %table = bitnet.weight dense<0x3c> : tensor<524288xi8> -> !table
      loc("token_embd")
    %w0 = bitnet.weight dense<0x42> : tensor<1048576xi8>
      scales(dense<0.5> : tensor<1024x32xf32>) -> !w loc("blocks")
    %w1 = bitnet.weight dense<0x43> : tensor<1048576xi8>
      scales(dense<0.7> : tensor<1024x32xf32>)
      offsets(dense<0.3> : tensor<1024x32xf32>) -> !w loc("offsets")
    %w2 = bitnet.weight dense<0x44> : tensor<1048576xi8>
      scales(dense<0.5> : tensor<1024xf32>) -> !w loc("rows")
    %w3 = bitnet.weight dense<0x55> : tensor<262144xi8>
      scales(dense<0.5> : tensor<1024x8xf32>) -> !t loc("trits")
    %x = bitnet.embedding %tokens, %table : tensor<?xi32>, !table -> !rows
    %y0 = bitnet.bit_linear %x, %w0 : !rows, !w -> !rows
    %y1 = bitnet.bit_linear %y0, %w1 : !rows, !w -> !rows
    %y2 = bitnet.bit_linear %y1, %w2 : !rows, !w -> !rows
    %y3 = bitnet.bit_linear %y2, %w3 : !rows, !t -> !rows
    %y4 = bitnet.bit_linear %y3, %w3 {float_activations, floor = 1.0e-30 : f32}
      : !rows, !t -> !rows
    %y5 = bitnet.bit_linear %y4, %w0 {float_activations, floor = 1.0e-30 : f32}
      : !rows, !w -> !rows
    %last = bitnet.select_rows %y5, %outputs : !rows, tensor<?xi32> -> !rows
    %logits = bitnet.output_head %last, %table
      : !rows, !table -> tensor<?x256xf32>
    return %logits : tensor<?x256xf32>
  }
}
