// RUN: bitnet-opt %s -split-input-file --convert-onnx-to-linalg --canonicalize | FileCheck %s

// A size that is computed from sizes, and one that is left open, are found.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[B:.*]]: index {{.*}}, %[[S:.*]]: index {{.*}}, %[[X:.*]]: tensor<?x?x64xf32>
func.func @main(%b: index {onnx.symbol = "b"}, %s: index {onnx.symbol = "s"},
                %x: tensor<?x?x64xf32> {onnx.name = "x",
                                        onnx.dims = ["b", "s", 64]})
    -> (tensor<?x64xf32> {onnx.name = "rows", onnx.dims = ["b*s", 64]},
        tensor<?x4x16xf32> {onnx.name = "y", onnx.dims = ["b*s", 4, 16]},
        tensor<2xi64> {onnx.name = "z", onnx.dims = [2]}) {
  %two = onnx.constant dense<2> : tensor<i64> : tensor<i64>
  %open = onnx.constant dense<[-1, 4, 16]> : tensor<3xi64> : tensor<3xi64>
  // CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0, 1], [2]]
  %rows = onnx.node "Flatten" version 13 (%x) {axis = -1 : i64}
    : (tensor<?x?x64xf32>) -> tensor<?x64xf32>
  // CHECK: %[[N:.*]] = arith.muli %[[B]], %[[S]]
  // CHECK: %[[Y:.*]] = tensor.expand_shape %[[ROWS]] {{\[}}[0], [1, 2]]
  // CHECK-SAME: output_shape [%[[N]], 4, 16]
  %y = onnx.node "Reshape" version 14 (%rows, %open)
    : (tensor<?x64xf32>, tensor<3xi64>) -> tensor<?x4x16xf32>
  %sizes = onnx.node "Shape" version 15 (%x) {end = -1 : i64}
    : (tensor<?x?x64xf32>) -> tensor<2xi64>
  // CHECK: %[[B2:.*]] = arith.muli %[[B]], %{{.*}}
  // CHECK: %[[E0:.*]] = arith.index_cast %[[B2]] : index to i64
  // CHECK: tensor.from_elements %[[E0]]
  %z = onnx.node "Mul" version 14 (%sizes, %two)
    : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  return %rows, %y, %z : tensor<?x64xf32>, tensor<?x4x16xf32>, tensor<2xi64>
}

// -----

// The rows of a sum are found too: (b + 2) · s · 64 elements.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[B:.*]]: index {{.*}}, %[[S:.*]]: index
func.func @main(%b: index {onnx.symbol = "b"}, %s: index {onnx.symbol = "s"},
                %x: tensor<?x?x64xf32> {onnx.name = "x",
                                        onnx.dims = ["b", "s", 64]},
                %e: tensor<2x?x64xf32> {onnx.name = "e",
                                        onnx.dims = [2, "s", 64]})
    -> (tensor<?x?xf32> {onnx.name = "y", onnx.dims = ["b+2", "64*s"]}) {
  %open = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %c = onnx.node "Concat" version 13 (%x, %e) {axis = 0 : i64}
    : (tensor<?x?x64xf32>, tensor<2x?x64xf32>) -> tensor<?x?x64xf32>
  %size = onnx.node "Shape" version 15 (%c) {end = 1 : i64}
    : (tensor<?x?x64xf32>) -> tensor<1xi64>
  %shape = onnx.node "Concat" version 13 (%size, %open) {axis = 0 : i64}
    : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  // CHECK: tensor.collapse_shape %{{.*}} {{\[}}[0], [1, 2]]
  %y = onnx.node "Reshape" version 14 (%c, %shape)
    : (tensor<?x?x64xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
