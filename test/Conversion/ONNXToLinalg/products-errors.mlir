// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

func.func @main(%s: index {onnx.symbol = "s"},
                %x: tensor<4x?xf32> {onnx.name = "x", onnx.dims = [4, "s"]},
                %w: tensor<8x2xf32> {onnx.name = "w", onnx.dims = [8, 2]})
    -> (tensor<4x2xf32> {onnx.name = "y", onnx.dims = [4, 2]}) {
  // expected-error@+1 {{MatMul: expects as many columns on the left as rows on the right, found s0 and 8}}
  %y = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<4x?xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

func.func @main(%x: tensor<4x8xf32> {onnx.name = "x", onnx.dims = [4, 8]},
                %w: tensor<8x2xf32> {onnx.name = "w", onnx.dims = [8, 2]},
                %c: tensor<1x4x2xf32> {onnx.name = "c", onnx.dims = [1, 4, 2]})
    -> (tensor<4x2xf32> {onnx.name = "y", onnx.dims = [4, 2]}) {
  // expected-error@+1 {{Gemm: expects C to broadcast to the product}}
  %y = onnx.node "Gemm" version 13 (%x, %w, %c)
    : (tensor<4x8xf32>, tensor<8x2xf32>, tensor<1x4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
