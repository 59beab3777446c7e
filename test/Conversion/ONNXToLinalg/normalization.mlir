// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize | FileCheck %s

// Statistics of rows are sums over all elements; half floats are computed in
// f32.

// CHECK-DAG: #[[$ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[$COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x?x64xf16> {{.*}}, %[[W:[^:]*]]: tensor<64xf16>
func.func @main(%b: index {onnx.symbol = "b"}, %s: index {onnx.symbol = "s"},
                %x: tensor<?x?x64xf16> {onnx.name = "x",
                                        onnx.dims = ["b", "s", 64]},
                %w: tensor<64xf16> {onnx.name = "w", onnx.dims = [64]})
    -> (tensor<?x?x64xf16> {onnx.name = "y", onnx.dims = ["b", "s", 64]},
        tensor<?x?x64xf16> {onnx.name = "z", onnx.dims = ["b", "s", 64]}) {
  // CHECK-DAG: %[[EPSILON:.*]] = arith.constant 9.99999974E-6 : f32
  // CHECK-DAG: %[[COUNT:.*]] = arith.constant 6.400000e+01 : f32
  // CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0, 1], [2]]
  // CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[ROWS]]
  // CHECK-SAME: outs(%{{.*}} : tensor<?xf32>)
  // CHECK: %[[MEAN:.*]] = linalg.generic {{.*}} ins(%[[SUM]]
  // CHECK: arith.divf %{{.*}}, %[[COUNT]]
  // CHECK: %[[SQUARES:.*]] = linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]], #[[$ROW]]], {{.*}}} ins(%[[ROWS]], %[[MEAN]]
  // CHECK: %[[INVERSE:.*]] = linalg.generic {{.*}} ins(%[[SQUARES]]
  // CHECK: arith.addf %{{.*}}, %[[EPSILON]]
  // CHECK: math.sqrt
  // CHECK: linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]], #[[$ROW]], #[[$COLUMN]], #[[$ALL]]]
  // CHECK-SAME: ins(%[[ROWS]], %[[MEAN]], %[[INVERSE]], %[[W]]
  %y = onnx.node "LayerNormalization" version 17 (%x, %w)
    : (tensor<?x?x64xf16>, tensor<64xf16>) -> tensor<?x?x64xf16>
  // CHECK: %[[SQUARES:.*]] = linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]]]
  // CHECK: linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]], #[[$COLUMN]], #[[$ALL]]]
  %z = onnx.node "RMSNormalization" version 23 (%x, %w)
    : (tensor<?x?x64xf16>, tensor<64xf16>) -> tensor<?x?x64xf16>
  return %y, %z : tensor<?x?x64xf16>, tensor<?x?x64xf16>
}
