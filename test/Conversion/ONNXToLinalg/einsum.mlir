// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// The output's letters are the parallel loops in its order; the ellipsis
// broadcasts.

// CHECK-DAG: #[[$LHS:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>
// CHECK-DAG: #[[$RHS:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d3, d4)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[S:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: tensor<2x4x?x8xf32> {{.*}}, %[[Y:[^:]*]]: tensor<4x?x8xf32>
func.func @main(%s: index {onnx.symbol = "s"},
                %x: tensor<2x4x?x8xf32> {onnx.name = "x",
                                         onnx.dims = [2, 4, "s", 8]},
                %y: tensor<4x?x8xf32> {onnx.name = "y",
                                       onnx.dims = [4, "s", 8]})
    -> (tensor<2x4x?x?xf32> {onnx.name = "z", onnx.dims = [2, 4, "s", "s"]}) {
  // CHECK: linalg.generic {indexing_maps = [#[[$LHS]], #[[$RHS]], {{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%[[X]], %[[Y]]
  %z = onnx.node "Einsum" version 12 (%x, %y) {equation = "...id,...jd->...ij"}
    : (tensor<2x4x?x8xf32>, tensor<4x?x8xf32>) -> tensor<2x4x?x?xf32>
  return %z : tensor<2x4x?x?xf32>
}

// -----

func.func @main(%x: tensor<2x3xf32> {onnx.name = "x", onnx.dims = [2, 3]})
    -> (tensor<2x3xf32> {onnx.name = "z", onnx.dims = [2, 3]}) {
  // expected-error@+1 {{Einsum: expects equal sizes of dimensions of the same letter in 'ij,ji->ij'}}
  %z = onnx.node "Einsum" version 12 (%x, %x) {equation = "ij, ji -> ij"}
    : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}
