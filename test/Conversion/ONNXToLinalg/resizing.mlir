// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize | FileCheck %s

// Axes that keep their size may be symbolic; weights and positions of the
// others are tables. Copies need no weights.

// CHECK-LABEL: func.func @main(
// CHECK-DAG: dense<[0, 0, 0, 1, 1, 2, 2, 3]> : tensor<8xi64>
// CHECK-DAG: dense<[2.500000e-01, 7.500000e-01, 2.500000e-01, 7.500000e-01, 2.500000e-01, 7.500000e-01, 2.500000e-01, 7.500000e-01]> : tensor<8xf32>
// CHECK-DAG: dense<[0, 0, 1, 1, 2, 2, 3, 3]> : tensor<8xi64>
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<?x3x8xf32>)
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<8xi64>) outs(%{{.*}} : tensor<?x3x8xf32>)
// CHECK-NOT: arith.mulf
// CHECK: return
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x3x4xf32> {onnx.name = "x",
                                       onnx.dims = ["n", 3, 4]})
    -> (tensor<?x3x8xf32> {onnx.name = "y", onnx.dims = ["n", 3, 8]},
        tensor<?x3x8xf32> {onnx.name = "z", onnx.dims = ["n", 3, 8]}) {
  %none = onnx.none
  %scales = onnx.constant dense<[1.0, 1.0, 2.0]> : tensor<3xf32>
    : tensor<3xf32>
  %y = onnx.node "Resize" version 19 (%x, %none, %scales) {mode = "linear"}
    : (tensor<?x3x4xf32>, none, tensor<3xf32>) -> tensor<?x3x8xf32>
  %z = onnx.node "Upsample" version 9 (%x, %scales)
    : (tensor<?x3x4xf32>, tensor<3xf32>) -> tensor<?x3x8xf32>
  return %y, %z : tensor<?x3x8xf32>, tensor<?x3x8xf32>
}
