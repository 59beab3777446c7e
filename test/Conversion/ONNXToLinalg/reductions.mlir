// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize --split-input-file | FileCheck %s

// A mean of narrow floats is a sum in f32, divided by a size.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[N:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: tensor<?x8xf16>
// CHECK: %[[COUNT:.*]] = arith.index_cast %[[N]] : index to i64
// CHECK: %[[DIVISOR:.*]] = arith.sitofp %[[COUNT]] : i64 to f32
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} ins(%[[X]]
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x8xf32>) outs(%{{.*}} : tensor<1x8xf16>)
// CHECK: %[[MEAN:.*]] = arith.divf %{{.*}}, %[[DIVISOR]]
// CHECK: arith.truncf %[[MEAN]] : f32 to f16
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x8xf16> {onnx.name = "x", onnx.dims = ["n", 8]})
    -> (tensor<1x8xf16> {onnx.name = "y", onnx.dims = [1, 8]}) {
  %axes = onnx.constant dense<-2> : tensor<1xi64> : tensor<1xi64>
  %y = onnx.node "ReduceMean" version 18 (%x, %axes)
    : (tensor<?x8xf16>, tensor<1xi64>) -> tensor<1x8xf16>
  return %y : tensor<1x8xf16>
}

// -----

// Without axes all are reduced, or none.

// CHECK-LABEL: func.func @main(
// CHECK: iterator_types = ["reduction", "reduction"]
// CHECK: arith.maximumf
// CHECK: iterator_types = ["parallel", "parallel"]
// CHECK: arith.mulf
func.func @main(%x: tensor<2x8xf32> {onnx.name = "x", onnx.dims = [2, 8]})
    -> (tensor<f32> {onnx.name = "y", onnx.dims = []},
        tensor<2x8xf32> {onnx.name = "z", onnx.dims = [2, 8]}) {
  %y = onnx.node "ReduceMax" version 13 (%x) {keepdims = 0 : i64}
    : (tensor<2x8xf32>) -> tensor<f32>
  %z = onnx.node "ReduceSumSquare" version 18 (%x)
    {noop_with_empty_axes = 1 : i64} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return %y, %z : tensor<f32>, tensor<2x8xf32>
}

// -----

// Before version 13, Softmax joins the axes from its own on.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x4x8xf32>
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0], [1, 2]]
// CHECK: linalg.generic {{.*}} ins(%[[ROWS]] : tensor<?x32xf32>)
// CHECK: arith.maximumf
// CHECK: %[[DIFFERENCE:.*]] = arith.subf
// CHECK: math.exp %[[DIFFERENCE]]
// CHECK: arith.addf
// CHECK: arith.divf
// CHECK: tensor.expand_shape
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x4x8xf32> {onnx.name = "x",
                                       onnx.dims = ["n", 4, 8]})
    -> (tensor<?x4x8xf32> {onnx.name = "y", onnx.dims = ["n", 4, 8]}) {
  %y = onnx.node "Softmax" version 11 (%x)
    : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %y : tensor<?x4x8xf32>
}
