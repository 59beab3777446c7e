// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

func.func @main(%x: tensor<4x64xf32> {onnx.name = "x", onnx.dims = [4, 64]},
                %s: tensor<4x3xf32> {onnx.name = "s", onnx.dims = [4, 3]})
    -> (tensor<4x64xui8> {onnx.name = "q", onnx.dims = [4, 64]}) {
  // expected-error@+1 {{QuantizeLinear: expects a scale for each block of 32 elements of dimension 1}}
  %q = onnx.node "QuantizeLinear" version 21 (%x, %s)
    {axis = 1 : i64, block_size = 32 : i64}
    : (tensor<4x64xf32>, tensor<4x3xf32>) -> tensor<4x64xui8>
  return %q : tensor<4x64xui8>
}

// -----

func.func @main(%x: tensor<4x64xf32> {onnx.name = "x", onnx.dims = [4, 64]},
                %w: tensor<8x2x8xui8> {onnx.name = "w", onnx.dims = [8, 2, 8]},
                %s: tensor<16xf32> {onnx.name = "s", onnx.dims = [16]},
                %g: tensor<64xi32> {onnx.name = "g", onnx.dims = [64]})
    -> (tensor<4x8xf32> {onnx.name = "y", onnx.dims = [4, 8]}) {
  %none = onnx.none
  // expected-error@+1 {{MatMulNBits: expects blocks in order, without g_idx}}
  %y = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %w, %s, %none, %g)
    {N = 8 : i64, K = 64 : i64, bits = 2 : i64, block_size = 32 : i64}
    : (tensor<4x64xf32>, tensor<8x2x8xui8>, tensor<16xf32>, none, tensor<64xi32>)
    -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

func.func @main(%x: tensor<4x8xf32> {onnx.name = "x", onnx.dims = [4, 8]},
                %w: tensor<8x2xi8> {onnx.name = "w", onnx.dims = [8, 2]})
    -> (tensor<4x2xi32> {onnx.name = "y", onnx.dims = [4, 2]}) {
  // expected-error@+1 {{MatMulInteger: expects integers of at most 8 bits in input 0}}
  %y = onnx.node "MatMulInteger" version 10 (%x, %w)
    : (tensor<4x8xf32>, tensor<8x2xi8>) -> tensor<4x2xi32>
  return %y : tensor<4x2xi32>
}
