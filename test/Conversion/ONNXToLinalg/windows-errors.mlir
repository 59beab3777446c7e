// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

func.func @main(%x: tensor<1x4x2x8xf32> {onnx.name = "x",
                                         onnx.dims = [1, 4, 2, 8]})
    -> (tensor<1x4x1x1xf32> {onnx.name = "y", onnx.dims = [1, 4, 1, 1]}) {
  // expected-error@+1 {{MaxPool: expects windows no larger than the padded input, found 3 elements where 2 are}}
  %y = onnx.node "MaxPool" version 12 (%x) {kernel_shape = array<i64: 3, 3>}
    : (tensor<1x4x2x8xf32>) -> tensor<1x4x1x1xf32>
  return %y : tensor<1x4x1x1xf32>
}

// -----

func.func @main(%x: tensor<1x4x8xf32> {onnx.name = "x",
                                       onnx.dims = [1, 4, 8]},
                %w: tensor<6x3x3xf32> {onnx.name = "w", onnx.dims = [6, 3, 3]})
    -> (tensor<1x6x6xf32> {onnx.name = "y", onnx.dims = [1, 6, 6]}) {
  // expected-error@+1 {{Conv: expects filters of as many channels as each group of the input has}}
  %y = onnx.node "Conv" version 11 (%x, %w)
    : (tensor<1x4x8xf32>, tensor<6x3x3xf32>) -> tensor<1x6x6xf32>
  return %y : tensor<1x6x6xf32>
}

// -----

func.func @main(%x: tensor<1x4x8xf32> {onnx.name = "x",
                                       onnx.dims = [1, 4, 8]})
    -> (tensor<1x4x4xf32> {onnx.name = "y", onnx.dims = [1, 4, 4]}) {
  // expected-error@+1 {{AveragePool: expects strides in [1, 1073741824], found 0}}
  %y = onnx.node "AveragePool" version 11 (%x)
    {kernel_shape = array<i64: 2>, strides = array<i64: 0>}
    : (tensor<1x4x8xf32>) -> tensor<1x4x4xf32>
  return %y : tensor<1x4x4xf32>
}

// -----

func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<1x4x?xf32> {onnx.name = "x",
                                       onnx.dims = [1, 4, "n"]})
    -> (tensor<1x4x?xf32> {onnx.name = "y", onnx.dims = [1, 4, "n"]}) {
  // expected-error@+1 {{MaxPool: expects constant sizes where padding depends on them}}
  %y = onnx.node "MaxPool" version 12 (%x)
    {kernel_shape = array<i64: 3>, strides = array<i64: 2>,
     auto_pad = "SAME_UPPER"}
    : (tensor<1x4x?xf32>) -> tensor<1x4x?xf32>
  return %y : tensor<1x4x?xf32>
}
