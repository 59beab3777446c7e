// Two binary layers, wide enough that the loops of kernels stay loops: one with
// a scale for the matrix, one with scales of blocks of 128 columns.

!rows = tensor<?x1024xf32>
!table = !bitnet.matrix<256x1024, #bitnet.stored<f16>>
!w = !bitnet.matrix<1024x1024, #bitnet.bits>
!cache = !bitnet.kv_cache<layers = 1, heads = 2, head_size = 64,
  context_length = 512>

module attributes {
  bitnet.model = #bitnet.model<name = "binary", vocabulary_size = 256,
    context_length = 512, embedding_length = 1024, layer_count = 1,
    chunk_size = 16>
} {
  bitnet.tokenizer dense<0> : tensor<64xi8>

  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !cache) -> tensor<?x256xf32> {
    %table = bitnet.weight dense<0x3c> : tensor<524288xi8> -> !table
      loc("token_embd")
    %w0 = bitnet.weight dense<0x42> : tensor<131072xi8>
      scales(dense<0.5> : tensor<1xf32>) -> !w loc("one_scale")
    %w1 = bitnet.weight dense<0x42> : tensor<131072xi8>
      scales(dense<0.5> : tensor<1024x8xf32>) -> !w loc("block_scales")
    %x = bitnet.embedding %tokens, %table : tensor<?xi32>, !table -> !rows
    %y = bitnet.bit_linear %x, %w0 : !rows, !w -> !rows
    %z = bitnet.bit_linear %y, %w1 : !rows, !w -> !rows
    %last = bitnet.select_rows %z, %outputs : !rows, tensor<?xi32> -> !rows
    %logits = bitnet.output_head %last, %table
      : !rows, !table -> tensor<?x256xf32>
    return %logits : tensor<?x256xf32>
  }
}
