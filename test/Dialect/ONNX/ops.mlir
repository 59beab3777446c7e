// RUN: bitnet-opt %s | bitnet-opt | FileCheck %s

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[IMAGE:[^:]*]]: tensor<?x4xf32>
func.func @main(%batch: index {onnx.symbol = "batch"},
                %image: tensor<?x4xf32> {onnx.name = "image",
                                         onnx.dims = ["batch", 4]})
    -> (tensor<?x2xf32> {onnx.name = "logits", onnx.dims = ["batch", 2]}) {
  // CHECK: %[[NONE:.*]] = onnx.none
  %none = onnx.none
  // CHECK: %[[W:.*]] = onnx.constant dense<1.000000e+00> : tensor<2x4xf32>
  %w = onnx.constant dense<1.0> : tensor<2x4xf32> : tensor<2x4xf32>
  // CHECK: %[[Y:.*]] = onnx.node "Gemm" version 13 (%[[IMAGE]], %[[W]], %[[NONE]]) {alpha = 5.000000e-01 : f32, transB = 1 : i64} : (tensor<?x4xf32>, tensor<2x4xf32>, none) -> tensor<?x2xf32>
  %y = onnx.node "Gemm" version 13 (%image, %w, %none)
    {transB = 1 : i64, alpha = 0.5 : f32}
    : (tensor<?x4xf32>, tensor<2x4xf32>, none) -> tensor<?x2xf32>
  // CHECK: onnx.node "com.microsoft" "QuickGelu" version 1 (%[[Y]])
  %z = onnx.node "com.microsoft" "QuickGelu" version 1 (%y)
    : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %z : tensor<?x2xf32>
}
