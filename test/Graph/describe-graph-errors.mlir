// RUN: bitnet-opt %s --bitnet-describe-graph --split-input-file --verify-diagnostics

// expected-error @+1 {{expects a function @main}}
module {}

// -----

// expected-error @+1 {{expects the symbol of dimension 0 of input0 in onnx.dims}}
func.func @main(%n: index, %x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @+1 {{expects size 0 of output0 to follow from the symbolic dimensions}}
func.func @main(%x: tensor<4xi64>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %e = tensor.extract %x[%c0] : tensor<4xi64>
  %n = arith.index_cast %e : i64 to index
  %y = tensor.empty(%n) : tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// expected-error @+1 {{expects input0 to be a tensor, found 'f32'}}
func.func @main(%x: f32) -> tensor<4xf32> {
  %y = tensor.empty() : tensor<4xf32>
  return %y : tensor<4xf32>
}
