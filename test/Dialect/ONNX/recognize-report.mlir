// RUN: bitnet-opt %s --bitnet-recognize=report-remarks --verify-diagnostics | FileCheck %s
// RUN: bitnet-opt %s --bitnet-recognize --bitnet-recognize | FileCheck %s

// What is said of each node with a constant matrix: at the node, and for the
// report in an attribute of the module. The same if the pass runs again.

// CHECK:      module attributes {bitnet.layers = [
// CHECK-SAME: {columns = 64 : i64, form = "binary, one scale, float activations", node = "first", rows = 2 : i64, weight = "signs"}
// CHECK-SAME: {columns = 2 : i64, node = "second", reason = "with float activations, fewer than 32 columns", rows = 2 : i64, weight = "ones"}
// CHECK-SAME: {columns = 2 : i64, node = "third", reason = "the weights have more than one magnitude", rows = 2 : i64, weight = "floats"}
// CHECK-SAME: {columns = 2 : i64, node = "fourth", reason = "the integers are not activations quantised as BitLinear does", rows = 2 : i64, weight = "bytes"}
// CHECK-SAME: {columns = 2 : i64, node = "fifth", reason = "the weights are not ones that the compiler can compute", rows = 2 : i64, weight = "ones"}
// CHECK-SAME: ]}
func.func @main(%x: tensor<?x64xf32>, %bytes: tensor<?x2xi8>)
    -> (tensor<?x2xf32>, tensor<?x2xi32>) {
  %signs = onnx.constant dense<-0.5> : tensor<64x2xf32>
    : tensor<64x2xf32> loc("signs")
  %ones = onnx.constant dense<1.0> : tensor<2x2xf32>
    : tensor<2x2xf32> loc("ones")
  %floats = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
    : tensor<2x2xf32> loc("floats")
  %weight = onnx.constant dense<1> : tensor<2x2xi8>
    : tensor<2x2xi8> loc("bytes")
  // expected-remark @unknown {{recognised: binary, one scale, float activations}}
  %0 = onnx.node "MatMul" version 13 (%x, %signs)
    : (tensor<?x64xf32>, tensor<64x2xf32>) -> tensor<?x2xf32> loc("first")
  // expected-remark @unknown {{left: with float activations, fewer than 32 columns}}
  %1 = onnx.node "MatMul" version 13 (%0, %ones)
    : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32> loc("second")
  // expected-remark @unknown {{left: the weights have more than one magnitude}}
  %2 = onnx.node "MatMul" version 13 (%1, %floats)
    : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32> loc("third")
  // expected-remark @unknown {{left: the integers are not activations quantised as BitLinear does}}
  %3 = onnx.node "MatMulInteger" version 10 (%bytes, %weight)
    : (tensor<?x2xi8>, tensor<2x2xi8>) -> tensor<?x2xi32> loc("fourth")
  // Half precision has no 1e6.
  %huge = onnx.constant dense<1.0e6> : tensor<f32> : tensor<f32>
  %large = onnx.node "Mul" version 14 (%ones, %huge)
    : (tensor<2x2xf32>, tensor<f32>) -> tensor<2x2xf32>
  %half = onnx.node "Cast" version 13 (%large) {to = 10 : i64}
    : (tensor<2x2xf32>) -> tensor<2x2xf16>
  %single = onnx.node "Cast" version 13 (%half) {to = 1 : i64}
    : (tensor<2x2xf16>) -> tensor<2x2xf32>
  // expected-remark @unknown {{left: the weights are not ones that the compiler can compute}}
  %4 = onnx.node "MatMul" version 13 (%2, %single)
    : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32> loc("fifth")
  return %4, %3 : tensor<?x2xf32>, tensor<?x2xi32>
}

// Nodes of a graph without matrices have nothing to say. Other functions are
// not graphs.

// CHECK-LABEL: func.func @other
func.func @other(%x: tensor<?x64xf32>) -> tensor<?x2xf32> {
  // CHECK: onnx.node "MatMul"
  %signs = onnx.constant dense<-0.5> : tensor<64x2xf32> : tensor<64x2xf32>
  %0 = onnx.node "MatMul" version 13 (%x, %signs)
    : (tensor<?x64xf32>, tensor<64x2xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
