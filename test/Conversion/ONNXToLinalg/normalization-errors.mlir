// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

func.func @main(%x: tensor<4x64xf32> {onnx.name = "x", onnx.dims = [4, 64]},
                %w: tensor<32xf32> {onnx.name = "w", onnx.dims = [32]})
    -> (tensor<4x64xf32> {onnx.name = "y", onnx.dims = [4, 64]}) {
  // expected-error@+1 {{LayerNormalization: expects equal sizes or 1, found 64 and 32 in dimension 1}}
  %y = onnx.node "LayerNormalization" version 17 (%x, %w)
    : (tensor<4x64xf32>, tensor<32xf32>) -> tensor<4x64xf32>
  return %y : tensor<4x64xf32>
}

// -----

func.func @main(%x: tensor<4x6x8xf32> {onnx.name = "x", onnx.dims = [4, 6, 8]},
                %w: tensor<6xf32> {onnx.name = "w", onnx.dims = [6]})
    -> (tensor<4x6x8xf32> {onnx.name = "y", onnx.dims = [4, 6, 8]}) {
  // expected-error@+1 {{GroupNormalization: expects num_groups that divides the channels, found 4}}
  %y = onnx.node "GroupNormalization" version 21 (%x, %w, %w)
    {num_groups = 4 : i64}
    : (tensor<4x6x8xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<4x6x8xf32>
  return %y : tensor<4x6x8xf32>
}
