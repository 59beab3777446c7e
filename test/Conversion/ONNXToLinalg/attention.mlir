// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize | FileCheck %s

// Heads are read where they are: queries in groups that share the heads of keys
// and values. Weights are divided by their sum once values are summed.

// CHECK-DAG: #[[$QUERY:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2, d5)>
// CHECK-DAG: #[[$KEY:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1, d5)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[B:[^:]*]]: index {{.*}}, %[[S:[^:]*]]: index {{.*}}, %[[Q:[^:]*]]: tensor<?x?x64xf32> {{.*}}, %[[K:[^:]*]]: tensor<?x?x32xf32> {{.*}}, %[[V:[^:]*]]: tensor<?x?x32xf32>
func.func @main(%b: index {onnx.symbol = "b"}, %s: index {onnx.symbol = "s"},
                %q: tensor<?x?x64xf32> {onnx.name = "q",
                                        onnx.dims = ["b", "s", 64]},
                %k: tensor<?x?x32xf32> {onnx.name = "k",
                                        onnx.dims = ["b", "s", 32]},
                %v: tensor<?x?x32xf32> {onnx.name = "v",
                                        onnx.dims = ["b", "s", 32]})
    -> (tensor<?x?x64xf32> {onnx.name = "y", onnx.dims = ["b", "s", 64]}) {
  // CHECK-DAG: %[[QUERIES:.*]] = tensor.expand_shape %[[Q]] {{.*}} into tensor<?x?x2x2x16xf32>
  // CHECK-DAG: %[[KEYS:.*]] = tensor.expand_shape %[[K]] {{.*}} into tensor<?x?x2x16xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[$QUERY]], #[[$KEY]], {{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]}
  // CHECK-SAME: ins(%[[QUERIES]], %[[KEYS]]
  // CHECK: linalg.index 4
  // CHECK: linalg.index 3
  // CHECK: arith.cmpi sle
  // CHECK: arith.maximumf
  // CHECK: math.exp
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]
  // CHECK: arith.divf
  %y = onnx.node "Attention" version 23 (%q, %k, %v)
    {q_num_heads = 4 : i64, kv_num_heads = 2 : i64, is_causal = 1 : i64}
    : (tensor<?x?x64xf32>, tensor<?x?x32xf32>, tensor<?x?x32xf32>)
    -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}
