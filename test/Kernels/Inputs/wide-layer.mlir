// A model of one layer, wide enough that the loops of kernels stay loops.

!rows = tensor<?x512xf32>
!query = tensor<?x512xf32>
!key = tensor<?x128xf32>
!hidden = tensor<?x1024xf32>
!norm = tensor<512xf32>
!table = !bitnet.matrix<256x512, #bitnet.stored<f16>>
!q = !bitnet.matrix<512x512, #bitnet.stored<i2_s>>
!k = !bitnet.matrix<128x512, #bitnet.stored<i2_s>>
!o = !bitnet.matrix<512x512, #bitnet.stored<i2_s>>
!gate = !bitnet.matrix<1024x512, #bitnet.stored<i2_s>>
!down = !bitnet.matrix<512x1024, #bitnet.stored<i2_s>>
!cache = !bitnet.kv_cache<layers = 1, heads = 2, head_size = 64,
  context_length = 512>
!rotations = tensor<?x32x2xf32>

module attributes {
  bitnet.model = #bitnet.model<name = "wide", vocabulary_size = 256,
    context_length = 512, embedding_length = 512, layer_count = 1,
    chunk_size = 16>
} {
  bitnet.tokenizer dense<0> : tensor<64xi8>

  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !cache) -> tensor<?x256xf32> {
    %table = bitnet.weight dense<0x3c> : tensor<262144xi8> -> !table
      loc("token_embd")
    %attention_norm = arith.constant dense<1.0> : !norm
    %output_norm = arith.constant dense<2.0> : !norm
    %feed_forward_norm = arith.constant dense<3.0> : !norm
    %sub_norm = arith.constant dense<4.0> : tensor<1024xf32>
    %final_norm = arith.constant dense<5.0> : !norm
    %attn_q = bitnet.weight dense<0x42> : tensor<65568xi8> -> !q
      loc("attn_q")
    %attn_k = bitnet.weight dense<0x41> : tensor<16416xi8> -> !k
      loc("attn_k")
    %attn_v = bitnet.weight dense<0x46> : tensor<16416xi8> -> !k
      loc("attn_v")
    %attn_output = bitnet.weight dense<0x42> : tensor<65568xi8> -> !o
      loc("attn_output")
    %ffn_gate = bitnet.weight dense<0x42> : tensor<131104xi8> -> !gate
      loc("ffn_gate")
    %ffn_up = bitnet.weight dense<0x42> : tensor<131104xi8> -> !gate
      loc("ffn_up")
    %ffn_down = bitnet.weight dense<0x49> : tensor<131104xi8> -> !down
      loc("ffn_down")

    %x = bitnet.embedding %tokens, %table : tensor<?xi32>, !table -> !rows
    // 500000^(-i / 32).
    %rotations = bitnet.rotation_table %positions
      {frequencies = array<f64:
        1.0, 0.6636012376960885, 0.44036660267178046,
        0.2922278225730151, 0.19392274474868576, 0.12868737343265052,
        0.08539710028576561, 0.05666962144529105, 0.03760603093086393,
        0.024955408670558694, 0.016560440080994446,
        0.010989528534539826, 0.007292664737217109,
        0.004839421345719893, 0.003211445994752591,
        0.0021311195369119653, 0.001414213562373095,
        0.0009384738703573802, 0.000622772421914596,
        0.0004132725499855165, 0.0002742481756762073,
        0.00018199142881462546, 0.00012076973741146504,
        8.01429472224798e-05, 5.318295896944988e-05,
        3.529227739646723e-05, 2.341999896140934e-05,
        1.5541540297632344e-05, 1.031338537721246e-05,
        6.8439753011549275e-06, 4.5416704806078695e-06,
        3.013858152139171e-06>}
      : tensor<?xi32> -> !rotations

    %xn = bitnet.rms_norm %x, %attention_norm eps = 1.0e-5 : !rows, !norm
    %q = bitnet.bit_linear %xn, %attn_q : !rows, !q -> !query
    %k = bitnet.bit_linear %xn, %attn_k : !rows, !k -> !key
    %v = bitnet.bit_linear %xn, %attn_v : !rows, !k -> !key
    %qr = bitnet.rope %q, %rotations head_size = 64 : !query, !rotations
    %kr = bitnet.rope %k, %rotations head_size = 64 : !key, !rotations
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
      : !hidden, tensor<1024xf32>
    %d = bitnet.bit_linear %hn, %ffn_down : !hidden, !down -> !rows
    %z = bitnet.add %y, %d : !rows

    %last = bitnet.select_rows %z, %outputs : !rows, tensor<?xi32> -> !rows
    %n = bitnet.rms_norm %last, %final_norm eps = 1.0e-5 : !rows, !norm
    %logits = bitnet.output_head %n, %table limits(%limits : tensor<?xi32>)
      : !rows, !table -> tensor<?x256xf32>
    return %logits : tensor<?x256xf32>
  }
}
