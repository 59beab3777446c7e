func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", 4]})
    -> (tensor<?x4xf32> {onnx.name = "z", onnx.dims = ["n", 4]}) {
  %w = onnx.constant dense<[[1.0, 2.0, -7.0, 0.5], [3.0, -4.0, 6.0, 0.25],
                            [-1.5, 0.75, 2.5, 8.0], [1.25, -6.0, 3.5, 0.125]]>
    : tensor<4x4xf32> : tensor<4x4xf32>
  %y = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("/0/fc")
  %z = onnx.node "MatMul" version 13 (%y, %w)
    : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("/1/fc")
  return %z : tensor<?x4xf32>
}
