// A model of one layer, small enough to read what the stages print. In the bytes
// of i2_s, 0x4_ is trit 0 and some others; four make a finite scale.

!rows = tensor<?x32xf32>
!query = tensor<?x32xf32>
!key = tensor<?x16xf32>
!hidden = tensor<?x48xf32>
!norm = tensor<32xf32>
!table = !bitnet.matrix<8x32, #bitnet.stored<f16>>
!q = !bitnet.matrix<32x32, #bitnet.stored<i2_s>>
!k = !bitnet.matrix<16x32, #bitnet.stored<i2_s>>
!o = !bitnet.matrix<32x32, #bitnet.stored<i2_s>>
!gate = !bitnet.matrix<48x32, #bitnet.stored<i2_s>>
!down = !bitnet.matrix<32x48, #bitnet.stored<i2_s>>
!cache = !bitnet.kv_cache<layers = 1, heads = 1, head_size = 16,
  context_length = 64>
!rotations = tensor<?x8x2xf32>

module attributes {
  bitnet.model = #bitnet.model<name = "tiny", vocabulary_size = 8,
    context_length = 64, embedding_length = 32, layer_count = 1,
    chunk_size = 4>
} {
  bitnet.tokenizer dense<0> : tensor<64xi8>

  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !cache) -> tensor<?x8xf32> {
    %table = bitnet.weight dense<0x3c> : tensor<512xi8> -> !table
      loc("token_embd")
    %attention_norm = arith.constant dense<1.0> : !norm
    %output_norm = arith.constant dense<2.0> : !norm
    %feed_forward_norm = arith.constant dense<3.0> : !norm
    %sub_norm = arith.constant dense<4.0> : tensor<48xf32>
    %final_norm = arith.constant dense<5.0> : !norm
    %attn_q = bitnet.weight dense<0x42> : tensor<288xi8> -> !q
      loc("attn_q")
    %attn_k = bitnet.weight dense<0x41> : tensor<160xi8> -> !k
      loc("attn_k")
    %attn_v = bitnet.weight dense<0x46> : tensor<160xi8> -> !k
      loc("attn_v")
    %attn_output = bitnet.weight dense<0x42> : tensor<288xi8> -> !o
      loc("attn_output")
    %ffn_gate = bitnet.weight dense<0x42> : tensor<416xi8> -> !gate
      loc("ffn_gate")
    %ffn_up = bitnet.weight dense<0x42> : tensor<416xi8> -> !gate
      loc("ffn_up")
    %ffn_down = bitnet.weight dense<0x49> : tensor<416xi8> -> !down
      loc("ffn_down")

    %x = bitnet.embedding %tokens, %table : tensor<?xi32>, !table -> !rows
    // 500000^(-i / 8).
    %rotations = bitnet.rotation_table %positions
      {frequencies = array<f64:
        1.0, 0.19392274474868576, 0.03760603093086393,
        0.007292664737217109, 0.001414213562373095,
        0.0002742481756762073, 5.318295896944988e-05,
        1.031338537721246e-05>}
      : tensor<?xi32> -> !rotations

    %xn = bitnet.rms_norm %x, %attention_norm eps = 1.0e-5 : !rows, !norm
    %q = bitnet.bit_linear %xn, %attn_q : !rows, !q -> !query
    %k = bitnet.bit_linear %xn, %attn_k : !rows, !k -> !key
    %v = bitnet.bit_linear %xn, %attn_v : !rows, !k -> !key
    %qr = bitnet.rope %q, %rotations head_size = 16 : !query, !rotations
    %kr = bitnet.rope %k, %rotations head_size = 16 : !key, !rotations
    %a = bitnet.attention %qr, %kr, %v cache(%cache, layer 0) at %positions
      : !query, !key, !key, !cache, tensor<?xi32> -> !query
    %an = bitnet.rms_norm %a, %output_norm eps = 1.0e-5 : !query, !norm
    %ao = bitnet.bit_linear %an, %attn_output : !query, !o -> !rows
    %y = bitnet.add %x, %ao : !rows

    %yn = bitnet.rms_norm %y, %feed_forward_norm eps = 1.0e-5 : !rows, !norm
    %g = bitnet.bit_linear %yn, %ffn_gate : !rows, !gate -> !hidden
    %u = bitnet.bit_linear %yn, %ffn_up : !rows, !gate -> !hidden
    %h = bitnet.gate squared_relu %g, %u : !hidden
    %hn = bitnet.rms_norm %h, %sub_norm eps = 1.0e-5
      : !hidden, tensor<48xf32>
    %d = bitnet.bit_linear %hn, %ffn_down : !hidden, !down -> !rows
    %z = bitnet.add %y, %d : !rows

    %last = bitnet.select_rows %z, %outputs : !rows, tensor<?xi32> -> !rows
    %n = bitnet.rms_norm %last, %final_norm eps = 1.0e-5 : !rows, !norm
    %logits = bitnet.output_head %n, %table : !rows, !table -> tensor<?x8xf32>
    return %logits : tensor<?x8xf32>
  }
}
