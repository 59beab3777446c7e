// RUN: bitnet-opt %s --split-input-file --verify-diagnostics \
// RUN:   --bitnet-pack-weights

!row = tensor<?x2xf32>

func.func @too_large_for_half_precision(%tokens: tensor<?xi32>) -> !row {
  // expected-error @+1 {{expects elements with a relative error of at most 0.000488 (0.000977 in a row), found 0.0103 in int6 (0.0103 in a row), 0.00255 in int8 (0.00255 in a row), 0.000673 in bf16 (0.000673 in a row)}}
  %w = bitnet.weight dense<"0x00F07F48BCA8AAC7"> : tensor<8xi8>
    -> !bitnet.matrix<1x2, #bitnet.stored<f32>>
  %x = bitnet.embedding %tokens, %w
    : tensor<?xi32>, !bitnet.matrix<1x2, #bitnet.stored<f32>> -> !row
  return %x : !row
}

// -----

func.func @factor_on_a_table(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
  // expected-error @+1 {{expects a table without a factor}}
  %w = bitnet.weight dense<"0x0000803F0000803F"> : tensor<8xi8>
    scales(dense<2.0> : tensor<1xf32>)
    -> !bitnet.matrix<1x2, #bitnet.stored<f32>>
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>,
    !bitnet.matrix<1x2, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %x : tensor<?x2xf32>
}

// -----

func.func @infinity(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
  // expected-error @+1 {{expects finite values, found inf in row 0, column 1}}
  %w = bitnet.weight dense<"0x0000803F0000807F"> : tensor<8xi8>
    -> !bitnet.matrix<1x2, #bitnet.stored<f32>>
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>,
    !bitnet.matrix<1x2, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %x : tensor<?x2xf32>
}
