// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize | FileCheck %s

// Reductions carry the best element with its index; an element's place is the
// number of those before it; prefix sums leave out what is behind.

// CHECK-DAG: #[[$ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[$OTHER:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[$OWN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[B:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: tensor<?x64xf32>
func.func @main(%b: index {onnx.symbol = "b"},
                %x: tensor<?x64xf32> {onnx.name = "x", onnx.dims = ["b", 64]})
    -> (tensor<?xi64> {onnx.name = "best", onnx.dims = ["b"]},
        tensor<?x64xf32> {onnx.name = "sums", onnx.dims = ["b", 64]},
        tensor<?x5xf32> {onnx.name = "values", onnx.dims = ["b", 5]},
        tensor<?x5xi64> {onnx.name = "indices", onnx.dims = ["b", 5]}) {
  %one = onnx.constant dense<1> : tensor<i64> : tensor<i64>
  %five = onnx.constant dense<5> : tensor<1xi64> : tensor<1xi64>
  // CHECK: %[[BEST:.*]]:2 = linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]], #[[$ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[X]]
  // CHECK: arith.cmpf ogt
  %best = onnx.node "ArgMax" version 13 (%x) {axis = 1 : i64, keepdims = 0 : i64}
    : (tensor<?x64xf32>) -> tensor<?xi64>
  // CHECK: %[[SUMS:.*]] = linalg.generic {indexing_maps = [#[[$OTHER]], #[[$OWN]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[X]]
  // CHECK-DAG: %[[PLACE:.*]] = linalg.index 1
  // CHECK-DAG: %[[TERM:.*]] = linalg.index 2
  // CHECK: %[[TAKEN:.*]] = arith.cmpi sle, %[[TERM]], %[[PLACE]]
  // CHECK: %[[NEXT:.*]] = arith.addf
  // CHECK: arith.select %[[TAKEN]], %[[NEXT]]
  %sums = onnx.node "CumSum" version 14 (%x, %one)
    : (tensor<?x64xf32>, tensor<i64>) -> tensor<?x64xf32>
  // CHECK: %[[PLACES:.*]] = linalg.generic {indexing_maps = [#[[$OWN]], #[[$OTHER]], #[[$OWN]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[X]], %[[X]]
  // CHECK: %[[TOP:.*]]:2 = linalg.generic {indexing_maps = [#[[$OTHER]], #[[$OTHER]], {{.*}}#[[$OWN]], #[[$OWN]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[X]], %[[PLACES]]
  %top:2 = onnx.node "TopK" version 11 (%x, %five)
    : (tensor<?x64xf32>, tensor<1xi64>) -> (tensor<?x5xf32>, tensor<?x5xi64>)
  // CHECK: return %[[BEST]]#1, %[[SUMS]], %[[TOP]]#0, %[[TOP]]#1
  return %best, %sums, %top#0, %top#1
    : tensor<?xi64>, tensor<?x64xf32>, tensor<?x5xf32>, tensor<?x5xi64>
}
