// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]},
                %y: tensor<4xi32> {onnx.name = "y", onnx.dims = [4]})
    -> (tensor<4xf32> {onnx.name = "z", onnx.dims = [4]}) {
  // expected-error @+1 {{Add: expects inputs of one element type, found f32 and i32}}
  %z = onnx.node "Add" version 14 (%x, %y)
    : (tensor<4xf32>, tensor<4xi32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4xi64> {onnx.name = "x", onnx.dims = [4]})
    -> (tensor<4xi64> {onnx.name = "z", onnx.dims = [4]}) {
  // expected-error @+1 {{Exp: expects floats, found i64}}
  %z = onnx.node "Exp" version 13 (%x) : (tensor<4xi64>) -> tensor<4xi64>
  return %z : tensor<4xi64>
}

// -----

func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]},
                %y: tensor<4xf32> {onnx.name = "y", onnx.dims = [4]})
    -> (tensor<4xf32> {onnx.name = "z", onnx.dims = [4]}) {
  // expected-error @+1 {{Mul: expects equal sizes or 1}}
  %z = onnx.node "Mul" version 14 (%x, %y)
    : (tensor<?xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]},
                %low: tensor<2xf32> {onnx.name = "low", onnx.dims = [2]})
    -> (tensor<4xf32> {onnx.name = "z", onnx.dims = [4]}) {
  // expected-error @+1 {{Clip: expects bounds of one element}}
  %z = onnx.node "Clip" version 13 (%x, %low)
    : (tensor<4xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]})
    -> (tensor<4xf32> {onnx.name = "z", onnx.dims = [4]}) {
  // expected-error @+1 {{Cast: expects an element type that is supported, found 8}}
  %z = onnx.node "Cast" version 13 (%x) {to = 8 : i64}
    : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
