// RUN: bitnet-opt %s -split-input-file -verify-diagnostics

func.func @node_c1(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{expects a positive version, found 0}}
  %y = onnx.node "Relu" version 0 (%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @node_c2_integer(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{expects attribute axis of Softmax to be an integer, found a float}}
  %y = onnx.node "Softmax" version 13 (%x) {axis = 1.5 : f32}
    : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @node_c2_list(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{expects attribute perm of Transpose to be a list of integers, found something else}}
  %y = onnx.node "Transpose" version 13 (%x) {perm = array<f32: 1.0, 0.0>}
    : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

func.func @constant_c1() -> tensor<2xf32> {
  // expected-error @+1 {{expects a value of the result's type, found 'tensor<3xf32>' and 'tensor<2xf32>'}}
  %c = onnx.constant dense<1.0> : tensor<3xf32> : tensor<2xf32>
  return %c : tensor<2xf32>
}
