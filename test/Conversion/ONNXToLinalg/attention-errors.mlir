// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

func.func @main(%q: tensor<1x4x64xf32> {onnx.name = "q",
                                        onnx.dims = [1, 4, 64]})
    -> (tensor<1x4x64xf32> {onnx.name = "y", onnx.dims = [1, 4, 64]}) {
  // expected-error@+1 {{Attention: expects q_num_heads that divides the last dimension of input 0, found 3}}
  %y = onnx.node "Attention" version 23 (%q, %q, %q)
    {q_num_heads = 3 : i64, kv_num_heads = 2 : i64}
    : (tensor<1x4x64xf32>, tensor<1x4x64xf32>, tensor<1x4x64xf32>)
    -> tensor<1x4x64xf32>
  return %y : tensor<1x4x64xf32>
}

// -----

func.func @main(%x: tensor<1x2x4x16xf32> {onnx.name = "x",
                                          onnx.dims = [1, 2, 4, 16]},
                %c: tensor<9x4xf32> {onnx.name = "c", onnx.dims = [9, 4]},
                %p: tensor<1x4xi64> {onnx.name = "p", onnx.dims = [1, 4]})
    -> (tensor<1x2x4x16xf32> {onnx.name = "y", onnx.dims = [1, 2, 4, 16]}) {
  // expected-error@+1 {{RotaryEmbedding: expects a cosine and sine for each two elements that are rotated}}
  %y = onnx.node "RotaryEmbedding" version 23 (%x, %c, %c, %p)
    : (tensor<1x2x4x16xf32>, tensor<9x4xf32>, tensor<9x4xf32>, tensor<1x4xi64>)
    -> tensor<1x2x4x16xf32>
  return %y : tensor<1x2x4x16xf32>
}
