// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

func.func @main(%x: tensor<4x8xf32> {onnx.name = "x", onnx.dims = [4, 8]})
    -> (tensor<4x9xf32> {onnx.name = "v", onnx.dims = [4, 9]},
        tensor<4x9xi64> {onnx.name = "i", onnx.dims = [4, 9]}) {
  %k = onnx.constant dense<9> : tensor<1xi64> : tensor<1xi64>
  // expected-error@+1 {{TopK: expects K between 0 and the size of the axis}}
  %top:2 = onnx.node "TopK" version 11 (%x, %k)
    : (tensor<4x8xf32>, tensor<1xi64>) -> (tensor<4x9xf32>, tensor<4x9xi64>)
  return %top#0, %top#1 : tensor<4x9xf32>, tensor<4x9xi64>
}

// -----

func.func @main(%x: tensor<4x8xf32> {onnx.name = "x", onnx.dims = [4, 8]},
                %axis: tensor<i64> {onnx.name = "axis", onnx.dims = []})
    -> (tensor<4x8xf32> {onnx.name = "y", onnx.dims = [4, 8]}) {
  // expected-error@+1 {{CumSum: expects the axis to be constant or computed from the sizes of inputs}}
  %y = onnx.node "CumSum" version 14 (%x, %axis)
    : (tensor<4x8xf32>, tensor<i64>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
