// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize --split-input-file | FileCheck %s

// Rows times one matrix are one product of matrices; a transposed factor is
// read through its map.

// CHECK-DAG: #[[$LHS:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[$RHS:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[$OUT:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[$LEFT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[$TURNED:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[B:.*]]: index {{.*}}, %[[S:.*]]: index {{.*}}, %[[X:.*]]: tensor<?x?x64xf32> {{.*}}, %[[W:.*]]: tensor<64x32xf32>
func.func @main(%b: index {onnx.symbol = "b"}, %s: index {onnx.symbol = "s"},
                %x: tensor<?x?x64xf32> {onnx.name = "x",
                                        onnx.dims = ["b", "s", 64]},
                %w: tensor<64x32xf32> {onnx.name = "w", onnx.dims = [64, 32]})
    -> (tensor<?x?x32xf32> {onnx.name = "y", onnx.dims = ["b", "s", 32]},
        tensor<?x?x?xf32> {onnx.name = "z", onnx.dims = ["b", "s", "s"]}) {
  // CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0, 1], [2]]
  // CHECK: %[[N:.*]] = arith.muli %[[B]], %[[S]]
  // CHECK: %[[EMPTY:.*]] = tensor.empty(%[[N]]) : tensor<?x32xf32>
  // CHECK: %[[ZERO:.*]] = linalg.fill {{.*}} outs(%[[EMPTY]]
  // CHECK: %[[Y:.*]] = linalg.generic {indexing_maps = [#[[$LHS]], #[[$RHS]], #[[$OUT]]], iterator_types = ["parallel", "parallel", "reduction"]}
  // CHECK-SAME: ins(%[[ROWS]], %[[W]] : {{.*}}) outs(%[[ZERO]]
  // CHECK: arith.mulf
  // CHECK: arith.addf
  // CHECK: tensor.expand_shape %[[Y]] {{\[}}[0, 1], [2]]
  %y = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<?x?x64xf32>, tensor<64x32xf32>) -> tensor<?x?x32xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[$LEFT]], #[[$TURNED]], {{.*}}], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
  // CHECK-SAME: ins(%[[X]], %[[X]]
  %z = onnx.node "com.microsoft" "FusedMatMul" version 1 (%x, %x)
    {transB = 1 : i64, alpha = 0.5 : f32}
    : (tensor<?x?x64xf32>, tensor<?x?x64xf32>) -> tensor<?x?x?xf32>
  return %y, %z : tensor<?x?x32xf32>, tensor<?x?x?xf32>
}

// -----

// Half floats are summed in f32; alpha, beta and C follow.

// CHECK-DAG: #[[$TURNED:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func.func @main(
func.func @main(%x: tensor<4x64xf16> {onnx.name = "x", onnx.dims = [4, 64]},
                %w: tensor<32x64xf16> {onnx.name = "w", onnx.dims = [32, 64]},
                %c: tensor<32xf16> {onnx.name = "c", onnx.dims = [32]})
    -> (tensor<4x32xf16> {onnx.name = "y", onnx.dims = [4, 32]}) {
  // CHECK-DAG: %[[TWO:.*]] = arith.constant 2.000000e+00 : f32
  // CHECK-DAG: %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
  // CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [{{.*}}, #[[$TURNED]], {{.*}}]
  // CHECK-SAME: outs({{.*}} : tensor<4x32xf32>)
  // CHECK: arith.extf %{{.*}} : f16 to f32
  // CHECK: linalg.generic {{.*}} ins(%[[SUM]], %{{.*}} : tensor<4x32xf32>, tensor<32xf16>)
  // CHECK: arith.mulf %{{.*}}, %[[TWO]]
  // CHECK: arith.mulf %{{.*}}, %[[HALF]]
  // CHECK: arith.addf
  // CHECK: arith.truncf %{{.*}} : f32 to f16
  %y = onnx.node "Gemm" version 13 (%x, %w, %c)
    {transB = 1 : i64, alpha = 2.0 : f32, beta = 0.5 : f32}
    : (tensor<4x64xf16>, tensor<32x64xf16>, tensor<32xf16>) -> tensor<4x32xf16>
  return %y : tensor<4x32xf16>
}
