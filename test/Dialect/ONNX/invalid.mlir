// RUN: bitnet-opt %s -split-input-file -verify-diagnostics

func.func @node_c1(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{expects a positive version, found 0}}
  %y = onnx.node "Relu" version 0 (%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @constant_c1() -> tensor<2xf32> {
  // expected-error @+1 {{expects a value of the result's type, found 'tensor<3xf32>' and 'tensor<2xf32>'}}
  %c = onnx.constant dense<1.0> : tensor<3xf32> : tensor<2xf32>
  return %c : tensor<2xf32>
}
