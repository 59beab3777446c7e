// RUN: bitnet-opt %s --verify-diagnostics --bitnet-pack-weights=head=int8

// Numbers beyond half precision have 8 bits; infinity has not.

func.func @large_values(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
  %table = bitnet.weight dense<"0x0000803F00F07F47"> : tensor<8xi8>
    -> !bitnet.matrix<1x2, #bitnet.stored<f32>>
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<1x2, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %x : tensor<?x2xf32>
}

func.func @infinity(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
  // expected-error @+1 {{expects finite values, found inf in row 0, column 1}}
  %table = bitnet.weight dense<"0x0000803F0000807F"> : tensor<8xi8>
    -> !bitnet.matrix<1x2, #bitnet.stored<f32>>
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<1x2, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %x : tensor<?x2xf32>
}
