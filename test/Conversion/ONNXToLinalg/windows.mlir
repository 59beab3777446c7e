// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize --split-input-file | FileCheck %s

// Padding is what windows read; groups are a loop.

// CHECK-DAG: #[[$WINDOW:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d5, d3 * 2 + d6, d4 * 2 + d7)>
// CHECK-DAG: #[[$FILTER:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d1, d2, d5, d6, d7)>
// CHECK-DAG: #[[$PIXEL:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[B:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: tensor<?x4x28x28xf32>
func.func @main(%b: index {onnx.symbol = "b"},
                %x: tensor<?x4x28x28xf32> {onnx.name = "x",
                                           onnx.dims = ["b", 4, 28, 28]},
                %w: tensor<8x2x3x3xf32> {onnx.name = "w",
                                         onnx.dims = [8, 2, 3, 3]},
                %v: tensor<8x4x1x1xf32> {onnx.name = "v",
                                         onnx.dims = [8, 4, 1, 1]},
                %bias: tensor<8xf32> {onnx.name = "bias", onnx.dims = [8]})
    -> (tensor<?x8x14x14xf32> {onnx.name = "y", onnx.dims = ["b", 8, 14, 14]},
        tensor<?x8x28x28xf32> {onnx.name = "z",
                               onnx.dims = ["b", 8, 28, 28]}) {
  // CHECK: %[[FILL:.*]] = linalg.fill {{.*}} -> tensor<?x4x29x29xf32>
  // CHECK: tensor.insert_slice %[[X]] into %[[FILL]][0, 0, 1, 1] [%[[B]], 4, 28, 28] [1, 1, 1, 1]
  // CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[$WINDOW]], #[[$FILTER]], {{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
  // CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[SUM]] {{\[}}[0], [1, 2], [3], [4]]
  // CHECK: linalg.generic {{.*}} ins(%[[FLAT]],
  %y = onnx.node "Conv" version 11 (%x, %w, %bias)
    {group = 2 : i64, pads = array<i64: 1, 1, 1, 1>,
     strides = array<i64: 2, 2>}
    : (tensor<?x4x28x28xf32>, tensor<8x2x3x3xf32>, tensor<8xf32>)
    -> tensor<?x8x14x14xf32>
  // A window of one element is a product of matrices.
  // CHECK: linalg.generic {indexing_maps = [#[[$PIXEL]], {{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
  // CHECK-SAME: ins(%[[X]],
  %z = onnx.node "Conv" version 11 (%x, %v)
    : (tensor<?x4x28x28xf32>, tensor<8x4x1x1xf32>) -> tensor<?x8x28x28xf32>
  return %y, %z : tensor<?x8x14x14xf32>, tensor<?x8x28x28xf32>
}

// -----

// Symbolic sizes of images.

// CHECK-DAG: #[[$WINDOW:.*]] = affine_map<(d0, d1, d2) -> (d0, d1 * 2 + d2)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[N:.*]]: index {onnx.symbol = "n"}
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<1x3x?xf32> {onnx.name = "x",
                                       onnx.dims = [1, 3, "n"]})
    -> (tensor<1x3x?xf32> {onnx.name = "y", onnx.dims = [1, 3, "n"]}) {
  // CHECK: %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
  // CHECK: arith.floordivsi
  // CHECK: %[[WINDOW:.*]] = tensor.empty() : tensor<2xi8>
  // CHECK: linalg.generic {indexing_maps = [#[[$WINDOW]]
  // CHECK: arith.maximumf
  %y = onnx.node "MaxPool" version 12 (%x)
    {kernel_shape = array<i64: 2>, strides = array<i64: 2>}
    : (tensor<1x3x?xf32>) -> tensor<1x3x?xf32>
  return %y : tensor<1x3x?xf32>
}

// -----

// A window that reads padding only: nothing of the image is copied.

// CHECK-LABEL: func.func @main(
// CHECK-NOT: tensor.insert_slice
// CHECK: return
func.func @main(%x: tensor<1x1x1x3xf32> {onnx.name = "x",
                                         onnx.dims = [1, 1, 1, 3]},
                %w: tensor<2x1x1x1xf32> {onnx.name = "w",
                                         onnx.dims = [2, 1, 1, 1]})
    -> (tensor<1x2x1x3xf32> {onnx.name = "y", onnx.dims = [1, 2, 1, 3]}) {
  %y = onnx.node "Conv" version 11 (%x, %w)
    {pads = array<i64: 1, 0, 0, 0>, strides = array<i64: 2, 1>}
    : (tensor<1x1x1x3xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x1x3xf32>
  return %y : tensor<1x2x1x3xf32>
}
