// RUN: bitnet-opt %s --bitnet-quantize-weights --split-input-file --verify-diagnostics

func.func @data_missing(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  // expected-error @+1 {{expects data; it was printed without}}
  %w = bitnet.weight dense_resource<missing> : tensor<16xi8>
    -> !bitnet.matrix<1x4, #bitnet.stored<f32>>
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f32>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

func.func @data_of_another_size(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  // expected-error @+1 {{expects data; it was printed without}}
  %w = bitnet.weight dense_resource<short> : tensor<16xi8>
    -> !bitnet.matrix<1x4, #bitnet.stored<f32>>
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f32>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

{-#
  dialect_resources: {
    builtin: {
      short: "0x100000000000803F0000803F"
    }
  }
#-}

// -----

func.func @factor_not_a_number(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  // expected-error @+1 {{expects a finite factor, found nan}}
  %w = bitnet.weight dense<0> : tensor<16xi8>
    scales(dense<0x7FC00000> : tensor<1xf32>)
    -> !bitnet.matrix<1x4, #bitnet.stored<f32>>
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f32>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

// Byte 3 holds code 3 for element 3.
func.func @invalid_code(%x: tensor<?x128xf32>) -> tensor<?x1xf32> {
  // expected-error @+1 {{row 0, column 3: expects code 0, 1 or 2, found 3}}
  %w = bitnet.weight dense<"0x861919D9191919191919191919191919191919191919191919191919191919190000003F00000000000000000000000000000000000000000000000000000000"> : tensor<64xi8>
    -> !bitnet.matrix<1x128, #bitnet.stored<i2_s>>
  %y = bitnet.bit_linear %x, %w : tensor<?x128xf32>,
    !bitnet.matrix<1x128, #bitnet.stored<i2_s>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

func.func @infinite_scale(%x: tensor<?x128xf32>) -> tensor<?x1xf32> {
  // expected-error @+1 {{scale of I2_S: expects a finite number, found infinity}}
  %w = bitnet.weight dense<"0x86191919191919191919191919191919191919191919191919191919191919190000807F00000000000000000000000000000000000000000000000000000000"> : tensor<64xi8>
    -> !bitnet.matrix<1x128, #bitnet.stored<i2_s>>
  %y = bitnet.bit_linear %x, %w : tensor<?x128xf32>,
    !bitnet.matrix<1x128, #bitnet.stored<i2_s>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

func.func @infinite_block_scale(%x: tensor<?x128xf32>) -> tensor<?x1xf32> {
  // expected-error @+1 {{row 0, block at column 0: expects a finite scale, found inf}}
  %w = bitnet.weight dense<"0x007C81818181818181818181818181818181"> : tensor<18xi8>
    -> !bitnet.matrix<1x128, #bitnet.stored<q1_0>>
  %y = bitnet.bit_linear %x, %w : tensor<?x128xf32>,
    !bitnet.matrix<1x128, #bitnet.stored<q1_0>> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

func.func @weight_not_a_number(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  // expected-error @+1 {{row 0, column 1: expects a finite weight, found not-a-number}}
  %w = bitnet.weight dense<"0x0000803F0000C07FCDCCCC3ECDCC4C3E9A9919BF00000000"> : tensor<24xi8>
    -> !bitnet.matrix<2x3, #bitnet.stored<f32>>
  %y = bitnet.bit_linear %x, %w : tensor<?x3xf32>,
    !bitnet.matrix<2x3, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

func.func @layer_and_table(%x: tensor<?x4xf32>) -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // expected-error @+1 {{expects a matrix of linear layers not to be a table of bitnet.output_head}}
  %w = bitnet.weight dense<0> : tensor<16xi8>
    -> !bitnet.matrix<1x4, #bitnet.stored<f32>>
  %0 = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f32>> -> tensor<?x1xf32>
  %1 = bitnet.output_head %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<1x4, #bitnet.stored<f32>> -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}
