// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

func.func @main(%s: index {onnx.symbol = "s"},
                %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["s"]})
    -> (tensor<5xf32> {onnx.name = "y", onnx.dims = [5]}) {
  %start = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %end = onnx.constant dense<5> : tensor<1xi64> : tensor<1xi64>
  // expected-error @+1 {{Slice: expects bounds that are inside or outside of an axis of size s0 whatever the symbols are}}
  %y = onnx.node "Slice" version 13 (%x, %start, %end)
    : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// -----

func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]},
                %start: tensor<1xi64> {onnx.name = "start", onnx.dims = [1]})
    -> (tensor<4xf32> {onnx.name = "y", onnx.dims = [4]}) {
  // expected-error @+1 {{Slice: expects starts to be constant or computed from the sizes of inputs}}
  %y = onnx.node "Slice" version 13 (%x, %start, %start)
    : (tensor<4xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4x2xf32> {onnx.name = "x", onnx.dims = [4, 2]},
                %y: tensor<4x3xf32> {onnx.name = "y", onnx.dims = [4, 3]})
    -> (tensor<8x2xf32> {onnx.name = "z", onnx.dims = [8, 2]}) {
  // expected-error @+1 {{Concat: expects equal sizes in axis 1, but input 1 has another}}
  %z = onnx.node "Concat" version 13 (%x, %y) {axis = 0 : i64}
    : (tensor<4x2xf32>, tensor<4x3xf32>) -> tensor<8x2xf32>
  return %z : tensor<8x2xf32>
}

// -----

func.func @main(%x: tensor<5xf32> {onnx.name = "x", onnx.dims = [5]})
    -> (tensor<2xf32> {onnx.name = "y", onnx.dims = [2]},
        tensor<2xf32> {onnx.name = "z", onnx.dims = [2]}) {
  // expected-error @+1 {{Split: expects a size that splits into 2 equal parts}}
  %y, %z = onnx.node "Split" version 13 (%x) : (tensor<5xf32>)
    -> (tensor<2xf32>, tensor<2xf32>)
  return %y, %z : tensor<2xf32>, tensor<2xf32>
}

// -----

func.func @main(%x: tensor<0x2xf32> {onnx.name = "x", onnx.dims = [0, 2]},
                %i: tensor<3xi64> {onnx.name = "i", onnx.dims = [3]})
    -> (tensor<3x2xf32> {onnx.name = "y", onnx.dims = [3, 2]}) {
  // expected-error @+1 {{Gather: expects an axis that has an element for all sizes}}
  %y = onnx.node "Gather" version 13 (%x, %i)
    : (tensor<0x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]},
                %i: tensor<3xi64> {onnx.name = "i", onnx.dims = [3]},
                %u: tensor<2xf32> {onnx.name = "u", onnx.dims = [2]})
    -> (tensor<4xf32> {onnx.name = "y", onnx.dims = [4]}) {
  // expected-error @+1 {{ScatterElements: expects indices and updates of one shape}}
  %y = onnx.node "ScatterElements" version 18 (%x, %i, %u)
    : (tensor<4xf32>, tensor<3xi64>, tensor<2xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]})
    -> (tensor<1x4xi64> {onnx.name = "y", onnx.dims = [1, 4]}) {
  // expected-error @+1 {{NonZero: is not supported: the sizes of its results depend on data}}
  %y = onnx.node "NonZero" version 13 (%x)
    : (tensor<4xf32>) -> tensor<1x4xi64>
  return %y : tensor<1x4xi64>
}

// -----

func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]})
    -> (tensor<1xf32> {onnx.name = "y", onnx.dims = [1]}) {
  %pads = onnx.constant dense<[-3, -2]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{Pad: expects pads whose signs do not depend on the symbols and that leave no negative size}}
  %y = onnx.node "Pad" version 13 (%x, %pads)
    : (tensor<4xf32>, tensor<2xi64>) -> tensor<1xf32>
  return %y : tensor<1xf32>
}

// -----

func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]})
    -> (tensor<?xf32> {onnx.name = "y", onnx.dims = ["n"]}) {
  %none = onnx.none
  %scales = onnx.constant dense<2.0> : tensor<1xf32> : tensor<1xf32>
  // expected-error @+1 {{Resize: expects axis 0, which is resized, to have a constant size}}
  %y = onnx.node "Resize" version 19 (%x, %none, %scales)
    : (tensor<?xf32>, none, tensor<1xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]})
    -> (tensor<4xf32> {onnx.name = "y", onnx.dims = [4]}) {
  // expected-error @+1 {{Transpose: expects perm to hold each of 1 axes once}}
  %y = onnx.node "Transpose" version 13 (%x) {perm = array<i64: 1>}
    : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Sizes in bytes would not fit into an index.
func.func @main(%x: tensor<1x1xf32> {onnx.name = "x", onnx.dims = [1, 1]})
    -> (tensor<2147483648x2147483648xf32>
        {onnx.name = "y", onnx.dims = [2147483648, 2147483648]}) {
  %shape = onnx.constant dense<2147483648> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{Expand: expects at most 2^40 elements in output 0, found more}}
  %y = onnx.node "Expand" version 13 (%x, %shape)
    : (tensor<1x1xf32>, tensor<2xi64>) -> tensor<2147483648x2147483648xf32>
  return %y : tensor<2147483648x2147483648xf32>
}
