// RUN: bitnet-opt %s \
// RUN:   --onnx-quantize-linear="quantizer=absmax-int8 measure=true" \
// RUN:   | FileCheck %s

// The layer stays, and what its quantised form makes of the same input is
// compared with its result.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x2xf32>
// CHECK-SAME: -> (tensor<?x2xf32> {onnx.dims = ["n", 2], onnx.name = "z"},
// CHECK-SAME: tensor<f32> {onnx.dims = [], onnx.name = "quantization.0.difference"},
// CHECK-SAME: tensor<f32> {onnx.dims = [], onnx.name = "quantization.0.result"},
// CHECK-SAME: tensor<f32> {onnx.dims = [], onnx.name = "quantization.0.largest"},
// CHECK-SAME: tensor<f32> {onnx.dims = [], onnx.name = "quantization.1.difference"},
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x2xf32> {onnx.name = "x", onnx.dims = ["n", 2]})
    -> (tensor<?x2xf32> {onnx.name = "z", onnx.dims = ["n", 2]}) {
  // CHECK: %[[W:.*]] = onnx.constant
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]>
    : tensor<2x2xf32> : tensor<2x2xf32>
  // CHECK: %[[W8:.*]] = onnx.node "DequantizeLinear"
  // CHECK: %[[Y8:.*]] = onnx.node "MatMul" version 13 (%[[X]], %[[W8]])
  // CHECK: %[[Y:.*]] = onnx.node "MatMul" version 13 (%[[X]], %[[W]])
  %y = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  // CHECK: %[[Z8:.*]] = onnx.node "MatMul" version 13 (%[[Y]], %[[W8]])
  // CHECK: %[[Z:.*]] = onnx.node "MatMul" version 13 (%[[Y]], %[[W]])
  %z = onnx.node "MatMul" version 13 (%y, %w)
    : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  // CHECK: %[[D:.*]] = onnx.node "Sub" version 21 (%[[Y8]], %[[Y]])
  // CHECK: %[[DIFFERENCE:.*]] = onnx.node "ReduceSumSquare" version 21 (%[[D]]) {keepdims = 0 : i64}
  // CHECK: %[[RESULT:.*]] = onnx.node "ReduceSumSquare" version 21 (%[[Y]]) {keepdims = 0 : i64}
  // CHECK: %[[A:.*]] = onnx.node "Abs" version 21 (%[[D]])
  // CHECK: %[[LARGEST:.*]] = onnx.node "ReduceMax" version 21 (%[[A]]) {keepdims = 0 : i64}
  // CHECK: %[[NEXT:.*]] = onnx.node "Sub" version 21 (%[[Z8]], %[[Z]])
  // CHECK: return %[[Z]], %[[DIFFERENCE]], %[[RESULT]], %[[LARGEST]],
  return %z : tensor<?x2xf32>
}
